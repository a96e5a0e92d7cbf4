//! A user's own data: export, erasure, and cancelling the erasure.

use munjigi_domain::accounts::Role;
use munjigi_store::privacy::TABLES;
use serde_json::Value;
use sqlx::PgPool;

use munjigi_rig::people::{PASSWORD, Someone};
use munjigi_rig::{DAY, MINUTE, Rig, Tab};

const PATH: &str = "/console/account/data";

async fn leave(tab: &mut Tab<'_>) {
    tab.open(PATH).await;
    tab.send(&format!("{PATH}/leave"), &[("password", PASSWORD)]).await;
}

async fn log_in(tab: &mut Tab<'_>, someone: &Someone) {
    tab.open("/log-in").await;
    let fields = [("email", someone.email.as_str()), ("password", PASSWORD), ("next", "")];
    tab.send("/log-in", &fields).await;
}

async fn emails(rig: &Rig, to: &str) -> Vec<String> {
    sqlx::query_scalar("SELECT subject FROM mails WHERE recipient = $1 ORDER BY id")
        .bind(to)
        .fetch_all(&rig.pool)
        .await
        .unwrap()
}

/// Every row of every table, as text: finds traces of a user in any table.
async fn everything(rig: &Rig) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND NOT relispartition",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    let mut all = String::new();
    for table in tables {
        let query = format!("SELECT coalesce(string_agg(it::text, ' '), '') FROM {table} AS it");
        let rows: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&rig.pool).await.unwrap();
        all.push_str(&rows);
    }
    all
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_data_map_is_public(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = Tab::new(&rig);
    tab.open("/privacy/data").await;
    assert_eq!(tab.status, 200);
    for table in TABLES {
        assert!(tab.page.contains(&format!("<code>{}</code>", table.name)), "{}", table.name);
    }
    assert!(tab.page.contains("kept for 90 days"), "{}", tab.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_file_has_everything_of_one_person_and_nothing_that_lets_in(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let mut tab = rig.tab_of(&kim.account).await;
    let team = format!("/console/{}/team", kim.organisation);
    tab.open(&team).await;
    tab.send(&format!("{team}/invite"), &[("email", "park@shop.example"), ("role", "admin")]).await;
    rig.tab_of(&lee.account).await;
    rig.pass(16 * MINUTE);
    tab.open(PATH).await;
    tab.send(&format!("{PATH}/export"), &[]).await;
    assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    tab.send("/console/account/proof", &[("password", PASSWORD), ("next", PATH)]).await;
    assert_eq!(tab.path, PATH);
    tab.send(&format!("{PATH}/export"), &[]).await;
    let file: Value = serde_json::from_str(&tab.page).unwrap();
    let rows = |table: &str| file["tables"][table]["rows"].as_array().unwrap().clone();
    assert_eq!(rows("accounts")[0]["email"], "kim@shop.example");
    assert_eq!(rows("sessions")[0]["agent"], "Firefox on Linux");
    assert_eq!(rows("members")[0]["role"], "owner");
    assert_eq!(rows("organisations")[0]["name"], "Kim's");
    assert_eq!(rows("invitations")[0]["email"], "park@shop.example");
    assert_eq!(rows("audit")[0]["action"], "team.invite");
    for table in TABLES.iter().filter(|table| file["tables"].get(table.name).is_some()) {
        for row in rows(table.name) {
            for withheld in table.withheld {
                assert!(row.get(withheld).is_none(), "{} {withheld}", table.name);
            }
        }
    }
    for foreign in ["Lee", "lee@", "argon2", "\\\\x"] {
        assert!(!tab.page.contains(foreign), "{foreign}: {}", tab.page);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn erasure_can_be_cancelled_for_thirty_days(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    rig.site_of(&kim, "Shop").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let mut other = rig.tab_of(&kim.account).await;
    tab.open(PATH).await;
    tab.send(&format!("{PATH}/leave"), &[("password", "not that one")]).await;
    assert_eq!(tab.status, 422);
    rig.pass(16 * MINUTE);
    leave(&mut tab).await;
    assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    tab.send("/console/account/proof", &[("password", PASSWORD), ("next", PATH)]).await;
    leave(&mut tab).await;
    assert!(tab.page.contains("On 2026-12-20 (UTC)"), "{}", tab.page);
    for tab in [&mut tab, &mut other] {
        tab.open("/console").await;
        assert!(tab.path.starts_with("/log-in"), "{}", tab.path);
    }
    rig.pass(29 * DAY);
    rig.jobs().keep_house().await.unwrap();
    log_in(&mut tab, &kim).await;
    assert_eq!(tab.path, PATH);
    assert!(tab.page.contains("will be erased on 2026-12-20"), "{}", tab.page);
    tab.send(&format!("{PATH}/keep"), &[]).await;
    assert!(tab.page.contains("Your account will be kept"), "{}", tab.page);
    rig.pass(2 * DAY);
    rig.jobs().keep_house().await.unwrap();
    tab.open(&format!("/console/{}/sites", kim.organisation)).await;
    assert!(tab.page.contains("Shop"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM sites WHERE deleted_at IS NULL").await, 1);
    // The first email is deleted only once it was sent.
    let told = emails(&rig, &kim.email).await;
    assert_eq!(told, ["Your account will be erased", "Your account will be kept"]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_erased_account_invites_no_one(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.join(&kim.organisation, &lee.account, Role::Admin).await;
    let mut tab = rig.tab_of(&lee.account).await;
    leave(&mut tab).await;
    rig.pass(29 * DAY);
    log_in(&mut tab, &lee).await;
    let team = format!("/console/{}/team", kim.organisation);
    tab.open(&team).await;
    tab.send(&format!("{team}/invite"), &[("email", "park@shop.example"), ("role", "admin")]).await;
    let invitations = "SELECT count(*) FROM invitations";
    assert_eq!(rig.number(invitations).await, 1, "{}", tab.page);
    rig.pass(2 * DAY);
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM accounts").await, 1);
    assert_eq!(rig.number(invitations).await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn nothing_personal_is_left_after_erasure(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.join(&lee.organisation, &kim.account, Role::Admin).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let mut colleague = rig.tab_of(&lee.account).await;
    // Kim does something in Lee's organisation, and something is done to Kim.
    let team = format!("/console/{}/team", lee.organisation);
    tab.open(&team).await;
    tab.send(&format!("{team}/invite"), &[("email", "park@shop.example"), ("role", "analyst")])
        .await;
    colleague.open(&team).await;
    let change = [("account", kim.account.as_str()), ("role", "analyst")];
    colleague.send(&format!("{team}/change"), &change).await;
    sqlx::query(
        "INSERT INTO anomalies (id, sitekey, kind, severity, figures, opened_at, acknowledged_at,
            acknowledged_by)
        VALUES ('0123456789abcdef', $1, 'flood', 'warning', '{}', $2, $2, $3)",
    )
    .bind(rig.site_of(&lee, "Shop").await)
    .bind(munjigi_domain::timestamp::to_timestamp(rig.now()))
    .bind(&kim.email)
    .execute(&rig.pool)
    .await
    .unwrap();
    leave(&mut tab).await;
    assert!(everything(&rig).await.contains(&kim.email));
    rig.pass(30 * DAY - 1);
    rig.jobs().keep_house().await.unwrap();
    assert!(everything(&rig).await.contains(&kim.email));
    rig.pass(1);
    rig.jobs().keep_house().await.unwrap();
    let left = everything(&rig).await;
    for trace in [kim.email.as_str(), kim.account.as_str(), "Kim"] {
        assert!(!left.contains(trace), "{trace}: {left}");
    }
    // The entries remain, with one pseudonym throughout.
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT action || ' ' || CASE WHEN actor LIKE 'erased-%' THEN 'by' ELSE 'to' END
        FROM audit WHERE actor LIKE 'erased-%' OR subject LIKE 'erased-%' ORDER BY id",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    assert_eq!(names, ["team.invite by", "team.change to", "account.leave by"]);
    let pseudonyms = "SELECT count(DISTINCT name) FROM (
        SELECT actor AS name FROM audit UNION SELECT subject FROM audit
    ) AS names WHERE name LIKE 'erased-%'";
    assert_eq!(rig.number(pseudonyms).await, 1);
    // Not those of the set-up, which the command made.
    let cleared = "SELECT count(*) FROM audit WHERE prefix = '' AND actor <> 'command'";
    assert_eq!(rig.number(cleared).await, 2);
    log_in(&mut tab, &kim).await;
    assert_eq!(tab.status, 422);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_last_owner_hands_over_first(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.join(&kim.organisation, &lee.account, Role::Admin).await;
    let mut tab = rig.tab_of(&kim.account).await;
    leave(&mut tab).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("only owner of Kim&#39;s"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM departures").await, 0);
    rig.join(&kim.organisation, &lee.account, Role::Owner).await;
    leave(&mut tab).await;
    assert_eq!(tab.status, 200);
    // An owner whose erasure is pending does not count as one.
    let mut other = rig.tab_of(&lee.account).await;
    leave(&mut other).await;
    assert!(other.page.contains("only owner of Kim&#39;s"), "{}", other.page);
    let team = format!("/console/{}/team", kim.organisation);
    other.open(&team).await;
    let removal = [("account", lee.account.as_str())];
    other.send(&format!("{team}/remove"), &removal).await;
    assert_eq!(rig.number("SELECT count(*) FROM members").await, 3, "{}", other.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_organisation_with_one_member_is_erased_after_its_sites_grace_period(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    rig.publish_due().await;
    let mut tab = rig.tab_of(&kim.account).await;
    leave(&mut tab).await;
    rig.pass(30 * DAY);
    rig.jobs().keep_house().await.unwrap();
    rig.publish_due().await;
    assert_eq!(rig.edge.version(&site), None);
    assert_eq!(rig.number("SELECT count(*) FROM accounts").await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM sites WHERE deleted_at IS NOT NULL").await, 1);
    let by = "SELECT count(*) FROM audit WHERE action = 'site.delete' AND actor = 'housekeeping'";
    assert_eq!(rig.number(by).await, 1);
    rig.pass(30 * DAY);
    rig.jobs().keep_house().await.unwrap();
    rig.pass(1);
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 0);
    assert_eq!(rig.number("SELECT count(*) FROM organisations").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn several_origins_erase_everybody_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for name in ["Kim", "Lee", "Park"] {
        let someone = rig.someone(name).await;
        leave(&mut rig.tab_of(&someone.account).await).await;
    }
    rig.pass(30 * DAY);
    let mut houses = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let jobs = rig.jobs();
        houses.spawn(async move { jobs.keep_house().await });
    }
    for kept in houses.join_all().await {
        kept.unwrap();
    }
    assert_eq!(rig.number("SELECT count(*) FROM accounts").await, 0);
    assert!(!everything(&rig).await.contains("@shop.example"));
}
