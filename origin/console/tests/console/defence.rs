//! How visits were scored, why, and what their sites reported.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{AttemptId, BatchId, RedeemedEvent, Sign, Signs};
use munjigi_store::housekeeping::Sweep;
use munjigi_store::transact;
use serde_json::json;
use sqlx::PgPool;

use munjigi_rig::people::Someone;
use munjigi_rig::{self as rig, DAY, HOUR, Rig, event};

/// Three redeemed tokens: a bot, a person, and someone of whom nothing is known.
async fn redeemed(rig: &Rig, site: &str) {
    let visit = |number, score, signs: &[Sign]| RedeemedEvent {
        sitekey: site.to_owned(),
        score,
        signs: signs.iter().copied().collect::<Signs>(),
        redeemed_at: rig.now().0 - HOUR,
        ..event(number)
    };
    let events = [
        visit(1, 25, &[Sign::Webdriver, Sign::SeenDriven, Sign::Absent]),
        visit(2, 100, &[]),
        visit(3, 90, &[Sign::Absent]),
    ];
    assert_eq!(rig.post("/internal/events", &rig::events(&events)).await.status, 204);
}

async fn reported(rig: &Rig, site: &str) {
    let report = |number: u8, score: u8, outcome: &str| {
        json!({
            "id": AttemptId([number; 16]), "sitekey": site, "solved_at": rig.now().0 - HOUR,
            "signs": 0, "score": score, "outcome": outcome, "reason": "chargeback",
            "reported_at": rig.now().0,
        })
    };
    let outcomes = [report(1, 25, "fraudulent"), report(2, 100, "legitimate")];
    let body = json!({ "batch": BatchId([9; 16]), "counts": [], "outcomes": outcomes });
    assert_eq!(rig.post("/internal/counts", &body.to_string()).await.status, 204);
}

