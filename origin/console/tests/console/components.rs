//! The states of the components, as the running service sees them.

use std::sync::Arc;

use munjigi_app::components::{
    Component, ComponentName, ComponentState, STARTS_WITHIN_MILLIS, Sighting, seen,
};
use munjigi_app::health::Schema;
use sqlx::PgPool;

use munjigi_rig::Rig;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn until_the_schema_is_applied_nothing_is_down(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    rig.app.readiness.set_schema(Schema::Waiting("starting".to_owned()));
    let first = seen(&rig.app).await;
    let names: Vec<_> =
        first.components.iter().map(|component| (component.name, component.status)).collect();
    assert_eq!(
        names,
        [
            (ComponentName::Postgres, ComponentState::Starting),
            (ComponentName::Edge, ComponentState::Ok)
        ]
    );
    assert_eq!(first.status(), ComponentState::Starting);
    rig.app.readiness.set_schema(Schema::Applied);
    rig.pass(999);
    assert!(Arc::ptr_eq(&first, &seen(&rig.app).await), "however many ask");
    rig.pass(1);
    assert_eq!(seen(&rig.app).await.status(), ComponentState::Ok);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn components_are_checked_once_in_ten_seconds_however_many_requests_arrive(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let first = seen(&rig.app).await;
    assert_eq!(first.status(), ComponentState::Ok);
    // The schema goes away before the next check.
    rig.app.readiness.set_schema(Schema::Waiting("starting".to_owned()));
    rig.pass(9_999);
    let asked = (0..50).map(|_| seen(&rig.app));
    for again in futures_util::future::join_all(asked).await {
        assert!(Arc::ptr_eq(&first, &again));
    }
    rig.pass(1);
    let then = seen(&rig.app).await;
    let names: Vec<_> =
        then.components.iter().map(|component| (component.name, component.status)).collect();
    assert_eq!(
        names,
        [
            (ComponentName::Postgres, ComponentState::Down),
            (ComponentName::Edge, ComponentState::Ok)
        ]
    );
    assert_eq!(then.components[0].since, rig.now());
    assert_eq!(then.components[1].since, first.at);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_gpu_backend_that_does_not_respond_is_down(pool: PgPool) {
    let rig = Rig::drawing_by(pool, Some("http://127.0.0.1:1"), crate::routes).await;
    for (passed_millis, state, whole) in [
        (0, ComponentState::Starting, ComponentState::Starting),
        (STARTS_WITHIN_MILLIS, ComponentState::Down, ComponentState::Degraded),
    ] {
        rig.pass(passed_millis);
        let sighting = seen(&rig.app).await;
        let gpu = sighting
            .components
            .iter()
            .find(|component| component.name == ComponentName::GpuBackend)
            .unwrap();
        assert_eq!((gpu.status, sighting.status()), (state, whole));
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn pages_say_what_a_degraded_component_means_for_their_readers(pool: PgPool) {
    use munjigi_i18n::Texts;

    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let notices = |tag: &str| {
        let t = Texts::of(tag.parse().unwrap());
        [t.get("frame-mail-away"), t.get("frame-edge-away"), t.get("frame-cache-away")]
            .map(String::from)
    };
    let (en, ko) = (notices("en"), notices("ko"));
    let said = |page: &str| {
        let [a, b, c] = en.each_ref().map(|notice| page.contains(notice));
        let [d, e, f] = ko.each_ref().map(|notice| page.contains(notice));
        [a, b, c, d, e, f]
    };
    let mut tab = rig.tab_of(&kim.account).await;
    assert_eq!(said(&tab.open("/console").await.page), [false; 6]);

    let components = [
        (ComponentName::Postgres, ComponentState::Ok),
        (ComponentName::Edge, ComponentState::Down),
        (ComponentName::Mail, ComponentState::Degraded),
        (ComponentName::Cache, ComponentState::Degraded),
        (ComponentName::GpuBackend, ComponentState::Down),
    ];
    let component = |(name, status)| Component { name, status, since: rig.now() };
    let sighting = Sighting { at: rig.now(), components: components.map(component).to_vec() };
    rig.app.board.note(Arc::new(sighting));
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
    let Some(mut redis) = munjigi_rig::redis::RedisServer::start().await else { return };
    let rig = Rig::beside(pool, &redis.connection(), crate::routes).await;
    let cache = |seen: &Sighting| {
        seen.components
            .iter()
            .find(|component| component.name == ComponentName::Cache)
            .map(|component| component.status)
    };
    assert_eq!(cache(&*seen(&rig.app).await), Some(ComponentState::Ok));
    redis.kill();
    rig.pass(10_000);
    let away = seen(&rig.app).await;
    assert_eq!(
        (cache(&away), away.status()),
        (Some(ComponentState::Degraded), ComponentState::Degraded)
    );
}
