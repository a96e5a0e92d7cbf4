//! Every route of the API, called by every role, by a key without its scope,
//! for the caller's own organisation and for another one. Generated from the
//! table: a route without a rule cannot be listed.

use std::fmt::Write as _;

use munjigi_domain::accounts::{Permission, Role};
use serde_json::json;
use sqlx::PgPool;

use munjigi_api::routes::{Access, Listed, Method, listed};
use munjigi_api::rows;
use munjigi_rig::Rig;
use munjigi_rig::client::Client;
use munjigi_rig::people::Someone;

fn path(listed: &Listed, whose: &Someone, [sitekey, list, job]: &[String; 3]) -> String {
    listed
        .path
        .replace("{organisation}", whose.organisation.as_str())
        .replace("{sitekey}", sitekey)
        .replace("{list}", list)
        .replace("{job}", job)
        .replace("{account}", "0123456789abcdef")
        .replace("{invitation}", "0123456789abcdef")
        .replace("{key}", "0123456789abcdef")
        .replace("{which}", "sideways")
}

/// Sends a body that no route accepts, so that callers with access get an error
/// about it.
async fn call(client: &Client<'_>, listed: &Listed, path: &str) -> (u16, String) {
    let body = json!({ "no such field": 1 });
    let body = listed.takes.is_some().then_some(&body);
    let answer = client.call(listed.method.as_str(), path, body).await;
    (answer.status, answer.body)
}

/// What callers with access get.
fn let_in(listed: &Listed) -> &'static [u16] {
    match (listed.method, listed.takes.is_some() || listed.takes_image) {
        (_, true) => &[400],
        (Method::Get, false) => &[200],
        (Method::Post, false) => &[201, 409],
        // An earlier row may have deleted the site.
        (_, false) => &[200, 204, 404, 409],
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_route_is_refused_to_those_without_the_right(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let things = async |whose: &Someone, shop: &str, list: &str| {
        [rig.site_of(whose, shop).await, rig.list_of(whose, list).await, rig.job_of(whose).await]
    };
    let of_kim = things(&kim, "Kim's shop", "kims").await;
    let of_lee = things(&lee, "Lee's shop", "lees").await;
    let mut table = String::new();
    for route in listed(rows()) {
        let Access::Member(permission) = route.access else {
            writeln!(table, "{} {} {:?}", route.method.as_str(), route.path, route.access).unwrap();
            continue;
        };
        let mut row = format!("{} {} {permission:?}:", route.method.as_str(), route.path);
        let own = path(&route, &kim, &of_kim);
        let stranger = Client { rig: &rig, bearer: "mjk_nobody".to_owned() };
        let (status, body) = call(&stranger, &route, &own).await;
        assert_eq!(status, 401, "{own}");
        assert!(!body.contains("Kim's shop"), "{own} {body}");
        for role in Role::ALL {
            // The number of keys in an organisation is limited.
            sqlx::query("DELETE FROM api_keys").execute(&rig.pool).await.unwrap();
            // Keys that were created when the user was an owner: one with every
            // other scope, and one with this scope.
            rig.join(&kim.organisation, &kim.account, Role::Owner).await;
            let scopes: Vec<Permission> = Permission::ALL
                .into_iter()
                .filter(|other| *other != permission && other.scope().is_some())
                .collect();
            let other = rig.key_client(&kim, &scopes).await;
            let key = match permission.scope() {
                Some(_) => Some(rig.key_client(&kim, &[permission]).await),
                None => None,
            };
            rig.join(&kim.organisation, &kim.account, role).await;
            let may = role.may(permission);
            let person = rig.session_client(&kim.account).await;
            let (status, body) = call(&person, &route, &own).await;
            let fits = if may { let_in(&route).contains(&status) } else { status == 403 };
            assert!(fits, "{own} as {}: {status} {body}", role.as_str());
            write!(row, " {} {}", role.as_str(), if may { "yes" } else { "no" }).unwrap();
            assert_eq!(call(&other, &route, &own).await.0, 403, "{own} by a key without it");
            if let Some(key) = key {
                let (status, body) = call(&key, &route, &own).await;
                let fits = if may { let_in(&route).contains(&status) } else { status == 403 };
                assert!(fits, "{own} by a key of {}: {status} {body}", role.as_str());
            }
            let theirs = path(&route, &lee, &of_lee);
            let (status, body) = call(&person, &route, &theirs).await;
            assert_eq!(status, 404, "{theirs} as {}", role.as_str());
            assert!(!body.contains("Lee's shop"), "{theirs} {body}");
            if route.path.contains("{sitekey}") && may {
                let mixed = path(&route, &kim, &of_lee);
                let (_, body) = call(&person, &route, &mixed).await;
                assert!(!body.contains("Lee's shop") && !body.contains("mjs_"), "{mixed} {body}");
            }
        }
        rig.join(&kim.organisation, &kim.account, Role::Owner).await;
        table.push_str(&row);
        table.push('\n');
    }
    // Lee's site is unchanged. In Kim's organisation, callers with access may
    // have created more.
    let untouched = "SELECT count(*) FROM sites WHERE deleted_at IS NULL AND name = 'Lee''s shop'";
    assert_eq!(rig.number(untouched).await, 1);
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE actor LIKE 'lee%'").await, 0);
    insta::assert_snapshot!(table);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_api_ignores_cookies_and_other_origins(pool: PgPool) {
    use axum::body::Body;
    use axum::http::Request;
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let tab = rig.tab_of(&kim.account).await;
    let cookie: Vec<String> =
        tab.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::get("/api/v1/me").header("cookie", cookie.join("; "));
    assert_eq!(rig.send(request.body(Body::empty()).unwrap()).await.status, 401);
    let asked = Request::builder()
        .method("OPTIONS")
        .uri("/api/v1/me")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "GET");
    let answer = rig.send(asked.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 405);
    let person = rig.session_client(&kim.account).await;
    let origin = [("origin", "https://evil.example")];
    let answer = person.call_with("GET", "/me", None, &origin).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}
