//! Statistics by breakdown, for people and for other programs.

use munjigi_domain::accounts::Role;
use munjigi_protocol::RedeemedEvent;
use serde_json::Value;
use sqlx::PgPool;

use super::overview::happened;
use munjigi_rig::{self as rig, DAY, Rig, event};

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn each_breakdown_has_a_table_and_keeps_the_other_choices(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let (shop, blog) = (rig.site_of(&kim, "Shop").await, rig.site_of(&kim, "Blog").await);
    let others = rig.site_of(&lee, "Lee's").await;
    for (batch, site) in (1..).zip([&shop, &blog, &others]) {
        happened(&rig, site, batch).await;
    }
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}/statistics", kim.organisation);
    for (by, row) in [
        ("time", "<th scope=\"row\">2026-11-20 11:00</th><td>20</td><td>16</td><td>6</td>"),
        ("country", "<th scope=\"row\">KR</th><td>20</td><td>16</td><td>6</td>"),
        ("asn", "<th scope=\"row\">AS4766</th><td>20</td><td>16</td><td>6</td>"),
        ("host", "<th scope=\"row\">shop.example</th><td>20</td><td>16</td>"),
        ("action", "<th scope=\"row\">login</th><td>16</td><td>10</td>"),
        ("reason", "<th scope=\"row\"><code>blocked</code></th><td>8</td><td>0</td>"),
    ] {
        tab.open(&format!("{base}?by={by}&period=24h")).await;
        assert!(tab.page.contains(row), "{by}: {}", tab.page);
    }
    tab.open(&format!("{base}?by=country&period=7d&site={shop}")).await;
    assert!(tab.page.contains("<th scope=\"row\">KR</th><td>10</td>"), "{}", tab.page);
    for link in [
        format!("{base}?by=asn&amp;period=7d&amp;site={shop}"),
        format!("{base}.csv?by=country&amp;period=7d&amp;site={shop}"),
        format!("{base}.json?by=country&amp;period=7d&amp;site={shop}"),
    ] {
        let plain = tab.page.replace("&#38;", "&amp;");
        assert!(plain.contains(&link), "{link}: {plain}");
    }
    // Another organisation's site shows nothing here.
    tab.open(&format!("{base}?by=country&site={others}")).await;
    assert!(tab.page.contains("No activity in this period"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_previous_period_is_shown_beside_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    happened(&rig, &shop, 1).await;
    rig.pass(DAY);
    happened(&rig, &shop, 2).await;
    let elsewhere = RedeemedEvent {
        sitekey: shop.clone(),
        country: "DE".to_owned(),
        redeemed_at: rig.now().0 - DAY,
        ..event(99)
    };
    rig.post("/internal/events", &rig::events(&[elsewhere])).await;
    rig.jobs().roll_up().await.unwrap();
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}/statistics", kim.organisation);
    tab.open(&format!("{base}.json?by=country&period=24h")).await;
    let found: Value = serde_json::from_str(&tab.page).unwrap();
    let told: Vec<_> = found["rows"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 2, "{found}");
    for (row, value, now, before) in [(told[0], "KR", 5, 5), (told[1], "DE", 0, 1)] {
        assert_eq!((&row["value"], &row["now"]["redeemed"]), (&value.into(), &now.into()));
        assert_eq!(row["before"]["redeemed"], before);
    }
    assert_eq!(found["all"]["before"]["redeemed"], 6);
    assert_eq!(found["all"]["now"]["solved_ms"]["p50"], 600);
    assert_eq!(found["site"], Value::Null);
    tab.open(&format!("{base}.csv?by=country&period=24h")).await;
    let lines: Vec<&str> = tab.page.lines().collect();
    assert!(lines[0].starts_with("country,issued,solved,failed,stepped"), "{}", lines[0]);
    assert_eq!(lines[0].split(',').count(), lines[1].split(',').count());
    assert!(
        lines[1].starts_with("\"KR\",10,8,3,0,0,4,5,1,0,2,600,700,780,796,10,8"),
        "{}",
        lines[1]
    );
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn users_without_the_export_permission_see_no_link_to_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}/statistics", kim.organisation);
    tab.open(&base).await;
    assert!(tab.page.contains("Create your first site"), "{}", tab.page);
    let shop = rig.site_of(&kim, "Shop").await;
    tab.open(&base).await;
    assert!(tab.page.contains("No activity in this period"), "{}", tab.page);
    assert!(tab.page.contains("View the last 30 days"), "{}", tab.page);
    happened(&rig, &shop, 1).await;
    for (role, links) in [(Role::Analyst, 2), (Role::ReadOnly, 0)] {
        rig.join(&kim.organisation, &kim.account, role).await;
        tab.open(&base).await;
        assert_eq!(tab.page.matches(&format!("{base}.")).count(), links, "{}", role.as_str());
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn names_chosen_by_visitors_are_text_not_formulas(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    let odd = |number, hostname: &str, action: &str| RedeemedEvent {
        sitekey: shop.clone(),
        hostname: hostname.to_owned(),
        action: action.to_owned(),
        ..event(number)
    };
    let events =
        [odd(1, "<script>alert(1)</script>", "-1"), odd(2, "=cmd|' /C calc'!A0", "\"><b>")];
    rig.post("/internal/events", &rig::events(&events)).await;
    rig.jobs().roll_up().await.unwrap();
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}/statistics", kim.organisation);
    for by in ["host", "action"] {
        tab.open(&format!("{base}?by={by}")).await;
        assert!(
            !tab.page.contains("<script>alert") && !tab.page.contains("\"><b>"),
            "{}",
            tab.page
        );
        tab.open(&format!("{base}.csv?by={by}")).await;
        assert!(!tab.page.contains("\n\"=") && !tab.page.contains("\n\"-"), "{}", tab.page);
    }
}
