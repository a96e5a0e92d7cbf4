//! `…/keys`: API keys, for owners and admins. A new key is shown only in the
//! response that creates it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::emails;
use munjigi_app::new_key::{NewKey, NewKeyMistake};
use munjigi_domain::accounts::{Id, Permission};
use munjigi_i18n::{Text, Texts};
use munjigi_store::api_keys::{self, KeyRecord, KeyRefused, KeyState, MakeKey, RevokeKey, Revoked};
use munjigi_store::transact;
use serde::Deserialize;

use super::account::proof;
use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

/// Prefix of the form's fields for scopes.
const SCOPE: &str = "scope:";

#[derive(Template)]
#[template(path = "keys.html")]
struct Page {
    frame: Frame,
    keys: Vec<Row>,
    scopes: Vec<Choice>,
    typed: Typed,
    /// The proof page, if the user has to prove their identity before creating
    /// a key.
    proof: Option<String>,
    notice: Option<Text>,
    mistakes: Vec<String>,
}

#[derive(Template)]
#[template(path = "key-made.html")]
struct Made {
    frame: Frame,
    name: String,
    key: String,
    address: String,
}

struct Row {
    key: KeyRecord,
    state: KeyState,
}

struct Choice {
    scope: &'static str,
    meaning: Text,
    is_chosen: bool,
}

/// The form's values, to show them again.
#[derive(Debug, Default, Clone)]
struct Typed {
    name: String,
    days: String,
    per_day: String,
}

