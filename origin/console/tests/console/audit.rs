//! The audit log of the user's own organisation: page by page, and as a file
//! that no spreadsheet executes.

use munjigi_domain::accounts::{Id, Permission, Role};
use sqlx::PgPool;

use munjigi_rig::{Rig, Tab};

async fn write(rig: &Rig, organisation: &Id, actor: &str, action: &str, subject: &str) {
    sqlx::query(
        "INSERT INTO audit (at, organisation, account, actor, prefix, action, subject, before,
            after, request_id)
        VALUES ($1, $2, 'a', $3, '203.0.113.0/24', $4, $5, '{\"mode\": \"managed\"}',
            '{\"mode\": \"invisible\", \"note\": \"<b>\"}', 'r')",
    )
    .bind(munjigi_domain::timestamp::to_timestamp(rig.now()))
    .bind(organisation.as_str())
    .bind(actor)
    .bind(action)
    .bind(subject)
    .execute(&rig.pool)
    .await
    .unwrap();
}

fn shown(tab: &Tab<'_>) -> Vec<String> {
    let cells = tab.page.split("<td><code>").skip(1);
    cells.map(|cell| cell.split('<').next().unwrap().to_owned()).collect()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn it_is_read_page_by_page_newest_first(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let path = format!("/console/{}/audit", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&path).await;
    assert!(tab.page.contains("No changes yet"), "{}", tab.page);
    write(&rig, &lee.organisation, "lee@shop.example", "site.edit", "theirs").await;
    for number in 0..120 {
        let action = if number % 2 == 0 { "site.edit" } else { "member.change" };
        write(&rig, &kim.organisation, "kim@shop.example", action, &format!("s{number}")).await;
    }
    tab.open(&path).await;
    let mut seen = shown(&tab);
    assert_eq!((seen.len(), seen[0].as_str()), (50, "s119"));
    assert!(tab.page.contains("2026-11-20 12:00:30"), "{}", tab.page);
    assert!(tab.page.contains("<del>managed</del> → <ins>invisible</ins>"), "{}", tab.page);
    assert!(tab.page.contains("<b>note</b>: <ins>&#60;b&#62;</ins>"), "{}", tab.page);
    for _ in 0..2 {
        // Entries written meanwhile do not shift the pages.
        write(&rig, &kim.organisation, "kim@shop.example", "site.edit", "late").await;
        let older = tab.page.split("/audit?").find(|rest| rest.starts_with("before=")).unwrap();
        let older = older.split('"').next().unwrap().to_owned();
        tab.open(&format!("{path}?{older}")).await;
        seen.extend(shown(&tab));
    }
    let all: Vec<String> = (0..120).rev().map(|number| format!("s{number}")).collect();
    assert_eq!(seen, all);
    assert!(!tab.page.contains("Older changes"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn it_is_filtered_by_action_and_text(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let path = format!("/console/{}/audit", kim.organisation);
    let of = &kim.organisation;
    for (actor, action, subject) in [
        ("Kim@shop.example", "site.edit", "mj_one"),
        ("lee@shop.example", "site.edit", "mj_two"),
        ("lee@shop.example", "site.pause", "100%_of'it"),
    ] {
        write(&rig, of, actor, action, subject).await;
    }
    let mut tab = rig.tab_of(&kim.account).await;
    for (query, expected) in [
        ("action=site.edit", vec!["mj_two", "mj_one"]),
        ("action=site.edit&text=kim", vec!["mj_one"]),
        ("text=MJ_", vec!["mj_two", "mj_one"]),
        ("text=%25_of%27", vec!["100%_of&#39;it"]),
        // Text that cannot be searched for.
        ("text=%25", vec![]),
        ("text=' OR 1=1 --", vec![]),
        ("text=kim%40sh", vec!["mj_one"]),
        ("text=kim%40hop", vec![]),
        ("text=shop.example pause", vec!["100%_of&#39;it"]),
        ("text=pause lee", vec!["100%_of&#39;it"]),
        ("text=203.0.113 mj_t", vec!["mj_two"]),
        ("text=203.0.11", vec!["100%_of&#39;it", "mj_two", "mj_one"]),
        ("text=204.0.113", vec![]),
        ("text=INVISIBLE one", vec!["mj_one"]),
        ("text=mode:managed two", vec!["mj_two"]),
        ("action=' OR 1=1 --", vec![]),
        ("text=%00", vec!["100%_of&#39;it", "mj_two", "mj_one"]),
        ("before=x", vec!["100%_of&#39;it", "mj_two", "mj_one"]),
        ("before=99999999999999999999", vec!["100%_of&#39;it", "mj_two", "mj_one"]),
        ("before=-1", vec![]),
        ("before=1&before=2", vec!["100%_of&#39;it", "mj_two", "mj_one"]),
    ] {
        tab.open(&format!("{path}?{}", query.replace(' ', "+"))).await;
        assert_eq!(tab.status, 200, "{query}");
        assert_eq!(shown(&tab), expected, "{query}");
    }
    tab.open(&format!("{path}?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&action=%22%3E")).await;
    assert!(!tab.page.contains("<script>alert") && tab.page.contains("alert(1)"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn it_is_found_in_every_language_and_by_any_sitekey(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let path = format!("/console/{}/audit", kim.organisation);
    for subject in ["김민서의 가게·본점", "Élan", "mj_7e3nxm6w00e5", "*.가게.example"] {
        write(&rig, &kim.organisation, "kim@shop.example", "site.edit", subject).await;
    }
    let mut tab = rig.tab_of(&kim.account).await;
    for (typed, expected) in [
        ("김민", vec!["김민서의 가게·본점"]),
        ("가게", vec!["*.가게.example", "김민서의 가게·본점"]),
        ("가게·본", vec!["김민서의 가게·본점"]),
        ("élan", vec!["Élan"]),
        ("MJ_7E3N", vec!["mj_7e3nxm6w00e5"]),
        ("nxm6w", vec![]),
    ] {
        tab.open(&format!("{path}?{}", serde_urlencoded::to_string([("text", typed)]).unwrap()))
            .await;
        assert_eq!(shown(&tab), expected, "{typed}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_file_honours_the_search_and_json_is_whole(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let of = &kim.organisation;
    for number in 0..501 {
        let action = if number % 100 == 0 { "site.pause" } else { "site.edit" };
        write(&rig, of, "kim@shop.example", action, &format!("s{number}")).await;
    }
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&format!("/console/{of}/audit.csv?text=pause")).await;
    assert_eq!(tab.page.split("\r\n").count(), 8, "{}", tab.page);
    for (query, entries) in [("", 501), ("?text=pause", 6), ("?text=nowhere", 0)] {
        tab.open(&format!("/console/{of}/audit.json{query}")).await;
        let read: Vec<serde_json::Value> = serde_json::from_str(&tab.page).unwrap();
        assert_eq!(read.len(), entries, "{query}");
        if let Some(newest) = read.first() {
            assert_eq!(newest["subject"], "s500");
            assert_eq!(newest["at"], "2026-11-20T12:00:30.000Z");
            assert_eq!(newest["after"]["note"], "<b>");
        }
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_role_can_change_the_audit_log(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    write(&rig, &kim.organisation, "kim@shop.example", "site.edit", "mj_one").await;
    // As the owner of the table, but not a superuser; the tests' user is one.
    for attempt in [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "SELECT * FROM audit FOR UPDATE",
    ] {
        let mut transaction = rig.pool.begin().await.unwrap();
        for set_up in [
            "CREATE ROLE munjigi_test_of_permissions NOSUPERUSER",
            "GRANT ALL ON SCHEMA public TO munjigi_test_of_permissions",
            "ALTER TABLE audit OWNER TO munjigi_test_of_permissions",
            "SET LOCAL ROLE munjigi_test_of_permissions",
            "INSERT INTO audit (at, actor, prefix, action, subject, request_id)
                VALUES (now(), 'a', '', 'site.edit', 'b', '')",
        ] {
            sqlx::query(set_up).execute(&mut *transaction).await.unwrap();
        }
        let refused = sqlx::query(attempt).execute(&mut *transaction).await.unwrap_err();
        let told = refused.to_string();
        assert!(told.contains("permission denied for table audit"), "{attempt}: {told}");
        transaction.rollback().await.unwrap();
        // The one function that is allowed to cannot be used to delete anything
        // else either.
        let mut transaction = rig.pool.begin().await.unwrap();
        for step in [
            "CREATE ROLE munjigi_test_of_permissions NOSUPERUSER",
            "GRANT ALL ON SCHEMA public TO munjigi_test_of_permissions",
            "ALTER TABLE audit OWNER TO munjigi_test_of_permissions",
            "ALTER FUNCTION erase_from_audit OWNER TO munjigi_test_of_permissions",
            "SET LOCAL ROLE munjigi_test_of_permissions",
            "SELECT erase_from_audit('a', 'kim@shop.example', 'erased-1')",
        ] {
            sqlx::query(step).execute(&mut *transaction).await.unwrap();
        }
        let actors: Vec<String> = sqlx::query_scalar("SELECT actor FROM audit")
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
        assert_eq!(actors, ["erased-1"]);
        let refused = sqlx::query(attempt).execute(&mut *transaction).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{attempt}: {refused}");
        transaction.rollback().await.unwrap();
        if attempt.starts_with("SELECT") {
            continue;
        }
        // For a superuser, the trigger prevents it.
        let refused = sqlx::query(attempt).execute(&rig.pool).await.unwrap_err();
        assert!(refused.to_string().contains("only ever appended to"), "{attempt}: {refused}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn it_is_exported_as_a_text_file(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let of = &kim.organisation;
    write(&rig, &lee.organisation, "lee@shop.example", "site.edit", "theirs").await;
    write(&rig, of, "=HYPERLINK(\"http://evil.example\")", "site.edit", "@SUM(1,1)").await;
    for number in 0..600 {
        write(&rig, of, "kim@shop.example", "site.pause", &format!("s{number}")).await;
    }
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&format!("/console/{of}/audit.csv")).await;
    let lines: Vec<&str> = tab.page.split("\r\n").collect();
    assert_eq!(lines.len(), 603);
    assert_eq!(lines[0], "id,at,actor,prefix,action,subject,before,after,request_id");
    assert!(lines[1].contains("\"2026-11-20T12:00:30.000Z\",\"kim@shop.example\""), "{}", lines[1]);
    assert!(
        lines[601].contains("\"'=HYPERLINK(\"\"http://evil.example\"\")\"")
            && lines[601].contains("\"'@SUM(1,1)\",\"{\"\"mode\"\":\"\"managed\"\"}\""),
        "{}",
        lines[601]
    );
    assert!(!tab.page.contains("theirs"), "{}", tab.page);
    tab.open(&format!("/console/{of}/audit.csv?action=site.edit")).await;
    assert_eq!(tab.page.split("\r\n").count(), 3, "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn only_users_who_can_read_it_see_a_link_to_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let base = format!("/console/{}", kim.organisation);
    for role in Role::ALL {
        rig.join(&kim.organisation, &kim.account, role).await;
        let mut tab = rig.tab_of(&kim.account).await;
        tab.open(&base).await;
        let is_led = tab.page.contains(&format!("{base}/audit\""));
        assert_eq!(is_led, role.may(Permission::ReadAudit), "{}", role.as_str());
    }
}

#[test]
fn everyone_who_reads_the_audit_log_can_export_it() {
    for role in Role::ALL {
        assert!(!role.may(Permission::ReadAudit) || role.may(Permission::Export));
    }
}
