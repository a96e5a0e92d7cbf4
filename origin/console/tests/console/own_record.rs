//! Changes to how a user logs in are audited: who, what and from where, but
//! nothing that grants access.

use serde_json::{Value, json};
use sqlx::PgPool;

use munjigi_rig::forms::{code, switch_on};
use munjigi_rig::people::link_to;
use munjigi_rig::people::{PASSWORD, Someone};
use munjigi_rig::{MINUTE, Rig, Tab};

const OTHER: &str = "harbour candle syntax";

#[derive(Debug, sqlx::FromRow)]
struct Written {
    organisation: Option<String>,
    actor: String,
    prefix: String,
    request_id: String,
    subject: String,
    action: String,
    before: Option<Value>,
    after: Option<Value>,
}

/// The only entry since the last one.
async fn newest(rig: &Rig, someone: &Someone, known: usize) -> Written {
    let mut written: Vec<Written> =
        sqlx::query_as("SELECT * FROM audit ORDER BY id").fetch_all(&rig.pool).await.unwrap();
    assert_eq!(written.len(), known + 1, "{written:?}");
    let newest = written.pop().unwrap();
    assert_eq!((newest.organisation.as_ref(), &newest.actor), (None, &someone.email));
    assert_eq!(newest.prefix, "203.0.113.0/24");
    assert!(!newest.request_id.is_empty());
    newest
}

fn factor(authenticator: bool, recovery_codes: u8) -> Value {
    json!({ "authenticator": authenticator, "recovery_codes": recovery_codes })
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_audit_log_records_when_an_authenticator_app_is_added_or_removed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (key, codes) = switch_on(&rig, &mut tab).await;
    let on = newest(&rig, &kim, 1).await;
    assert_eq!((on.action.as_str(), &on.subject), ("authenticator.add", &kim.email));
    assert_eq!((on.before, on.after), (Some(factor(false, 0)), Some(factor(true, 10))));

    let path = "/console/account/factor/change";
    let change = [("change", "codes"), ("password", PASSWORD), ("code", codes[0].as_str())];
    tab.open("/console/account").await.send(path, &change).await;
    let other = newest(&rig, &kim, 2).await;
    assert_eq!((other.action.as_str(), &other.subject), ("codes.replace", &kim.email));
    let left = |codes: u8| Some(json!({ "recovery_codes": codes }));
    assert_eq!((other.before, other.after), (left(9), left(10)), "one was spent on it");

    rig.pass(MINUTE);
    let right = code(&rig, &key);
    let change = [("change", "off"), ("password", PASSWORD), ("code", right.as_str())];
    tab.open("/console/account").await.send(path, &change).await;
    let off = newest(&rig, &kim, 3).await;
    assert_eq!((off.action.as_str(), &off.subject), ("authenticator.remove", &kim.email));
    assert_eq!((off.before, off.after), (Some(factor(true, 10)), Some(factor(false, 0))));

    let record: String = sqlx::query_scalar("SELECT string_agg(audit::text, ' ') FROM audit")
        .fetch_one(&rig.pool)
        .await
        .unwrap();
    for secret in codes.iter().map(String::as_str).chain([key.as_str(), &right, PASSWORD]) {
        assert!(!record.contains(secret), "{secret}: {record}");
    }
    tab.send("/console/account/data/export", &[]).await;
    for action in
        ["authenticator.offer", "authenticator.add", "codes.replace", "authenticator.remove"]
    {
        assert!(tab.page.contains(action), "{action}: {}", tab.page);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn another_password_is_written_down_however_it_was_set(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut elsewhere = rig.tab_of(&kim.account).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    let path = "/console/account/password";
    tab.send(path, &[("old", "wrong password"), ("new", OTHER)]).await;
    tab.send(path, &[("old", PASSWORD), ("new", OTHER)]).await;
    let told = |by: &str, ended: u8| Some(json!({ "proved_by": by, "sessions_ended": ended }));
    let known = newest(&rig, &kim, 0).await;
    assert_eq!((known.action.as_str(), &known.subject), ("password.change", &kim.email));
    assert_eq!((known.before, known.after), (None, told("password", 1)));

    elsewhere.open("/recover").await;
    elsewhere.send("/recover", &[("email", &kim.email)]).await;
    let link = link_to(&rig, &kim.email).await;
    elsewhere.open(&link).await;
    let token = elsewhere.value_of("link");
    elsewhere.send("/recover/password", &[("link", &token), ("password", PASSWORD)]).await;
    let forgotten = newest(&rig, &kim, 1).await;
    assert_eq!((forgotten.action.as_str(), &forgotten.subject), ("password.change", &kim.email));
    let told = json!({ "proved_by": "link", "sessions_ended": 1, "keys_revoked": 0 });
    assert_eq!((forgotten.before, forgotten.after), (None, Some(told)));
    // A used link changes nothing and is not audited.
    Tab::new(&rig).open(&link).await;
    newest(&rig, &kim, 1).await;
}

/// A user's sessions, oldest first.
async fn sessions(rig: &Rig, someone: &Someone) -> Vec<String> {
    sqlx::query_scalar("SELECT id FROM sessions WHERE account = $1 ORDER BY created_at")
        .bind(someone.account.as_str())
        .fetch_all(&rig.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn sessions_that_were_ended_are_written_down_one_by_one(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.tab_of(&lee.account).await;
    for _ in 0..2 {
        rig.tab_of(&kim.account).await;
        rig.pass(1);
    }
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    let path = "/console/account/sessions";
    // Another user's session stays, and nothing is audited.
    tab.send(path, &[("end", &sessions(&rig, &lee).await[0])]).await;
    assert_eq!(rig.number("SELECT count(*) FROM audit").await, 0);
    let of_kim = sessions(&rig, &kim).await;
    for (known, end) in [of_kim[0].as_str(), "others"].into_iter().enumerate() {
        // Twice has the same effect as once.
        tab.send(path, &[("end", end)]).await;
        tab.send(path, &[("end", end)]).await;
        let ended = newest(&rig, &kim, known).await;
        assert_eq!((ended.action.as_str(), &ended.subject), ("session.end", &of_kim[known]));
        let before = Some(json!({ "browser": "Firefox on Linux" }));
        assert_eq!((ended.before, ended.after), (before, None));
    }
}
