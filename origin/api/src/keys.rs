//! `…/keys`: API keys. A user creates a key with some of their own permissions;
//! its text is shown once.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use munjigi_app::emails;
use munjigi_app::new_key::NewKey;
use munjigi_domain::accounts::Id;
use munjigi_store::api_keys::{self, KeyRecord, MakeKey, RevokeKey, Revoked};
use munjigi_store::transact;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{Body, List};
use super::caller::Acting;
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    /// Id. It grants no access.
    id: String,
    /// Name.
    name: String,
    /// Last characters of its text.
    hint: String,
    /// Scopes.
    scopes: Vec<String>,
    /// Requests per minute.
    per_minute: i32,
    /// Requests per day (UTC).
    per_day: Option<i64>,
    /// Its creator. The key never exceeds its creator's permissions.
    made_by: String,
    /// Time of creation, RFC 3339.
    created_at: String,
    /// Time of expiry, RFC 3339.
    expires_at: Option<String>,
    /// Time of last use, RFC 3339.
    last_used_at: Option<String>,
    /// `live`, `expired` or `revoked`.
    state: &'static str,
}

/// A created API key.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// Id.
    id: String,
    /// Its text. It is not stored anywhere: save it now.
    key: String,
}

/// `GET …/keys`.
pub async fn list(acting: Acting) -> Result<Json<List<Key>>, ApiRefused> {
    let keys = api_keys::of_organisation(&acting.app().pool, acting.organisation()).await?;
    let now = acting.now();
    let show = |key: KeyRecord| Key {
        state: key.state(now).as_str(),
        id: key.id.to_string(),
        name: key.name,
        hint: key.hint,
        scopes: key.scopes,
        per_minute: key.per_minute,
        per_day: key.per_day,
        made_by: key.email,
        created_at: rfc3339(key.created_at),
        expires_at: key.expires_at.map(rfc3339),
        last_used_at: key.used_at.map(rfc3339),
    };
    Ok(Json(List::whole(keys.into_iter().map(show).collect())))
}

/// `POST …/keys`. A key outlives the session that created it, so the session
/// must be recent.
pub async fn make(
    acting: Acting,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), ApiRefused> {
    let now = acting.now();
    let by = acting.caller.proved(now)?;
    let wanted = new.wanted(acting.membership.role, now).map_err(|mistakes| {
        ApiRefused::invalid(mistakes.iter().map(ToString::to_string).collect())
    })?;
    let (app, organisation, actor) = (acting.app(), acting.organisation(), &acting.actor());
    let message = &emails::key_made(&app.console.config, by, &acting.membership, &wanted.name);
    let key = MakeKey { organisation, wanted: &wanted, by, actor, message, now };
    let (id, key) = key
        .make(&app.pool, &app.entropy)
        .await?
        .map_err(|error| ApiRefused::new(ApiCode::Conflict, error.to_string()))?;
    let made = MadeKey { id: id.to_string(), key: key.reveal().to_string() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// `DELETE …/keys/{key}`.
pub async fn revoke(
    acting: Acting,
    Path((_, key)): Path<(String, String)>,
) -> Result<StatusCode, ApiRefused> {
    let id: Id = key.parse().map_err(|_| ApiRefused::nothing_here())?;
    let unit = RevokeKey {
        id: &id,
        organisation: acting.organisation(),
        actor: &acting.actor(),
        now: acting.now(),
    };
    match transact(&acting.app().pool, &unit).await? {
        Revoked::Now | Revoked::Before => Ok(StatusCode::NO_CONTENT),
        Revoked::Unknown => Err(ApiRefused::nothing_here()),
    }
}
