//! Health, version, metrics and the home page; and what intake says while a
//! part is away.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::http::Schema;
use crate::rig::{self, Rig, event};

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn ready_means_that_every_part_is_well(pool: PgPool) {
    let rig = Rig::new(pool).await;
    assert_contract!("ready", rig.get("/health/ready").await, rig);
    assert_contract!("live", rig.get("/health/live").await, rig);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_origin_without_its_schema_is_not_ready_and_takes_nothing(pool: PgPool) {
    let rig = Rig::new(pool).await;
    rig.app.readiness.set_schema(Schema::Waiting("Postgres does not answer".to_owned()));
    assert_contract!("not_ready", rig.get("/health/ready").await, rig);
    let answer = rig.post("/internal/events", &rig::events(&[event(1)])).await;
    assert_contract!("starting", answer, rig);
}

#[tokio::test]
async fn while_postgres_is_away_intake_says_when_to_come_back() {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(50))
        .connect_lazy("postgres://nobody@127.0.0.1:1/none")
        .unwrap();
    let rig = Rig::new(pool).await;
    let answer = rig.post("/internal/events", &rig::events(&[event(1)])).await;
    assert_contract!("postgres_away", answer, rig);
    assert_eq!(rig.get("/health/live").await.status, 200);
    assert_contract!("not_ready_postgres_away", rig.get("/health/ready").await, rig);
    let metrics = rig.get("/metrics").await;
    assert_eq!(metrics.status, 200);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_gpu_backend_that_is_away_keeps_nothing_from_working(pool: PgPool) {
    let rig = Rig::drawing_by(pool, Some("http://127.0.0.1:1")).await;
    assert_contract!("gpu_backend_away", rig.get("/health/ready").await, rig);
    let answer = rig.post("/internal/events", &rig::events(&[event(1)])).await;
    assert_eq!(answer.status, 204);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_version_names_the_program(pool: PgPool) {
    let rig = Rig::new(pool).await;
    assert_contract!("version", rig.get("/version").await, rig);
    let home = rig.get("/").await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains("visitors never come here"));
}
