//! `…/audit`: the audit log.

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use munjigi_store::audit::{self, Recorded};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::body::{List, PageRequest};
use super::caller::Acting;
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;

#[derive(Debug, Deserialize)]
pub struct Asked {
    action: Option<String>,
    text: Option<String>,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// Increases with every change.
    id: i64,
    /// Time of the change, RFC 3339.
    at: String,
    /// Who made the change: the email address at that time.
    actor: String,
    /// Network prefix of the request.
    prefix: String,
    /// Action, such as `site.create`.
    action: String,
    /// Object of the change, such as a sitekey.
    subject: String,
    /// Changed fields before the change.
    before: Option<Value>,
    /// Changed fields after the change.
    after: Option<Value>,
    /// Id of the request.
    request_id: String,
}

pub async fn list(
    acting: Acting,
    part: PageRequest,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<List<Change>>, ApiRefused> {
    let malformed = |detail: &'static str| ApiRefused::new(ApiCode::MalformedRequest, detail);
    let Query(Asked { action, text }) = asked.map_err(|_| malformed("the query is invalid"))?;
    let before = part.after.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| malformed("cursor: send `next_cursor` unchanged"))?;
    let search = text.as_deref().map(audit::Search::new);
    let wanted = audit::AuditFilter { before, action, search };
    let pool = &acting.app().pool;
    let rows = audit::of_organisation(pool, acting.organisation(), &wanted, part.probe()).await?;
    Ok(Json(part.list(rows, |row| row.id.to_string(), Change::of)))
}

impl Change {
    fn of(row: Recorded) -> Self {
        Self {
            id: row.id,
            at: rfc3339(row.at),
            actor: row.actor,
            prefix: row.prefix,
            action: row.action,
            subject: row.subject,
            before: row.before,
            after: row.after,
            request_id: row.request_id,
        }
    }
}
