//! Who can see which page: every page of the table, requested by every role,
//! for the user's own organisation and another. A page without a rule cannot be
//! listed.

use std::fmt::Write as _;

use munjigi_domain::accounts::{Permission, Role};
use sqlx::PgPool;

use munjigi_console::access::{Access, Listed};
use munjigi_rig::people::Someone;
use munjigi_rig::{Rig, Tab};

/// A page's path for this user's organisation and site.
fn path(listed: &Listed, whose: &Someone, [sitekey, list]: &[String; 2]) -> String {
    let asset = munjigi_console::assets::STYLE.path.trim_start_matches("/assets/");
    listed
        .path
        .replace("{organisation}", whose.organisation.as_str())
        .replace("{sitekey}", sitekey)
        .replace("{list}", list)
        .replace("{name}", asset)
}

async fn call(tab: &mut Tab<'_>, listed: &Listed, path: &str) -> (u16, String) {
    if listed.method == "GET" {
        tab.open(path).await;
        return (tab.status, tab.page.clone());
    }
    tab.open("/").await;
    let key = tab.csrf_token();
    // A form without fields, so that users with access get an error about it.
    let answer = tab.send_raw(path, &[("csrf_token", &key)], &[]).await;
    (answer.status, answer.body)
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_page_is_refused_to_those_without_the_right(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let of_kim = [rig.site_of(&kim, "Kim's shop").await, rig.list_of(&kim, "kims").await];
    let of_lee = [rig.site_of(&lee, "Lee's shop").await, rig.list_of(&lee, "lees").await];
    let mut table = String::new();
    for page in munjigi_console::pages(&rig.app).listed() {
        let Access::Member(permission) = page.access else {
            writeln!(table, "{} {} {:?}", page.method, page.path, page.access).unwrap();
            continue;
        };
        let mut row = format!("{} {} {permission:?}:", page.method, page.path);
        let own = path(&page, &kim, &of_kim);
        let mut guest = Tab::new(&rig);
        let (status, body) = call(&mut guest, &page, &own).await;
        assert!(guest.path.starts_with("/log-in") || matches!(status, 401 | 403), "{own} {status}");
        assert!(!body.contains("Kim&#39;s shop"), "{own} {body}");
        for role in Role::ALL {
            rig.join(&kim.organisation, &kim.account, role).await;
            let mut tab = rig.tab_of(&kim.account).await;
            let (status, _) = call(&mut tab, &page, &own).await;
            let expected = if !role.may(permission) {
                403
            } else if page.method == "GET" {
                200
            } else {
                400
            };
            assert_eq!(status, expected, "{own} as {}", role.as_str());
            write!(row, " {} {status}", role.as_str()).unwrap();
            // In another organisation; and another organisation's site within
            // the user's own.
            let theirs = path(&page, &lee, &of_lee);
            let (status, body) = call(&mut tab, &page, &theirs).await;
            assert_eq!(status, 404, "{theirs} as {}", role.as_str());
            assert!(!body.contains("Lee&#39;s shop"), "{theirs} {body}");
            if page.path.contains("{sitekey}") && role.may(permission) {
                let mixed = path(&page, &kim, &of_lee);
                let (_, body) = call(&mut tab, &page, &mixed).await;
                assert!(
                    !body.contains("Lee&#39;s shop") && !body.contains("mjs_"),
                    "{mixed} {body}"
                );
            }
        }
        rig.join(&kim.organisation, &kim.account, Role::Owner).await;
        table.push_str(&row);
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_one_changes_the_site_of_another_organisation(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let of_lee = rig.site_of(&lee, "Lee's shop").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/").await;
    for organisation in [&kim.organisation, &lee.organisation] {
        for (part, change) in [("change", "delete"), ("change", "pause"), ("secrets", "add")] {
            let path = format!("/console/{organisation}/sites/{of_lee}/{part}");
            tab.open("/").await;
            tab.send(&path, &[("change", change)]).await;
            assert_eq!(tab.status, 404, "{path}");
        }
    }
    let untouched = "SELECT count(*) FROM sites WHERE deleted_at IS NULL AND state = 'live'";
    assert_eq!(rig.number(untouched).await, 1);
    assert_eq!(rig.number("SELECT count(*) FROM secrets").await, 1);
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE actor <> 'command'").await, 0);
}

#[test]
fn a_new_permission_needs_a_page() {
    // A reminder to add the page of a new permission. Jobs are for programs.
    assert_eq!(Permission::ALL.len(), 13);
}
