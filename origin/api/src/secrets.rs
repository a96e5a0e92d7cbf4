//! `…/sites/{sitekey}/secrets`: rotation without downtime, for programs.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use munjigi_domain::site_change::Change;
use munjigi_domain::site_keys;
use munjigi_store::secrets::{LiveSecret, live_of};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::List;
use super::caller::Acting;
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;
use super::sites::{change, find};

/// An active secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct Secret {
    /// First characters of its SHA-256.
    fingerprint: String,
    /// Time of creation, RFC 3339.
    created_at: String,
}

/// A created secret.
#[derive(Serialize, ToSchema)]
pub struct MadeSecret {
    /// The secret for siteverify. It is not stored anywhere: save it now.
    secret: String,
}

/// `GET …/secrets`, oldest first.
pub async fn list(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
) -> Result<Json<List<Secret>>, ApiRefused> {
    find(&acting, &sitekey).await?;
    let show = |secret: LiveSecret| Secret {
        fingerprint: secret.hash.chars().take(8).collect(),
        created_at: rfc3339(secret.created_at),
    };
    let secrets = live_of(&acting.app().pool, &sitekey).await?;
    Ok(Json(List::whole(secrets.into_iter().map(show).collect())))
}

/// `POST …/secrets`.
pub async fn make(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
) -> Result<(StatusCode, Json<MadeSecret>), ApiRefused> {
    let app = acting.app();
    let site = find(&acting, &sitekey).await?;
    let secret = site_keys::secret(&app.console.check, &app.entropy, &site.config.aliases);
    change(&acting, &sitekey, &Change::AddSecret(secret.hash())).await?;
    Ok((StatusCode::CREATED, Json(MadeSecret { secret: secret.reveal().to_string() })))
}

/// `DELETE …/secrets/{which}`.
pub async fn revoke(
    acting: Acting,
    Path((_, sitekey, which)): Path<(String, String, String)>,
) -> Result<StatusCode, ApiRefused> {
    find(&acting, &sitekey).await?;
    let wanted = match which.as_str() {
        "older" => Change::KeepNewestSecret,
        "newer" => Change::KeepOldestSecret,
        _ => return Err(ApiRefused::new(ApiCode::NotFound, "which must be `older` or `newer`")),
    };
    change(&acting, &sitekey, &wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}
