//! A request for a new API key, from the page or the API: its mistakes, or what
//! to store.

use munjigi_domain::accounts::api_key::{MAX_PER_MINUTE, PER_MINUTE};
use munjigi_domain::accounts::{Permission, Role};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_store::api_keys::WantedKey;
use serde::Deserialize;
use time::Duration;
use utoipa::ToSchema;

const MAX_NAME_CHARS: usize = 100;
const MAX_DAYS: i64 = 3_650;

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Name, 1 to 100 characters.
    pub name: String,
    /// Scopes: `sites:read`, `sites:write`, `secrets:write`,
    /// `rules:write`, `team:read`, `team:write`, `audit:read`, `export`.
    pub scopes: Vec<String>,
    /// Requests per minute, 1 to 6,000; 600 by default.
    pub per_minute: Option<i32>,
    /// Requests per day (UTC); unlimited by default.
    pub per_day: Option<i64>,
    /// Days until it expires, 1 to 3,650; never by default.
    pub expires_in_days: Option<i64>,
}

/// What is wrong with a request, in the words of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewKeyMistake {
    #[error("name must have 1 to 100 characters")]
    Name,
    /// The creator's role does not include the scope.
    #[error("scopes: {} cannot grant {scope}", .role.with_article())]
    Beyond { role: Role, scope: String },
    #[error("scopes: unknown scope {0:?}")]
    UnknownScope(String),
    #[error("scopes must contain at least one scope")]
    NoScope,
    #[error("per_minute must be from 1 to 6000")]
    PerMinute,
    #[error("per_day must be at least 1")]
    PerDay,
    #[error("expires_in_days must be from 1 to 3650")]
    Days,
}

impl NewKey {
    /// What to store, or every mistake.
    pub fn wanted(self, role: Role, now: UnixMillis) -> Result<WantedKey, Vec<NewKeyMistake>> {
        let mut mistakes = Vec::new();
        let name = self.name.trim().to_owned();
        if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) {
            mistakes.push(NewKeyMistake::Name);
        }
        let mut scopes: Vec<Permission> = Vec::new();
        for text in &self.scopes {
            match Permission::of_scope(text) {
                Some(scope) if !role.may(scope) => {
                    mistakes.push(NewKeyMistake::Beyond { role, scope: text.clone() });
                }
                Some(scope) if scopes.contains(&scope) => {}
                Some(scope) => scopes.push(scope),
                None => mistakes.push(NewKeyMistake::UnknownScope(text.clone())),
            }
        }
        if self.scopes.is_empty() {
            mistakes.push(NewKeyMistake::NoScope);
        }
        let per_minute = self.per_minute.unwrap_or(PER_MINUTE);
        if !(1..=MAX_PER_MINUTE).contains(&per_minute) {
            mistakes.push(NewKeyMistake::PerMinute);
        }
        if self.per_day.is_some_and(|per_day| per_day < 1) {
            mistakes.push(NewKeyMistake::PerDay);
        }
        if self.expires_in_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
            mistakes.push(NewKeyMistake::Days);
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let expires_at = self.expires_in_days.map(|days| to_timestamp(now) + Duration::days(days));
        Ok(WantedKey { name, scopes, per_minute, per_day: self.per_day, expires_at })
    }
}
