//! Dry runs of rules on the last day show what would have changed, and change
//! nothing.

use munjigi_protocol::CountKind::{self, Issued, Refused, Solved};
use munjigi_protocol::{Count, RedeemedEvent, Sign, Signs};
use munjigi_store::dry_run::{self, BOUNDS, Bounds, Redemptions};
use sqlx::PgPool;

use munjigi_rig::people::Someone;
use munjigi_rig::{DAY, HOUR, MINUTE, Rig, Tab, count, counts, event, events};

async fn site(rig: &Rig) -> (Someone, String, String) {
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    let path = format!("/console/{}/sites/{site}/rules", kim.organisation);
    (kim, site, path)
}

/// Visits of a site, each at this age.
async fn happened(rig: &Rig, site: &str, batch: u8, visits: &[(CountKind, &str, u64, u32)]) {
    let counted: Vec<Count> = visits
        .iter()
        .map(|(kind, country, ago, number)| Count {
            sitekey: site.to_owned(),
            minute: (rig.now().0 - ago) / MINUTE,
            country: (*country).to_owned(),
            action: if *kind == Solved { "login".to_owned() } else { String::new() },
            ..count(*kind, *number)
        })
        .collect();
    let answer = rig.post("/internal/counts", &counts(batch, &counted)).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
}

async fn press(tab: &mut Tab<'_>, path: &str, change: &str, fields: &[(&str, &str)]) {
    tab.open(path).await;
    let version = tab.value_of("mark");
    let mut all = vec![("mark", version.as_str()), ("change", change)];
    all.extend(fields);
    tab.send(path, &all).await;
}

