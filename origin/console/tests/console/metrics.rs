//! What is counted, and that outsiders cannot create new series.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use metrics_exporter_prometheus::PrometheusBuilder;
use sqlx::PgPool;

use munjigi_rig::{Rig, event, events};

/// The lines of one metric.
fn lines<'a>(rendered: &'a str, name: &str) -> BTreeSet<&'a str> {
    rendered.lines().filter(|line| line.starts_with(name)).collect()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn paths_and_methods_that_clients_invent_make_no_new_series(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    for number in 0..300 {
        for (method, path) in [
            ("GET", format!("/garbage-{number}/%00%ff?x={number}")),
            ("GET", format!("/console/garbage-{number}/sites/garbage-{number}")),
            ("GET", format!("/assets/garbage-{number}.css")),
            ("GARBAGE", format!("/errors/garbage-{number}")),
            ("PUT", "/internal/events".to_owned()),
            ("POST", "/internal/events".to_owned()),
        ] {
            let request = Request::builder().method(method).uri(path);
            rig.send(request.body(Body::from("garbage")).unwrap()).await;
        }
    }
    let rendered = handle.render();
    assert!(!rendered.contains("garbage") && !rendered.contains("GARBAGE"), "{rendered}");
    let counters = lines(&rendered, "munjigi_http_requests_total");
    assert!((4..=12).contains(&counters.len()), "{counters:#?}");
    assert!(rendered.lines().count() < 200, "{}", rendered.lines().count());
    let page = "route=\"/console/{organisation}/sites/{sitekey}\"";
    assert!(counters.iter().any(|line| line.contains(page)), "{counters:#?}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn pools_outboxes_and_lags_are_reported(pool: PgPool) {
    let rig = Rig::drawing_by(pool, Some("http://127.0.0.1:1"), crate::routes).await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);
    rig.create_site().await;
    rig.pass(5_000);
    rig.post("/internal/events", &events(&[event(1)])).await;
    rig.look_at("/metrics").await;
    let rendered = handle.render();
    for line in [
        "munjigi_pool_connections{pool=\"main\",state=\"idle\"}",
        "munjigi_pool_connections{pool=\"factory\",state=\"busy\"}",
        "munjigi_pool_connections_limit{pool=\"main\"}",
        "munjigi_pool_wait_seconds ",
        "munjigi_intake_waiting 0",
        "munjigi_delivery_pending{topic=\"sites\"} 1",
        "munjigi_delivery_lag_seconds{topic=\"sites\"} 5",
        "munjigi_delivery_pending{topic=\"vendor-keys\"} 0",
        "munjigi_event_lag_seconds",
        "munjigi_delivery_pending{topic=\"drawings\"} 0",
        "munjigi_delivery_lag_seconds{topic=\"drawings\"} 0",
        "munjigi_database_up 1",
        "munjigi_http_requests_total{method=\"POST\",route=\"/internal/events\",status=\"204\"} 1",
    ] {
        assert!(!lines(&rendered, line).is_empty(), "{line}\n{rendered}");
    }
}
