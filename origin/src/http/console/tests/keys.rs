//! Keys of the API, made and revoked by a person.

use axum::body::Body;
use axum::http::Request;
use sqlx::PgPool;

use crate::accounts::session::PROOF_MILLIS;
use crate::rig::Rig;
use crate::rig::people::PASSWORD;

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_key_is_shown_once_works_and_is_revoked(pool: PgPool) {
    let rig = Rig::new(pool).await;
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
    assert!(tab.page.contains("The key is revoked"), "{}", tab.page);
    assert_eq!(call().await, 401);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn mistakes_are_told_and_what_was_typed_is_kept(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let path = format!("/console/{}/keys", kim.organisation);
    tab.open(&path).await;
    tab.send(&path, &[("name", "deploy"), ("days", "soon"), ("scope:audit:read", "yes")]).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("Ends after days: a number"), "{}", tab.page);
    assert!(tab.page.contains("value=\"soon\"") && tab.page.contains("value=\"deploy\""));
    tab.send(&path, &[("name", "deploy")]).await;
    assert!(tab.page.contains("scopes: at least one"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM api_keys").await, 0);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_open_browser_alone_makes_no_key(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let path = format!("/console/{}/keys", kim.organisation);
    let fields = [("name", "deploy"), ("scope:sites:read", "yes")];
    tab.open(&path).await;
    rig.pass(PROOF_MILLIS);
    // A form that was shown before.
    tab.send(&path, &fields).await;
    assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    assert_eq!(rig.number("SELECT count(*) FROM api_keys").await, 0);
    // The page asks before it shows the form.
    tab.open(&path).await;
    assert!(!tab.page.contains("name=\"scope:sites:read\""), "{}", tab.page);
    let next = tab.page.split("class=\"button\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().to_owned();
    tab.open(&next).await;
    tab.send("/console/account/proof", &[("password", PASSWORD), ("next", &path)]).await;
    assert_eq!((tab.status, tab.path.as_str()), (200, path.as_str()));
    tab.send(&path, &fields).await;
    assert_eq!(tab.status, 201, "{}", tab.page);
    let subjects: Vec<String> =
        sqlx::query_scalar("SELECT subject FROM mails").fetch_all(&rig.pool).await.unwrap();
    assert_eq!(subjects, ["You have a new API key"]);
}
