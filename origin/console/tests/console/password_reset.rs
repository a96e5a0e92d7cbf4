//! Forgotten and changed passwords.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use munjigi_domain::accounts::session::RECOVERY_MILLIS;
use sqlx::PgPool;

use munjigi_rig::forms::shown_key;
use munjigi_rig::people::PASSWORD;
use munjigi_rig::people::link_to;
use munjigi_rig::{Rig, Tab};

const OTHER: &str = "harbour candle syntax";

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_link_in_an_email_sets_another_password_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut elsewhere = rig.tab_of(&kim.account).await;
    let mut tab = Tab::new(&rig);
    tab.open("/recover").await;
    tab.send("/recover", &[("email", &kim.email)]).await;
    let told = tab.page.replace(&kim.email, "<address>");
    let link = link_to(&rig, &kim.email).await;

    // An address without an account gets the same response, but no email.
    let mut stranger = Tab::new(&rig);
    stranger.open("/recover").await;
    stranger.send("/recover", &[("email", "nobody@shop.example")]).await;
    let key = |tab: &Tab<'_>| tab.csrf_token();
    assert_eq!(
        stranger.page.replace("nobody@shop.example", "<address>").replace(&key(&stranger), ""),
        told.replace(&key(&tab), "")
    );
    assert_eq!(rig.number("SELECT count(*) FROM mails").await, 1);

    tab.open(&link).await;
    let token = tab.value_of("link");
    tab.send("/recover/password", &[("link", &token), ("password", "short")]).await;
    assert_eq!(tab.status, 422);
    tab.send("/recover/password", &[("link", &token), ("password", OTHER)]).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
    elsewhere.open("/console").await;
    assert!(elsewhere.path.starts_with("/log-in"), "every other session ended");
    let mut thief = Tab::new(&rig);
    thief.open(&link).await;
    assert_eq!(thief.status, 410);
    for (password, status) in [(PASSWORD, 422), (OTHER, 200)] {
        let mut tab = Tab::new(&rig);
        tab.open("/log-in").await;
        tab.send("/log-in", &[("email", &kim.email), ("password", password)]).await;
        assert_eq!(tab.status, status);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_link_is_worthless_after_expiry_or_a_newer_one(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = Tab::new(&rig);
    let mut links = Vec::new();
    for _ in 0..2 {
        tab.open("/recover").await;
        tab.send("/recover", &[("email", &kim.email)]).await;
        links.push(link_to(&rig, &kim.email).await);
    }
    tab.open(&links[0]).await;
    assert_eq!(tab.status, 410);
    tab.open(&links[1]).await;
    assert_eq!(tab.status, 200);
    rig.pass(RECOVERY_MILLIS);
    tab.open(&links[1]).await;
    assert_eq!(tab.status, 410);
    tab.open("/recover/password?link=nonsense").await;
    assert_eq!(tab.status, 410);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn another_password_ends_every_other_session(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut elsewhere = rig.tab_of(&kim.account).await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    assert_eq!(tab.page.matches("Firefox on Linux").count(), 3, "two rows, one of them to end");
    let path = "/console/account/password";
    for (old, new) in [("wrong password", OTHER), (PASSWORD, "password123")] {
        tab.open("/console/account").await;
        tab.send(path, &[("old", old), ("new", new)]).await;
        assert_eq!(tab.status, 422, "{old} {new}");
    }
    tab.send(path, &[("old", PASSWORD), ("new", OTHER)]).await;
    assert!(tab.page.contains("Your password has been changed."), "{}", tab.page);
    elsewhere.open("/console").await;
    assert!(elsewhere.path.starts_with("/log-in"), "{}", elsewhere.path);
    assert_eq!(rig.number("SELECT count(*) FROM mails").await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn users_end_their_own_sessions_and_no_others(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let (mut elsewhere, mut lees) =
        (rig.tab_of(&kim.account).await, rig.tab_of(&lee.account).await);
    let mut tab = rig.tab_of(&kim.account).await;
    let of_lee: String = sqlx::query_scalar("SELECT id FROM sessions WHERE account = $1")
        .bind(lee.account.as_str())
        .fetch_one(&rig.pool)
        .await
        .unwrap();
    tab.open("/console/account").await;
    let path = "/console/account/sessions";
    tab.send(path, &[("end", &of_lee)]).await;
    lees.open("/console").await;
    assert!(lees.path.starts_with("/console/"), "{}", lees.path);
    tab.send(path, &[("end", "others")]).await;
    elsewhere.open("/console").await;
    assert!(elsewhere.path.starts_with("/log-in"), "{}", elsewhere.path);
    tab.open("/console").await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn expired_rows_are_deleted(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let team = format!("/console/{}/team", kim.organisation);
    tab.open(&team).await;
    tab.send(&format!("{team}/invite"), &[("email", "new@shop.example"), ("role", "admin")]).await;
    let mut guest = Tab::new(&rig);
    guest.open("/recover").await;
    guest.send("/recover", &[("email", &kim.email)]).await;
    guest.open("/sign-up").await;
    let fields = [("name", "Lee"), ("email", "lee@shop.example"), ("password", PASSWORD)];
    guest.send("/sign-up", &fields).await;
    let kept = "SELECT (SELECT count(*) FROM sign_ups) + (SELECT count(*) FROM recoveries)
        + (SELECT count(*) FROM invitations) + (SELECT count(*) FROM sessions)
        + (SELECT count(*) FROM limits)";
    let before = rig.number(kept).await;
    assert!(before >= 4 + 3, "{before}");
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(rig.number(kept).await, before, "nothing of it has ended");
    rig.pass(30 * munjigi_rig::DAY + 1);
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(rig.number(kept).await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn answers_do_not_wait_for_the_account_look_up(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = Tab::new(&rig);
    tab.open("/recover").await;
    let (cookie, key) = (tab.cookies["__Host-munjigi-guest"].clone(), tab.csrf_token());
    // Accounts cannot be looked up now, and emails cannot be written.
    let mut holding = rig.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE accounts, mails IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *holding)
        .await
        .unwrap();
    for path in ["/recover", "/sign-up"] {
        for email in [kim.email.as_str(), "nobody@shop.example"] {
            let fields = [
                ("csrf_token", key.as_str()),
                ("name", "Kim"),
                ("email", email),
                ("password", PASSWORD),
            ];
            let request = Request::post(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("cookie", format!("__Host-munjigi-guest={cookie}"))
                .header("x-real-ip", "203.0.113.7")
                .body(Body::from(serde_urlencoded::to_string(fields).unwrap()))
                .unwrap();
            let answer = tokio::time::timeout(Duration::from_secs(20), rig.answer(request)).await;
            let answer = answer.unwrap_or_else(|_| panic!("{path} waits, {email}"));
            assert_eq!(answer.status, 200, "{path} {email}: {}", answer.body);
        }
    }
    holding.rollback().await.unwrap();
    rig.app.console.later.settled().await;
    let told: Vec<String> =
        sqlx::query_scalar("SELECT recipient || ': ' || subject FROM mails ORDER BY 1")
            .fetch_all(&rig.pool)
            .await
            .unwrap();
    let expected = [
        "kim@shop.example: Choose a new password",
        "kim@shop.example: You already have an account",
        "nobody@shop.example: Confirm your address",
    ];
    assert_eq!(told, expected);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_authenticator_key_that_was_only_shown_does_not_outlive_a_password(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let path = "/console/account/factor";
    // An attacker with Kim's password sees a key and waits.
    let mut thief = rig.tab_of(&kim.account).await;
    thief.open(path).await;
    let seen = shown_key(&thief);
    let mut tab = Tab::new(&rig);
    tab.open("/recover").await;
    tab.send("/recover", &[("email", &kim.email)]).await;
    tab.open(&link_to(&rig, &kim.email).await).await;
    let link = tab.value_of("link");
    tab.send("/recover/password", &[("link", &link), ("password", OTHER)]).await;
    tab.open(path).await;
    assert_eq!(tab.status, 200);
    assert_ne!(shown_key(&tab), seen);
}
