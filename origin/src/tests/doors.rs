//! What is done through one door, seen through the other: keys, sessions and
//! passwords of the console and of the API.

use axum::body::Body;
use axum::http::Request;
use munjigi_domain::accounts::Permission::{ChangeSites, ReadSites};
use munjigi_domain::accounts::{Permission, Role};
use munjigi_rig::client::{Client, bearing, log_in, post, post_from, refresh};
use munjigi_rig::device::Device;
use munjigi_rig::forms::{code, shown_key, switch_on};
use munjigi_rig::people::{PASSWORD, Someone, fill, link_to};
use munjigi_rig::{Rig, Tab};
use serde_json::{Value, json};
use sqlx::PgPool;

const OTHER: &str = "harbour candle syntax";

async fn me(rig: &Rig, tokens: &Value) -> u16 {
    bearing(rig, tokens).call("GET", "/me", None).await.status
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_is_shown_once_works_and_is_revoked(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let path = format!("/console/{}/keys", kim.organisation);
    tab.open(&path).await;
    let fields = [("name", "<b>deploy</b>"), ("scope:sites:read", "yes"), ("days", "30")];
    tab.send(&path, &fields).await;
    assert_eq!(tab.status, 201, "{}", tab.page);
    let key = tab.page.split("id=\"key\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let call = async || {
        let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {key}"));
        rig.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(call().await, 200);
    tab.open(&path).await;
    assert!(!tab.page.contains(&key) && !tab.page.contains("<b>deploy"), "{}", tab.page);
    let id = tab.value_of("key");
    tab.send(&format!("{path}/revoke"), &[("key", &id)]).await;
    assert!(tab.page.contains("The key has been revoked"), "{}", tab.page);
    assert_eq!(call().await, 401);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_password_reset_revokes_keys_and_api_sessions(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.join(&lee.organisation, &kim.account, Role::Admin).await;
    let elsewhere = Someone { organisation: lee.organisation.clone(), ..kim.clone() };
    let keys = [
        rig.key_client(&kim, &[Permission::ReadSites]).await,
        rig.key_client(&elsewhere, &[Permission::ReadSites]).await,
    ];
    let of_lee = rig.key_client(&lee, &[Permission::ReadSites]).await;
    // A user who knows the password still controls the account, so keys stay
    // active.
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    tab.send("/console/account/password", &[("old", PASSWORD), ("new", OTHER)]).await;
    assert!(tab.page.contains("Your password has been changed."), "{}", tab.page);
    for key in &keys {
        assert_eq!(key.call("GET", "/me", None).await.status, 200);
    }

    let session = rig.session_client(&kim.account).await;
    let mut tab = Tab::new(&rig);
    tab.open("/recover").await;
    tab.send("/recover", &[("email", &kim.email)]).await;
    let link = link_to(&rig, &kim.email).await;
    tab.open(&link).await;
    assert!(tab.page.contains("the API keys that you created will be revoked"), "{}", tab.page);
    let token = tab.value_of("link");
    tab.send("/recover/password", &[("link", &token), ("password", PASSWORD)]).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
    for key in &keys {
        assert_eq!(key.call("GET", "/me", None).await.code(), "key-ended");
    }
    assert_eq!(session.call("GET", "/me", None).await.status, 401);
    assert_eq!(of_lee.call("GET", "/me", None).await.status, 200, "someone else's");
    let (subject, text): (String, String) = sqlx::query_as(
        "SELECT payload->>'subject', payload->>'text' FROM deliveries
        WHERE topic = 'emails' AND payload->>'to' = $1 ORDER BY key::bigint DESC LIMIT 1",
    )
    .bind(&kim.email)
    .fetch_one(&rig.pool)
    .await
    .unwrap();
    assert_eq!(subject, "Your password was reset");
    assert!(text.contains("The API keys that you created have been revoked"), "{text}");
    let recorded = "SELECT count(*) FROM audit
        WHERE action = 'key.revoke' AND after->>'because' = 'password-reset'";
    assert_eq!(rig.number(recorded).await, 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn removing_a_member_revokes_their_invitations_and_keys(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    rig.join(&kim.organisation, &lee.account, Role::Admin).await;
    let there = Someone { organisation: kim.organisation.clone(), ..lee.clone() };
    let key = rig.key_client(&there, &[Permission::ReadSites]).await;
    let own = rig.key_client(&lee, &[Permission::ReadSites]).await;
    let team = format!("/console/{}/team", kim.organisation);
    let (mut of_kim, mut of_lee) = (rig.tab_of(&kim.account).await, rig.tab_of(&lee.account).await);
    for (tab, email) in [(&mut of_lee, "friend@evil.example"), (&mut of_kim, "new@shop.example")] {
        tab.open(&team).await;
        tab.send(&format!("{team}/invite"), &[("email", email), ("role", "admin")]).await;
    }
    let link = link_to(&rig, "friend@evil.example").await;
    of_kim.send(&format!("{team}/remove"), &[("account", lee.account.as_str())]).await;
    assert!(of_kim.page.contains("The member has been removed"), "{}", of_kim.page);

    let invited = "SELECT role || ' ' || email FROM invitations WHERE organisation = $1";
    let invited: Vec<String> = sqlx::query_scalar(invited)
        .bind(kim.organisation.as_str())
        .fetch_all(&rig.pool)
        .await
        .unwrap();
    assert_eq!(invited, ["admin new@shop.example"]);
    let mut friend = Tab::new(&rig);
    friend.open(&link).await;
    assert_eq!(friend.status, 410);
    // The key stays revoked when its creator rejoins.
    rig.join(&kim.organisation, &lee.account, Role::Admin).await;
    assert_eq!(key.call("GET", "/me", None).await.code(), "key-ended");
    assert_eq!(own.call("GET", "/me", None).await.status, 200, "of another organisation");
    let actions: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM audit WHERE organisation = $1 ORDER BY id DESC LIMIT 3",
    )
    .bind(kim.organisation.as_str())
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    assert_eq!(actions, ["team.remove", "key.revoke", "team.withdraw"]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_refresh_token_is_no_cookie_and_a_cookie_no_refresh_token(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let kim = rig.someone("Kim").await;
    let tokens = log_in(&rig, &kim.email).await;
    let mut tab = Tab::new(&rig);
    let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    tab.cookies.insert("__Host-munjigi-session".to_owned(), refresh_token);
    tab.open("/console/account").await;
    assert!(tab.path.starts_with("/log-in"), "{}", tab.path);
    let tab = rig.tab_of(&kim.account).await;
    let cookie = tab.cookies["__Host-munjigi-session"].clone();
    let answer = post(&rig, "/session/refresh", &json!({ "refresh_token": cookie })).await;
    assert_eq!(answer.status, 401);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn logging_out_and_ending_it_in_the_console_end_a_session(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let kim = rig.someone("Kim").await;
    let (one, two) = (log_in(&rig, &kim.email).await, log_in(&rig, &kim.email).await);
    let bearer = one["access_token"].as_str().unwrap().to_owned();
    let out = Client { rig: &rig, bearer }.call("DELETE", "/session", None).await;
    assert_eq!((out.status, me(&rig, &one).await, me(&rig, &two).await), (204, 401, 200));
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    assert!(tab.page.contains("203.0.113.0/24"), "listed with the others");
    let id: String = sqlx::query_scalar("SELECT id FROM sessions WHERE kind = 'api'")
        .fetch_one(&rig.pool)
        .await
        .unwrap();
    tab.send("/console/account/sessions", &[("end", &id)]).await;
    assert_eq!((me(&rig, &two).await, refresh(&rig, &two).await.status), (401, 401));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn tries_at_the_api_keep_no_one_out_of_the_console(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let kim = rig.someone("Kim").await;
    let mut owner = rig.tab_of(&kim.account).await;
    let (_, codes) = switch_on(&rig, &mut owner).await;
    let wrong = json!({ "email": kim.email, "password": "not this one" });
    let wrong_code = json!({ "email": kim.email, "password": PASSWORD, "code": "000000" });
    // From many networks, until the API accepts no more, even with the right
    // password.
    for body in [&wrong_code, &wrong] {
        let mut last = 0;
        for network in 0..50 {
            last = post_from(&format!("10.0.{network}.1"), &rig, "/session", body).await.status;
        }
        assert_eq!(last, 429);
    }
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert_eq!((tab.status, tab.path.as_str()), (200, "/log-in/code"));
    tab.send("/log-in/code", &[("code", &codes[0])]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.status, tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_unconfirmed_key_is_no_second_factor_at_the_api(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.add_passkey(&mut Device::default(), "Telephone").await;
    tab.open("/console/account/factor").await;
    let code = code(&rig, &shown_key(&tab));
    let body = json!({ "email": kim.email, "password": PASSWORD, "code": code });
    let answer = post(&rig, "/session", &body).await;
    assert_eq!((answer.status, answer.code()), (401, "wrong-credentials".to_owned()));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_number_of_sites_per_organisation_is_limited(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let kim = rig.someone("Kim").await;
    let sitekey = rig.site_of(&kim, "Shop").await;
    fill(&rig, 1).await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let base = format!("/organisations/{}/sites", kim.organisation);
    let body = json!({ "name": "Another", "hosts": ["another.example"] });
    assert_eq!(client.call("POST", &base, Some(&body)).await.status, 201);
    let full = client.call("POST", &base, Some(&body)).await;
    assert_eq!((full.status, full.code()), (409, "too-many-sites".to_owned()));
    let mut tab = rig.tab_of(&kim.account).await;
    let console = format!("/console/{}", kim.organisation);
    tab.open(&format!("{console}/new-site")).await;
    let drawn = tab.value_of("sitekey");
    let fields = [("sitekey", drawn.as_str()), ("name", "Another"), ("hosts", "another.example")];
    tab.send(&format!("{console}/new-site"), &fields).await;
    assert_eq!(tab.status, 409);
    assert!(tab.page.contains("too-many-sites"), "{}", tab.page);

    // A deleted site frees a place, and can be restored only if a place is
    // free.
    let site = format!("{base}/{sitekey}");
    assert_eq!(client.call("DELETE", &site, None).await.status, 200);
    assert_eq!(client.call("POST", &base, Some(&body)).await.status, 201);
    for state in ["live", "paused"] {
        let (path, wanted) = (format!("{site}/state"), json!({ "state": state }));
        let back = client.call("PUT", &path, Some(&wanted)).await;
        assert_eq!(back.code(), "too-many-sites", "{state}");
    }
    tab.open(&format!("{console}/sites/{sitekey}")).await;
    tab.send(&format!("{console}/sites/{sitekey}/change"), &[("change", "restore")]).await;
    assert_eq!(tab.status, 409);
    assert!(tab.page.contains("too-many-sites"), "{}", tab.page);
    // Existing sites continue to work.
    let other = format!("{base}/mj_{:025}0", 7);
    let edit = client.call("PATCH", &other, Some(&json!({ "name": "Seven" }))).await;
    assert_eq!(edit.status, 200, "{}", edit.body);
}
