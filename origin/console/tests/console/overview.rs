//! The numbers of an organisation's sites, and no others.

use munjigi_protocol::{Code, CountKind, RedeemedEvent};
use sqlx::PgPool;

use munjigi_rig::{self as rig, DAY, HOUR, Rig, count, event};

/// Events at a site: ten challenges, eight tokens, three wrong solutions, four
/// refusals, and five redemptions, two of them after a picture.
pub async fn happened(rig: &Rig, sitekey: &str, batch: u8) {
    let mut solved = count(CountKind::Solved, 8);
    solved.solve_ms = vec![0; 12];
    solved.solve_ms[4] = 8;
    let mut refused = count(CountKind::Refused, 4);
    refused.code = Some(Code::Blocked);
    let mut all = vec![count(CountKind::Issued, 10), solved, count(CountKind::Failed, 3), refused];
    for one in &mut all {
        sitekey.clone_into(&mut one.sitekey);
        one.minute = rig.now().0 / 60_000 - 1;
    }
    assert_eq!(rig.post("/internal/counts", &rig::counts(batch, &all)).await.status, 204);
    let events: Vec<RedeemedEvent> = (0..5)
        .map(|number| RedeemedEvent {
            sitekey: sitekey.to_owned(),
            redeemed_at: rig.now().0 - 60_000,
            interactive: number < 2,
            rejected: u32::from(number == 0),
            ..event(batch * 10 + number)
        })
        .collect();
    assert_eq!(rig.post("/internal/events", &rig::events(&events)).await.status, 204);
    rig.jobs().roll_up().await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn it_says_whether_it_works_what_it_stops_and_what_it_costs(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let (shop, blog) = (rig.site_of(&kim, "Shop").await, rig.site_of(&kim, "Blog").await);
    let others = rig.site_of(&lee, "Lee's").await;
    happened(&rig, &shop, 1).await;
    happened(&rig, &blog, 2).await;
    happened(&rig, &others, 3).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}", kim.organisation);
    tab.open(&base).await;
    for part in [
        "1 minute ago",
        "<dt>Tokens redeemed</dt><dd><b>10</b>",
        "<dt>Challenges ≈</dt><dd><b>20</b>",
        "<dt>Requests refused ≈</dt><dd><b>28.5 %</b>",
        "<dt>Wrong solutions and answers ≈</dt><dd><b>6</b>",
        "<dt>Spent tokens resubmitted</dt><dd><b>2</b>",
        "<dt><code>blocked</code> ≈</dt><dd><b>8</b>",
        "<dt>Median time ≈</dt><dd><b>600 ms</b>",
        "<dt>Saw a picture</dt><dd><b>40.0 %</b>",
        "<dt>Started but got no token ≈</dt><dd><b>20.0 %</b>",
    ] {
        assert!(tab.page.contains(part), "{part}: {}", tab.page);
    }
    tab.open(&format!("{base}?site={shop}&period=7d")).await;
    assert!(tab.page.contains("<dt>Tokens redeemed</dt><dd><b>5</b>"), "{}", tab.page);
    // Another organisation's site shows nothing here.
    tab.open(&format!("{base}?site={others}")).await;
    assert!(tab.page.contains("<dt>Tokens redeemed</dt><dd><b>0</b>"), "{}", tab.page);
    assert!(tab.page.contains("none yet"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn it_compares_with_the_previous_period_and_can_be_exported(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    happened(&rig, &shop, 1).await;
    rig.pass(DAY);
    happened(&rig, &shop, 2).await;
    rig.pass(HOUR);
    happened(&rig, &shop, 3).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}", kim.organisation);
    tab.open(&base).await;
    let redeemed = "<b>10</b> <span class=\"hint\">+100 % compared with the previous period</span>";
    assert!(tab.page.contains(redeemed), "{}", tab.page);
    tab.open(&format!("{base}/overview.csv?period=24h")).await;
    let lines: Vec<&str> = tab.page.lines().collect();
    assert_eq!(lines.len(), 25, "{}", tab.page);
    assert_eq!(lines[0], "begins_at,issued,solved,failed,refused,redeemed");
    assert!(lines[23].ends_with("T12:00:00.000Z,10,8,3,4,5"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn invalid_query_parameters_are_ignored(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    rig.site_of(&kim, "Shop").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}", kim.organisation);
    for query in ["?period=never", "?site='%20OR%201=1--", "?period=%FF", "?site=%3Cscript%3E"] {
        tab.open(&format!("{base}{query}")).await;
        assert_eq!(tab.status, 200, "{query}");
        assert!(tab.page.contains("Last 24 hours"), "{query}");
        assert!(!tab.page.contains("<script>"), "{query}");
    }
}
