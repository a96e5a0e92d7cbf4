//! Redis fails during a user's visit, and comes back empty.

use std::time::Duration;

use munjigi_domain::accounts::limits::LOG_IN_BY_ACCOUNT_AND_PREFIX;
use munjigi_domain::site_change::Change;
use munjigi_process::stop;
use sqlx::PgPool;

use super::beside;
use munjigi_rig::redis::RedisServer;
use munjigi_rig::{Rig, Tab};

async fn health(rig: &Rig) -> (u16, String) {
    let answer = rig.look_at("/health/ready").await;
    let health: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let checks = health["checks"].as_array().unwrap();
    let redis = checks.iter().find(|check| check["name"] == "redis").unwrap();
    (answer.status, redis["status"].as_str().unwrap().to_owned())
}

async fn recover(rig: &Rig, server: &mut RedisServer) {
    server.start_again().await;
    let looking = async {
        while health(rig).await.1 != "ok" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_user_continues_while_redis_fails_and_loses_nothing(pool: PgPool) {
    let Some((rig, mut server)) = beside(pool).await else { return };
    assert_eq!(health(&rig).await, (200, "ok".to_owned()));
    let kim = rig.someone("Kim").await;
    let (mut tab, mut elsewhere) = (rig.tab_of(&kim.account).await, rig.tab_of(&kim.account).await);
    let base = format!("/console/{}", kim.organisation);
    elsewhere.open(&base).await;
    tab.open(&format!("{base}/new-site")).await;
    let sitekey = tab.value_of("sitekey");

    // The form is shown while Redis is up, and submitted after it has failed.
    server.kill();
    let fields = [("sitekey", sitekey.as_str()), ("name", "Shop"), ("hosts", "shop.example")];
    tab.send(&format!("{base}/new-site"), &fields).await;
    assert_eq!(tab.status, 201, "{}", tab.page);
    let site = format!("{base}/sites/{sitekey}");
    tab.open(&site).await;
    tab.send(&format!("{site}/change"), &[("change", "pause")]).await;
    assert!(tab.page.contains("Paused"), "{}", tab.page);
    assert_eq!(health(&rig).await, (200, "degraded".to_owned()));

    // A session that is ended here ends at once, and the page says that it may
    // last a little longer elsewhere.
    tab.open("/console/account").await;
    tab.send("/console/account/sessions", &[("end", "others")]).await;
    assert!(tab.page.contains("may stay active for up to 30 seconds"), "{}", tab.page);
    elsewhere.open(&base).await;
    assert!(elsewhere.path.starts_with("/log-in"), "{}", elsewhere.path);

    recover(&rig, &mut server).await;
    tab.open(&site).await;
    assert!(tab.page.contains("Paused"), "{}", tab.page);
    tab.send(&format!("{site}/change"), &[("change", "resume")]).await;
    assert!(tab.page.contains("Resumed"), "{}", tab.page);
    elsewhere.open(&base).await;
    assert!(elsewhere.path.starts_with("/log-in"), "{}", elsewhere.path);
    assert_eq!(rig.number("SELECT count(*) FROM sites WHERE name = 'Shop'").await, 1);
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE action LIKE 'site.%'").await, 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn limits_hold_when_redis_dies(pool: PgPool) {
    let Some((rig, mut server)) = beside(pool).await else { return };
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    let fields = [("email", "kim@shop.example"), ("password", "wrong horse battery")];
    let mut passed = 0;
    for round in 0..2 {
        for _ in 0..LOG_IN_BY_ACCOUNT_AND_PREFIX.burst + 5 {
            tab.send("/log-in", &fields).await;
            match tab.status {
                422 => passed += 1,
                status => assert_eq!(status, 429),
            }
            tab.open("/log-in").await;
        }
        if round == 0 {
            server.kill();
        }
    }
    // One burst in Redis and one in Postgres, and nothing more.
    assert_eq!(passed, 2 * LOG_IN_BY_ACCOUNT_AND_PREFIX.burst);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_change_elsewhere_invalidates_the_copies_of_a_site(pool: PgPool) {
    let Some((rig, _server)) = beside(pool).await else { return };
    let (stopper, stop) = stop::pair();
    let listening = tokio::spawn(munjigi_app::cache::drop_copies(rig.app.app.clone(), stop));
    let site = rig.create_site().await;
    let find = async || {
        rig.app.cache.sites.find(&site.sitekey, rig.now()).await.unwrap().unwrap().config.version
    };
    // Until this process listens, a copy would last: each read stores a missing
    // one.
    let mut is_paused = false;
    let looking = async {
        loop {
            find().await;
            is_paused = !is_paused;
            let change = if is_paused { Change::Pause } else { Change::Resume };
            let changed = rig.change(&site.sitekey, change).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            if find().await == changed.version {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.unwrap();
    stopper.ask();
    listening.await.unwrap();
}
