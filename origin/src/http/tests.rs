//! What the shell adds to pages and API, and what is left without a console.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use munjigi_api::routes::listed;
use munjigi_api::rows;
use munjigi_console::Access;
use munjigi_rig::contract::contract;
use munjigi_rig::{Rig, answer_of};
use sqlx::PgPool;
use tower::ServiceExt as _;

use super::{pages, router, router_without_console};

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_version_names_the_program(pool: PgPool) {
    let rig = Rig::new(pool, router).await;
    let version = rig.get("/version").await;
    insta::assert_snapshot!("version", contract(&version, &rig.edge.url));
    let home = rig.get("/").await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains("<title>Munjigi</title>"), "{}", home.body);
}

/// Those of the console are tested there, role by role.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_shell_adds_one_page_which_anyone_may_see(pool: PgPool) {
    let rig = Rig::new(pool, router).await;
    let console = munjigi_console::pages(&rig.app).listed();
    let all = pages(&rig.app).listed();
    let added: Vec<_> = all
        .iter()
        .filter(|page| !console.iter().any(|it| (it.method, it.path) == (page.method, page.path)))
        .map(|page| (page.method, page.path, page.access))
        .collect();
    assert_eq!(added, [("GET", "/api", Access::Anyone)]);
    assert_eq!(all.len(), console.len() + 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_unknown_path_has_its_code(pool: PgPool) {
    let rig = Rig::new(pool, router).await;
    let nothing = rig.get("/internal/nothing").await;
    insta::assert_snapshot!("not_found", contract(&nothing, &rig.edge.url));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn without_a_console_the_origin_says_what_it_is(pool: PgPool) {
    let rig = Rig::new(pool, router).await;
    let get = async |path: &str| {
        let request = Request::builder().method(Method::GET).uri(path).body(Body::empty()).unwrap();
        let router = router_without_console(Arc::clone(&rig.app.app));
        answer_of(router.oneshot(request).await.unwrap()).await
    };
    let info = get("/api/v1/info").await.json();
    assert_eq!(
        (&info["sign_up"], &info["documentation"]),
        (&"none".into(), &serde_json::json!([]))
    );
    assert!(get("/").await.body.contains("<title>Munjigi origin</title>"));
    assert_eq!(get("/version").await.json()["name"], "munjigi-origin");
    assert_eq!(get("/log-in").await.code(), "not-found");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn people_read_the_api_s_document_as_a_page(pool: PgPool) {
    let rig = Rig::new(pool, router).await;
    let page = rig.get("/api").await;
    assert_eq!(page.status, 200);
    for row in listed(rows()) {
        assert!(page.body.contains(row.path), "{}", row.path);
    }
    assert!(!page.body.contains("<script"), "no script is needed");
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.languages = "ko".to_owned();
    let own = &tab.open("/api").await.page;
    assert!(own.contains("<html lang=\"ko\"") && own.contains("로그아웃"), "{own}");
    for (tag, heading, who) in [
        ("en", "Audit log", "Requires a user session."),
        ("ko", "감사 로그", "사용자 세션이 필요합니다."),
        ("ja", "監査ログ", "ユーザーのセッションが必要です。"),
    ] {
        let page = rig.get(&format!("/api?lang={tag}")).await.body;
        assert!(page.contains(&format!("<html lang=\"{tag}\"")), "{page}");
        assert!(page.contains(&format!(">{heading}</h2>")) && page.contains(who), "{page}");
        // Code in the document's descriptions is code on the page.
        assert!(page.contains("<code>NAME@VERSION</code>") && !page.contains('`'), "{page}");
    }
}
