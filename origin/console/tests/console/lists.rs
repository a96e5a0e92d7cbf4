//! Lists as people and programs keep them.

use sqlx::PgPool;

use munjigi_rig::Rig;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_list_is_kept_in_the_console_and_named_in_a_rule(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    let base = format!("/console/{}/lists", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&base).await;
    assert!(tab.page.contains("You keep no lists yet"), "{}", tab.page);
    // What was typed is shown again, with every mistake.
    let typed = "192.0.2.0/24\nnonsense\n10.0.0.0/7 # wide";
    tab.send(&base, &[("name", "Office"), ("entries", typed)]).await;
    assert_eq!(tab.status, 422);
    for part in [
        "The name must be 1 to 40",
        "Line 2, “nonsense”: it is neither a network",
        "Line 3, “10.0.0.0/7”: the prefix is too short",
        "192.0.2.0/24\nnonsense\n10.0.0.0/7 # wide",
    ] {
        assert!(tab.page.contains(part), "{part}: {}", tab.page);
    }
    tab.send(&base, &[("name", "office"), ("entries", "192.0.2.0/24\nAS64500")]).await;
    assert!(tab.page.contains("The list has been created"), "{}", tab.page);
    assert!(tab.page.contains("under way"), "{}", tab.page);
    rig.publish_due().await;
    tab.open(&base).await;
    assert!(tab.page.contains("in force"), "{}", tab.page);
    tab.send(&base, &[("name", "office"), ("entries", "")]).await;
    assert!(tab.page.contains("Another list already has this name"), "{}", tab.page);

    let list: String =
        sqlx::query_scalar("SELECT 'list_' || id FROM lists").fetch_one(&rig.pool).await.unwrap();
    let rules = format!("/console/{}/sites/{site}/rules", kim.organisation);
    tab.open(&rules).await;
    assert!(tab.page.contains(&format!("<option value=\"{list}\">office</option>")));
    let mark = tab.value_of("mark");
    let rule = [
        ("mark", mark.as_str()),
        ("change", "add"),
        ("list", &list),
        ("verdict", "block"),
        ("hostname", ""),
    ];
    tab.send(&rules, &rule).await;
    assert!(tab.page.contains("A visitor on the list office is refused."), "{}", tab.page);

    let one = format!("{base}/{list}");
    tab.open(&one).await;
    assert!(tab.page.contains("Named by rules of: Shop"), "{}", tab.page);
    let version = tab.value_of("version");
    let fields = [
        ("change", "delete"),
        ("version", version.as_str()),
        ("name", "office"),
        ("entries", "AS64501"),
    ];
    tab.send(&one, &fields).await;
    assert_eq!(tab.status, 409);
    assert!(tab.page.contains("Rules still name this list, at: Shop"), "{}", tab.page);
    assert!(tab.page.contains("AS64501"), "what was typed is lost");
    let save = [("change", "save"), fields[1], fields[2], fields[3]];
    tab.send(&one, &save).await;
    assert!(tab.page.contains("The list has been changed"), "{}", tab.page);
    tab.open(&one).await;
    let stale = [("change", "save"), fields[1], fields[2], ("entries", "AS64502")];
    tab.send(&one, &stale).await;
    assert!(tab.page.contains("The list was changed after you"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn published_lists_are_shown_with_their_dates_in_two_languages(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    fetched(&rig, "clouds").await;
    let base = format!("/console/{}/lists", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&base).await;
    assert!(tab.page.contains("networks of large clouds"), "{}", tab.page);
    assert!(!tab.page.contains("stale"), "{}", tab.page);
    rig.pass(4 * munjigi_rig::DAY);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&base).await;
    assert!(tab.page.contains("stale"), "{}", tab.page);
    tab.open(&format!("{base}?lang=ko")).await;
    assert!(tab.page.contains("큰 클라우드의 네트워크"), "{}", tab.page);
    assert!(tab.page.contains("오래됨"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn owners_are_told_of_lists_that_their_rules_name_in_vain(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    let rules = format!("/console/{}/sites/{site}/rules", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&rules).await;
    let mark = tab.value_of("mark");
    let rule = [
        ("mark", mark.as_str()),
        ("change", "add"),
        ("list", "clouds"),
        ("verdict", "block"),
        ("hostname", ""),
    ];
    tab.send(&rules, &rule).await;
    assert!(tab.page.contains("The list clouds is not available"), "{}", tab.page);
    fetched(&rig, "clouds").await;
    tab.open(&rules).await;
    assert!(!tab.page.contains("The list clouds"), "{}", tab.page);
    rig.pass(4 * munjigi_rig::DAY);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&rules).await;
    assert!(tab.page.contains("The list clouds is out of date"), "{}", tab.page);
    tab.open(&format!("{rules}?lang=ko")).await;
    assert!(tab.page.contains("목록 clouds이(가) 오래되었습니다"), "{}", tab.page);
}

/// A published list that was fetched now.
async fn fetched(rig: &Rig, list: &str) {
    sqlx::query(
        "INSERT INTO list_sources (list, url, bytes, entries, fetched_at, changed_at, checked_at,
            next_try_at)
        VALUES ($1, 'https://lists.example/', '\\x00', 7, to_timestamp($2), to_timestamp($2),
            to_timestamp($2), to_timestamp($2))",
    )
    .bind(list)
    .bind(i64::try_from(rig.now().seconds()).unwrap())
    .execute(&rig.pool)
    .await
    .unwrap();
}
