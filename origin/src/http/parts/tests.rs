use sqlx::PgPool;

use super::*;
use crate::http::Schema;
use crate::rig::Rig;

const AT: UnixMillis = UnixMillis(1_000_000);

fn later(seconds: u64) -> UnixMillis {
    UnixMillis(AT.0 + seconds * 1_000)
}

#[test]
fn a_state_holds_since_it_was_first_seen() {
    use PartName::{Edge, Postgres};
    let found = |edge| vec![(Postgres, Status::Ok), (Edge, edge)];
    let first = Sighting::of(found(Status::Ok), None, AT);
    let second = Sighting::of(found(Status::Down), Some(&first), later(10));
    let third = Sighting::of(found(Status::Down), Some(&second), later(20));
    assert_eq!(third.parts[0].since, AT);
    assert_eq!(third.parts[1].since, later(10));
    let mended = Sighting::of(found(Status::Ok), Some(&third), later(30));
    assert_eq!((mended.parts[1].since, mended.at), (later(30), later(30)));
}

#[test]
fn only_an_edge_that_is_away_keeps_visitors_from_being_served() {
    use PartName::{Edge, GpuBackend, Mail, Postgres};
    use Status::{Degraded, Down, Ok};
    for (postgres, edge, mail, gpu, whole) in [
        (Ok, Ok, Ok, Ok, Ok),
        (Down, Ok, Ok, Ok, Degraded),
        (Ok, Degraded, Ok, Ok, Degraded),
        (Ok, Down, Ok, Ok, Down),
        (Ok, Ok, Degraded, Ok, Degraded),
        (Ok, Ok, Ok, Down, Degraded),
    ] {
        let found = vec![(Postgres, postgres), (Edge, edge), (Mail, mail), (GpuBackend, gpu)];
        assert_eq!(Sighting::of(found, None, AT).status(), whole);
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn however_many_ask_the_parts_are_looked_at_once_in_ten_seconds(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let first = seen(&rig.app).await;
    assert_eq!(first.status(), Status::Ok);
    // The schema goes away, and nobody looks yet.
    rig.app.readiness.set_schema(Schema::Waiting("starting".to_owned()));
    rig.pass(9_999);
    let asked = (0..50).map(|_| seen(&rig.app));
    for again in futures_util::future::join_all(asked).await {
        assert!(Arc::ptr_eq(&first, &again));
    }
    rig.pass(1);
    let then = seen(&rig.app).await;
    let names: Vec<_> = then.parts.iter().map(|part| (part.name, part.status)).collect();
    assert_eq!(names, [(PartName::Postgres, Status::Down), (PartName::Edge, Status::Ok)]);
    assert_eq!(then.parts[0].since, rig.now());
    assert_eq!(then.parts[1].since, first.at);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_gpu_backend_that_does_not_answer_is_down(pool: PgPool) {
    let rig = Rig::drawing_by(pool, Some("http://127.0.0.1:1")).await;
    let sighting = seen(&rig.app).await;
    let gpu = sighting.parts.iter().find(|part| part.name == PartName::GpuBackend).unwrap();
    assert_eq!((gpu.status, sighting.status()), (Status::Down, Status::Degraded));
}
