//! `POST /v1/render`.

use munjigi_protocol::{RenderReply, RenderedPicture, RightRound, base64};
use serde_json::{Value, json};

use crate::rig::{Answer, Rig};

const TARGET: &str = "/v1/render?caller=factory&deadline_ms=120000";

fn wanted(types: &[&str], seed: u8) -> Value {
    let seed = format!("{seed:02x}").repeat(32);
    let pictures = types.iter().map(|name| json!({"type": name, "seed": seed}));
    json!({"pictures": pictures.collect::<Vec<_>>()})
}

fn reply(answer: &Answer) -> RenderReply {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn every_kind_is_drawn_with_its_answer() {
    let rig = Rig::new();
    let drawn = reply(&rig.post(TARGET, &wanted(&["grid", "area", "turn"], 1)).await);
    assert_eq!(drawn.drawn_by, "cpu");
    let [grid, area, turn] = drawn.pictures.as_slice() else { panic!("three were asked for") };
    assert!(matches!(&grid.answer, RightRound::Grid { cells } if cells.len() >= 3));
    assert!(matches!(&area.answer, RightRound::Area { columns: 60, rows: 40, .. }));
    assert!(matches!(&turn.answer, RightRound::Turn { views } if views.len() == 1));
    assert_eq!([grid.images.len(), area.images.len(), turn.images.len()], [1, 1, 2]);
    let files = |picture: &RenderedPicture| -> Vec<(String, Vec<u8>)> {
        let images = picture.images.iter();
        images
            .map(|image| (image.content_type.clone(), base64::decode(&image.data).unwrap()))
            .collect()
    };
    for (content_type, bytes) in [grid, area].into_iter().flat_map(files) {
        assert_eq!((content_type.as_str(), &bytes[..3]), ("image/jpeg", &[0xff, 0xd8, 0xff][..]));
    }
    for (content_type, bytes) in files(turn) {
        assert_eq!((content_type.as_str(), &bytes[4..12]), ("image/avif", &b"ftypavif"[..]));
    }
}

#[tokio::test]
async fn the_same_seed_draws_the_same_picture() {
    let rig = Rig::new();
    let mut drawn = Vec::new();
    for seed in [1, 1, 2] {
        drawn.push(reply(&rig.post(TARGET, &wanted(&["grid"], seed)).await));
    }
    assert_eq!(drawn[0], drawn[1]);
    assert_ne!(drawn[0].pictures[0].images, drawn[2].pictures[0].images);
}

#[tokio::test]
async fn calls_that_do_not_fit_in_the_queue_are_told_to_retry() {
    let rig = Rig::with(&[("MUNJIGI_GPU_QUEUE", "4"), ("MUNJIGI_GPU_THREADS", "1")]);
    let answer = rig.post(TARGET, &wanted(&["grid"; 5], 1)).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "queue-full"));
    assert!(answer.retry_after() >= 1);
    assert_eq!(reply(&rig.post(TARGET, &wanted(&["area"], 1)).await).pictures.len(), 1);
}

#[tokio::test]
async fn a_deadline_cancels_late_work() {
    let rig = Rig::with(&[("MUNJIGI_GPU_THREADS", "1")]);
    let target = "/v1/render?caller=factory&deadline_ms=1";
    let answer = rig.post(target, &wanted(&["turn"; 8], 1)).await;
    assert_eq!((answer.status, answer.code().as_str()), (504, "deadline-passed"));
}
