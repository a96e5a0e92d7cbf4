//! Forms from other sites, other users' forms, forms that are too long, and
//! what people type into fields.

use axum::body::Body;
use axum::http::{Request, header};
use sqlx::PgPool;

use munjigi_rig::{Rig, Tab};

type Pairs<'a> = &'a [(&'a str, &'a str)];

const OURS: (&str, &str) = ("origin", "https://console.example");

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_form_needs_the_csrf_token_of_its_page(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let site = rig.site_of(&kim, "Shop").await;
    let mut others = rig.tab_of(&lee.account).await;
    others.open("/").await;
    let anothers = others.csrf_token();
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/").await;
    let own = tab.csrf_token();
    assert!(!own.is_empty() && own != anothers);
    let path = format!("/console/{}/sites/{site}/change", kim.organisation);
    let change = ("change", "pause");
    let evil = ("origin", "https://evil.example");
    let cross = ("sec-fetch-site", "cross-site");
    let same_site = ("sec-fetch-site", "same-site");
    let cases: [(Pairs<'_>, Pairs<'_>); 8] = [
        (&[change], &[OURS]),
        (&[change, ("csrf_token", "")], &[OURS]),
        (&[change, ("csrf_token", &anothers)], &[OURS]),
        (&[change, ("csrf_token", &own), ("csrf_token", &own)], &[OURS]),
        (&[change, ("csrf_token", &own)], &[evil]),
        (&[change, ("csrf_token", &own)], &[("origin", "null")]),
        (&[change, ("csrf_token", &own)], &[OURS, cross]),
        (&[change, ("csrf_token", &own)], &[OURS, same_site]),
    ];
    for (fields, headers) in cases {
        let answer = tab.send_raw(&path, fields, headers).await;
        assert_eq!(answer.status, 403, "{fields:?} {headers:?}");
        assert!(answer.body.contains("foreign-form"), "{}", answer.body);
    }
    let paused = "SELECT count(*) FROM sites WHERE state = 'paused'";
    assert_eq!(rig.number(paused).await, 0);
    let answer = tab.send_raw(&path, &[change, ("csrf_token", &own)], &[OURS]).await;
    assert_eq!((answer.status, rig.number(paused).await), (303, 1));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_form_of_another_kind_or_size_is_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    let key = tab.csrf_token();
    let long = "x".repeat(300 * 1024);
    let fields = [("csrf_token", key.as_str()), ("email", &long), ("password", "x")];
    assert_eq!(tab.send_raw("/log-in", &fields, &[OURS]).await.status, 413);
    let cookie = tab.cookies.iter().map(|(name, value)| format!("{name}={value}")).next().unwrap();
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let request = Request::post("/log-in")
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(format!("csrf_token={key}")));
        assert_eq!(rig.send(request.unwrap()).await.status, 403, "{kind}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn user_input_is_escaped_on_every_page(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let evil = "\"><script>alert(1)</script>'--; {{7*7}}";
    let kim = rig.someone("Kim").await;
    let rename = |table: &'static str| {
        sqlx::query(sqlx::AssertSqlSafe(format!("UPDATE {table} SET name = $1")))
    };
    rename("accounts").bind(evil).execute(&rig.pool).await.unwrap();
    rename("organisations").bind(evil).execute(&rig.pool).await.unwrap();
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}", kim.organisation);
    tab.open(&format!("{base}/new-site")).await;
    let sitekey = tab.value_of("sitekey");
    let fields = [("sitekey", sitekey.as_str()), ("name", evil), ("hosts", evil)];
    tab.send(&format!("{base}/new-site"), &fields).await;
    assert_eq!(tab.status, 422);
    assert_plain(&tab.page);
    let fields = [("sitekey", sitekey.as_str()), ("name", evil), ("hosts", "shop.example")];
    tab.send(&format!("{base}/new-site"), &fields).await;
    assert_eq!(tab.status, 201);
    assert_plain(&tab.page);
    for path in ["", "/sites", &format!("/sites/{sitekey}")] {
        tab.open(&format!("{base}{path}")).await;
        assert_eq!(tab.status, 200);
        assert_plain(&tab.page);
    }
    let mut guest = Tab::new(&rig);
    for path in ["/sign-up", "/log-in"] {
        guest.open(path).await;
        guest
            .send(path, &[("name", evil), ("email", evil), ("password", evil), ("next", evil)])
            .await;
        assert_eq!(guest.status, 422, "{path}");
        assert_plain(&guest.page);
    }
    guest.open("/log-in?next=%22%3E%3Cscript%3E").await;
    assert_plain(&guest.page);
}

fn assert_plain(page: &str) {
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(!page.contains("\"><script"), "{page}");
    assert!(
        page.contains("alert(1)") || page.contains("&#62;") || page.contains("&#60;"),
        "{page}"
    );
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_page_forbids_what_it_does_not_need(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for path in ["/", "/log-in", "/sign-up", "/console"] {
        let answer = rig.get(path).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert!(answer.headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert!(!answer.body.contains(" style="), "{path}");
        // Scripts are separate files, and pages work without them.
        let mut scripts = answer.body.split("<script").skip(1);
        assert!(scripts.all(|rest| rest.starts_with(" src=\"")), "{path}");
    }
}
