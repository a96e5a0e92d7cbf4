//! Health, and the responses of intake while a component is down.

use std::sync::Arc;
use std::time::Duration;

use munjigi_app::health::Schema;
use munjigi_delivery::mail::MailTransport;
use munjigi_delivery::mail::{Sender, Transport};
use munjigi_process::stop;
use munjigi_store::mails;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use munjigi_rig::smtp::{self, FakeSmtp, Reply, Step};
use munjigi_rig::{self as rig, MINUTE, Rig, event};

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn ready_means_that_every_component_is_healthy(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    assert_contract!("ready", rig.look_at("/health/ready").await, rig);
    assert_contract!("live", rig.get("/health/live").await, rig);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_origin_without_its_schema_is_not_ready_and_accepts_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    rig.app.readiness.set_schema(Schema::Waiting("Postgres does not respond".to_owned()));
    assert_contract!("not_ready", rig.look_at("/health/ready").await, rig);
    let answer = rig.post("/internal/events", &rig::events(&[event(1)])).await;
    assert_contract!("starting", answer, rig);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_proxy_is_told_when_to_send_requests_elsewhere(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let serving = async || (rig.get("/health/serving").await, rig.look_at("/health/serving").await);
    let (public, operators) = serving().await;
    assert_eq!((public.status, operators.status), (200, 200));
    assert!(public.headers.get("connection").is_none());

    rig.app.readiness.set_schema(Schema::Waiting("starting".to_owned()));
    assert_eq!(serving().await.0.status, 503);
    rig.app.readiness.set_schema(Schema::Applied);
    rig.app.readiness.leave();
    let (public, operators) = serving().await;
    assert_eq!((public.status, operators.status), (503, 503));
    // What comes all the same is answered, and its connection not used again.
    let answer = rig.post("/internal/events", &rig::events(&[event(1)])).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["connection"], "close");
}

#[tokio::test]
async fn while_postgres_is_away_intake_says_when_to_come_back() {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_millis(50))
        .connect_lazy("postgres://nobody@127.0.0.1:1/none")
        .unwrap();
    let rig = Rig::new(pool, crate::routes).await;
    let answer = rig.post("/internal/events", &rig::events(&[event(1)])).await;
    assert_contract!("postgres_away", answer, rig);
    assert_eq!(rig.get("/health/live").await.status, 200);
    assert_contract!("not_ready_postgres_away", rig.look_at("/health/ready").await, rig);
    let metrics = rig.look_at("/metrics").await;
    assert_eq!(metrics.status, 200);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_gpu_backend_that_is_down_blocks_nothing(pool: PgPool) {
    let rig = Rig::drawing_by(pool, Some("http://127.0.0.1:1"), crate::routes).await;
    assert_contract!("gpu_backend_away", rig.look_at("/health/ready").await, rig);
    let answer = rig.post("/internal/events", &rig::events(&[event(1)])).await;
    assert_eq!(answer.status, 204);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn emails_that_cannot_be_sent_block_nothing(pool: PgPool) {
    let mut rig = Rig::new(pool, crate::routes).await;
    let server = FakeSmtp::start().await;
    let transport = MailTransport::Smtp(smtp::server(server.address));
    let transport = Transport::of(&transport).unwrap();
    let from = "no-reply@munjigi.example".parse().unwrap();
    let sender = Sender::new(rig.pool.clone(), rig.app.clock.clone(), from, transport);
    Arc::get_mut(&mut rig.app.app).unwrap().mail = Some(sender.clone());
    assert_contract!("mail", rig.look_at("/health/ready").await, rig);

    let message = munjigi_domain::email::Email {
        to: "mina@example.org".parse().unwrap(),
        subject: "Hello".parse().unwrap(),
        text: "Hello\n".to_owned(),
        html: None,
    };
    let mut connection = rig.pool.acquire().await.unwrap();
    mails::queue(&mut connection, &message, rig.now()).await.unwrap();
    rig.pass(5 * MINUTE);
    assert_eq!(rig.look_at("/health/ready").await.body.matches("degraded").count(), 0);
    rig.pass(1);
    assert_contract!("mail_waits", rig.look_at("/health/ready").await, rig);

    let (_stopper, stop) = stop::pair();
    server.reply([(Step::Rcpt, Reply::Code(451))]);
    sender.send_due(&stop).await.unwrap();
    assert_contract!("mail_failed", rig.look_at("/health/ready").await, rig);
    rig.pass(MINUTE);
    sender.send_due(&stop).await.unwrap();
    assert_eq!(rig.look_at("/health/ready").await.body.matches("degraded").count(), 0);
}
