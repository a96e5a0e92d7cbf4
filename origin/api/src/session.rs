//! `/session`: a user's session. An access token lives for a quarter of an
//! hour; the refresh token works once, within seven days, and is replaced each
//! time. A refresh token that is used twice was copied, so the session ends for
//! both holders.
//!
//! A client that lost the response gets no grace period, because a thief would
//! get it as well. The client logs in again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use munjigi_app::ConsoleApp;
use munjigi_app::client::Client;
use munjigi_domain::accounts::access_token::{Bearer, LIFETIME_SECONDS};
use munjigi_domain::accounts::session::IDLE_MILLIS;
use munjigi_domain::accounts::{EmailAddress, Id, Password, Token, demo, limits};
use munjigi_keys::UnixMillis;
use munjigi_store::api_sessions::{self, Exchange, Exchanged, NewApiSession};
use munjigi_store::{accounts, sessions, transact};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::caller::{Caller, Principal};
use super::refusal::{ApiCode, ApiRefused};

/// Credentials of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Email address of the account.
    email: String,
    /// Password of the account.
    #[schema(value_type = String)]
    password: Password,
    /// Code of the authenticator app, or a recovery code. Required if the account
    /// has a second factor.
    code: Option<String>,
}

/// A refresh token to exchange.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The last refresh token of the session.
    refresh_token: String,
}

/// Tokens of a session.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Access token for `Authorization: Bearer …`.
    access_token: String,
    /// Lifetime in seconds.
    expires_in: u64,
    /// Refresh token for the next tokens. It works once.
    refresh_token: String,
    /// Lifetime in seconds.
    refresh_expires_in: u64,
    /// Always `Bearer`.
    token_type: &'static str,
}

/// `POST /session`.
pub async fn begin(
    State(app): State<ConsoleApp>,
    Extension(client): Extension<Client>,
    Body(credentials): Body<Credentials>,
) -> Result<(StatusCode, Json<Tokens>), ApiRefused> {
    let Credentials { email, password, code } = credentials;
    let wrong =
        || ApiRefused::new(ApiCode::WrongCredentials, "incorrect email address or password");
    let now = app.clock.now();
    let address: EmailAddress = email.parse().map_err(|_| wrong())?;
    let authentication = app.authentication();
    let attempt = authentication.attempt_by_api(&client.prefix, &address).await?;
    let account = accounts::by_email(&app.pool, &address).await?;
    let kept = account.as_ref().map(|account| account.password.clone());
    let is_right = authentication.passwords.is(password, kept).await?;
    let account = account.filter(|_| is_right).ok_or_else(wrong)?;
    if !demo::may_be_used(&account.email, app.console.config.reach()) {
        return Err(wrong());
    }
    if account.has_factor() {
        let code = code.ok_or_else(|| {
            let detail = "the account has a second factor; send its `code` as well";
            ApiRefused::new(ApiCode::SecondFactorRequired, detail)
        })?;
        let limit = &limits::API_SECOND_FACTOR;
        if !authentication.is_second_factor_within(limit, &account, &code).await? {
            let detail = "the code is incorrect or was already used; wait for the next one";
            return Err(ApiRefused::new(ApiCode::WrongCredentials, detail));
        }
    }
    attempt.succeeded().await?;
    let (id, refresh) = (Id::draw(&app.entropy), Token::draw(&app.entropy));
    let new = NewApiSession {
        refresh: refresh.hash(),
        id: &id,
        account: &account.id,
        agent: &client.agent,
        prefix: &client.prefix,
        now,
    };
    api_sessions::begin(&app.pool, &new).await?;
    let bearer = Bearer { account: account.id, session: id };
    Ok((StatusCode::CREATED, tokens(&app, &bearer, &refresh, now)))
}

/// `POST /session/refresh`.
pub async fn refresh(
    State(app): State<ConsoleApp>,
    Extension(client): Extension<Client>,
    Body(Refresh { refresh_token }): Body<Refresh>,
) -> Result<Json<Tokens>, ApiRefused> {
    let unknown = || {
        ApiRefused::new(
            ApiCode::Unauthenticated,
            "the refresh token is unknown or has expired; log in again",
        )
    };
    let (sent, next) =
        (Token::parse(&refresh_token).ok_or_else(unknown)?, Token::draw(&app.entropy));
    let now = app.clock.now();
    let unit = Exchange {
        sent: sent.hash(),
        next: next.hash(),
        prefix: &client.prefix,
        request_id: &client.request_id,
        now,
    };
    match transact(&app.pool, &unit).await? {
        Exchanged::Next { account, session } => {
            Ok(tokens(&app, &Bearer { account, session }, &next, now))
        }
        Exchanged::Reused { account } => {
            tracing::warn!(%account, "a refresh token was used twice; its session has been ended");
            metrics::counter!("munjigi_api_refresh_tokens_reused_total").increment(1);
            Err(ApiRefused::new(
                ApiCode::RefreshTokenReused,
                "this refresh token was already exchanged, so someone may have a copy; the session has been ended; log in again",
            ))
        }
        Exchanged::Unknown => Err(unknown()),
    }
}

/// `DELETE /session`.
pub async fn end(caller: Caller) -> Result<StatusCode, ApiRefused> {
    if let Principal::User { account, session, .. } = &caller.principal {
        let ended = sessions::end(&caller.app.pool, &account.id, session).await?;
        caller.app.cache.tell_ended(&ended).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn tokens(app: &ConsoleApp, bearer: &Bearer, refresh: &Token, now: UnixMillis) -> Json<Tokens> {
    Json(Tokens {
        access_token: app.console.tokens.issue(bearer, now),
        expires_in: LIFETIME_SECONDS,
        refresh_token: refresh.reveal().to_string(),
        refresh_expires_in: IDLE_MILLIS / 1_000,
        token_type: "Bearer",
    })
}
