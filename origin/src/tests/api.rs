//! The API as programs call it: the real router on a real database.

mod access;
mod bad_input;
mod idempotency;
mod jobs;
mod keys;
mod session;
mod sites;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, header};
use munjigi_domain::accounts::{Id, Permission, Token};
use munjigi_domain::email::EmailKind;
use munjigi_i18n::Locale;
use munjigi_store::accounts;
use munjigi_store::api_keys::{MakeKey, WantedKey};
use munjigi_store::api_sessions::{self, NewApiSession};
use serde_json::Value;
use sqlx::PgPool;

use crate::rig::people::Someone;
use crate::rig::{Answer, Rig};
use munjigi_api::routes::listed;
use munjigi_api::{openapi, rows};

pub struct Client<'a> {
    pub rig: &'a Rig,
    pub bearer: String,
}

impl Client<'_> {
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    pub async fn call_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.bearer))
            .header("x-real-ip", "203.0.113.7");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.rig.send(request.body(body).unwrap()).await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Rig {
    /// A client with a user's session.
    pub async fn session_client(&self, account: &Id) -> Client<'_> {
        let id = Id::draw(&self.app.entropy);
        let new = NewApiSession {
            refresh: Token::draw(&self.app.entropy).hash(),
            id: &id,
            account,
            agent: "curl",
            prefix: "203.0.113.0/24",
            now: self.now(),
        };
        api_sessions::begin(&self.pool, &new).await.unwrap();
        let bearer = munjigi_domain::accounts::access_token::Bearer {
            account: account.clone(),
            session: id,
        };
        let bearer = self.app.console.tokens.issue(&bearer, self.now());
        Client { rig: self, bearer }
    }

    /// A client with an API key that this user created.
    pub async fn key_client(&self, of: &Someone, scopes: &[Permission]) -> Client<'_> {
        let wanted = WantedKey {
            name: "deploy".to_owned(),
            scopes: scopes.to_vec(),
            per_minute: 600,
            per_day: None,
            expires_at: None,
        };
        self.client_of(of, &wanted).await.1
    }

    pub async fn client_of(&self, of: &Someone, wanted: &WantedKey) -> (Id, Client<'_>) {
        let actor = &of.actor();
        let (organisation, now) = (&of.organisation, self.now());
        let message = &EmailKind::PasswordChanged.message(of.email.parse().unwrap(), Locale::EN);
        let by = &accounts::find(&self.pool, &of.account).await.unwrap().unwrap();
        let key = MakeKey { organisation, wanted, by, actor, message, now };
        let (id, key) = key.make(&self.pool, &self.app.entropy).await.unwrap().unwrap();
        (id, Client { rig: self, bearer: key.reveal().to_string() })
    }
}

#[test]
fn the_document_is_as_it_was_last_looked_at() {
    insta::assert_snapshot!(openapi::document().to_pretty_json().unwrap());
}

#[test]
fn every_reference_in_the_document_resolves() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let named: BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    for name in &named {
        assert!(schemas.contains_key(*name), "{name}");
    }
    assert!(named.len() > 15, "{named:?}");
    let mut ids = BTreeSet::new();
    for row in listed(rows()) {
        assert!(ids.insert(openapi::operation_id(&row)), "{}", row.path);
        assert!(!row.summary.is_empty());
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_document_is_readable_for_tools_and_people(pool: PgPool) {
    let rig = Rig::new(pool).await;
    let get = |path: &str| rig.send(Request::get(path).body(Body::empty()).unwrap());
    let document = get("/api/openapi.json").await;
    assert_eq!(document.status, 200);
    assert_eq!(document.json()["servers"][0]["url"], "https://console.example");
    let outcomes = &document.json()["paths"]["/v1/outcomes"];
    let edge = rig.app.edge.url().as_str().trim_end_matches('/');
    assert_eq!(outcomes["servers"][0]["url"], edge, "{outcomes}");
    let page = get("/api").await;
    assert_eq!(page.status, 200);
    for row in listed(rows()) {
        assert!(page.body.contains(row.path), "{}", row.path);
    }
    assert!(!page.body.contains("<script"), "no script is needed");
    for (tag, heading, who) in [
        ("en", "Audit log", "Requires a user session."),
        ("ko", "감사 로그", "사용자 세션이 필요합니다."),
        ("ja", "監査ログ", "ユーザーのセッションが必要です。"),
    ] {
        let page = get(&format!("/api?lang={tag}")).await.body;
        assert!(page.contains(&format!("<html lang=\"{tag}\"")), "{page}");
        assert!(page.contains(&format!(">{heading}</h2>")) && page.contains(who), "{page}");
        // Code in the document's descriptions is code on the page.
        assert!(page.contains("<code>NAME@VERSION</code>") && !page.contains('`'), "{page}");
    }
}
