//! The caller of the API: a program with a key, or a user's session. Both are
//! sent as `Authorization: Bearer …`. Cookies are ignored, so that no page can
//! make a browser call the API.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use munjigi_app::client::Client;
use munjigi_app::{App, ConsoleApp};
use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::access_token::{AccessTokenError, Bearer};
use munjigi_domain::accounts::session::is_proved;
use munjigi_domain::accounts::{ApiKey, Id, Limit, Permission, Role, api_key};
use munjigi_keys::UnixMillis;
use munjigi_store::accounts;
use munjigi_store::api_keys::{self, KeyRecord, KeyState};
use munjigi_store::api_sessions;
use munjigi_store::audit::Actor;
use munjigi_store::organisations::{self, Membership};

use super::refusal::{ApiCode, ApiRefused};

/// Requests per minute of one user's sessions.
const USER_PER_MINUTE: i32 = 600;
const MINUTE_MILLIS: u64 = 60_000;
const MAX_ACTOR_CHARS: usize = 254;

#[derive(Debug, Clone)]
pub enum Principal {
    /// A user, authenticated by an access token.
    User {
        account: Account,
        session: Id,
        /// Time of the log-in.
        proved_at: UnixMillis,
    },
    /// A program, authenticated by an API key.
    Key(KeyRecord),
}

#[derive(Debug, Clone)]
pub struct Caller {
    pub app: ConsoleApp,
    /// Where the call comes from.
    pub client: Client,
    pub principal: Principal,
}

/// A call for the organisation that the path names.
#[derive(Debug, Clone)]
pub struct Acting {
    pub caller: Caller,
    /// The caller's membership; for a key, that of its creator.
    pub membership: Membership,
}

impl Principal {
    /// Authenticates the `Authorization` header.
    pub async fn of(
        app: &ConsoleApp,
        headers: &HeaderMap,
        now: UnixMillis,
    ) -> Result<Self, ApiRefused> {
        let header = headers.get(header::AUTHORIZATION).and_then(|header| header.to_str().ok());
        let text = header.and_then(|header| header.split_once(' ')).and_then(|(scheme, text)| {
            scheme.eq_ignore_ascii_case("bearer").then_some(text.trim())
        });
        let Some(text) = text else {
            return Err(ApiRefused::new(
                ApiCode::Unauthenticated,
                "send an API key or an access token: `Authorization: Bearer …`",
            ));
        };
        if text.starts_with(api_key::PREFIX) {
            return Self::of_key(app, text, now).await;
        }
        let bearer = app.console.tokens.read(text, now).map_err(|error| {
            let code = match error {
                AccessTokenError::Invalid => ApiCode::Unauthenticated,
                AccessTokenError::Expired => ApiCode::TokenExpired,
            };
            ApiRefused::new(code, error.to_string())
        })?;
        Self::of_session(app, bearer, now).await
    }

    async fn of_key(app: &App, text: &str, now: UnixMillis) -> Result<Self, ApiRefused> {
        let unknown = || ApiRefused::new(ApiCode::Unauthenticated, "unknown API key");
        let key = ApiKey::parse(text).ok_or_else(unknown)?;
        let key = api_keys::find(&app.pool, key.hash()).await?.ok_or_else(unknown)?;
        match key.state(now) {
            KeyState::Live => Ok(Self::Key(key)),
            KeyState::Expired => {
                Err(ApiRefused::new(ApiCode::KeyEnded, "the key has expired; create a new one"))
            }
            KeyState::Revoked => {
                Err(ApiRefused::new(ApiCode::KeyEnded, "the key has been revoked"))
            }
        }
    }

    async fn of_session(app: &App, bearer: Bearer, now: UnixMillis) -> Result<Self, ApiRefused> {
        let ended =
            || ApiRefused::new(ApiCode::Unauthenticated, "the session has ended; log in again");
        let Bearer { account, session } = bearer;
        let stands = api_sessions::stands(&app.pool, &session, &account, now).await?;
        let proved_at = stands.ok_or_else(ended)?;
        let account = accounts::find(&app.pool, &account).await?.ok_or_else(ended)?;
        Ok(Self::User { account, session, proved_at })
    }

