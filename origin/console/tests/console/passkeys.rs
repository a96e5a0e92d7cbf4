//! Passkeys: created, used alone and after the password, renamed, removed; and
//! everything that must not be accepted as one.

use munjigi_domain::accounts::passkey::CEREMONY_MILLIS;
use munjigi_domain::accounts::session::{PROOF_MILLIS, Stage};
use serde_json::{Value, json};
use sqlx::PgPool;

use munjigi_rig::device::{Device, ORIGIN};
use munjigi_rig::people::{PASSWORD, Someone};
use munjigi_rig::{Rig, Tab};

const SESSION: &str = "__Host-munjigi-session";

/// A tab in which a user added a passkey, and the device that holds it.
async fn owner<'a>(rig: &'a Rig, someone: &Someone, mut device: Device) -> (Tab<'a>, Device) {
    let mut tab = rig.tab_of(&someone.account).await;
    tab.add_passkey(&mut device, "Telephone").await;
    assert_eq!(tab.status, 201, "{}", tab.page);
    (tab, device)
}

async fn guest(rig: &Rig) -> Tab<'_> {
    let mut tab = Tab::new(rig);
    tab.open("/log-in").await;
    tab
}

/// Logs in with the passkey alone.
async fn log_in<'a>(rig: &'a Rig, device: &mut Device) -> Tab<'a> {
    let mut tab = guest(rig).await;
    let options = tab.options("/log-in/passkey/options").await;
    let answer = device.answer(ORIGIN, options).await;
    tab.send("/log-in/passkey", &[("answer", &answer)]).await;
    tab
}

async fn half_way<'a>(rig: &'a Rig, someone: &Someone) -> Tab<'a> {
    let mut tab = guest(rig).await;
    tab.send("/log-in", &[("email", &someone.email), ("password", PASSWORD)]).await;
    assert_eq!(tab.path, "/log-in/code");
    tab
}

async fn emails(rig: &Rig, subject: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM mails WHERE subject = $1")
        .bind(subject)
        .fetch_one(&rig.pool)
        .await
        .unwrap()
}

async fn actions(rig: &Rig) -> Vec<String> {
    let actions = sqlx::query_scalar("SELECT action FROM audit ORDER BY id");
    actions.fetch_all(&rig.pool).await.unwrap()
}