/// The table's rows as text, with separated cells.
fn rows(page: &str) -> Vec<String> {
    let body =
        page.split("id=\"dry-run\"").nth(1).expect("a dry run").split("</section>\n<").next();
    let rows = body.unwrap_or_default().split("<tr>").skip(1).filter(|row| row.contains("<td>"));
    let text = |cell: &str| cell.replace("<b>", "").replace("</b>", "").replace("</td>", "");
    let line = |row: &str| {
        let row = row.split("</tr>").next().unwrap_or_default();
        row.split("<td>").skip(1).map(|cell| text(cell).trim().to_owned()).collect::<Vec<_>>()
    };
    rows.map(|row| line(row).join(" | ")).collect()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_dry_run_uses_past_visits_and_changes_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site, path) = site(&rig).await;
    let visits = [
        (Issued, "KR", MINUTE, 6),
        (Issued, "JP", 23 * HOUR, 3),
        (Refused, "DE", HOUR, 1),
        (Issued, "KR", DAY + HOUR, 100),
    ];
    happened(&rig, &site, 1, &visits).await;
    happened(&rig, "mj_bbbbbbbbbbbbbbbbbbbbbbbbbb", 2, &visits).await;
    let mut tab = rig.tab_of(&kim.account).await;
    press(&mut tab, &path, "try", &[("country", "KR"), ("verdict", "block")]).await;
    assert_eq!((tab.status, tab.path.as_str()), (200, path.as_str()));
    let told = "Of 10 visits, 6 would have been treated differently.";
    assert!(tab.page.contains(told), "{}", tab.page);
    let expected = ["by risk only | block | 6 | 60.0 %", "by risk only | unchanged | 4 | 40.0 %"];
    assert_eq!(rows(&tab.page)[..2], expected);
    assert!(tab.page.contains("<th scope=\"row\">AS4766</th><td>6</td>"), "{}", tab.page);
    assert!(tab.page.contains("Replayed: the last 24 hours."), "{}", tab.page);
    // The input is still there, ready to be added.
    assert!(tab.page.contains("value=\"KR\""), "{}", tab.page);
    let query = "SELECT count(*) FROM sites WHERE rules = '[]'";
    assert_eq!(rig.number(query).await, 1);
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE actor <> 'command'").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn unrecorded_data_is_reported_as_unknown(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site, path) = site(&rig).await;
    let visits = [(Issued, "KR", MINUTE, 6), (Solved, "KR", MINUTE, 4)];
    happened(&rig, &site, 1, &visits).await;
    let mut tab = rig.tab_of(&kim.account).await;
    press(&mut tab, &path, "try", &[("action", "login"), ("verdict", "picture")]).await;
    for told in [
        "Of 6 visits, none would have been treated differently. For 6, the outcome is unknown.",
        "Of 4 visits, 4 would have been treated differently.",
        "The action is recorded only for visitors who passed",
    ] {
        assert!(tab.page.contains(told), "{told}: {}", tab.page);
    }
    press(&mut tab, &path, "try", &[("prefix", "192.0.2.0/24"), ("verdict", "block")]).await;
    assert!(tab.page.contains("Prefixes are not recorded"), "{}", tab.page);
    assert!(tab.page.contains("For 4, the outcome is unknown"), "{}", tab.page);
    // An earlier rule with an unknown outcome does not hide the effect.
    press(&mut tab, &path, "add", &[("prefix", "192.0.2.0/24"), ("verdict", "allow")]).await;
    press(&mut tab, &path, "try", &[("country", "KR"), ("verdict", "block")]).await;
    assert!(tab.page.contains("block, unless an earlier rule matches"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn score_and_reasons_are_known_of_redeemed_tokens(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site, path) = site(&rig).await;
    happened(&rig, &site, 1, &[(Issued, "KR", MINUTE, 6), (Solved, "KR", MINUTE, 4)]).await;
    let driven = Signs::NONE.with(Sign::Webdriver);
    let redeemed = |number, sitekey: &str, score, signs| RedeemedEvent {
        sitekey: sitekey.to_owned(),
        redeemed_at: rig.now().0 - MINUTE,
        score,
        signs,
        ..event(number)
    };
    let all = [
        redeemed(1, &site, 50, driven),
        redeemed(2, &site, 100, Signs::NONE),
        redeemed(3, &site, 90, Signs::NONE),
        redeemed(4, "mj_bbbbbbbbbbbbbbbbbbbbbbbbbb", 10, driven),
    ];
    let answer = rig.post("/internal/events", &events(&all)).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let mut tab = rig.tab_of(&kim.account).await;
    for (field, value, changed) in [("score_below", "95", 2), ("reason", "automation", 1)] {
        press(&mut tab, &path, "try", &[(field, value), ("verdict", "harder")]).await;
        for told in [
            "For 6, the outcome is unknown.".to_owned(),
            "Visits whose token was redeemed".to_owned(),
            format!("Of 3 visits, {changed} would have been treated differently."),
            "Scores and reasons are recorded only where a token was redeemed".to_owned(),
        ] {
            assert!(tab.page.contains(&told), "{told}: {}", tab.page);
        }
    }
    press(&mut tab, &path, "try", &[("software", "00c0ffee"), ("verdict", "harder")]).await;
    assert!(tab.page.contains("Software is not recorded"), "{}", tab.page);
    assert!(!tab.page.contains("Visits whose token was redeemed"), "{}", tab.page);
    // Two rows of counts, and three redemptions.
    let bounds = Bounds { rows: 3, ..BOUNDS };
    let read = Redemptions::Read;
    let remembered = dry_run::last_day(&rig.pool, &site, read, bounds, rig.now()).await.unwrap();
    assert!(!remembered.is_whole);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn removing_a_rule_has_a_dry_run(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site, path) = site(&rig).await;
    happened(&rig, &site, 1, &[(Refused, "KR", MINUTE, 1)]).await;
    let mut tab = rig.tab_of(&kim.account).await;
    press(&mut tab, &path, "add", &[("country", "KR"), ("verdict", "block")]).await;
    press(&mut tab, &path, "try-without", &[("rule", "0")]).await;
    assert!(tab.page.contains("Without rule 1"), "{}", tab.page);
    assert_eq!(rows(&tab.page)[0], "block | by risk only | 1 | 100 %");
    press(&mut tab, &path, "try-without", &[("rule", "1")]).await;
    assert_eq!(tab.status, 400);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_invalid_rule_has_no_dry_run(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, _, path) = site(&rig).await;
    let mut tab = rig.tab_of(&kim.account).await;
    press(&mut tab, &path, "try", &[("country", "kr"), ("verdict", "block")]).await;
    assert_eq!(tab.status, 422);
    assert!(!tab.page.contains("id=\"dry-run\""), "{}", tab.page);
    press(&mut tab, &path, "try", &[("country", "KR"), ("verdict", "block")]).await;
    assert!(tab.page.contains("None."), "{}", tab.page);
    for _ in 0..9 {
        press(&mut tab, &path, "try", &[("country", "KR"), ("verdict", "block")]).await;
        assert_eq!(tab.status, 200);
    }
    press(&mut tab, &path, "try", &[("country", "KR"), ("verdict", "block")]).await;
    assert_eq!(tab.status, 429);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_day_of_too_many_rows_is_read_from_its_end(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (_, site, _) = site(&rig).await;
    let visits = [
        (Issued, "KR", MINUTE, 1),
        (Issued, "JP", MINUTE, 1),
        (Issued, "DE", 90 * MINUTE, 1),
        (Issued, "FR", 5 * HOUR, 1),
    ];
    happened(&rig, &site, 1, &visits).await;
    let bounds = Bounds { rows: 3, ..BOUNDS };
    let remembered =
        dry_run::last_day(&rig.pool, &site, Redemptions::Read, bounds, rig.now()).await.unwrap();
    assert!(!remembered.is_whole);
    assert_eq!(remembered.visits.len(), 3);
    assert_eq!(remembered.since.0, rig.now().0 / MINUTE * MINUTE + MINUTE - HOUR);
    let whole =
        dry_run::last_day(&rig.pool, &site, Redemptions::Read, BOUNDS, rig.now()).await.unwrap();
    assert!(whole.is_whole);
    assert_eq!(whole.visits.len(), 4);
}
