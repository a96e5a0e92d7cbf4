//! A program that calls the API.

use axum::body::Body;
use axum::http::{Request, header};
use munjigi_domain::accounts::access_token::Bearer;
use munjigi_domain::accounts::{Id, Permission, Token};
use munjigi_domain::email::EmailKind;
use munjigi_i18n::Locale;
use munjigi_store::accounts;
use munjigi_store::api_keys::{MakeKey, WantedKey};
use munjigi_store::api_sessions::{self, NewApiSession};
use serde_json::{Value, json};

use super::people::{PASSWORD, Someone};
use super::{Answer, Rig};

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
        let bearer = Bearer { account: account.clone(), session: id };
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

/// A call without a bearer.
pub async fn post(rig: &Rig, path: &str, body: &Value) -> Answer {
    post_from("203.0.113.7", rig, path, body).await
}

pub async fn post_from(address: &str, rig: &Rig, path: &str, body: &Value) -> Answer {
    let request = Request::post(format!("/api/v1{path}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-real-ip", address);
    rig.send(request.body(Body::from(body.to_string())).unwrap()).await
}

pub async fn log_in(rig: &Rig, email: &str) -> Value {
    let answer = post(rig, "/session", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

pub async fn refresh(rig: &Rig, tokens: &Value) -> Answer {
    post(rig, "/session/refresh", &json!({ "refresh_token": tokens["refresh_token"] })).await
}

/// A client that has these tokens.
pub fn bearing<'a>(rig: &'a Rig, tokens: &Value) -> Client<'a> {
    Client { rig, bearer: tokens["access_token"].as_str().unwrap().to_owned() }
}
