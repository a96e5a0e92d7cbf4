//! What operators chose for each kind of picture.

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::PictureKind;
use sqlx::{PgConnection, PgExecutor};

use super::{pools, row};
use crate::{DatabaseError, Unit};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Dealt, whatever the measurements say.
    On,
    /// Not dealt.
    Off,
}

impl Switch {
    /// The spelling in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindRow {
    pub kind: PictureKind,
    /// The operator's choice; `None` leaves it to the measurement.
    pub switch: Option<Switch>,
    /// Since when its pool has been below the low-water mark.
    pub below_since: Option<UnixMillis>,
}

/// Every kind.
pub async fn kinds(executor: impl PgExecutor<'_>) -> Result<Vec<KindRow>, DatabaseError> {
    let rows = sqlx::query!("SELECT kind, switch, below_since FROM picture_kinds ORDER BY kind")
        .fetch_all(executor)
        .await?;
    rows.into_iter()
        .map(|row| {
            let switch = match row.switch.as_deref() {
                Some("on") => Some(Switch::On),
                Some("off") => Some(Switch::Off),
                _ => None,
            };
            Ok(KindRow {
                kind: row::kind(&row.kind, &row.kind)?,
                switch,
                below_since: row.below_since.map(from_timestamp),
            })
        })
        .collect()
}

/// Whether a kind is dealt, given its switch.
pub type Deals<'a> = &'a (dyn Fn(PictureKind, Option<Switch>) -> bool + Sync);

/// Switches a kind on or off, and updates the pools.
pub struct SwitchKind<'a> {
    pub kind: PictureKind,
    /// On or off; `None` leaves it to the measurement.
    pub switch: Option<Switch>,
    /// Whether a kind is dealt, given its switch.
    pub deals: Deals<'a>,
    pub now: UnixMillis,
}

impl Unit for SwitchKind<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let pools = pools::lock(connection).await?;
        sqlx::query!(
            "UPDATE picture_kinds SET
                switch = $2, switched_at = CASE WHEN $2::text IS NULL THEN NULL ELSE $3::timestamptz END
            WHERE kind = $1",
            self.kind.as_str(),
            self.switch.map(Switch::as_str),
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        let off = off(&kinds(&mut *connection).await?, self.deals);
        pools::queue(connection, &pools, &off, self.now).await
    }
}

/// The kinds that are not dealt.
pub(super) fn off(kinds: &[KindRow], deals: Deals<'_>) -> Vec<PictureKind> {
    let off = kinds.iter().filter(|row| !deals(row.kind, row.switch));
    off.map(|row| row.kind).collect()
}
