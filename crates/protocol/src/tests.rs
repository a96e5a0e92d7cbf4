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
            "clearance-required",
            "cookies-required",
            "clearance-misconfigured",
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
        "step": {"kind": "picture", "type": "grid", "rows": 3, "columns": 3,
                 "rounds": [{"prompt": "bicycle", "images": ["a"]}]}});
    let read: SolutionReply = from_value(next.clone()).unwrap();
    assert_eq!(to_value(&read).unwrap(), next);
}

#[test]
fn an_answer_is_read_by_its_type() {
    let trace = Trace { first_act: 14, whole: 52, acts: 3, rhythm: 2, scatter: 1 };
    let told = json!({"first_act": 14, "whole": 52, "acts": 3, "rhythm": 2, "scatter": 1});
    for (text, answer) in [
        (
            json!({"type": "grid", "cells": [[0, 4]], "trace": told}),
            Answer::Grid { cells: vec![vec![0, 4]], trace },
        ),
        (
            json!({"type": "area", "points": [[1, 999], [0, 1_000]], "trace": told}),
            Answer::Area { points: vec![[1, 999], [0, 1_000]], trace },
        ),
        (
            json!({"type": "turn", "views": [3, 15], "trace": told}),
            Answer::Turn { views: vec![3, 15], trace },
        ),
    ] {
        assert_eq!(to_value(&answer).unwrap(), text);
        assert_eq!(from_value::<Answer>(text).unwrap(), answer);
    }
    let untold: Answer = from_value(json!({"type": "turn", "views": [3]})).unwrap();
    assert_eq!(untold, Answer::Turn { views: vec![3], trace: Trace::default() });
    let partly: Trace = from_value(json!({"acts": 3})).unwrap();
    assert_eq!(partly, Trace { acts: 3, ..Trace::default() });
    for text in [
        json!({"cells": [[0]]}),
        json!({"type": "grid"}),
        json!({"type": "grid", "cells": [0]}),
        json!({"type": "grid", "views": [3]}),
        json!({"type": "grid", "cells": [[0]], "views": [3]}),
        json!({"type": "area", "points": [[1]]}),
        json!({"type": "area", "points": [[1, 2, 3]]}),
        json!({"type": "audio", "cells": [[0]]}),
        json!({"type": "turn", "views": [256]}),
    ] {
        assert!(from_value::<Answer>(text.clone()).is_err(), "{text}");
    }
}

#[test]
fn a_pack_reads_as_the_protocol_shows_it() {
    let text = json!({
        "id": "00ff10a0b0c0d0e0", "type": "area", "rows": 1, "columns": 1,
        "content_type": "image/jpeg", "image_bytes": 1234,
        "items": [{
            "prompt": "cup", "images": [{"at": 0, "len": 1234}],
            "answer": {"area": {"columns": 4, "rows": 2, "mask": "GA"}},
        }],
    });
    let pack: Pack = from_value(text.clone()).unwrap();
    assert_eq!(pack.id, PackId([0x00, 0xff, 0x10, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0]));
    let answer = RightRound::Area { columns: 4, rows: 2, mask: vec![0b0001_1000] };
    assert_eq!(pack.items[0].answer, answer);
    assert_eq!(to_value(&pack).unwrap(), text);
    let pools = json!({
        "version": 3, "packs": [{"id": "00ff10a0b0c0d0e0", "kind": "area", "retire_at": 9}],
    });
    assert_eq!(to_value(from_value::<Pools>(pools.clone()).unwrap()).unwrap(), pools);
    for id in ["", "00ff10a0b0c0d0e", "00FF10A0B0C0D0E0", "00ff10a0b0c0d0e00", "zzzzzzzzzzzzzzzz"] {
        assert!(id.parse::<PackId>().is_err(), "{id}");
    }
}

#[test]
fn every_kind_of_picture_has_one_spelling() {
    for kind in PictureType::ALL {
        assert_eq!(to_value(kind).unwrap(), json!(kind.as_str()));
    }
    for kind in PictureKind::ALL {
        assert_eq!(to_value(kind).unwrap(), json!(kind.as_str()));
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    assert_eq!("photo".parse::<PictureKind>(), Err(UnknownPictureKind));
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
        reasons: None,
        metadata: None,
        error_codes: vec![SiteverifyCode::TimeoutOrDuplicate],
    };
    assert_eq!(
        to_value(&reply).unwrap(),
        json!({"success": false, "error-codes": ["timeout-or-duplicate"]})
    );
}