async fn shop(rig: &Rig) -> (Someone, String) {
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    (kim, site)
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn scores_reasons_and_outcomes_are_shown_with_what_a_threshold_would_do(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let path = format!("/console/{}/defence", kim.organisation);
    tab.open(&path).await;
    assert!(tab.page.contains("No token was redeemed in this period"), "{}", tab.page);
    redeemed(&rig, &site).await;
    rig.jobs().roll_up().await.unwrap();
    tab.open(&path).await;
    for row in [
        "<th scope=\"row\">0.2</th><td>1</td><td>0</td><td>0.0 %</td>",
        "<th scope=\"row\">0.3</th><td>0</td><td>1</td><td>33.3 %</td>",
        "<th scope=\"row\">1.0</th><td>1</td><td>2</td><td>66.7 %</td>",
        "<code>too-little-data</code>",
        "<td>2</td><td>66.7 %</td>",
        "<td>1</td><td>33.3 %</td>",
        "Nothing was reported in this period",
    ] {
        assert!(tab.page.contains(row), "{row}: {}", tab.page);
    }
    assert!(!tab.page.contains("reported as fraudulent"), "a column of nothing");
    reported(&rig, &site).await;
    tab.open(&format!("{path}?period=7d&site={site}")).await;
    for row in [
        "<th scope=\"row\">0.3</th><td>0</td><td>1</td><td>33.3 %</td><td>1</td><td>0</td>",
        "<th scope=\"row\">fraudulent</th><td>chargeback</td><td>1</td>",
    ] {
        assert!(tab.page.contains(row), "{row}: {}", tab.page);
    }
}

/// A hundred challenges of the last minute, forty of them for a fleet.
async fn priced(rig: &Rig, site: &str, batch: u8) {
    let fleet = json!({ "name": "00c0ffee", "networks": 900 + u32::from(batch), "issued": 40 });
    let price = json!({
        "minute": rig.now().0 / rig::MINUTE - 1, "sitekey": site,
        "issued": [60, 0, 0, 0, 40, 0, 0], "fleets": [fleet],
    });
    let body = json!({ "batch": BatchId([batch; 16]), "counts": [], "prices": [price] });
    assert_eq!(rig.post("/internal/counts", &body.to_string()).await.status, 204);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn prices_and_fleets_add_up_and_are_shown_at_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let path = format!("/console/{}/defence", kim.organisation);
    for batch in [1, 2, 2] {
        priced(&rig, &site, batch).await;
    }
    tab.open(&path).await;
    for text in [
        "the median visitor did at most 1× the site&#39;s minimum work",
        "<td>200</td><td>1×</td><td>16×</td><td>40.0 %</td>",
        "<th scope=\"row\"><code>00c0ffee</code></th><td>Shop</td><td>902</td><td>80</td><td>40.0 %</td>",
    ] {
        assert!(tab.page.contains(text), "{text}: {}", tab.page);
    }
    // Both are gone after their days, and another organisation never sees them.
    let lee = rig.someone("Lee").await;
    rig.site_of(&lee, "Blog").await;
    let mut others = rig.tab_of(&lee.account).await;
    others.open(&format!("/console/{}/defence?site={site}", lee.organisation)).await;
    assert!(!others.page.contains("00c0ffee"), "{}", others.page);
    for (days, fleets, prices) in [(29, 1, 1), (32, 0, 1), (72, 0, 0)] {
        let now = UnixMillis(rig.now().0 + days * DAY);
        transact(&rig.pool, &Sweep { now }).await.unwrap();
        assert_eq!(rig.number("SELECT count(*) FROM fleets").await, fleets, "{days}");
        assert_eq!(rig.number("SELECT count(*) FROM hourly_prices").await, prices, "{days}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn decoys_hide_no_fleet_from_its_owner(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (_, site) = shop(&rig).await;
    priced(&rig, &site, 1).await;
    // As many others as a site and day may have, and more, in two batches.
    for batch in [2_u8, 3] {
        let fleets: Vec<_> = (0..150)
            .map(|number| {
                json!({
                    "name": format!("{batch:04x}{number:04x}"), "networks": 96, "issued": 96,
                })
            })
            .collect();
        let price = json!({
            "minute": rig.now().0 / rig::MINUTE - 1, "sitekey": site,
            "issued": [0, 0, 0, 0, 0, 0, 0], "fleets": fleets,
        });
        let body = json!({ "batch": BatchId([batch; 16]), "counts": [], "prices": [price] });
        assert_eq!(rig.post("/internal/counts", &body.to_string()).await.status, 204);
    }
    assert_eq!(rig.number("SELECT count(*) FROM fleets").await, 301);
    priced(&rig, &site, 4).await;
    let issued = "SELECT issued FROM fleets WHERE name = '00c0ffee'";
    assert_eq!(rig.number(issued).await, 80);
    // A new one finds no room.
    let fleet = json!({ "name": "0badcafe", "networks": 96, "issued": 96 });
    let price = json!({
        "minute": rig.now().0 / rig::MINUTE - 1, "sitekey": site,
        "issued": [0, 0, 0, 0, 0, 0, 0], "fleets": [fleet],
    });
    let body = json!({ "batch": BatchId([5; 16]), "counts": [], "prices": [price] });
    assert_eq!(rig.post("/internal/counts", &body.to_string()).await.status, 204);
    assert_eq!(rig.number("SELECT count(*) FROM fleets").await, 301);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn another_organisation_sees_nothing_of_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (_, site) = shop(&rig).await;
    redeemed(&rig, &site).await;
    reported(&rig, &site).await;
    rig.jobs().roll_up().await.unwrap();
    let lee = rig.someone("Lee").await;
    rig.site_of(&lee, "Blog").await;
    let mut tab = rig.tab_of(&lee.account).await;
    tab.open(&format!("/console/{}/defence?site={site}", lee.organisation)).await;
    assert!(tab.page.contains("No token was redeemed in this period"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_page_speaks_korean(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    redeemed(&rig, &site).await;
    reported(&rig, &site).await;
    rig.jobs().roll_up().await.unwrap();
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&format!("/console/{}/defence?lang=ko", kim.organisation)).await;
    for text in
        ["이 점수 미만", "프로그램이 브라우저를 움직였습니다", "<th scope=\"row\">부정</th>"]
    {
        assert!(tab.page.contains(text), "{text}: {}", tab.page);
    }
}
