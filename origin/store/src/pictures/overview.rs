//! The state of the pools, for people and for metrics; and the command to fill
//! them now.

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::PictureKind;
use sqlx::{PgConnection, PgPool};

use super::tend::{Birth, begin};
use super::{pools, row};
use crate::deliveries::{self, Topic};
use crate::{DatabaseError, Unit};

/// One kind's packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    pub kind: PictureKind,
    /// Packs that are being drawn.
    pub drawing: u64,
    /// Packs that wait for delivery to the edge.
    pub drawn: u64,
    /// Packs at the edge.
    pub published: u64,
    /// Packs that left the pools and are not deleted yet.
    pub retiring: u64,
    /// Challenges left to deal in published packs.
    pub left: u64,
    /// When a pack was last completed.
    pub last_drawn: Option<UnixMillis>,
    /// Since when fewer challenges are left than the low-water mark; `None` if
    /// enough are.
    pub below_since: Option<UnixMillis>,
    /// Challenges dealt from packs of the last week.
    pub dealt: u64,
    /// Correct answers to them.
    pub right: u64,
    /// Wrong answers to them.
    pub wrong: u64,
    /// Visitors who chose another way.
    pub way: u64,
    /// The gpu-backend's last error, if it draws none.
    pub last_error: Option<String>,
}

pub async fn overview(pool: &PgPool, now: UnixMillis) -> Result<Vec<Overview>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT kinds.kind, kinds.below_since,
            count(*) FILTER (WHERE state = 'drawing') AS "drawing!",
            count(*) FILTER (WHERE state = 'drawn') AS "drawn!",
            count(*) FILTER (WHERE state = 'published') AS "published!",
            count(*) FILTER (WHERE state = 'retiring') AS "retiring!",
            coalesce(sum(GREATEST(deal_limit - dealt, 0))
                FILTER (WHERE state = 'published' AND retire_at > $1), 0)::bigint AS "left!",
            max(drawn_at) AS last_drawn,
            coalesce(sum(dealt), 0)::bigint AS "dealt!",
            coalesce(sum(answered_right), 0)::bigint AS "right!",
            coalesce(sum(answered_wrong), 0)::bigint AS "wrong!",
            coalesce(sum(way), 0)::bigint AS "way!",
            max(deliveries.last_error) AS last_error
        FROM picture_kinds AS kinds
        LEFT JOIN packs ON packs.kind = kinds.kind
            AND (state <> 'deleted' OR deleted_at > $1::timestamptz - interval '7 days')
        LEFT JOIN deliveries ON topic = 'drawings' AND key = packs.id
        GROUP BY kinds.kind, kinds.below_since ORDER BY kinds.kind"#,
        to_timestamp(now)
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Overview {
                kind: row::kind(&row.kind, &row.kind)?,
                drawing: row.drawing.unsigned_abs(),
                drawn: row.drawn.unsigned_abs(),
                published: row.published.unsigned_abs(),
                retiring: row.retiring.unsigned_abs(),
                left: row.left.unsigned_abs(),
                last_drawn: row.last_drawn.map(from_timestamp),
                below_since: row.below_since.map(from_timestamp),
                dealt: row.dealt.unsigned_abs(),
                right: row.right.unsigned_abs(),
                wrong: row.wrong.unsigned_abs(),
                way: row.way.unsigned_abs(),
                last_error: row.last_error,
            })
        })
        .collect()
}

/// Begins these packs, whatever the water marks say, and ends every back-off.
pub async fn refill(pool: &PgPool, births: &[Birth], now: UnixMillis) -> Result<(), DatabaseError> {
    crate::transact(pool, &Refill { births, now }).await
}

struct Refill<'a> {
    births: &'a [Birth],
    now: UnixMillis,
}

impl Unit for Refill<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        pools::lock(connection).await?;
        for birth in self.births {
            begin(connection, birth, self.now).await?;
        }
        for topic in [Topic::Drawings, Topic::Packs, Topic::Pools] {
            deliveries::retry_now(connection, topic, self.now).await?;
        }
        Ok(())
    }
}