/// What waits for the origin may be of an earlier release: a field that is added
/// has a default and is left out where it says nothing, so that these texts stay.
fn is_this_text<T>(value: &T, text: &str)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + core::fmt::Debug,
{
    assert_eq!(serde_json::to_string(value).unwrap(), text);
    assert_eq!(&serde_json::from_str::<T>(text).unwrap(), value);
}

#[test]
fn events_are_this_text() {
    let event = RedeemedEvent {
        id: AttemptId([7; 16]),
        redeemed_at: 1_763_623_801_000,
        solved_at: 1_763_623_800_250,
        sitekey: "mj_x".into(),
        hostname: "shop.example".into(),
        action: "login".into(),
        score: 90,
        interactive: false,
        stepped: true,
        algorithm: Algorithm::HashWx,
        country: "KR".into(),
        asn: 64_500,
        signs: Signs::NONE.with(Sign::Absent),
        rejected: 2,
    };
    is_this_text(
        &EventBatch { shard: "64/3".into(), events: vec![event] },
        concat!(
            r#"{"shard":"64/3","events":[{"id":"BwcHBwcHBwcHBwcHBwcHBw","#,
            r#""redeemed_at":1763623801000,"solved_at":1763623800250,"sitekey":"mj_x","#,
            r#""hostname":"shop.example","action":"login","score":90,"interactive":false,"#,
            r#""stepped":true,"algorithm":"hashwx","country":"KR","asn":64500,"signs":16384,"#,
            r#""rejected":2}]}"#,
        ),
    );
}

#[test]
fn batches_of_counts_are_this_text() {
    let count = Count {
        minute: 29_393_730,
        sitekey: "mj_x".into(),
        hostname: "shop.example".into(),
        action: String::new(),
        kind: CountKind::Refused,
        code: Some(Code::RateLimited),
        country: "KR".into(),
        asn: 64_500,
        algorithm: None,
        count: 5,
        solve_ms: Vec::new(),
    };
    let empty = CountBatch {
        batch: BatchId([7; 16]),
        counts: vec![count],
        pictures: Vec::new(),
        prices: Vec::new(),
        outcomes: Vec::new(),
    };
    let counts = concat!(
        r#"{"batch":"BwcHBwcHBwcHBwcHBwcHBw","counts":[{"minute":29393730,"sitekey":"mj_x","#,
        r#""hostname":"shop.example","action":"","kind":"refused","code":"rate-limited","#,
        r#""country":"KR","asn":64500,"count":5}]"#,
    );
    is_this_text(&empty, &[counts, "}"].concat());
    let full = CountBatch {
        pictures: vec![PictureCount {
            minute: 29_393_730,
            picture_type: PictureType::Grid,
            pack: Some(PackId([1, 2, 3, 4, 5, 6, 7, 8])),
            dealt: 4,
            right: 3,
            wrong: 1,
            way: 0,
        }],
        prices: vec![PriceCount {
            minute: 29_393_730,
            sitekey: "mj_x".into(),
            issued: [1, 2, 3, 4, 5, 6, 7],
            fleets: vec![FleetCount { name: "0a0b0c0d".into(), networks: 40, issued: 9 }],
        }],
        outcomes: vec![OutcomeReport {
            id: AttemptId([8; 16]),
            sitekey: "mj_x".into(),
            solved_at: 1_763_623_800_250,
            signs: Signs::NONE,
            score: 90,
            outcome: Outcome::Fraudulent,
            reason: None,
            key: None,
            reported_at: 1_763_623_900_000,
        }],
        ..empty
    };
    let rest = concat!(
        r#","pictures":[{"minute":29393730,"type":"grid","pack":"0102030405060708","dealt":4,"#,
        r#""right":3,"wrong":1,"way":0}],"prices":[{"minute":29393730,"sitekey":"mj_x","#,
        r#""issued":[1,2,3,4,5,6,7],"fleets":[{"name":"0a0b0c0d","networks":40,"issued":9}]}],"#,
        r#""outcomes":[{"id":"CAgICAgICAgICAgICAgICA","sitekey":"mj_x","#,
        r#""solved_at":1763623800250,"signs":0,"score":90,"outcome":"fraudulent","#,
        r#""reported_at":1763623900000}]}"#,
    );
    is_this_text(&full, &[counts, rest].concat());
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
