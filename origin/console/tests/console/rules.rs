//! A site's rules: each button makes one change, and the last one can be
//! undone.

use munjigi_domain::accounts::Role;
use serde_json::json;
use sqlx::PgPool;

use super::settings::record;
use munjigi_rig::people::Someone;
use munjigi_rig::{Rig, Tab};

async fn site(rig: &Rig) -> (Someone, String) {
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    sqlx::query("UPDATE sites SET rules = '[]'").execute(&rig.pool).await.unwrap();
    let path = format!("/console/{}/sites/{site}/rules", kim.organisation);
    (kim, path)
}

/// Presses a button of the current page.
async fn press(tab: &mut Tab<'_>, path: &str, change: &str, fields: &[(&str, &str)]) {
    let version = tab.value_of("mark");
    let mut all = vec![("mark", version.as_str()), ("change", change)];
    all.extend(fields);
    tab.send(path, &all).await;
}

/// The countries of the rules, in order.
async fn countries(rig: &Rig) -> String {
    let query = "SELECT coalesce(string_agg(rule #>> '{match,country}', ' ' ORDER BY place), '')
        FROM sites, jsonb_array_elements(rules) WITH ORDINALITY AS them (rule, place)";
    sqlx::query_scalar(query).fetch_one(&rig.pool).await.unwrap()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn rules_are_added_moved_and_removed_and_each_change_is_audited(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, path) = site(&rig).await;
    // A role that can change only rules is enough.
    rig.join(&kim.organisation, &kim.account, Role::Analyst).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    assert!(tab.page.contains("No rule"), "{}", tab.page);
    for country in ["KR", "JP", "DE"] {
        press(&mut tab, &path, "add", &[("country", country), ("verdict", "block")]).await;
        assert_eq!(tab.path, format!("{path}?done=added"), "{}", tab.page);
    }
    assert!(tab.page.contains("A visitor from the country DE is refused."), "{}", tab.page);
    assert_eq!(countries(&rig).await, "KR JP DE");
    press(&mut tab, &path, "up", &[("rule", "2")]).await;
    assert_eq!(countries(&rig).await, "KR DE JP");
    press(&mut tab, &path, "down", &[("rule", "0")]).await;
    assert_eq!(countries(&rig).await, "DE KR JP");
    press(&mut tab, &path, "remove", &[("rule", "1")]).await;
    assert_eq!(countries(&rig).await, "DE JP");
    for (change, rule) in [("up", "0"), ("down", "1"), ("remove", "2"), ("up", "x"), ("?", "0")] {
        tab.open(&path).await;
        press(&mut tab, &path, change, &[("rule", rule)]).await;
        assert_eq!(tab.status, 400, "{change} {rule}");
    }
    let fields = [
        ("hostname", " *.shop.example "),
        ("action", "login"),
        ("country", "KR"),
        ("asn", "AS4766"),
        ("prefix", "192.0.2.0/24"),
        ("verdict", "picture"),
    ];
    tab.open(&path).await;
    press(&mut tab, &path, "add", &fields).await;
    assert_eq!(tab.status, 200, "{}", tab.page);
    let written = record(&rig).await;
    assert_eq!(written.len(), 7);
    assert!(written.iter().all(|(action, ..)| action == "site.rules"));
    assert_eq!(
        written[6].2["rules"][2],
        json!({ "match": { "hostname": "*.shop.example", "action": "login", "country": "KR",
            "asn": 4766, "prefix": "192.0.2.0/24" }, "verdict": "picture" })
    );
    assert_eq!(written[6].1["rules"].as_array().map(Vec::len), Some(2));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_last_change_is_undone_once_and_only_while_it_is_the_last(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, path) = site(&rig).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    assert!(!tab.page.contains("value=\"undo\""), "{}", tab.page);
    press(&mut tab, &path, "undo", &[]).await;
    assert_eq!(tab.status, 409, "there is nothing to undo");
    tab.open(&path).await;
    press(&mut tab, &path, "add", &[("country", "KR"), ("verdict", "block")]).await;
    press(&mut tab, &path, "remove", &[("rule", "0")]).await;
    assert_eq!(countries(&rig).await, "");
    assert!(tab.page.contains("value=\"undo\""), "{}", tab.page);
    let version = tab.value_of("mark");
    let undo = [("mark", version.as_str()), ("change", "undo")];
    tab.send(&path, &undo).await;
    assert_eq!(tab.path, format!("{path}?done=undone"), "{}", tab.page);
    assert_eq!(countries(&rig).await, "KR");
    assert!(!tab.page.contains("value=\"undo\""), "{}", tab.page);
    // The same form again, from the page as it was.
    tab.send(&path, &undo).await;
    assert_eq!(tab.status, 409);
    assert!(tab.page.contains("Someone else has changed the site"), "{}", tab.page);
    assert_eq!(countries(&rig).await, "KR");

    // Another user is faster.
    let lee = rig.someone("Lee").await;
    rig.join(&kim.organisation, &lee.account, Role::Analyst).await;
    let mut lees = rig.tab_of(&lee.account).await;
    tab.open(&path).await;
    press(&mut tab, &path, "add", &[("country", "JP"), ("verdict", "harder")]).await;
    lees.open(&path).await;
    press(&mut lees, &path, "add", &[("country", "DE"), ("verdict", "allow")]).await;
    press(&mut tab, &path, "undo", &[]).await;
    assert_eq!(tab.status, 409);
    assert_eq!(countries(&rig).await, "KR JP DE");
    // With the command, whose changes are not in this audit log.
    sqlx::query("UPDATE sites SET rules = '[]', version = version + 1")
        .execute(&rig.pool)
        .await
        .unwrap();
    lees.open(&format!("{path}?done=added")).await;
    assert!(!lees.page.contains("value=\"undo\""), "{}", lees.page);
    press(&mut lees, &path, "undo", &[]).await;
    assert_eq!((lees.status, countries(&rig).await.as_str()), (409, ""));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_invalid_rule_is_reported_and_the_input_kept(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, path) = site(&rig).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    let evil = "\"><script>alert(1)</script>'--; {{7*7}}";
    for name in ["hostname", "action", "country", "asn", "prefix"] {
        for typed in [evil, "' OR 1=1 --", "\u{0}"] {
            press(&mut tab, &path, "add", &[(name, typed), ("verdict", "block")]).await;
            assert_eq!(tab.status, 422, "{name} {typed} {}", tab.page);
            assert!(!tab.page.contains("<script>alert"), "{name} {}", tab.page);
            assert!(tab.page.contains("value=\"block\" required checked"), "{}", tab.page);
        }
        assert!(!tab.page.contains("{{7*7}}\"></script>"), "{}", tab.page);
    }
    press(&mut tab, &path, "add", &[("country", "kr"), ("asn", "x1"), ("verdict", "block")]).await;
    for told in [
        ">Country</a> &#34;kr&#34;",
        ">Network (ASN)</a> &#34;x1&#34;",
        "value=\"kr\"",
        "value=\"x1\"",
    ] {
        assert!(tab.page.contains(told), "{told}: {}", tab.page);
    }
    // A rule for everybody needs the checkbox.
    press(&mut tab, &path, "add", &[("country", " "), ("verdict", "block")]).await;
    assert!(tab.page.contains("a rule without a condition"), "{}", tab.page);
    let fields = [("country", "KR"), ("everybody", "yes"), ("verdict", "block")];
    press(&mut tab, &path, "add", &fields).await;
    assert_eq!(tab.status, 422);
    assert!(record(&rig).await.is_empty());
    press(&mut tab, &path, "add", &[("everybody", "yes"), ("verdict", "harder")]).await;
    assert!(tab.page.contains("Every visitor does eight times"), "{}", tab.page);
    for fields in [[("country", "KR"), ("verdict", "Block")], [("country", "KR"), ("verdict", "")]]
    {
        tab.open(&path).await;
        press(&mut tab, &path, "add", &fields).await;
        assert_eq!(tab.status, 400, "{fields:?}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_input_is_kept_after_a_concurrent_change(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, path) = site(&rig).await;
    let (mut one, mut other) = (rig.tab_of(&kim.account).await, rig.tab_of(&kim.account).await);
    one.open(&path).await;
    other.open(&path).await;
    press(&mut one, &path, "add", &[("country", "KR"), ("verdict", "block")]).await;
    let typed = [("country", "JP"), ("verdict", "harder")];
    press(&mut other, &path, "add", &typed).await;
    assert_eq!(other.status, 409);
    assert!(other.page.contains("Someone else has changed the site"), "{}", other.page);
    assert!(other.page.contains("value=\"JP\""), "{}", other.page);
    assert!(other.page.contains("from the country KR"), "{}", other.page);
    press(&mut other, &path, "add", &typed).await;
    assert_eq!(countries(&rig).await, "KR JP");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn read_only_members_see_the_rules_without_buttons(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, path) = site(&rig).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    press(&mut tab, &path, "add", &[("country", "KR"), ("verdict", "block")]).await;
    rig.join(&kim.organisation, &kim.account, Role::ReadOnly).await;
    tab.open(&format!("{path}?done=added")).await;
    assert!(tab.page.contains("from the country KR"), "{}", tab.page);
    assert!(!tab.page.contains("name=\"mark\""), "{}", tab.page);
    tab.send(&path, &[("mark", "1"), ("change", "remove"), ("rule", "0")]).await;
    assert_eq!((tab.status, countries(&rig).await.as_str()), (403, "KR"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_allow_rule_that_disables_the_counters_is_warned_about(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, path) = site(&rig).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    assert!(tab.page.contains("turns off the counters for everyone there"), "{}", tab.page);
    let warned = "Rule 1 turns off the counters for everyone in the country KR";
    let allow = [("country", "KR"), ("action", "login"), ("verdict", "allow")];
    press(&mut tab, &path, "try", &allow).await;
    assert_eq!(countries(&rig).await, "");
    let dry_run = tab.page.split("id=\"dry-run\"").nth(1).unwrap();
    assert!(dry_run.contains(warned), "{}", tab.page);
    tab.open(&path).await;
    assert!(!tab.page.contains(warned), "{}", tab.page);
    press(&mut tab, &path, "add", &allow).await;
    assert!(tab.page.contains(warned), "{}", tab.page);
    press(&mut tab, &path, "remove", &[("rule", "0")]).await;
    press(&mut tab, &path, "add", &[("country", "KR"), ("verdict", "block")]).await;
    assert!(!tab.page.contains("Rule 1 turns"), "{}", tab.page);
}
