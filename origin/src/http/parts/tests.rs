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
fn only_an_unreachable_edge_blocks_visitors() {
    use PartName::{Edge, GpuBackend, Mail, Postgres};
    use PartState::{Degraded, Down, Ok, Starting};
    for (postgres, edge, mail, gpu, whole) in [
        (Ok, Ok, Ok, Ok, Ok),
        (Down, Ok, Ok, Ok, Degraded),
        (Ok, Degraded, Ok, Ok, Degraded),
        (Ok, Down, Ok, Ok, Down),
        (Ok, Ok, Degraded, Ok, Degraded),
        (Ok, Ok, Ok, Down, Degraded),
        (Starting, Ok, Ok, Ok, Starting),
        (Ok, Starting, Ok, Down, Starting),
        (Starting, Down, Ok, Ok, Down),
    ] {
        let found = [(Postgres, postgres), (Edge, edge), (Mail, mail), (GpuBackend, gpu)];
        let part = |(name, status)| Part { name, status, since: AT };
        let sighting = Sighting { at: AT, parts: found.map(part).to_vec() };
        assert_eq!(sighting.status(), whole);
    }
}

/// The edge alone, checked repeatedly.
fn course(looks: &[(u64, Status)]) -> Vec<(PartState, u64)> {
    let mut before: Option<Sighting> = None;
    let mut course = Vec::new();
    for (seconds, found) in looks {
        let found = vec![(PartName::Edge, *found)];
        let sighting = Sighting::of(found, before.as_ref(), later(*seconds));
        let part = sighting.parts[0];
        course.push((part.status, (part.since.0 - AT.0) / 1_000));
        before = Some(sighting);
    }
    course
}

#[test]
fn a_new_process_calls_nothing_down_that_was_never_healthy() {
    use Status::{Degraded, Down, Ok};
    // It starts a little later than the origin; later it really goes down.
    assert_eq!(
        course(&[(0, Down), (1, Degraded), (29, Down), (29, Ok), (30, Down)]),
        [
            (PartState::Starting, 0),
            (PartState::Starting, 0),
            (PartState::Starting, 0),
            (PartState::Ok, 29),
            (PartState::Down, 30)
        ]
    );
    // It never starts.
    assert_eq!(
        course(&[(0, Down), (30, Down), (31, Down)]),
        [(PartState::Starting, 0), (PartState::Down, 30), (PartState::Down, 30)]
    );
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn until_the_schema_is_applied_nothing_is_down(pool: PgPool) {
    let rig = Rig::new(pool).await;
    rig.app.readiness.set_schema(Schema::Waiting("starting".to_owned()));
    let first = seen(&rig.app).await;
    let names: Vec<_> = first.parts.iter().map(|part| (part.name, part.status)).collect();
    assert_eq!(names, [(PartName::Postgres, PartState::Starting), (PartName::Edge, PartState::Ok)]);
    assert_eq!(first.status(), PartState::Starting);
    rig.app.readiness.set_schema(Schema::Applied);
    rig.pass(999);
    assert!(Arc::ptr_eq(&first, &seen(&rig.app).await), "however many ask");
    rig.pass(1);
    assert_eq!(seen(&rig.app).await.status(), PartState::Ok);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn components_are_checked_once_in_ten_seconds_however_many_requests_arrive(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let first = seen(&rig.app).await;
    assert_eq!(first.status(), PartState::Ok);
    // The schema goes away before the next check.
    rig.app.readiness.set_schema(Schema::Waiting("starting".to_owned()));
    rig.pass(9_999);
    let asked = (0..50).map(|_| seen(&rig.app));
    for again in futures_util::future::join_all(asked).await {
        assert!(Arc::ptr_eq(&first, &again));
    }
    rig.pass(1);
    let then = seen(&rig.app).await;
    let names: Vec<_> = then.parts.iter().map(|part| (part.name, part.status)).collect();
    assert_eq!(names, [(PartName::Postgres, PartState::Down), (PartName::Edge, PartState::Ok)]);
    assert_eq!(then.parts[0].since, rig.now());
    assert_eq!(then.parts[1].since, first.at);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_gpu_backend_that_does_not_respond_is_down(pool: PgPool) {
    let rig = Rig::drawing_by(pool, Some("http://127.0.0.1:1")).await;
    for (passed_millis, state, whole) in [
        (0, PartState::Starting, PartState::Starting),
        (STARTS_WITHIN_MILLIS, PartState::Down, PartState::Degraded),
    ] {
        rig.pass(passed_millis);
        let sighting = seen(&rig.app).await;
        let gpu = sighting.parts.iter().find(|part| part.name == PartName::GpuBackend).unwrap();
        assert_eq!((gpu.status, sighting.status()), (state, whole));
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn pages_say_what_a_degraded_component_means_for_their_readers(pool: PgPool) {
    use munjigi_domain::locale::Locale;

    use crate::words;
    let rig = Rig::new(pool).await;
    let kim = rig.someone("Kim").await;
    let (en, ko) = (words::of(Locale::En), words::of(Locale::Ko));
    let (en, ko) = (&en.around.unwell, &ko.around.unwell);
    let all = [en.mail, en.edge, en.cache, ko.mail, ko.edge, ko.cache];
    let said = |page: &str| all.map(|notice| page.contains(notice));
    let mut tab = rig.tab_of(&kim.account).await;
    assert_eq!(said(&tab.open("/console").await.page), [false; 6]);

    let parts = [
        (PartName::Postgres, PartState::Ok),
        (PartName::Edge, PartState::Down),
        (PartName::Mail, PartState::Degraded),
        (PartName::Cache, PartState::Degraded),
        (PartName::GpuBackend, PartState::Down),
    ];
    let part = |(name, status)| Part { name, status, since: rig.now() };
    let sighting = Sighting { at: rig.now(), parts: parts.map(part).to_vec() };
    *rig.app.board.latest.write().unwrap() = Some(Arc::new(sighting));
    let told = [true, true, true, false, false, false];
    assert_eq!(said(&tab.open("/console").await.page), told);
    // Visitors of the log-in page wait only for emails, and readers of the home
    // page for nothing.
    for (path, told) in [
        ("/log-in", [true, false, false, false, false, false]),
        ("/sign-up?lang=ko", [false, false, false, true, false, false]),
        ("/", [false; 6]),
        ("/docs", [false; 6]),
    ] {
        assert_eq!(said(&rig.get(path).await.body), told, "{path}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_unresponsive_cache_is_reported_and_nothing_is_down(pool: PgPool) {
    let Some(mut redis) = crate::rig::redis::RedisServer::start().await else { return };
    let rig = Rig::beside(pool, &redis.connection()).await;
    let cache = |seen: &Sighting| {
        seen.parts.iter().find(|part| part.name == PartName::Cache).map(|part| part.status)
    };
    assert_eq!(cache(&*seen(&rig.app).await), Some(PartState::Ok));
    redis.kill();
    rig.pass(10_000);
    let away = seen(&rig.app).await;
    assert_eq!((cache(&away), away.status()), (Some(PartState::Degraded), PartState::Degraded));
}
