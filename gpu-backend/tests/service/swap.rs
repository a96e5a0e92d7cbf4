//! Changing models while calls are in flight.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::files::png;
use crate::models::{LABELS, Stocked, classifier, put};
use crate::predict::predicted;

const TARGET: &str = "/v1/predict?caller=factory&model=shapes";

/// The version that answers a call.
async fn version(stocked: &Stocked) -> String {
    let answer = predicted(&stocked.rig, TARGET, &png(8, 8)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let reply = answer.json();
    format!("{}@{}", reply["model"].as_str().unwrap(), reply["version"].as_str().unwrap())
}

fn plan(stocked: &Stocked, text: &str) {
    std::fs::write(stocked.folder.path().join("shapes/serving.toml"), text).unwrap();
    stocked.watcher.look_now();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_under_load_drops_no_call() {
    let stocked = Stocked::new().await;
    let is_over = AtomicBool::new(false);
    let load = async {
        let mut answers = BTreeMap::<String, usize>::new();
        while !is_over.load(Ordering::Relaxed) {
            let (a, b, c) = tokio::join!(version(&stocked), version(&stocked), version(&stocked));
            for version in [a, b, c] {
                *answers.entry(version).or_default() += 1;
            }
        }
        answers
    };
    let swap = async {
        for round in 1..=3_u64 {
            let next = format!("1.{round}.0");
            put(stocked.folder.path(), "shapes", &next, &classifier(round), &LABELS);
            let last = stocked.folder.path().join(format!("shapes/1.{}.0", round - 1));
            std::fs::remove_dir_all(last).unwrap();
            stocked.watcher.look_now();
            let wanted = next.parse().unwrap();
            stocked
                .until(|stocked| {
                    let fleet = stocked.rig.app.serving.fleet();
                    fleet.lines.values().all(|line| line.versions.keys().eq([&wanted]))
                })
                .await;
            assert_eq!(version(&stocked).await, format!("shapes@{next}"));
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (answers, ()) = tokio::join!(load, swap);
    assert!(answers.values().sum::<usize>() > 10, "{answers:?}");
}

#[tokio::test]
async fn the_highest_version_answers_until_a_plan_goes_back() {
    let stocked = Stocked::with(&[], |models| {
        put(models, "shapes", "1.0.0", &classifier(5), &LABELS);
        put(models, "shapes", "1.1.0", &classifier(6), &LABELS);
    })
    .await;
    assert_eq!(version(&stocked).await, "shapes@1.1.0");
    plan(&stocked, "latest = \"1.0.0\"");
    let has_plan = |stocked: &Stocked| {
        stocked.rig.app.serving.fleet().lines.values().any(|line| line.plan.latest.is_some())
    };
    stocked.until(has_plan).await;
    assert_eq!(version(&stocked).await, "shapes@1.0.0");
}

#[tokio::test]
async fn a_broken_plan_changes_nothing_and_is_reported() {
    let stocked = Stocked::with(&[], |models| {
        put(models, "shapes", "1.0.0", &classifier(5), &LABELS);
        put(models, "shapes", "1.1.0", &classifier(6), &LABELS);
        std::fs::write(models.join("shapes/serving.toml"), "latest = \"1.0.0\"").unwrap();
    })
    .await;
    assert_eq!(version(&stocked).await, "shapes@1.0.0");
    plan(&stocked, "latest = 7");
    stocked.until(|stocked| !stocked.rig.app.serving.fleet().broken.is_empty()).await;
    assert_eq!(version(&stocked).await, "shapes@1.0.0");
    let version = stocked.rig.fetch("/version").await.json();
    assert_eq!(version["broken"][0]["code"], "model-plan-invalid");
}
