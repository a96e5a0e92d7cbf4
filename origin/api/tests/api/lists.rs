//! Lists of an organisation, kept by a program.

use munjigi_domain::accounts::Permission::{ChangeRules, ReadSites};
use munjigi_rig::Rig;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_program_keeps_a_list(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeRules]).await;
    let base = format!("/organisations/{}/lists", kim.organisation);
    let wrong = json!({ "name": "Office", "entries": ["AS0"] });
    let answer = client.call("POST", &base, Some(&wrong)).await;
    assert_eq!((answer.status, answer.code()), (422, "invalid".to_owned()));
    assert!(answer.body.contains("entries[0]"), "{}", answer.body);
    let good = json!({ "name": "office", "entries": ["AS64500", "192.0.2.7"] });
    let made = client.call("POST", &base, Some(&good)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    assert_eq!(made["entries"], json!(["AS64500", "192.0.2.7/32"]));
    let one = format!("{base}/{}", made["id"].as_str().unwrap());
    let twice = client.call("POST", &base, Some(&good)).await;
    assert_eq!((twice.status, twice.code()), (409, "conflict".to_owned()));
    let all = client.call("GET", &base, None).await.json();
    assert_eq!((&all["data"][0]["count"], &all["data"][0]["entries"]), (&json!(2), &json!(null)));
    let new = json!({ "name": "office", "entries": [] });
    assert_eq!(client.call("PUT", &one, Some(&new)).await.json()["count"], 0);
    assert_eq!(client.call("DELETE", &one, None).await.status, 204);
    assert_eq!(client.call("DELETE", &one, None).await.status, 404);
    let published = format!("/organisations/{}/published-lists", kim.organisation);
    assert_eq!(client.call("GET", &published, None).await.json()["data"], json!([]));
}
