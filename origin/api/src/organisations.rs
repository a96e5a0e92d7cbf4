//! `GET /organisations`.

use axum::Json;
use munjigi_store::organisations;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::List;
use super::caller::{Caller, Principal};
use super::refusal::ApiRefused;

/// An organisation of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Organisation {
    /// Id.
    id: String,
    /// Name.
    name: String,
    /// Role of the caller, or of the key's creator.
    role: &'static str,
}

/// A key sees only the organisation that it belongs to.
pub async fn list(caller: Caller) -> Result<Json<List<Organisation>>, ApiRefused> {
    let account = caller.principal.account();
    let mut memberships = organisations::of_account(&caller.app.pool, account).await?;
    if let Principal::Key(key) = &caller.principal {
        memberships.retain(|membership| membership.organisation == key.organisation);
    }
    let show = |membership: organisations::Membership| Organisation {
        id: membership.organisation.to_string(),
        name: membership.name,
        role: membership.role.as_str(),
    };
    Ok(Json(List::whole(memberships.into_iter().map(show).collect())))
}
