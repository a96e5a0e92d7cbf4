//! Pins every spelling as a literal, so that a renamed identifier cannot
//! change a wire.

use proptest::prelude::*;
use serde_json::{from_value, json, to_value};

use crate::*;

#[test]
fn every_code_is_spelt_as_the_protocol_says() {
    let spelt: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(
        spelt,
        [
            "malformed-request",
            "payload-too-large",
            "unknown-sitekey",
            "site-paused",
            "hostname-not-allowed",
            "blocked",
            "challenge-invalid",
            "challenge-expired",
            "solution-wrong",
            "answer-wrong",
            "attempts-exhausted",
            "rate-limited",
            "unsigned",
            "signature-invalid",
            "clock-skew",
            "replayed",
            "stale-version",
            "not-found",
            "method-not-allowed",
            "unavailable",
        ]
    );
    for code in Code::ALL {
        assert_eq!(to_value(code).unwrap(), json!(code.as_str()));
    }
    let spelt: Vec<&str> = SiteverifyCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(
        spelt,
        [
            "missing-input-secret",
            "invalid-input-secret",
            "missing-input-response",
            "invalid-input-response",
            "timeout-or-duplicate",
            "bad-request",
            "internal-error",
        ]
    );
    for code in SiteverifyCode::ALL {
        assert_eq!(to_value(code).unwrap(), json!(code.as_str()));
    }
}

#[test]
fn a_puzzle_step_reads_as_the_protocol_shows_it() {
    let reply = ChallengeReply {
        challenge: "mj1.x".into(),
        expires_in: 300,
        step: Step::Puzzle(PuzzleStep {
            algorithm: Algorithm::HashWx,
            id: AttemptId([0xff; 16]),
            first: 0,
            count: 16,
            work: 40_000,
            epoch_len: 65_536,
        }),
    };
    let text = json!({
        "challenge": "mj1.x", "expires_in": 300,
        "step": {"kind": "puzzle", "algorithm": "hashwx", "id": "_____________________w",
                 "first": 0, "count": 16, "work": 40_000, "epoch_len": 65_536}
    });
    assert_eq!(to_value(&reply).unwrap(), text);
    assert_eq!(from_value::<ChallengeReply>(text).unwrap(), reply);
}

#[test]
fn solution_replies_carry_their_status() {
    let passed = SolutionReply::Passed { token: "mj1.t".into(), expires_in: 300 };
    assert_eq!(
        to_value(&passed).unwrap(),
        json!({"status": "passed", "token": "mj1.t", "expires_in": 300})
    );
    let next = json!({"status": "next", "challenge": "mj1.c", "expires_in": 900,
        "step": {"kind": "picture", "type": "grid", "prompt": "bicycle", "images": ["a"],
                 "rows": 3, "columns": 3}});
    let read: SolutionReply = from_value(next.clone()).unwrap();
    assert_eq!(to_value(&read).unwrap(), next);
}

#[test]
fn an_answer_is_read_by_its_type() {
    for (text, answer) in [
        (json!({"type": "grid", "cells": [0, 4]}), Answer::Grid { cells: vec![0, 4] }),
        (json!({"type": "area", "x": 1, "y": 999}), Answer::Area { x: 1, y: 999 }),
        (json!({"type": "turn", "view": 3}), Answer::Turn { view: 3 }),
    ] {
        assert_eq!(to_value(&answer).unwrap(), text);
        assert_eq!(from_value::<Answer>(text).unwrap(), answer);
    }
    for text in [
        json!({"cells": [0]}),
        json!({"type": "grid"}),
        json!({"type": "grid", "view": 3}),
        json!({"type": "area", "x": 1}),
        json!({"type": "audio", "cells": [0]}),
        json!({"type": "turn", "view": 256}),
    ] {
        assert!(from_value::<Answer>(text.clone()).is_err(), "{text}");
    }
}

#[test]
fn an_algorithm_of_a_newer_widget_is_kept_apart() {
    let request: ChallengeRequest = from_value(
        json!({"sitekey": "mj_x", "hostname": "a.example", "algorithms": ["hashwx2", "hashwx"]}),
    )
    .unwrap();
    assert_eq!(request.algorithms, [AlgorithmName::Unknown, AlgorithmName::HashWx]);
}

#[test]
fn a_siteverify_failure_has_only_its_codes() {
    let reply = SiteverifyReply {
        success: false,
        challenge_ts: None,
        hostname: None,
        action: None,
        cdata: None,
        score: None,
        metadata: None,
        error_codes: vec![SiteverifyCode::TimeoutOrDuplicate],
    };
    assert_eq!(
        to_value(&reply).unwrap(),
        json!({"success": false, "error-codes": ["timeout-or-duplicate"]})
    );
}

proptest! {
    #[test]
    fn an_attempt_id_has_one_spelling(bytes: [u8; 16]) {
        let text = AttemptId(bytes).to_string();
        prop_assert_eq!(text.parse::<AttemptId>(), Ok(AttemptId(bytes)));
    }

    #[test]
    fn no_other_text_is_an_attempt_id(text in ".{0,40}") {
        if let Ok(id) = text.parse::<AttemptId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}
