//! Sites, their rules and secrets, through an API key.

use munjigi_domain::accounts::Permission::{
    ChangeRules, ChangeSecrets, ChangeSites, ReadAudit, ReadSites,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use munjigi_rig::Rig;
use munjigi_rig::people::fill;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_program_creates_changes_pauses_and_deletes_a_site(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites, ChangeRules, ReadAudit]).await;
    let base = format!("/organisations/{}/sites", kim.organisation);
    let body = json!({ "name": "Shop", "hosts": ["shop.example"] });
    let made = client.call("POST", &base, Some(&body)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    assert!(made["secret"].as_str().unwrap().starts_with("mjs_"));
    let site = format!("{base}/{}", made["site"]["sitekey"].as_str().unwrap());
    let shown = client.call("GET", &site, None).await;
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    assert!(!shown.body.contains("mjs_"));

    rig.pass(1_000);
    let change = json!({ "mode": "interactive", "work_floor": 80_000 });
    let changed = client.call_with("PATCH", &site, Some(&change), &[("if-match", &tag)]).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let json = changed.json();
    assert_eq!((&json["mode"], &json["work"]["floor"]), (&json!("interactive"), &json!(80_000)));
    let change = json!({ "count": 8 });
    let late = client.call_with("PATCH", &site, Some(&change), &[("if-match", &tag)]).await;
    assert_eq!(late.code(), "version-mismatch");
    let free = client.call("PATCH", &site, Some(&change)).await;
    assert_eq!((free.status, &free.json()["count"]), (200, &json!(8)));
    let wrong = json!({ "count": 1_000, "work_floor": 0, "hosts": ["not a host"] });
    let wrong = client.call("PATCH", &site, Some(&wrong)).await;
    assert_eq!((wrong.status, wrong.code()), (422, "invalid".to_owned()));
    assert_eq!(wrong.json()["mistakes"].as_array().unwrap().len(), 3, "{}", wrong.body);

    let rules = json!({ "rules": [{ "match": { "country": "KR" }, "verdict": "allow" }] });
    let set = client.call("PUT", &format!("{site}/rules"), Some(&rules)).await;
    assert_eq!((set.status, set.json()), (200, rules));
    let misspelt = json!({ "rules": [{ "match": { "contry": "KR" }, "verdict": "block" }] });
    let set = client.call("PUT", &format!("{site}/rules"), Some(&misspelt)).await;
    assert_eq!((set.status, set.code()), (422, "invalid".to_owned()));

    for (state, shown) in [("paused", "paused"), ("paused", "paused"), ("live", "live")] {
        let path = format!("{site}/state");
        let answer = client.call("PUT", &path, Some(&json!({ "state": state }))).await;
        assert_eq!((answer.status, &answer.json()["state"]), (200, &json!(shown)));
    }
    let deleted = client.call("DELETE", &site, None).await;
    assert!(deleted.json()["deleted_at"].is_string());
    let refused = client.call("PATCH", &site, Some(&json!({ "count": 4 }))).await;
    assert_eq!((refused.status, refused.code()), (409, "conflict".to_owned()));
    let path = format!("{site}/state");
    let restored = client.call("PUT", &path, Some(&json!({ "state": "live" }))).await;
    assert!(restored.json()["deleted_at"].is_null(), "{}", restored.body);

    let record = format!("/organisations/{}/audit", kim.organisation);
    let record = client.call("GET", &record, None).await.json();
    let newest = &record["data"][0];
    assert_eq!(newest["actor"], "kim@shop.example by key deploy");
    assert_eq!(newest["action"], "site.restore");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_program_replaces_rules_about_paths(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let sitekey = rig.site_of(&kim, "Shop").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites, ReadAudit]).await;
    let site = format!("/organisations/{}/sites/{sitekey}", kim.organisation);
    let shown = client.call("GET", &site, None).await;
    assert_eq!(shown.json()["protect"], json!([]));
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    let protect = json!([
        { "path": "/account/*", "methods": ["POST"], "level": "pictured", "dry_run": true },
        { "path": "/" },
    ]);
    let change = json!({ "protect": protect });
    let set = client.call_with("PATCH", &site, Some(&change), &[("if-match", &tag)]).await;
    assert_eq!((set.status, &set.json()["protect"]), (200, &protect), "{}", set.body);
    let late = client.call_with("PATCH", &site, Some(&change), &[("if-match", &tag)]).await;
    assert_eq!(late.status, 200, "{}", late.body);
    let late = json!({ "protect": [] });
    let late = client.call_with("PATCH", &site, Some(&late), &[("if-match", &tag)]).await;
    assert_eq!(late.code(), "version-mismatch");
    for (protect, told) in [
        (json!([{ "path": "/a", "levl": "worked" }]), "protect[0].levl"),
        (json!([{ "path": "/a", "level": null }]), "protect[0].level"),
        (json!([{ "path": "/a" }, { "path": "b" }]), "protect[1] \"b\""),
        (json!("all"), "malformed"),
    ] {
        let wrong = client.call("PATCH", &site, Some(&json!({ "protect": protect }))).await;
        assert_eq!((wrong.status, wrong.code()), (422, "invalid".to_owned()));
        let mistakes = wrong.json()["mistakes"].clone();
        let [mistake] = mistakes.as_array().unwrap().as_slice() else { panic!("{mistakes}") };
        assert!(mistake.as_str().unwrap().contains(told), "{mistake}");
    }
    let kept = client.call("PATCH", &site, Some(&json!({ "count": 8 }))).await;
    assert_eq!(kept.json()["protect"], protect);
    let record = format!("/organisations/{}/audit", kim.organisation);
    let record = client.call("GET", &record, None).await.json();
    let edit = &record["data"][1];
    assert_eq!((&edit["action"], &edit["after"]), (&json!("site.edit"), &change));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_program_rotates_a_secret_without_downtime(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let sitekey = rig.site_of(&kim, "Shop").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSecrets]).await;
    let path = format!("/organisations/{}/sites/{sitekey}/secrets", kim.organisation);
    let before = client.call("GET", &path, None).await.json();
    rig.pass(1_000);
    let made = client.call("POST", &path, None).await;
    assert_eq!(made.status, 201);
    let again = client.call("POST", &path, None).await;
    assert_eq!((again.status, again.code()), (409, "conflict".to_owned()));
    let both = client.call("GET", &path, None).await;
    assert!(!both.body.contains("mjs_"));
    assert_eq!(both.json()["data"].as_array().unwrap().len(), 2);
    let ended = client.call("DELETE", &format!("{path}/older"), None).await;
    assert_eq!(ended.status, 204);
    let after = client.call("GET", &path, None).await.json();
    assert_eq!(after["data"].as_array().unwrap().len(), 1);
    assert_ne!(after["data"][0], before["data"][0]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_list_is_paginated(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    for number in 0..5 {
        rig.site_of(&kim, &format!("Shop {number}")).await;
    }
    let client = rig.key_client(&kim, &[ReadSites]).await;
    let base = format!("/organisations/{}/sites?limit=2", kim.organisation);
    let (mut path, mut seen, mut parts) = (base.clone(), Vec::new(), 0);
    loop {
        let part = client.call("GET", &path, None).await.json();
        parts += 1;
        for site in part["data"].as_array().unwrap() {
            seen.push(site["sitekey"].as_str().unwrap().to_owned());
        }
        match part["next_cursor"].as_str() {
            Some(cursor) => path = format!("{base}&cursor={cursor}"),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((parts, sorted.len(), sorted), (3, 5, seen));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn statistics_match_the_overview(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let sitekey = rig.site_of(&kim, "Shop").await;
    let client = rig.key_client(&kim, &[ReadSites]).await;
    let base = format!("/organisations/{}/statistics", kim.organisation);
    let answer = client.call("GET", &format!("{base}?period=7d&sitekey={sitekey}"), None).await;
    let json = answer.json();
    assert_eq!(answer.status, 200, "{json}");
    assert_eq!(json["series"].as_array().unwrap().len(), 28);
    assert_eq!(json["totals"]["issued"], 0);
    let wrong = client.call("GET", &format!("{base}?period=week"), None).await;
    assert_eq!((wrong.status, wrong.code()), (400, "malformed-request".to_owned()));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn of_two_last_sites_at_once_one_is_made(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    rig.site_of(&kim, "Shop").await;
    fill(&rig, 1).await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let base = format!("/organisations/{}/sites", kim.organisation);
    let body = json!({ "name": "Another", "hosts": ["another.example"] });
    let made = (0..8).map(|_| client.call("POST", &base, Some(&body)));
    let made = futures_util::future::join_all(made).await;
    assert_eq!(made.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(rig.number("SELECT count(*) FROM sites").await, 1_000);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_deleted_site_is_restored_and_paused_at_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let sitekey = rig.site_of(&kim, "Shop").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let site = format!("/organisations/{}/sites/{sitekey}", kim.organisation);
    for (state, before) in [("paused", "live"), ("live", "paused"), ("live", "live")] {
        let deleted = client.call("DELETE", &site, None).await.json();
        assert_eq!(deleted["state"], before);
        let path = format!("{site}/state");
        let back = client.call("PUT", &path, Some(&json!({ "state": state }))).await.json();
        assert_eq!((&back["state"], &back["deleted_at"]), (&json!(state), &Value::Null));
        // One version, so that the edge never sees the intermediate state.
        let next = deleted["version"].as_u64().unwrap() + 1;
        assert_eq!(back["version"].as_u64(), Some(next), "{before} to {state}");
        let newest: Value = sqlx::query_scalar(
            "SELECT jsonb_build_array(action, after) FROM audit ORDER BY id DESC LIMIT 1",
        )
        .fetch_one(&rig.pool)
        .await
        .unwrap();
        assert_eq!(newest, json!(["site.restore", { "state": state }]));
    }
}