#[derive(Debug, Deserialize)]
pub struct KeysForm {
    name: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    per_day: String,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub struct Which {
    key: String,
}

pub async fn show(asking: Asking, Flash(done): Flash) -> Result<Response, PageError> {
    let notice = (done.as_deref() == Some("revoked")).then(|| asking.t().get("keys-done-revoked"));
    page(&asking, notice, &["sites:read".to_owned()], Typed::default(), Vec::new()).await
}

/// Creates a key, or reports every mistake. A key outlives the session that
/// created it, so this requires a recent proof of identity.
pub async fn make(
    asking: Asking,
    fields: Result<Form<KeysForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(KeysForm { name, days, per_day, others }) =
        fields.map_err(|_| PageError::malformed())?;
    if let Some(proof) = proof::asked(&asking.app, &asking.user, &here(&asking)) {
        return Ok(proof);
    }
    let typed = Typed { name, days, per_day };
    let scopes: Vec<String> =
        others.keys().filter_map(|name| name.strip_prefix(SCOPE)).map(str::to_owned).collect();
    let (t, now) = (asking.t(), asking.app.clock.now());
    let wanted = match typed.wish(t, scopes.clone()).and_then(|wish| {
        let wanted = wish.wanted(asking.role(), now);
        wanted.map_err(|mistakes| mistakes.iter().map(|mistake| told(t, mistake)).collect())
    }) {
        Ok(wanted) => wanted,
        Err(mistakes) => return page(&asking, None, &scopes, typed, mistakes).await,
    };
    let (app, organisation, actor) = (&asking.app, asking.organisation(), &asking.actor());
    let (by, membership) = (&asking.user.account, &asking.member.membership);
    let message = &emails::key_made(&app.console.config, by, membership, &wanted.name);
    let key = MakeKey { organisation, wanted: &wanted, by, actor, message, now };
    let (_, key) = match key.make(&app.pool, &app.entropy).await? {
        Ok(made) => made,
        Err(error) => {
            return page(&asking, None, &scopes, typed, vec![refusal(asking.t(), error)]).await;
        }
    };
    let made = Made {
        frame: asking.frame(asking.t().get("key-made-title"), Entry::Keys),
        name: wanted.name,
        key: key.reveal().to_string(),
        address: app.console.config.url.as_str().trim_end_matches('/').to_owned(),
    };
    Ok((StatusCode::CREATED, render(&made)?).into_response())
}

pub async fn revoke(
    asking: Asking,
    which: Result<Form<Which>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(Which { key }) = which.map_err(|_| PageError::malformed())?;
    let id: Id = key.parse().map_err(|_| PageError::malformed())?;
    let unit = RevokeKey {
        id: &id,
        organisation: asking.organisation(),
        actor: &asking.actor(),
        now: asking.app.clock.now(),
    };
    match transact(&asking.app.pool, &unit).await? {
        Revoked::Now | Revoked::Before => {
            Ok(Redirect::to(&format!("{}?done=revoked", here(&asking))).into_response())
        }
        Revoked::Unknown => Err(PageError::nothing_here()),
    }
}

fn meaning(t: Texts, permission: Permission) -> Text {
    match permission {
        Permission::ReadSites => t.get("scope-read-sites"),
        Permission::Export => t.get("scope-export"),
        Permission::ChangeRules => t.get("scope-change-rules"),
        Permission::ChangeSites => t.get("scope-change-sites"),
        Permission::ChangeSecrets => t.get("scope-change-secrets"),
        Permission::ChangeNotifications => t.get("scope-change-notifications"),
        Permission::ReadTeam => t.get("scope-read-team"),
        Permission::ChangeTeam => t.get("scope-change-team"),
        Permission::ChangeOwners => t.get("scope-change-owners"),
        Permission::ReadAudit => t.get("scope-read-audit"),
        Permission::RunJobs => t.get("scope-run-jobs"),
        Permission::ChangeKeys => t.get("scope-change-keys"),
        Permission::ChangeOrganisation => t.get("scope-change-organisation"),
    }
}

fn refusal(t: Texts, refused: KeyRefused) -> String {
    let text = match refused {
        KeyRefused::TooMany => t.get("keys-refused-too-many"),
        KeyRefused::Changed => t.get("keys-refused-changed"),
    };
    text.into()
}

fn told(t: Texts, mistake: &NewKeyMistake) -> String {
    let text = match mistake {
        NewKeyMistake::Name => t.get("keys-mistake-name"),
        NewKeyMistake::Beyond { role, scope } => {
            let text = t.get("keys-mistake-beyond").with("scope", scope);
            text.with("role", t.each("role", role.as_str()))
        }
        NewKeyMistake::UnknownScope(scope) => {
            t.get("keys-mistake-unknown-scope").with("scope", scope)
        }
        NewKeyMistake::NoScope => t.get("keys-mistake-no-scope"),
        NewKeyMistake::PerMinute => t.get("keys-mistake-per-minute"),
        NewKeyMistake::PerDay => t.get("keys-mistake-per-day"),
        NewKeyMistake::Days => t.get("keys-mistake-days"),
    };
    text.into()
}

fn here(asking: &Asking) -> String {
    format!("/console/{}/keys", asking.organisation())
}

async fn page(
    asking: &Asking,
    notice: Option<Text>,
    chosen: &[String],
    typed: Typed,
    mistakes: Vec<String>,
) -> Result<Response, PageError> {
    let now = asking.app.clock.now();
    let keys = api_keys::of_organisation(&asking.app.pool, asking.organisation()).await?;
    let role = asking.role();
    let scopes = Permission::ALL.into_iter().filter(|permission| role.may(*permission));
    let scopes = scopes.filter_map(|permission| {
        let scope = permission.scope()?;
        let is_chosen = chosen.iter().any(|chosen| chosen == scope);
        Some(Choice { scope, meaning: meaning(asking.t(), permission), is_chosen })
    });
    let status =
        if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: asking.frame(asking.t().get("keys-title"), Entry::Keys),
        keys: keys.into_iter().map(|key| Row { state: key.state(now), key }).collect(),
        scopes: scopes.collect(),
        typed,
        proof: proof::due(&asking.app, &asking.user, &here(asking)),
        notice,
        mistakes,
    };
    Ok((status, render(&page)?).into_response())
}

impl Typed {
    /// The request that the API would get for the same key.
    fn wish(&self, t: Texts, scopes: Vec<String>) -> Result<NewKey, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut number = |text: &str, what: Text| -> Option<i64> {
            let text = text.trim();
            if text.is_empty() {
                return None;
            }
            text.parse()
                .map_err(|_| mistakes.push(t.get("keys-no-number").with("field", what).into()))
                .ok()
        };
        let expires_in_days = number(&self.days, t.get("keys-days"));
        let per_day = number(&self.per_day, t.get("keys-per-day"));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(NewKey { name: self.name.clone(), scopes, per_minute: None, per_day, expires_in_days })
    }
}

impl Row {
    fn is_live(&self) -> bool {
        self.state == KeyState::Live
    }

    const fn state(&self) -> &'static str {
        self.state.as_str()
    }
}
