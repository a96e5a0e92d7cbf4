//! The numbers to judge, and the anomalies that were found. What counts as an
//! anomaly is decided in the domain's `anomalies`.

mod attacks;
mod numbers;

use munjigi_domain::accounts::Id;
use munjigi_domain::anomalies::{Figures, Kind, Severity, Sighting, Standing};
use munjigi_domain::audit::Action;
use munjigi_domain::shown::Shown;
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::{DatabaseError, Unit};
use crate::audit::{self, Actor, Author, Entry};

pub use attacks::attacked;
pub use numbers::{Measured, SiteNumbers, Subject, network_pasts, site_pasts, sites, window};

/// Days for which past anomalies are kept.
const KEPT_DAYS: i64 = 400;

/// Held while anomalies are searched for. False if another origin holds it.
pub async fn try_lock(connection: &mut PgConnection) -> Result<bool, DatabaseError> {
    let locked = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtext('munjigi_anomalies')) AS "locked!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(locked)
}

#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    pub id: Id,
    pub subject: Subject,
    pub kind: Kind,
    pub standing: Standing,
    /// When it opened.
    pub opened_at: UnixMillis,
    /// Whether a member has acknowledged it.
    pub is_seen: bool,
}

/// Every open anomaly.
pub async fn open(connection: &mut PgConnection) -> Result<Vec<Open>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT id, sitekey, asn, kind, severity, figures AS "figures: Json<Figures>", opened_at,
            calm_since, acknowledged_at IS NOT NULL AS "is_seen!"
        FROM anomalies WHERE closed_at IS NULL ORDER BY opened_at, id"#
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let wrong = |column| inconsistent(column, &row.id);
            Ok(Open {
                kind: Kind::parse(&row.kind).ok_or_else(|| wrong("kind"))?,
                standing: Standing {
                    severity: Severity::parse(&row.severity).ok_or_else(|| wrong("severity"))?,
                    figures: row.figures.0,
                    calm_since: row.calm_since.map(from_timestamp),
                },
                opened_at: from_timestamp(row.opened_at),
                is_seen: row.is_seen,
                subject: Subject { sitekey: row.sitekey, asn: row.asn.map(number) },
                id: row.id.into(),
            })
        })
        .collect()
}

/// Records that an anomaly opened. False if it is already open.
pub async fn insert(connection: &mut PgConnection, open: &Open) -> Result<bool, DatabaseError> {
    let Open { id, subject, kind, standing, opened_at, is_seen: _ } = open;
    let inserted = sqlx::query!(
        "INSERT INTO anomalies (id, sitekey, asn, kind, severity, figures, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (sitekey, kind, asn) WHERE closed_at IS NULL DO NOTHING",
        id.as_str(),
        subject.sitekey,
        subject.asn.map(i64::from),
        kind.as_str(),
        standing.severity.as_str(),
        Json(standing.figures) as _,
        to_timestamp(*opened_at)
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Updates the extent of an open anomaly.
pub async fn update(
    connection: &mut PgConnection,
    id: &Id,
    standing: &Standing,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE anomalies SET severity = $2, figures = $3, calm_since = $4
        WHERE id = $1 AND closed_at IS NULL",
        id.as_str(),
        standing.severity.as_str(),
        Json(standing.figures) as _,
        standing.calm_since.map(to_timestamp)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that an anomaly is over.
pub async fn close(
    connection: &mut PgConnection,
    id: &Id,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE anomalies SET closed_at = GREATEST($2, opened_at) WHERE id = $1 AND closed_at IS NULL",
        id.as_str(),
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// An anomaly as its organisation sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct AnomalyRecord {
    /// The id used in forms.
    pub id: Id,
    pub sitekey: String,
    pub seen: Sighting,
    pub opened_at: OffsetDateTime,
    /// When it ended; `None` while it is open.
    pub closed_at: Option<OffsetDateTime>,
    /// The address of the member who acknowledged it.
    pub acknowledged_by: Option<String>,
}

/// A part of an organisation's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnomalyFilter {
    /// Open anomalies that no one has acknowledged.
    Unseen,
    /// All anomalies, open ones first.
    Everything,
}

/// An organisation's anomalies, newest first.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
    part: AnomalyFilter,
    most: i64,
) -> Result<Vec<AnomalyRecord>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT anomaly.id, sitekey, sites.name, asn, kind, severity,
            figures AS "figures: Json<Figures>", opened_at, closed_at, acknowledged_by
        FROM anomalies anomaly JOIN sites USING (sitekey)
        WHERE organisation = $1 AND (NOT $2 OR (closed_at IS NULL AND acknowledged_at IS NULL))
        ORDER BY closed_at IS NOT NULL, opened_at DESC, anomaly.id LIMIT $3"#,
        organisation.as_str(),
        part == AnomalyFilter::Unseen,
        most
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let wrong = |column| inconsistent(column, &row.id);
            let seen = Sighting {
                site: Shown::of(&row.name),
                asn: row.asn.map(number),
                kind: Kind::parse(&row.kind).ok_or_else(|| wrong("kind"))?,
                severity: Severity::parse(&row.severity).ok_or_else(|| wrong("severity"))?,
                figures: row.figures.0,
            };
            Ok(AnomalyRecord {
                id: row.id.into(),
                sitekey: row.sitekey,
                seen,
                opened_at: row.opened_at,
                closed_at: row.closed_at,
                acknowledged_by: row.acknowledged_by,
            })
        })
        .collect()
}

/// Records that a member has seen an anomaly. The output says whether the
/// anomaly exists.
#[derive(Debug)]
pub struct Acknowledge<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for Acknowledge<'_> {
    type Output = bool;

    async fn run(&self, connection: &mut PgConnection) -> Result<bool, DatabaseError> {
        let row = sqlx::query!(
            r#"SELECT kind, sitekey, acknowledged_at IS NOT NULL AS "is_seen!"
            FROM anomalies JOIN sites USING (sitekey)
            WHERE anomalies.id = $1 AND organisation = $2 FOR UPDATE OF anomalies"#,
            self.id.as_str(),
            self.organisation.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(false) };
        if row.is_seen {
            // Someone else acknowledged it first; theirs stands.
            return Ok(true);
        }
        sqlx::query!(
            "UPDATE anomalies SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1",
            self.id.as_str(),
            to_timestamp(self.now),
            self.actor.email
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: Action::AnomalyAcknowledge,
            subject: self.id.as_str(),
            before: None,
            after: Some(json!({ "kind": row.kind, "sitekey": row.sitekey })),
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(true)
    }
}

/// Deletes anomalies that ended long ago.
pub async fn sweep(connection: &mut PgConnection, now: UnixMillis) -> Result<u64, DatabaseError> {
    let gone = sqlx::query!(
        "DELETE FROM anomalies WHERE closed_at < $1",
        to_timestamp(now) - Duration::days(KEPT_DAYS)
    )
    .execute(connection)
    .await?;
    Ok(gone.rows_affected())
}

fn inconsistent(column: &'static str, id: &str) -> DatabaseError {
    DatabaseError::Inconsistent { table: "anomalies", column, row: id.to_owned() }
}

fn number(asn: i64) -> u32 {
    u32::try_from(asn).unwrap_or_default()
}
