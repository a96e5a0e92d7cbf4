//! A site's settings: shown, changed, validated, and never overwritten unseen.

use munjigi_domain::accounts::Role;
use munjigi_protocol::{Count, CountKind};
use serde_json::{Value, json};
use sqlx::PgPool;

use munjigi_rig::forms::form;
use munjigi_rig::people::Someone;
use munjigi_rig::{self as rig, MINUTE, NOON, Rig, Tab, count};

/// What people did, by the audit log, oldest first. The set-up is the command's.
pub async fn record(rig: &Rig) -> Vec<(String, Value, Value)> {
    let rows: Vec<(String, Option<Value>, Option<Value>)> = sqlx::query_as(
        "SELECT action, before, after FROM audit WHERE actor <> 'command' ORDER BY id",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    let row = |(action, before, after): (_, Option<Value>, Option<Value>)| {
        (action, before.unwrap_or_default(), after.unwrap_or_default())
    };
    rows.into_iter().map(row).collect()
}

/// Kim's shop with the settings that `form` has, and the path of its page.
async fn shop(rig: &Rig) -> (Someone, String) {
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    sqlx::query(
        "UPDATE sites SET hosts = '{shop.example}', allow_loopback = false, work_floor = 40000,
            work_ceiling = 4000000, puzzle_count = 16, token_lifetime_seconds = 300, rules = '[]'",
    )
    .execute(&rig.pool)
    .await
    .unwrap();
    let path = format!("/console/{}/sites/{site}", kim.organisation);
    (kim, path)
}

async fn open(tab: &mut Tab<'_>, path: &str) -> String {
    tab.open(path).await;
    assert_eq!(tab.status, 200, "{}", tab.page);
    tab.value_of("mark")
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_host_is_listed_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    sqlx::query("UPDATE sites SET hosts = '{localhost,shop.example}', allow_loopback = true")
        .execute(&rig.pool)
        .await
        .unwrap();
    let mut tab = rig.tab_of(&kim.account).await;
    let (sites, _) = site.rsplit_once('/').unwrap();
    for (page, listed) in [
        (site.as_str(), "<dd><code>localhost</code> <code>shop.example</code> </dd>"),
        (sites, "<td>localhost shop.example </td>"),
    ] {
        tab.open(page).await;
        assert!(tab.page.contains(listed), "{page}: {}", tab.page);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn saved_settings_are_stored_published_and_audited(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let path = format!("{site}/settings");
    let mut tab = rig.tab_of(&kim.account).await;
    let version = open(&mut tab, &path).await;
    assert!(tab.page.contains("1.6 seconds on a typical phone"), "{}", tab.page);
    tab.send(&path, &form(&version, &[])).await;
    assert!(tab.page.contains("No changes."), "{}", tab.page);
    assert!(record(&rig).await.is_empty());

    let typed = [
        ("name", " Shop 2 "),
        ("hosts", "shop.example\r\n*.shop.example, shop.example"),
        ("allow_loopback", "yes"),
        ("mode", "invisible"),
        ("work_floor", "80000"),
        ("count", "8"),
        ("token_lifetime_seconds", "60"),
        ("under_attack", "on"),
        ("turn", "yes"),
        ("grid", "yes"),
    ];
    let mut fields = form(&version, &typed);
    fields.retain(|(name, _)| *name != "fallback_allowed");
    tab.send(&path, &fields).await;
    assert_eq!(tab.path, format!("{site}?done=edited"), "{}", tab.page);
    assert!(tab.page.contains("reach the edge within seconds"), "{}", tab.page);
    assert!(tab.page.contains("<h1>Shop 2</h1>"), "{}", tab.page);
    let written = record(&rig).await;
    let [(action, before, after)] = written.as_slice() else { panic!("{written:?}") };
    assert_eq!(action, "site.edit");
    assert_eq!(
        *before,
        json!({ "name": "Shop", "hosts": ["shop.example"], "allow_loopback": false, "mode": "managed",
            "work.floor": 40000, "count": 16, "token_lifetime_seconds": 300,
            "fallback_allowed": true, "under_attack": "auto", "pictures": [] })
    );
    assert_eq!(
        *after,
        json!({ "name": "Shop 2", "hosts": ["shop.example", "*.shop.example"],
            "allow_loopback": true, "mode": "invisible", "work.floor": 80000, "count": 8,
            "token_lifetime_seconds": 60, "fallback_allowed": false, "under_attack": "on",
            "pictures": ["grid", "turn"] })
    );
    rig.publish_due().await;
    tab.open(&site).await;
    assert!(tab.page.contains("Delivered to the edge"), "{}", tab.page);
    // The same form again, late: its values are already stored.
    tab.send(&path, &fields).await;
    assert!(tab.page.contains("No changes."), "{}", tab.page);
    assert_eq!(record(&rig).await.len(), 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_mistake_is_reported_and_the_input_is_kept(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let path = format!("{site}/settings");
    let mut tab = rig.tab_of(&kim.account).await;
    let version = open(&mut tab, &path).await;
    let evil = "\"><script>alert(1)</script>'--; {{7*7}}";
    let typed = [
        ("name", "\u{7}"),
        ("hosts", "ftp://shop.example/\nb_d"),
        ("work_floor", evil),
        ("work_ceiling", "'; DROP TABLE sites; --"),
        ("count", "65"),
        ("token_lifetime_seconds", "7"),
        ("mode", "interactive"),
        ("area", "yes"),
    ];
    tab.send(&path, &form(&version, &typed)).await;
    assert_eq!(tab.status, 422);
    for told in [
        "Nothing was saved",
        "host &#34;ftp://shop.example/&#34;",
        "host &#34;b_d&#34;",
        "<a href=\"#work_floor\">Minimum work</a>",
        "<a href=\"#work_ceiling\">Maximum work</a>",
        "<a href=\"#count\">Sub-puzzles</a> 65:",
        "<a href=\"#token_lifetime_seconds\">Token lifetime (seconds)</a> 7:",
        "<a href=\"#name\">Name</a> &#34;",
        "floor-hint work_floor-mistake\" aria-invalid=\"true\"",
        "id=\"count-mistake\"><p>65:",
        "id=\"hosts-mistake\"><p>host &#34;ftp",
    ] {
        assert!(tab.page.contains(told), "{told}: {}", tab.page);
    }
    for kept in [
        "ftp://shop.example/\nb_d</textarea>",
        "DROP TABLE sites; --\"",
        "value=\"65\"",
        "value=\"interactive\" required checked",
        "name=\"area\" value=\"yes\" checked",
    ] {
        assert!(tab.page.contains(kept), "{kept}: {}", tab.page);
    }
    assert!(!tab.page.contains("<script>alert"), "{}", tab.page);
    // In the form's terms, not in those of the command.
    for option in ["work-floor", "work-ceiling", "token-lifetime"] {
        assert!(!tab.page.contains(option), "{option}: {}", tab.page);
    }
    assert!(record(&rig).await.is_empty());
    // Each field by itself.
    for name in ["name", "hosts", "work_floor", "work_ceiling", "count", "token_lifetime_seconds"] {
        for typed in [evil, "\u{0}", "%00", "' OR 1=1 --"] {
            tab.open(&path).await;
            let version = tab.value_of("mark");
            tab.send(&path, &form(&version, &[(name, typed)])).await;
            assert!(matches!(tab.status, 200 | 422), "{name} {typed} {}", tab.status);
            assert!(!tab.page.contains("<script>alert"), "{name} {}", tab.page);
        }
    }
    // Forms that are not ours.
    for typed in [("mode", "'"), ("mark", "x"), ("mark", "-1"), ("mode", "Managed")] {
        tab.open(&path).await;
        tab.send(&path, &form(&version, &[typed])).await;
        assert_eq!(tab.status, 400, "{typed:?}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_concurrent_change_is_not_overwritten_unseen(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let lee = rig.someone("Lee").await;
    rig.join(&kim.organisation, &lee.account, Role::Admin).await;
    let path = format!("{site}/settings");
    let (mut kims, mut lees) = (rig.tab_of(&kim.account).await, rig.tab_of(&lee.account).await);
    let shown = open(&mut kims, &path).await;
    assert_eq!(open(&mut lees, &path).await, shown);
    lees.send(&path, &form(&shown, &[("work_floor", "50000"), ("mode", "invisible")])).await;
    assert!(lees.path.ends_with("?done=edited"), "{}", lees.path);

    kims.send(&path, &form(&shown, &[("work_floor", "60000")])).await;
    assert_eq!(kims.status, 409);
    assert!(kims.page.contains("someone else has changed the site"), "{}", kims.page);
    assert!(kims.page.contains("value=\"60000\""), "{}", kims.page);
    assert!(kims.page.contains("<b>Now:</b> 50000"), "{}", kims.page);
    assert!(kims.page.contains("<b>Now:</b> invisible"), "{}", kims.page);
    assert!(!kims.page.contains("<b>Now:</b> Shop"), "{}", kims.page);
    assert_eq!(rig.number("SELECT work_floor FROM sites").await, 50_000);
    // After seeing the current settings they can save.
    let now = kims.value_of("mark");
    assert_ne!(now, shown);
    kims.send(&path, &form(&now, &[("work_floor", "60000")])).await;
    assert!(kims.path.ends_with("?done=edited"), "{}", kims.path);
    assert_eq!(rig.number("SELECT work_floor FROM sites").await, 60_000);
    let actions: Vec<String> = record(&rig).await.into_iter().map(|(action, ..)| action).collect();
    assert_eq!(actions, ["site.edit", "site.edit"]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_form_outlives_a_pause_and_a_new_secret(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let (settings, rules) = (format!("{site}/settings"), format!("{site}/rules"));
    let mut tab = rig.tab_of(&kim.account).await;
    let mark = open(&mut tab, &settings).await;
    let version = rig.number("SELECT version FROM sites").await;
    tab.send(&format!("{site}/change"), &[("change", "pause")]).await;
    tab.send(&format!("{site}/secrets"), &[("change", "add")]).await;
    assert!(rig.number("SELECT version FROM sites").await > version);
    tab.open(&rules).await;
    assert_eq!(tab.value_of("mark"), mark);
    tab.send(&settings, &form(&mark, &[("work_floor", "60000")])).await;
    assert!(tab.path.ends_with("?done=edited"), "{} {}", tab.path, tab.page);
    assert_eq!(rig.number("SELECT work_floor FROM sites").await, 60_000);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn read_only_members_see_the_values_but_no_form(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    for role in [Role::Analyst, Role::ReadOnly] {
        rig.join(&kim.organisation, &kim.account, role).await;
        let mut tab = rig.tab_of(&kim.account).await;
        tab.open(&format!("{site}/settings")).await;
        assert_eq!(tab.status, 200);
        assert!(tab.page.contains("<dd>shop.example</dd>"), "{}", tab.page);
        assert!(!tab.page.contains("name=\"mark\""), "{}", tab.page);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_deleted_site_cannot_be_changed_and_foreign_sites_do_not_exist(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let lee = rig.someone("Lee").await;
    let sitekey = site.rsplit('/').next().unwrap();
    let mut lees = rig.tab_of(&lee.account).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let version = open(&mut tab, &format!("{site}/settings")).await;
    for organisation in [&kim.organisation, &lee.organisation] {
        for (part, fields) in [
            ("settings", form(&version, &[("name", "Mine")])),
            ("rules", vec![("mark", version.as_str()), ("change", "undo")]),
            ("rules", vec![("mark", &version), ("change", "remove"), ("rule", "0")]),
        ] {
            let path = format!("/console/{organisation}/sites/{sitekey}/{part}");
            lees.open(&path).await;
            assert_eq!(lees.status, 404, "{path}");
            lees.send(&path, &fields).await;
            assert!(matches!(lees.status, 403 | 404), "{path} {}", lees.status);
            lees.open("/console").await;
            lees.send(&path, &fields).await;
            assert_eq!(lees.status, 404, "{path}");
        }
    }
    assert!(record(&rig).await.is_empty());

    tab.open(&site).await;
    tab.send(&format!("{site}/change"), &[("change", "delete")]).await;
    for part in ["settings", "rules"] {
        tab.open(&format!("{site}/{part}")).await;
        assert!(tab.page.contains("The site is deleted."), "{}", tab.page);
        assert!(!tab.page.contains("name=\"mark\""), "{}", tab.page);
    }
    tab.send(&format!("{site}/settings"), &form(&version, &[("name", "Mine")])).await;
    assert!(tab.page.contains("the site is deleted. Restore it first"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM sites WHERE name = 'Mine'").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn rows_about_paths_are_added_kept_in_order_and_removed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let path = format!("{site}/settings");
    let mut tab = rig.tab_of(&kim.account).await;
    let mark = open(&mut tab, &path).await;
    assert!(tab.page.contains("name=\"path-1\" value=\"\""), "{}", tab.page);
    assert!(!tab.page.contains("path-2"), "{}", tab.page);
    let typed = [
        ("path-0", "/account/*"),
        ("level-0", "pictured"),
        ("methods-0", "get, POST"),
        ("host-0", "shop.example"),
        ("above-0", "50"),
        ("dry_run-0", "yes"),
        ("path-1", ""),
        ("level-1", "worked"),
        ("path-2", "/"),
        ("level-2", "open"),
        ("no_exemptions-2", "yes"),
    ];
    tab.send(&path, &form(&mark, &typed)).await;
    assert!(tab.path.ends_with("?done=edited"), "{} {}", tab.path, tab.page);
    let [(_, before, after)] = record(&rig).await.try_into().unwrap();
    assert_eq!(before, json!({ "protect": [] }));
    let rules = json!([
        { "path": "/account/*", "host": "shop.example", "methods": ["GET", "POST"],
            "level": "pictured", "dry_run": true, "above_per_second": 50 },
        { "path": "/", "no_exemptions": true },
    ]);
    assert_eq!(after, json!({ "protect": rules }));

    let mark = open(&mut tab, &path).await;
    assert!(tab.page.contains("name=\"path-3\" value=\"\""), "{}", tab.page);
    // A form from before there were such rows keeps them.
    tab.send(&path, &form(&mark, &[])).await;
    assert!(tab.page.contains("No changes."), "{}", tab.page);
    let typed = [("path-0", "account"), ("level-0", "open"), ("path-1", ""), ("path-2", "/b")];
    let typed = [typed.as_slice(), &[("level-2", "waited"), ("methods-2", "GE1")]].concat();
    let typed = [typed.as_slice(), &[("above-2", "5 a second")]].concat();
    tab.send(&path, &form(&mark, &typed)).await;
    assert_eq!(tab.status, 422);
    for told in [
        "<a href=\"#path-0\">Protected paths</a> &#34;account&#34;: its path, host or a method",
        "id=\"path-0-mistake\"><p>&#34;account&#34;",
        "id=\"path-1-mistake\"><p>&#34;/b&#34;",
        "name=\"methods-1\" value=\"GE1\"",
        "<a href=\"#above-1\">Protected paths</a> &#34;5 a second&#34;: it is not a whole number",
        "id=\"above-1-mistake\"><p>&#34;5 a second&#34;",
        "name=\"above-1\" value=\"5 a second\"",
    ] {
        assert!(tab.page.contains(told), "{told}: {}", tab.page);
    }
    let typed = [("path-0", "/"), ("level-0", "'")];
    tab.send(&path, &form(&mark, &typed)).await;
    assert_eq!(tab.status, 400);
    tab.open(&path).await;
    tab.send(&path, &form(&mark, &[("path-0", ""), ("path-1", "")])).await;
    assert!(tab.path.ends_with("?done=edited"), "{} {}", tab.path, tab.page);
    assert_eq!(rig.number("SELECT jsonb_array_length(protect)::bigint FROM sites").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn rules_about_paths_are_shown_to_those_who_cannot_change_them(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let rules = r#"[{"path":"/<b>","methods":["POST"],"level":"worked","dry_run":true}]"#;
    sqlx::query("UPDATE sites SET protect = $1::jsonb")
        .bind(rules)
        .execute(&rig.pool)
        .await
        .unwrap();
    let path = format!("{site}/settings");
    let line = "<li>POST /&#60;b&#62; · worked · Dry run</li>";
    let mut tab = rig.tab_of(&kim.account).await;
    let stale = form("00000000000000000000000000000000", &[("path-0", "/a"), ("level-0", "open")]);
    tab.open(&path).await;
    tab.send(&path, &stale).await;
    assert_eq!(tab.status, 409);
    assert!(tab.page.contains(line) && tab.page.contains("value=\"/a\""), "{}", tab.page);
    rig.join(&kim.organisation, &kim.account, Role::ReadOnly).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    assert!(tab.page.contains(line), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_rules_about_paths_stopped_in_a_day_is_shown_beside_them(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, site) = shop(&rig).await;
    let blog = rig.site_of(&kim, "Blog").await;
    let rules = r#"[{"path":"/A-path-of-more-than-thirty-two-bytes/*","level":"worked"},
        {"path":"/dry/*","level":"worked","dry_run":true}, {"path":"/calm","level":"worked"}]"#;
    sqlx::query("UPDATE sites SET protect = $1::jsonb WHERE name = 'Shop'")
        .bind(rules)
        .execute(&rig.pool)
        .await
        .unwrap();
    let shop = site.rsplit('/').next().unwrap();
    let stops = |sitekey: &str, kind, rule: &str, minutes_ago: u64, number| Count {
        minute: NOON.0 / MINUTE - minutes_ago,
        sitekey: sitekey.to_owned(),
        hostname: String::new(),
        action: rule.to_owned(),
        ..count(kind, number)
    };
    let long = "/a-path-of-more-than-thirty-two-";
    let counts = [
        stops(shop, CountKind::Stopped, long, 0, 4_000),
        Count { country: "US".to_owned(), ..stops(shop, CountKind::Stopped, long, 0, 4_000) },
        stops(shop, CountKind::Stopped, long, 24 * 60, 300),
        stops(shop, CountKind::Stopped, long, 24 * 60 + 1, 20),
        stops(shop, CountKind::WouldStop, "/dry/*", 5, 17),
        stops(shop, CountKind::Stopped, "/gone", 5, 99),
        stops(shop, CountKind::Solved, "/calm", 5, 88),
        stops(&blog, CountKind::Stopped, long, 5, 1),
    ];
    let taken = rig.post("/internal/counts", &rig::counts(1, &counts)).await;
    assert_eq!(taken.status, 204, "{}", taken.body);
    let path = format!("{site}/settings");
    let mut tab = rig.tab_of(&kim.account).await;
    let mark = open(&mut tab, &path).await;
    let counts = |page: &str| -> Vec<String> {
        let lines = page.lines().filter_map(|line| line.split_once("Stopped in 24 hours: "));
        lines.map(|(_, count)| count.trim_end_matches("</p>").to_owned()).collect()
    };
    let dry = "0 · in dry run: 17";
    assert_eq!(counts(&tab.page), ["8300", dry, "0"]);
    // With a mistake too, beside the rows as they were typed.
    let typed = [("path-0", "/dry/*"), ("level-0", "worked"), ("above-0", "x")];
    tab.send(&path, &form(&mark, &typed)).await;
    assert_eq!(tab.status, 422);
    assert_eq!(counts(&tab.page), [dry]);
}
