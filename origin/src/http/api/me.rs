//! `GET /me`: who is calling, for programs that want to know what they may.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, Principal};

/// Who is calling.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Me {
    /// A person's session.
    Person {
        /// Their account.
        account: String,
        /// Their address.
        email: String,
        /// What they are called.
        name: String,
    },
    /// A key.
    Key {
        /// Its id.
        key: String,
        /// What it is called.
        name: String,
        /// Whose it is.
        organisation: String,
        /// What it was made for.
        scopes: Vec<String>,
        /// When it ends by itself.
        expires_at: Option<String>,
    },
}

/// The answer.
pub async fn show(caller: Caller) -> Json<Me> {
    Json(match caller.principal {
        Principal::Person { account, .. } => Me::Person {
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
