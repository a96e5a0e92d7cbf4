//! API keys: permissions, rate limits, expiry and revocation.

use munjigi_domain::accounts::Permission::{ChangeRules, ChangeTeam, Export, ReadSites, ReadTeam};
use munjigi_domain::accounts::Role;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_store::api_keys::WantedKey;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use munjigi_rig::client::{Client, bearing, log_in, refresh};
use munjigi_rig::{DAY, MINUTE, Rig};

fn wanted() -> WantedKey {
    WantedKey {
        name: "deploy".to_owned(),
        scopes: vec![ReadSites],
        per_minute: 600,
        per_day: None,
        expires_at: None,
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_is_created_used_listed_and_revoked(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let person = rig.session_client(&kim.account).await;
    let base = format!("/organisations/{}/keys", kim.organisation);
    let body = json!({ "name": "deploy", "scopes": ["sites:read"], "expires_in_days": 30 });
    let made = person.call("POST", &base, Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    let key = Client { rig: &rig, bearer: made["key"].as_str().unwrap().to_owned() };
    let me = key.call("GET", "/me", None).await.json();
    assert_eq!((&me["kind"], &me["scopes"]), (&json!("key"), &json!(["sites:read"])));
    let list = person.call("GET", &base, None).await;
    assert!(!list.body.contains(&key.bearer));
    let shown = &list.json()["data"][0];
    assert!(key.bearer.ends_with(shown["hint"].as_str().unwrap()));
    assert!(shown["last_used_at"].is_string());
    let stored: Vec<u8> =
        sqlx::query_scalar("SELECT hash FROM api_keys").fetch_one(&rig.pool).await.unwrap();
    assert_eq!(stored.len(), 32);
    let id = made["id"].as_str().unwrap();
    for _ in 0..2 {
        assert_eq!(person.call("DELETE", &format!("{base}/{id}"), None).await.status, 204);
    }
    let ended = key.call("GET", "/me", None).await;
    assert_eq!((ended.status, ended.code()), (401, "key-ended".to_owned()));
    assert_eq!(ended.headers["www-authenticate"], "Bearer realm=\"munjigi\"");
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE action LIKE 'key.%'").await, 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_may_at_most_what_its_maker_may_at_this_moment(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let key = rig.key_client(&kim, &[ChangeTeam, ReadTeam, ReadSites]).await;
    let base = format!("/organisations/{}", kim.organisation);
    let body = json!({ "email": "lee@shop.example", "role": "read-only" });
    let invitations = format!("{base}/invitations");
    assert_eq!(key.call("POST", &invitations, Some(&body)).await.status, 201);
    rig.join(&kim.organisation, &kim.account, Role::ReadOnly).await;
    assert_eq!(key.call("POST", &invitations, Some(&body)).await.status, 403);
    assert_eq!(key.call("GET", &format!("{base}/members"), None).await.status, 200);
    sqlx::query("DELETE FROM members").execute(&rig.pool).await.unwrap();
    assert_eq!(key.call("GET", &format!("{base}/members"), None).await.status, 404);
    let list = key.call("GET", "/organisations", None).await.json();
    assert_eq!(list["data"], json!([]));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_invites_and_changes_no_one_with_more_rights(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee, park) =
        (rig.someone("Kim").await, rig.someone("Lee").await, rig.someone("Park").await);
    rig.join(&kim.organisation, &lee.account, Role::Admin).await;
    rig.join(&kim.organisation, &park.account, Role::ReadOnly).await;
    let base = format!("/organisations/{}", kim.organisation);
    let narrow = rig.key_client(&kim, &[ChangeTeam]).await;
    let wide = [ChangeTeam, ReadTeam, ReadSites, Export, ChangeRules];
    let wide = rig.key_client(&kim, &wide).await;
    for (role, by_narrow, by_wide) in
        [("owner", 403, 403), ("admin", 403, 403), ("analyst", 403, 201), ("read-only", 403, 201)]
    {
        for (key, whose, status) in [(&narrow, "narrow", by_narrow), (&wide, "wide", by_wide)] {
            let body = json!({ "email": format!("{role}@shop.example"), "role": role });
            let answer = key.call("POST", &format!("{base}/invitations"), Some(&body)).await;
            assert_eq!(answer.status, status, "{whose} {role}: {}", answer.body);
            assert!(status == 201 || answer.code() == "forbidden", "{}", answer.body);
        }
    }
    let member = |of: &munjigi_rig::people::Someone| format!("{base}/members/{}", of.account);
    let to = |role: &str| json!({ "role": role });
    for (of, role, by_narrow, by_wide) in [
        // No one can be given a role above the key's, and no one above it can
        // be changed.
        (&park, "admin", 403, 403),
        (&park, "analyst", 403, 204),
        (&lee, "read-only", 403, 403),
        (&kim, "read-only", 403, 403),
    ] {
        for (key, status) in [(&narrow, by_narrow), (&wide, by_wide)] {
            let answer = key.call("PATCH", &member(of), Some(&to(role))).await;
            assert_eq!(answer.status, status, "{} {role}: {}", of.email, answer.body);
        }
    }
    for (of, status) in [(&lee, 403), (&kim, 403), (&park, 204)] {
        let answer = wide.call("DELETE", &member(of), None).await;
        assert_eq!(answer.status, status, "{}: {}", of.email, answer.body);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_takes_a_session_that_has_just_begun(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let base = format!("/organisations/{}/keys", kim.organisation);
    let body = json!({ "name": "deploy", "scopes": ["sites:read"] });
    let tokens = log_in(&rig, &kim.email).await;
    rig.pass(14 * MINUTE);
    let client = bearing(&rig, &tokens);
    assert_eq!(client.call("POST", &base, Some(&body)).await.status, 201);
    rig.pass(MINUTE);
    // A refreshed access token proves nothing about who uses it.
    let tokens = refresh(&rig, &tokens).await.json();
    let client = bearing(&rig, &tokens);
    let answer = client.call("POST", &base, Some(&body)).await;
    assert_eq!((answer.status, answer.code()), (403, "proof-required".to_owned()));
    assert_eq!(client.call("GET", &base, None).await.status, 200);
    let client = bearing(&rig, &log_in(&rig, &kim.email).await);
    assert_eq!(client.call("POST", &base, Some(&body)).await.status, 201);
    let told: Vec<String> = sqlx::query_scalar(
        "SELECT payload->>'text' FROM deliveries WHERE topic = 'emails' ORDER BY key::bigint",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    assert_eq!(told.len(), 2);
    for text in told {
        assert!(text.contains("has just created the API key “deploy” for “Kim's”"), "{text}");
        assert!(text.contains(&format!("/console/{}/keys\n", kim.organisation)), "{text}");
        assert!(!text.contains("mjk_"), "{text}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_one_creates_a_key_with_more_rights_than_their_own(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let person = rig.session_client(&kim.account).await;
    let base = format!("/organisations/{}/keys", kim.organisation);
    for scope in ["keys:write", "owners:write", "", "sites:reads"] {
        let body = json!({ "name": "x", "scopes": [scope] });
        let answer = person.call("POST", &base, Some(&body)).await;
        assert_eq!((answer.status, answer.code()), (422, "invalid".to_owned()), "{scope}");
    }
    let wrong =
        json!({ "name": " ", "scopes": [], "per_minute": 0, "per_day": 0, "expires_in_days": 0 });
    let answer = person.call("POST", &base, Some(&wrong)).await;
    assert_eq!(answer.json()["mistakes"].as_array().unwrap().len(), 5, "{}", answer.body);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_expires(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let end = to_timestamp(rig.now()) + Duration::days(1);
    let (_, client) = rig.client_of(&kim, &WantedKey { expires_at: Some(end), ..wanted() }).await;
    rig.pass(DAY - 1);
    assert_eq!(client.call("GET", "/me", None).await.status, 200);
    rig.pass(1);
    assert_eq!(client.call("GET", "/me", None).await.code(), "key-ended");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn each_key_has_its_own_rate_limit_and_reports_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let slow = WantedKey { per_minute: 2, ..wanted() };
    let (_, client) = rig.client_of(&kim, &slow).await;
    let (_, other) = rig.client_of(&kim, &slow).await;
    let first = client.call("GET", "/me", None).await;
    assert_eq!(first.headers["ratelimit-policy"], "\"api-by-key\";q=2;w=60");
    assert_eq!(first.headers["ratelimit"], "\"api-by-key\";r=1;t=30");
    assert_eq!(
        client.call("GET", "/me", None).await.headers["ratelimit"],
        "\"api-by-key\";r=0;t=60"
    );
    let third = client.call("GET", "/me", None).await;
    assert_eq!((third.status, third.code()), (429, "rate-limited".to_owned()));
    assert_eq!(third.headers["retry-after"], "30");
    assert_eq!(third.headers["ratelimit"], "\"api-by-key\";r=0;t=60");
    assert_eq!(other.call("GET", "/me", None).await.status, 200);
    rig.pass(MINUTE / 2);
    assert_eq!(client.call("GET", "/me", None).await.status, 200);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_s_daily_quota_resets_at_midnight(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let few = WantedKey { per_day: Some(2), ..wanted() };
    let (_, client) = rig.client_of(&kim, &few).await;
    for _ in 0..2 {
        assert_eq!(client.call("GET", "/me", None).await.status, 200);
    }
    let third = client.call("GET", "/me", None).await;
    assert_eq!((third.status, third.code()), (429, "quota-exceeded".to_owned()));
    let seconds: u64 = third.headers["retry-after"].to_str().unwrap().parse().unwrap();
    // It is half a minute past noon.
    assert_eq!(seconds, 12 * 3_600 - 30);
    rig.pass(seconds * 1_000);
    assert_eq!(client.call("GET", "/me", None).await.status, 200);
}
