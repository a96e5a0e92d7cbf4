//! API keys, created and revoked by a user.

use munjigi_domain::accounts::session::PROOF_MILLIS;
use munjigi_domain::accounts::{Permission, Role};
use munjigi_domain::email::EmailKind;
use munjigi_i18n::Locale;
use munjigi_store::accounts;
use munjigi_store::api_keys::{KeyRefused, MakeKey, WantedKey};
use sqlx::PgPool;

use munjigi_rig::Rig;
use munjigi_rig::people::{PASSWORD, Someone};

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_are_reported_and_the_input_is_kept(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let path = format!("/console/{}/keys", kim.organisation);
    tab.open(&path).await;
    tab.send(&path, &[("name", "deploy"), ("days", "soon"), ("scope:audit:read", "yes")]).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("Expires after (days): enter a number"), "{}", tab.page);
    assert!(tab.page.contains("value=\"soon\"") && tab.page.contains("value=\"deploy\""));
    tab.send(&path, &[("name", "deploy")]).await;
    assert!(tab.page.contains("scopes must contain at least one scope"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM api_keys").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn creating_a_key_needs_the_password_again(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let path = format!("/console/{}/keys", kim.organisation);
    let fields = [("name", "deploy"), ("scope:sites:read", "yes")];
    tab.open(&path).await;
    rig.pass(PROOF_MILLIS);
    // The form was shown before the proof expired.
    tab.send(&path, &fields).await;
    assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    assert_eq!(rig.number("SELECT count(*) FROM api_keys").await, 0);
    // The page requires the proof before it shows the form.
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

/// Creates a key in a request that passed the access check before `meanwhile` happened.
async fn make_after(rig: &Rig, of: &Someone, meanwhile: impl AsyncFnOnce()) -> Option<KeyRefused> {
    let by = &accounts::find(&rig.pool, &of.account).await.unwrap().unwrap();
    meanwhile().await;
    let wanted = &WantedKey {
        name: "deploy".to_owned(),
        scopes: vec![Permission::ReadSites, Permission::ReadAudit],
        per_minute: 600,
        per_day: None,
        expires_at: None,
    };
    let message = &EmailKind::PasswordChanged.message(of.email.parse().unwrap(), Locale::EN);
    let (organisation, actor, now) = (&of.organisation, &of.actor(), rig.now());
    let key = MakeKey { organisation, wanted, by, actor, message, now };
    key.make(&rig.pool, &rig.app.entropy).await.unwrap().err()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_key_is_made_with_rights_that_have_just_ended(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let there = Someone { organisation: kim.organisation.clone(), ..lee.clone() };
    assert_eq!(make_after(&rig, &there, async || {}).await, Some(KeyRefused::Changed), "no member");
    rig.join(&there.organisation, &lee.account, Role::Admin).await;
    assert_eq!(make_after(&rig, &there, async || {}).await, None);
    let demoted = async || rig.join(&there.organisation, &lee.account, Role::Analyst).await;
    assert_eq!(make_after(&rig, &there, demoted).await, Some(KeyRefused::Changed));

    // A password reset is in progress, and not committed yet.
    let mut reset = rig.pool.begin().await.unwrap();
    sqlx::query("UPDATE accounts SET password = password || '0' WHERE id = $1")
        .bind(kim.account.as_str())
        .execute(&mut *reset)
        .await
        .unwrap();
    let commit = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        reset.commit().await.unwrap();
    };
    let (refused, ()) = tokio::join!(make_after(&rig, &kim, async || {}), commit);
    assert_eq!(refused, Some(KeyRefused::Changed));
    assert_eq!(rig.number("SELECT count(*) FROM api_keys").await, 1);
}
