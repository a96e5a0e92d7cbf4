//! The numbers of the last minutes, while a page is open.

use axum::body::Body;
use axum::http::{Request, header};
use futures_util::StreamExt as _;
use munjigi_protocol::{CountKind, RedeemedEvent};
use sqlx::PgPool;
use tower::ServiceExt as _;

use munjigi_rig::people::Someone;
use munjigi_rig::{self as rig, MINUTE, Rig, Tab, count, event};

/// A stream of events, as `EventSource` opens it.
async fn watch(rig: &Rig, tab: &Tab<'_>, kim: &Someone) -> (u16, axum::body::BodyDataStream) {
    let cookies: Vec<String> =
        tab.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::get(format!("/console/{}/overview/live", kim.organisation))
        .header(header::COOKIE, cookies.join("; "))
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::empty())
        .unwrap();
    let response = rig.router().oneshot(request).await.unwrap();
    (response.status().as_u16(), response.into_body().into_data_stream())
}

/// The next event; `None` if the stream has ended.
async fn next(events: &mut axum::body::BodyDataStream) -> Option<String> {
    let bytes = events.next().await?.unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

async fn happened(rig: &Rig, site: &str, number: u8) {
    let mut issued = count(CountKind::Issued, 3);
    site.clone_into(&mut issued.sitekey);
    let redeemed = RedeemedEvent {
        sitekey: site.to_owned(),
        redeemed_at: rig.now().0 - MINUTE,
        ..event(number)
    };
    assert_eq!(rig.post("/internal/counts", &rig::counts(number, &[issued])).await.status, 204);
    assert_eq!(rig.post("/internal/events", &rig::events(&[redeemed])).await.status, 204);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_last_minutes_are_pushed_until_the_session_ends(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let (shop, others) = (rig.site_of(&kim, "Shop").await, rig.site_of(&lee, "Lee's").await);
    let mut tab = rig.tab_of(&kim.account).await;
    happened(&rig, &shop, 1).await;
    happened(&rig, &others, 2).await;
    let (status, mut events) = watch(&rig, &tab, &kim).await;
    assert_eq!(status, 200);
    let first = next(&mut events).await.unwrap();
    assert!(first.starts_with("event: numbers\ndata: {\"issued\":3,"), "{first}");
    assert!(first.contains("\"redeemed\":1,\"at\":\"12:00:30\""), "{first}");
    // Without a roll-up in between.
    happened(&rig, &shop, 3).await;
    let second = next(&mut events).await.unwrap();
    assert!(second.contains("\"issued\":6,") && second.contains("\"redeemed\":2,"), "{second}");
    tab.open("/console").await;
    tab.send("/log-out", &[]).await;
    assert_eq!(next(&mut events).await.unwrap(), "event: end\ndata: -\n\n");
    assert_eq!(next(&mut events).await, None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn former_members_see_no_more_numbers(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let tab = rig.tab_of(&kim.account).await;
    let (_, mut events) = watch(&rig, &tab, &kim).await;
    assert!(next(&mut events).await.unwrap().starts_with("event: numbers"));
    sqlx::query("DELETE FROM members").execute(&rig.pool).await.unwrap();
    assert!(next(&mut events).await.unwrap().starts_with("event: end"));
    assert_eq!(next(&mut events).await, None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn one_user_can_have_four_live_pages_and_shutdown_ends_them(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let tab = rig.tab_of(&kim.account).await;
    let mut live = Vec::new();
    for expected in [200, 200, 200, 200, 429] {
        let (status, mut events) = watch(&rig, &tab, &kim).await;
        assert_eq!(status, expected);
        if status == 200 {
            assert!(next(&mut events).await.is_some());
            live.push(events);
        }
    }
    // A page that is closed frees its slot.
    live.pop();
    let (status, events) = watch(&rig, &tab, &kim).await;
    assert_eq!(status, 200);
    live.push(events);
    rig.app.console.live_pages.end();
    for mut events in live {
        while next(&mut events).await.is_some() {}
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn without_scripts_the_overview_shows_the_last_minutes_too(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    happened(&rig, &shop, 1).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&format!("/console/{}", kim.organisation)).await;
    for part in [
        "<b data-live-number=\"issued\">3</b>",
        "<b data-live-number=\"redeemed\">1</b>",
        "As of 12:00:30 UTC.",
        "Refresh",
        "<script type=\"module\" src=\"/assets/live.",
    ] {
        assert!(tab.page.contains(part), "{part}: {}", tab.page);
    }
    let script = tab.page.split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    tab.open(&script).await;
    assert_eq!(tab.status, 200);
    // Every number that the script needs is sent, and every element is present.
    tab.open(&format!("/console/{}/overview/live?site={shop}", kim.organisation)).await;
    let numbers: serde_json::Value = serde_json::from_str(&tab.page).unwrap();
    for name in ["issued", "solved", "failed", "refused", "redeemed", "at"] {
        assert!(!numbers[name].is_null(), "{name}");
    }
}