fn with(mut options: Value, name: &str, value: Value) -> Value {
    options[name] = value;
    options
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_passkey_alone_opens_the_account(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (tab, mut device) = owner(&rig, &kim, Device::default()).await;
    assert_eq!(tab.page.matches("<li><code>").count(), 10, "recovery codes came with it");
    assert_eq!(emails(&rig, "Your account has a new passkey").await, 1);
    let tab = log_in(&rig, &mut device).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.path, tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM passkeys WHERE used_at IS NOT NULL").await, 1);
    assert_eq!(rig.number("SELECT count(*) FROM passkey_ceremonies").await, 0);
    assert_eq!(actions(&rig).await, ["passkey.add"]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_passkey_is_required_after_the_password(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (_, mut device) = owner(&rig, &kim, Device::default()).await;
    let mut tab = half_way(&rig, &kim).await;
    assert!(tab.page.contains("Use a passkey"), "{}", tab.page);
    let before = tab.cookies[SESSION].clone();
    let options = tab.options("/log-in/code/passkey/options").await;
    let answer = device.answer(ORIGIN, options).await;
    tab.send("/log-in/code/passkey", &[("answer", &answer)]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.path, tab.page);
    assert_ne!(tab.cookies[SESSION], before, "a new cookie with the factor");
    let mut thief = Tab::new(&rig);
    thief.cookies.insert(SESSION.to_owned(), before);
    thief.open("/console").await;
    assert!(thief.path.starts_with("/log-in"), "{}", thief.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_passkey_after_the_password_redirects_to_the_requested_page(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (_, mut device) = owner(&rig, &kim, Device::default()).await;
    let wanted = format!("/console/{}/sites", kim.organisation);
    for (next, kept, reached) in [
        (wanted.as_str(), wanted.as_str(), wanted.as_str()),
        ("//evil.example", "/console", "/console/"),
    ] {
        let mut tab = guest(&rig).await;
        let fields = [("email", kim.email.as_str()), ("password", PASSWORD), ("next", next)];
        tab.send("/log-in", &fields).await;
        assert_eq!(tab.value_of("next"), kept);
        let options = tab.options("/log-in/code/passkey/options").await;
        let answer = device.answer(ORIGIN, options).await;
        tab.send("/log-in/code/passkey", &[("answer", &answer), ("next", next)]).await;
        assert!(tab.path.starts_with(reached), "{} {}", tab.path, tab.page);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_cookie_planted_before_a_passkey_is_worth_nothing_after(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (_, mut device) = owner(&rig, &kim, Device::default()).await;
    let planted = rig.token().reveal().to_string();
    let mut tab = Tab::new(&rig);
    for name in [SESSION, "__Host-munjigi-guest"] {
        tab.cookies.insert(name.to_owned(), planted.clone());
    }
    tab.open("/log-in").await;
    let options = tab.options("/log-in/passkey/options").await;
    let answer = device.answer(ORIGIN, options).await;
    tab.send("/log-in/passkey", &[("answer", &answer)]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.path, tab.page);
    assert_ne!(tab.cookies[SESSION], planted);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn passkeys_for_other_origins_or_without_verification_are_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (_, mut device) = owner(&rig, &kim, Device::default()).await;
    let cases = [
        ("https://evil.example", json!("evil.example"), json!("required")),
        ("https://sub.console.example", json!("console.example"), json!("required")),
        ("https://sub.console.example", json!("sub.console.example"), json!("required")),
        (ORIGIN, json!("console.example"), json!("discouraged")),
    ];
    for (origin, site, verification) in cases {
        let mut tab = guest(&rig).await;
        let options = tab.options("/log-in/passkey/options").await;
        let options = with(options, "rpId", site.clone());
        let options = with(options, "userVerification", verification.clone());
        let answer = device.answer(origin, options).await;
        tab.send("/log-in/passkey", &[("answer", &answer)]).await;
        assert_eq!(tab.status, 422, "{origin} {site} {verification}");
        assert!(!tab.cookies.contains_key(SESSION), "{origin} {site} {verification}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_passkey_challenge_is_single_use_bound_and_short_lived(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (_, mut device) = owner(&rig, &kim, Device::default()).await;
    let over = "This took too long or was already completed.";

    let mut tab = guest(&rig).await;
    let options = tab.options("/log-in/passkey/options").await;
    let answer = device.answer(ORIGIN, options).await;
    let mut other = guest(&rig).await;
    other.send("/log-in/passkey", &[("answer", &answer)]).await;
    assert!(other.status == 422 && other.page.contains(over), "begun by another browser");
    let mut half = half_way(&rig, &kim).await;
    half.send("/log-in/code/passkey", &[("answer", &answer)]).await;
    assert!(half.status == 422 && half.page.contains(over), "begun for something else");
    let kept = tab.cookies.clone();
    tab.send("/log-in/passkey", &[("answer", &answer)]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.path, tab.page);
    let mut again = Tab::new(&rig);
    again.cookies = kept;
    again.open("/log-in").await;
    again.send("/log-in/passkey", &[("answer", &answer)]).await;
    assert!(again.status == 422 && again.page.contains(over), "already completed");

    let mut late = guest(&rig).await;
    let options = late.options("/log-in/passkey/options").await;
    let answer = device.answer(ORIGIN, options).await;
    rig.pass(CEREMONY_MILLIS);
    late.send("/log-in/passkey", &[("answer", &answer)]).await;
    assert!(late.status == 422 && late.page.contains(over), "too late");
    for answer in ["", "{}", "null", &"[".repeat(1_000)] {
        late.send("/log-in/passkey", &[("answer", answer)]).await;
        assert_eq!(late.status, 422, "{answer}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_passkey_of_another_account_is_no_second_factor(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    owner(&rig, &kim, Device::default()).await;
    let (mut of_lee, mut device) = owner(&rig, &lee, Device::default()).await;
    let mut tab = half_way(&rig, &kim).await;
    let options = tab.options("/log-in/code/passkey/options").await;
    let answer = device.answer(ORIGIN, options).await;
    tab.send("/log-in/code/passkey", &[("answer", &answer)]).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("does not have this passkey"), "{}", tab.page);
    // Nor can one user change another's.
    let id: String = sqlx::query_scalar("SELECT id FROM passkeys WHERE account = $1")
        .bind(kim.account.as_str())
        .fetch_one(&rig.pool)
        .await
        .unwrap();
    let path = format!("/console/account/passkeys/{id}");
    of_lee.open("/console/account").await;
    of_lee.send(&path, &[("change", "remove"), ("password", PASSWORD)]).await;
    assert_eq!(of_lee.status, 404);
    assert_eq!(rig.number("SELECT count(*) FROM passkeys").await, 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_cloned_passkey_is_locked_and_its_owner_told(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (_, mut device) = owner(&rig, &kim, Device::counting()).await;
    let mut copy = device.clone();
    for _ in 0..2 {
        let tab = log_in(&rig, &mut device).await;
        assert!(tab.path.starts_with("/console/"), "{} {}", tab.path, tab.page);
    }
    let tab = log_in(&rig, &mut copy).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("may have been copied and is no longer accepted"), "{}", tab.page);
    let tab = log_in(&rig, &mut device).await;
    assert_eq!(tab.status, 422, "which of the two is the copy, no one knows");
    assert_eq!(emails(&rig, "A passkey may have been copied").await, 1);
    assert_eq!(actions(&rig).await, ["passkey.add", "passkey.copied"]);
    // The account still requires a second factor after the password.
    half_way(&rig, &kim).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_new_passkey_needs_user_verification_and_our_origin(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account/passkeys").await;
    let path = "/console/account/passkeys";
    let fields = |answer: &str| {
        [("name".to_owned(), "Key".to_owned()), ("answer".to_owned(), answer.to_owned())]
    };
    for (origin, verification) in
        [("https://sub.console.example", "required"), (ORIGIN, "discouraged")]
    {
        let mut options = tab.options("/console/account/passkeys/options").await;
        options["authenticatorSelection"]["userVerification"] = json!(verification);
        let answer = Device::default().make(origin, options).await;
        let fields = fields(&answer);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        tab.send(path, &fields).await;
        assert_eq!(tab.status, 422, "{origin} {verification}");
    }
    // A device creates one passkey per account, and once the proof expires, the
    // page asks for it again.
    let mut device = Device::default();
    tab.add_passkey(&mut device, "  My\nkey ").await;
    assert_eq!(tab.status, 201, "{}", tab.page);
    tab.open(path).await;
    assert!(tab.page.contains(">My key</a>"), "{}", tab.page);
    let options = tab.options("/console/account/passkeys/options").await;
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    rig.pass(PROOF_MILLIS);
    tab.open(path).await;
    assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    let asked = tab.options("/console/account/proof/passkey/options").await;
    let answer = device.answer(ORIGIN, asked).await;
    tab.send("/console/account/proof/passkey", &[("answer", &answer), ("next", path)]).await;
    assert_eq!(tab.path, path);
    assert_eq!(rig.number("SELECT count(*) FROM passkeys").await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_old_session_proves_itself_with_password_and_code(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    rig.pass(PROOF_MILLIS);
    tab.open("/console/account/passkeys").await;
    assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    let next = "/console/account/passkeys";
    tab.send("/console/account/proof", &[("password", "wrong password"), ("next", next)]).await;
    assert_eq!(tab.status, 422);
    tab.send("/console/account/proof", &[("password", PASSWORD), ("next", next)]).await;
    assert_eq!((tab.path.as_str(), tab.status), (next, 200));
    // With a factor, the password alone is not enough.
    tab.add_passkey(&mut Device::default(), "Key").await;
    let code = tab.page.split("<li><code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    rig.pass(PROOF_MILLIS);
    for (code, path) in [("", "/console/account/proof"), (&code, next)] {
        tab.open("/console/account/proof").await;
        let fields = [("password", PASSWORD), ("code", code), ("next", next)];
        tab.send("/console/account/proof", &fields).await;
        assert_eq!(tab.path, path, "{}", tab.page);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_last_factor_goes_with_the_password_and_takes_the_codes_along(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (mut tab, _) = owner(&rig, &kim, Device::default()).await;
    tab.add_passkey(&mut Device::default(), "Second").await;
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM passkeys ORDER BY name DESC")
        .fetch_all(&rig.pool)
        .await
        .unwrap();
    let path = |id: &str| format!("/console/account/passkeys/{id}");
    tab.open(&path(&ids[0])).await;
    tab.send(&path(&ids[0]), &[("change", "rename"), ("name", " ")]).await;
    assert_eq!(tab.status, 422);
    tab.send(&path(&ids[0]), &[("change", "rename"), ("name", "Old <b>telephone</b>")]).await;
    assert!(tab.page.contains("Old &#60;b&#62;telephone"), "{}", tab.page);
    tab.send(&path(&ids[1]), &[("change", "remove")]).await;
    assert!(tab.page.contains("The passkey has been removed."), "{}", tab.page);
    for password in ["", "wrong password"] {
        tab.open(&path(&ids[0])).await;
        tab.send(&path(&ids[0]), &[("change", "remove"), ("password", password)]).await;
        assert_eq!(tab.status, 422, "{password}");
    }
    assert!(rig.number("SELECT count(*) FROM recovery_codes").await > 0);
    tab.send(&path(&ids[0]), &[("change", "remove"), ("password", PASSWORD)]).await;
    assert!(tab.page.contains("The passkey has been removed."), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM recovery_codes").await, 0);
    assert_eq!(emails(&rig, "A passkey was removed from your account").await, 2);
    let expected =
        ["passkey.add", "passkey.add", "passkey.rename", "passkey.remove", "passkey.remove"];
    assert_eq!(actions(&rig).await, expected);
    let mut tab = guest(&rig).await;
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_password_alone_creates_and_proves_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let cookie = rig.token();
    rig.session(&kim.account, &cookie, Stage::Password, rig.now()).await;
    let mut tab = Tab::new(&rig);
    tab.cookies.insert(SESSION.to_owned(), cookie.reveal().to_string());
    tab.open("/log-in/code").await;
    let key = tab.csrf_token();
    for path in ["/console/account/passkeys/options", "/console/account/proof/passkey/options"] {
        let answer = tab.send_raw(path, &[("csrf_token", &key)], &[("origin", ORIGIN)]).await;
        assert_eq!(answer.status, 401, "{path}");
    }
}
