//! Hosts as people type them, through the API and the console: each reads them as every
//! other door does.

use munjigi_domain::accounts::Permission::{ChangeSites, ReadSites};
use munjigi_store::sites;
use serde_json::json;
use sqlx::PgPool;

use munjigi_rig::Rig;
use munjigi_rig::forms::form;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn api_and_console_read_a_host_alike(pool: PgPool) {
    let rig = Rig::new(pool, crate::tests::routes).await;
    let kim = rig.someone("Kim").await;
    let sitekey = rig.site_of(&kim, "Shop").await;
    let client = rig.key_client(&kim, &[ReadSites, ChangeSites]).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let address = format!("/organisations/{}/sites/{sitekey}", kim.organisation);
    let page = format!("/console/{}/sites/{sitekey}/settings", kim.organisation);
    let reset = "UPDATE sites SET hosts = '{before.example}', allow_loopback = false";
    let rows = include_str!("../../../tests/contract/hosts.txt").lines();
    let rows: Vec<_> = rows.filter_map(|row| row.split_once('\t')).collect();
    assert!(rows.len() >= 50);
    for (typed, read) in rows {
        // An embedder alone would leave the site without a page.
        let both = ["before.example", typed];
        let expected: &[&str] =
            if read == "-" { &["before.example"] } else { &["before.example", read] };
        let stored = async || {
            let site = sites::find(&rig.pool, &sitekey).await.unwrap().unwrap();
            site.config.hosts
        };

        sqlx::query(reset).execute(&rig.pool).await.unwrap();
        let answer = client.call("PATCH", &address, Some(&json!({ "hosts": both }))).await;
        assert_eq!(answer.status, if read == "-" { 422 } else { 200 }, "{typed}: {}", answer.body);
        assert_eq!(stored().await, expected, "{typed}, by the API");

        // Between spaces and commas there are hosts of their own.
        if typed.contains([' ', ',']) {
            continue;
        }
        sqlx::query(reset).execute(&rig.pool).await.unwrap();
        tab.open(&page).await;
        let mark = tab.value_of("mark");
        tab.send(&page, &form(&mark, &[("hosts", &both.join("\n"))])).await;
        assert_eq!(tab.page.contains("id=\"hosts-mistake\""), read == "-", "{typed}: {}", tab.page);
        assert_eq!(stored().await, expected, "{typed}, in the console");
    }
}
