//! Who can log in, and how many attempts are allowed.

use munjigi_domain::accounts::limits;
use munjigi_domain::accounts::session::{IDLE_MILLIS, Stage, WHOLE_MILLIS};
use sqlx::PgPool;

use munjigi_rig::people::PASSWORD;
use munjigi_rig::{HOUR, Rig, Tab};

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_unknown_address_and_a_wrong_password_get_one_answer(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut pages = Vec::new();
    for (email, password) in [
        (kim.email.as_str(), "wrong password"),
        ("nobody@shop.example", PASSWORD),
        ("no address", PASSWORD),
    ] {
        let mut tab = Tab::new(&rig);
        tab.open("/log-in").await;
        let key = tab.csrf_token();
        tab.send("/log-in", &[("email", email), ("password", password)]).await;
        assert_eq!(tab.status, 422);
        pages.push(tab.page.replace(email, "<address>").replace(&key, "<key>"));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    assert!(pages[0].contains("Incorrect email address or password."));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_password_that_is_too_long_is_never_hashed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (long, longest) = ("a".repeat(257), "a".repeat(256));
    for email in [kim.email.as_str(), "nobody@shop.example"] {
        let mut tab = Tab::new(&rig);
        tab.open("/log-in").await;
        tab.send("/log-in", &[("email", email), ("password", &long)]).await;
        assert_eq!(tab.status, 422);
        assert!(tab.page.contains("Incorrect email address or password."), "{}", tab.page);
    }
    let hashed = || rig.app.console.passwords.hashed();
    assert_eq!(hashed(), 0);
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &kim.email), ("password", &longest)]).await;
    assert_eq!((tab.status, hashed()), (422, 1));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn ten_thousand_wrong_passwords_are_refused_before_they_are_hashed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    let key = tab.csrf_token();
    let burst = u64::from(limits::LOG_IN_BY_ACCOUNT.burst);
    let mut refused = 0;
    for number in 0_u32..10_000 {
        // From many networks, so that only the account's own limit applies.
        tab.address = format!("10.{}.{}.1", number / 256, number % 256);
        let fields =
            [("csrf_token", key.as_str()), ("email", &kim.email), ("password", "wrong password")];
        let answer = tab.send_raw("/log-in", &fields, &[]).await;
        if answer.status == 429 {
            refused += 1;
            assert!(answer.headers.contains_key("retry-after"));
        } else {
            assert_eq!(answer.status, 422);
        }
    }
    let hashed = rig.app.console.passwords.hashed();
    assert_eq!((refused, hashed), (10_000 - burst, burst));
    // The correct password is delayed as well, but not for long.
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert_eq!(tab.status, 429);
    rig.pass(limits::LOG_IN_BY_ACCOUNT.interval_millis);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.status, tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn one_network_cannot_try_account_after_account(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    let key = tab.csrf_token();
    let mut passed = 0;
    for number in 0..100 {
        // Addresses of one network share a limit.
        tab.address = format!("203.0.113.{number}");
        let email = format!("{number}@shop.example");
        let fields = [("csrf_token", key.as_str()), ("email", &email), ("password", "a password")];
        passed += u32::from(tab.send_raw("/log-in", &fields, &[]).await.status == 422);
    }
    assert_eq!(passed, limits::LOG_IN_BY_PREFIX.burst);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_session_fixed_before_log_in_is_not_valid_after_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let planted = rig.token();
    let mut tab = Tab::new(&rig);
    for name in ["__Host-munjigi-session", "__Host-munjigi-guest"] {
        tab.cookies.insert(name.to_owned(), planted.reveal().to_string());
    }
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
    assert_ne!(tab.cookies["__Host-munjigi-session"], *planted.reveal());
    let mut thief = Tab::new(&rig);
    thief.cookies.insert("__Host-munjigi-session".to_owned(), planted.reveal().to_string());
    thief.open("/console").await;
    assert!(thief.path.starts_with("/log-in"), "{}", thief.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_session_ends_at_expiry_and_at_log_out(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    // Used every six days, a session lasts thirty days, and no longer.
    let mut lasted = 0;
    while lasted < WHOLE_MILLIS {
        tab.open("/console").await;
        assert!(tab.path.starts_with("/console/"), "after {lasted}");
        let step = IDLE_MILLIS - 24 * HOUR;
        rig.pass(step);
        lasted += step;
    }
    tab.open("/console").await;
    assert!(tab.path.starts_with("/log-in"), "{}", tab.path);

    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console").await;
    let kept = tab.cookies.clone();
    tab.send("/log-out", &[]).await;
    assert!(!tab.cookies.contains_key("__Host-munjigi-session"));
    tab.cookies = kept;
    tab.open("/console").await;
    assert!(tab.path.starts_with("/log-in"), "the cookie alone is worth nothing: {}", tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_password_alone_opens_no_page(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let cookie = rig.token();
    rig.session(&kim.account, &cookie, Stage::Password, rig.now()).await;
    let mut tab = Tab::new(&rig);
    tab.cookies.insert("__Host-munjigi-session".to_owned(), cookie.reveal().to_string());
    tab.open(&format!("/console/{}", kim.organisation)).await;
    assert!(tab.path.starts_with("/log-in"), "{}", tab.path);
}
