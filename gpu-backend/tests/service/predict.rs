//! `POST /v1/predict`.

use std::path::Path;
use std::sync::Arc;

use munjigi_gpu_backend::engine::choice::Engines;
use munjigi_gpu_backend::engine::fence::Patience;
use munjigi_gpu_backend::server;
use munjigi_protocol::{PredictReply, Prediction};

use crate::broken::{Broken, Fault, Switch};
use crate::files::{jpeg, png, webp};
use crate::models::{LABELS, Stocked, classifier, put};
use crate::rig::{Answer, Rig};

const TARGET: &str = "/v1/predict?caller=factory&model=shapes";

pub async fn predicted(rig: &Rig, target: &str, image: &[u8]) -> Answer {
    rig.send(rig.signed(target, "", image)).await
}

fn classes(answer: &Answer) -> Vec<(String, f32)> {
    let reply: PredictReply = serde_json::from_value(answer.json()).unwrap();
    assert_eq!((reply.model.as_str(), reply.engine.as_str()), ("shapes", "rten"));
    let Prediction::Classify { classes } = reply.prediction else { panic!("another task") };
    classes
}

#[tokio::test]
async fn an_image_of_any_type_is_classified() {
    let stocked = Stocked::new().await;
    for (name, image) in [("JPEG", jpeg(20, 30)), ("PNG", png(8, 8)), ("WebP", webp(31, 9))] {
        let answer = predicted(&stocked.rig, TARGET, &image).await;
        assert_eq!(answer.status, 200, "{name}: {}", String::from_utf8_lossy(&answer.body));
        let classes = classes(&answer);
        assert_eq!(classes.len(), 3);
        assert!((classes.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 1e-4);
        assert!(classes.is_sorted_by(|a, b| a.1 >= b.1));
    }
}

#[tokio::test]
async fn images_that_come_together_are_computed_together() {
    let variables = [("MUNJIGI_GPU_BATCH_WAIT_MS", "1000"), ("MUNJIGI_GPU_QUEUE", "100")];
    let stocked = Stocked::with(&variables, |models| {
        put(models, "shapes", "1.0.0", &classifier(5), &LABELS);
    })
    .await;
    let image = png(8, 8);
    // More than one batch of the largest size, so that none waits a full
    // second.
    let calls = (0..64).map(|_| predicted(&stocked.rig, TARGET, &image));
    let calls: Vec<_> = calls.map(Box::pin).collect();
    let mut answers = Vec::new();
    for call in join_all(calls).await {
        answers.push(classes(&call));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Runs futures concurrently.
pub async fn join_all<F: Future + Unpin>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (future, None)).collect();
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for (future, output) in &mut futures {
            if output.is_none() {
                match std::pin::Pin::new(future).poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => is_done = false,
                }
            }
        }
        if is_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

/// A service with one model whose device is busy with a call that ends when
/// `busy` does.
async fn kept_busy(variables: &[(&str, &str)]) -> (Arc<Stocked>, Busy) {
    let (engine, switch) = Broken::new(Fault::Hangs);
    let engines = Engines::with(engine, Patience::SOFTWARE);
    let rig = Rig::on(variables, engines, server::unused_metrics());
    let fill = |models: &Path| put(models, "shapes", "1.0.0", &classifier(5), &LABELS);
    let stocked = Arc::new(Stocked::on(rig, fill).await);
    switch.break_after(0);
    let first = Arc::clone(&stocked);
    let target = "/v1/predict?caller=factory&model=shapes&deadline_ms=120000";
    let call = tokio::spawn(async move { predicted(&first.rig, target, &png(8, 8)).await });
    stocked.until(|_| switch.faults() == 1).await;
    (stocked, Busy { switch, call })
}

struct Busy {
    switch: Arc<Switch>,
    call: tokio::task::JoinHandle<Answer>,
}

impl Busy {
    async fn end(self) {
        self.switch.repair();
        assert_eq!(self.call.await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_full_queue_answers_429_and_says_when_to_retry() {
    let (stocked, busy) = kept_busy(&[("MUNJIGI_GPU_QUEUE", "2")]).await;
    let image = png(8, 8);
    let Busy { switch, call } = busy;
    // Two wait; there is no room for a third.
    let one = async || {
        let answer = predicted(&stocked.rig, TARGET, &image).await;
        if answer.status == 429 {
            assert_eq!(answer.code(), "queue-full");
            assert!(answer.retry_after() >= 1);
            switch.repair();
        }
        answer.status
    };
    let mut statuses = <[u16; 3]>::from(tokio::join!(one(), one(), one()));
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(call.await.unwrap().status, 200);
    assert_eq!(predicted(&stocked.rig, TARGET, &image).await.status, 200);
}

#[tokio::test]
async fn a_deadline_ends_the_wait_for_a_busy_device() {
    let (stocked, busy) = kept_busy(&[]).await;
    let target = "/v1/predict?caller=factory&model=shapes&deadline_ms=50";
    let answer = predicted(&stocked.rig, target, &png(8, 8)).await;
    assert_eq!((answer.status, answer.code().as_str()), (504, "deadline-passed"));
    busy.end().await;
    assert_eq!(predicted(&stocked.rig, TARGET, &png(8, 8)).await.status, 200);
}

#[tokio::test]
async fn only_models_in_service_answer() {
    let stocked = Stocked::with(&[], |models| {
        put(models, "shapes", "1.0.0", &classifier(5), &LABELS);
        put(models, "shapes", "1.1.0", b"no network", &LABELS);
        put(models, "broken", "1.0.0", b"no network", &LABELS);
        put(models, "labels", "1.0.0", &classifier(5), &LABELS[..2]);
    })
    .await;
    let code = async |model: &str| {
        let target = format!("/v1/predict?caller=factory{model}");
        let answer = predicted(&stocked.rig, &target, &png(8, 8)).await;
        if answer.status == 200 { "fine".to_owned() } else { answer.code() }
    };
    assert_eq!(code("").await, "malformed-request");
    assert_eq!(code("&model=").await, "malformed-request");
    assert_eq!(code("&model=../shapes").await, "malformed-request");
    assert_eq!(code("&model=other").await, "model-unknown");
    assert_eq!(code("&model=shapes@9.0.0").await, "model-unknown");
    assert_eq!(code("&model=shapes@1.1.0").await, "model-unavailable");
    assert_eq!(code("&model=broken").await, "model-unavailable");
    // Three scores, two labels: it never gets into service.
    assert_eq!(code("&model=labels").await, "model-unavailable");
    assert_eq!(code("&model=shapes@latest").await, "fine");
    let health = stocked.rig.fetch("/health/ready").await;
    assert_eq!((health.status, health.json()["status"].as_str()), (200, Some("degraded")));
    let version = stocked.rig.fetch("/version").await.json();
    assert_eq!(version["models"].as_array().unwrap().len(), 1);
    let broken = version["broken"].as_array().unwrap();
    let codes: Vec<&str> = broken.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["model-malformed", "model-output-mismatch", "model-malformed"]);
}
