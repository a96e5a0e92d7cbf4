//! `GET /me`: the current caller, for programs that want to know their
//! permissions.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, Principal};

/// The current caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Me {
    /// A user session.
    Person {
        /// Account id.
        account: String,
        /// Email address.
        email: String,
        /// Name of the user.
        name: String,
    },
    /// An API key.
    Key {
        /// Id.
        key: String,
        /// Name of the key.
        name: String,
        /// Organisation that the key belongs to.
        organisation: String,
        /// Scopes.
        scopes: Vec<String>,
        /// Time of expiry, RFC 3339.
        expires_at: Option<String>,
    },
}

pub async fn show(caller: Caller) -> Json<Me> {
    Json(match caller.principal {
        Principal::User { account, .. } => Me::Person {
            account: account.id.to_string(),
            email: account.email.to_string(),
            name: account.name,
        },
        Principal::Key(key) => Me::Key {
            key: key.id.to_string(),
            name: key.name,
            organisation: key.organisation.to_string(),
            scopes: key.scopes,
            expires_at: key.expires_at.map(super::rfc3339),
        },
    })
}