    /// The caller's account; for a key, its creator's.
    pub fn account(&self) -> &Id {
        match self {
            Self::User { account, .. } => &account.id,
            Self::Key(key) => &key.account,
        }
    }

    pub fn limit(&self) -> (Limit, &str) {
        let (name, per_minute, whom) = match self {
            Self::User { account, .. } => ("api-by-person", USER_PER_MINUTE, account.id.as_str()),
            Self::Key(key) => ("api-by-key", key.per_minute, key.id.as_str()),
        };
        let burst = per_minute.unsigned_abs().max(1);
        (Limit { name, burst, interval_millis: (MINUTE_MILLIS / u64::from(burst)).max(1) }, whom)
    }

    /// Checks a permission in this role and, for a key, in its scopes.
    pub fn may(&self, role: Role, permission: Permission) -> Result<(), ApiRefused> {
        if let Self::Key(key) = self
            && !key.may(permission)
        {
            let detail = match permission.scope() {
                Some(scope) => format!("the key lacks the scope {scope}"),
                None => "this route requires a user session; API keys are not accepted".to_owned(),
            };
            return Err(ApiRefused::new(ApiCode::Forbidden, detail));
        }
        if role.may(permission) {
            return Ok(());
        }
        let who = match self {
            Self::User { .. } => "you are",
            Self::Key(_) => "the creator of the key is",
        };
        let detail = format!("{who} {}; this requires a different role", role.with_article());
        Err(ApiRefused::new(ApiCode::Forbidden, detail))
    }
}

impl Caller {
    /// A user who logged in recently enough for a sensitive change.
    pub fn proved(&self, now: UnixMillis) -> Result<&Account, ApiRefused> {
        match &self.principal {
            Principal::User { account, proved_at, .. } if is_proved(*proved_at, now) => Ok(account),
            Principal::User { .. } | Principal::Key(_) => Err(ApiRefused::new(
                ApiCode::ProofRequired,
                "this requires a session that began within the last 15 minutes; log in again",
            )),
        }
    }

    /// The caller's membership, if there is one.
    pub async fn member(&self, organisation: &str) -> Result<Membership, ApiRefused> {
        let organisation: Id = organisation.parse().map_err(|_| ApiRefused::nothing_here())?;
        if let Principal::Key(key) = &self.principal
            && key.organisation != organisation
        {
            return Err(ApiRefused::nothing_here());
        }
        let account = self.principal.account();
        let found = organisations::membership_of(&self.app.pool, &organisation, account).await?;
        found.ok_or_else(ApiRefused::nothing_here)
    }

    /// For the audit log.
    pub fn actor(&self) -> Actor {
        let (account, email) = match &self.principal {
            Principal::User { account, .. } => (account.id.clone(), account.email.to_string()),
            Principal::Key(key) => {
                let text = format!("{} by key {}", key.email, key.name);
                (key.account.clone(), text.chars().take(MAX_ACTOR_CHARS).collect())
            }
        };
        Actor {
            account,
            email,
            prefix: self.client.prefix.clone(),
            request_id: self.client.request_id.clone(),
        }
    }
}

impl Acting {
    pub fn app(&self) -> &ConsoleApp {
        &self.caller.app
    }

    /// The organisation that the path names.
    pub fn organisation(&self) -> &Id {
        &self.membership.organisation
    }

    /// For the audit log.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }

    pub fn now(&self) -> UnixMillis {
        self.caller.app.clock.now()
    }
}

impl FromRequestParts<ConsoleApp> for Caller {
    type Rejection = ApiRefused;

    /// Fails for routes that the table does not list for callers.
    async fn from_request_parts(head: &mut Parts, _: &ConsoleApp) -> Result<Self, ApiRefused> {
        found(head)
    }
}

impl FromRequestParts<ConsoleApp> for Acting {
    type Rejection = ApiRefused;

    /// Fails for routes that the table does not list for members.
    async fn from_request_parts(head: &mut Parts, _: &ConsoleApp) -> Result<Self, ApiRefused> {
        found(head)
    }
}

fn found<T: Clone + Send + Sync + 'static>(head: &Parts) -> Result<T, ApiRefused> {
    head.extensions.get::<T>().cloned().ok_or_else(|| {
        tracing::error!("an API route is listed for different callers than its code expects");
        ApiRefused::nothing_here()
    })
}
