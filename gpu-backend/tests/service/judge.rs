//! Models that try to answer what was drawn.

use std::path::Path;

use munjigi_protocol::RenderReply;
use munjigi_scene::Kind;
use serde_json::json;

use crate::build::{Build, Value};
use crate::models::{Stocked, put};

/// A classifier of every kind over colour pictures of 8×8, with random weights.
fn guesser() -> Vec<u8> {
    let mut build = Build::new(13, 3);
    let x = build.input(&[3, 8, 8]);
    let filters = build.weights(&[Kind::ALL.len() as i64, 3, 3, 3]);
    let x = build.node("Conv", &[&x, &filters], &[]);
    let x = build.node("GlobalAveragePool", &[&x], &[]);
    let x = build.node("Flatten", &[&x], &[("axis", Value::Int(1))]);
    build.file(&[&x])
}

#[tokio::test]
async fn a_classifier_judges_grids_and_says_nothing_of_other_kinds() {
    let labels: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let stocked =
        Stocked::with(&[], |models| put(models, "guesser", "1.0.0", &guesser(), &labels)).await;
    let seed = "05".repeat(32);
    let body = json!({
        "pictures": [{"type": "grid", "seed": seed}, {"type": "area", "seed": seed}],
        "judge": "guesser",
    });
    let answer = stocked.rig.post("/v1/render?caller=factory", &body).await;
    let reply: RenderReply = serde_json::from_value(answer.json()).unwrap();
    let judgement = reply.pictures[0].judgement.as_ref().unwrap();
    assert_eq!(judgement.model, "guesser@1.0.0");
    assert!(!judgement.passed && (0.0..=1.0).contains(&judgement.confidence));
    assert!(reply.pictures[1].judgement.is_none());
}

#[tokio::test]
async fn an_unknown_judge_is_refused_before_anything_is_drawn() {
    let stocked = Stocked::new().await;
    let seed = "05".repeat(32);
    let body = json!({"pictures": [{"type": "grid", "seed": seed}], "judge": "nobody"});
    let answer = stocked.rig.post("/v1/render?caller=factory", &body).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "model-unknown"));
}

/// The shipped judge gets tiles here as in its training: a network with other
/// inputs guesses.
#[tokio::test]
async fn the_shipped_judge_answers_most_grids() {
    let stocked = Stocked::with(&[], |models| {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/scene-tile");
        let newest = std::fs::read_dir(shipped).unwrap().map(|entry| entry.unwrap().path()).max();
        let newest = newest.unwrap();
        let folder = models.join("scene-tile").join(newest.file_name().unwrap());
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["model.onnx", "model.toml"] {
            std::fs::copy(newest.join(file), folder.join(file)).unwrap();
        }
    })
    .await;
    let seed = |number: u8| format!("{number:02x}").repeat(32);
    let grids: Vec<_> = (1..=4).map(|at| json!({"type": "grid", "seed": seed(at)})).collect();
    let body = json!({"pictures": grids, "judge": "scene-tile"});
    let target = "/v1/render?caller=factory&deadline_ms=120000";
    let answer = stocked.rig.post(target, &body).await;
    let reply: RenderReply = serde_json::from_value(answer.json()).unwrap();
    let judgements = reply.pictures.iter().filter_map(|picture| picture.judgement.as_ref());
    let passed = judgements.filter(|judgement| judgement.passed).count();
    assert!(passed >= 2, "{passed} of 4");
}
