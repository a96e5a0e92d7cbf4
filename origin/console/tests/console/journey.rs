//! From sign-up to a site that is served.

use sqlx::PgPool;

use munjigi_rig::people::link_to;
use munjigi_rig::{Rig, Tab};

const PASSWORD: &str = "lantern orbit velvet";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn from_sign_up_to_a_site_at_the_edge(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = Tab::new(&rig);
    tab.open("/sign-up").await;
    let fields = [("name", "Kim Minseo"), ("email", "Kim@Shop.example"), ("password", PASSWORD)];
    tab.send("/sign-up", &fields).await;
    assert!(tab.page.contains("We sent an email to <b>kim@shop.example</b>"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM accounts").await, 0);

    let link = link_to(&rig, "kim@shop.example").await;
    tab.open(&link).await;
    assert!(tab.page.contains("kim@shop.example"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM accounts").await, 0, "looking makes nothing");
    let token = tab.value_of("link");
    tab.send("/confirm", &[("link", &token), ("password", "another password")]).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("not the password that you chose"), "{}", tab.page);
    tab.send("/confirm", &[("link", &token), ("password", PASSWORD)]).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
    assert!(tab.page.contains("Create your first site"), "{}", tab.page);

    let organisation = tab.path.clone();
    tab.open(&format!("{organisation}/new-site")).await;
    let sitekey = tab.value_of("sitekey");
    let fields = [
        ("sitekey", sitekey.as_str()),
        ("name", "Shop"),
        ("hosts", "shop.example\r\n*.shop.example\r\n"),
    ];
    tab.send(&format!("{organisation}/new-site"), &fields).await;
    assert_eq!(tab.status, 201);
    for part in ["mjs_", &sitekey, "/v1/api.js", "/siteverify"] {
        assert!(tab.page.contains(part), "{part}: {}", tab.page);
    }
    // Submitting the same form again creates no second site and shows no
    // secret.
    tab.send(&format!("{organisation}/new-site"), &fields).await;
    assert_eq!(
        (tab.status, tab.path.as_str()),
        (200, format!("{organisation}/sites/{sitekey}").as_str())
    );
    assert!(!tab.page.contains("mjs_"), "{}", tab.page);
    assert!(tab.page.contains("Being delivered to the edge"), "{}", tab.page);
    rig.publish_due().await;
    tab.open(&format!("{organisation}/sites/{sitekey}")).await;
    assert!(tab.page.contains("Delivered to the edge"), "{}", tab.page);
    assert!(tab.page.contains("Waiting for your first challenge"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE action = 'site.create'").await, 1);

    tab.send("/log-out", &[]).await;
    tab.open(&organisation).await;
    assert!(tab.path.starts_with("/log-in?next=%2Fconsole%2F"), "{}", tab.path);
    let next = tab.value_of("next");
    tab.send("/log-in", &[("email", "KIM@shop.example"), ("password", PASSWORD), ("next", &next)])
        .await;
    assert_eq!((tab.status, &tab.path), (200, &organisation));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_site_s_life_is_written_down(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}", kim.organisation);
    tab.open(&format!("{base}/new-site")).await;
    let sitekey = tab.value_of("sitekey");
    let fields = [("sitekey", sitekey.as_str()), ("name", "Shop"), ("hosts", "shop.example")];
    tab.send(&format!("{base}/new-site"), &fields).await;
    let site = format!("{base}/sites/{sitekey}");
    for (part, change, told) in [
        ("secrets", "add", "A second secret is active"),
        ("secrets", "add", "No changes."),
        ("secrets", "keep-newest", "The old secret has been revoked"),
        ("secrets", "keep-newest", "No changes."),
        ("change", "pause", "Paused"),
        ("change", "resume", "Resumed"),
        ("change", "delete", "You can restore the site"),
        ("change", "pause", "No changes."),
        ("change", "restore", "Restored to its previous state"),
    ] {
        tab.send(&format!("{site}/{part}"), &[("change", change)]).await;
        assert!(tab.page.contains(told), "{change}: {}", tab.page);
        tab.open(&site).await;
    }
    tab.send(&format!("{site}/change"), &[("change", "explode")]).await;
    assert_eq!(tab.status, 400);
    tab.open(&site).await;
    let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit ORDER BY id")
        .fetch_all(&rig.pool)
        .await
        .unwrap();
    assert_eq!(
        actions,
        [
            "site.create",
            "site.secret-add",
            "site.secret-keep-newest",
            "site.pause",
            "site.resume",
            "site.delete",
            "site.restore"
        ]
    );
    let changed = sqlx::query("UPDATE audit SET actor = 'nobody'").execute(&rig.pool).await;
    assert!(changed.is_err());
    let deleted = sqlx::query("DELETE FROM audit").execute(&rig.pool).await;
    assert!(deleted.is_err());
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_mistake_in_a_new_site_is_reported_and_no_input_is_lost(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let place = format!("/console/{}/new-site", kim.organisation);
    tab.open(&place).await;
    let sitekey = tab.value_of("sitekey");
    let fields =
        [("sitekey", sitekey.as_str()), ("name", "  "), ("hosts", "http://shop.example\n*")];
    tab.send(&place, &fields).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("http://shop.example\n*</textarea>"), "{}", tab.page);
    assert_eq!(tab.value_of("sitekey"), sitekey);
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 0);
    // A sitekey that we did not draw.
    let fields =
        [("sitekey", "mj_00000000000000000000000000"), ("name", "Shop"), ("hosts", "shop.example")];
    tab.send(&place, &fields).await;
    assert_eq!(tab.status, 400);
}
