//! Outcomes of pictures, stored with the batch that brought them.

use std::collections::BTreeMap;

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::PictureCount;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::row::bigint;
use crate::DatabaseError;

#[derive(Debug, Default)]
struct Sum {
    dealt: u64,
    right: u64,
    wrong: u64,
    way: u64,
}

/// A batch's picture counts as columns, summed per row and in the order of the
/// primary key.
#[derive(Debug, Default)]
pub struct PictureColumns {
    minute: Vec<OffsetDateTime>,
    picture_type: Vec<String>,
    pack: Vec<String>,
    dealt: Vec<i64>,
    right: Vec<i64>,
    wrong: Vec<i64>,
    way: Vec<i64>,
    days: Vec<Date>,
}

impl PictureColumns {
    /// Sums and sorts a batch, and transposes it into columns.
    pub fn new(counts: Vec<PictureCount>) -> Self {
        let mut sums: BTreeMap<(u64, &'static str, String), Sum> = BTreeMap::new();
        for count in counts {
            let pack = count.pack.map(|pack| pack.to_string()).unwrap_or_default();
            let sum = sums.entry((count.minute, count.picture_type.as_str(), pack)).or_default();
            sum.dealt += u64::from(count.dealt);
            sum.right += u64::from(count.right);
            sum.wrong += u64::from(count.wrong);
            sum.way += u64::from(count.way);
        }
        let mut columns = Self::default();
        for ((minute, picture_type, pack), sum) in sums {
            let minute = to_timestamp(UnixMillis(minute.saturating_mul(60_000)));
            if columns.days.last() != Some(&minute.date()) {
                columns.days.push(minute.date());
            }
            columns.minute.push(minute);
            columns.picture_type.push(picture_type.to_owned());
            columns.pack.push(pack);
            columns.dealt.push(bigint(sum.dealt));
            columns.right.push(bigint(sum.right));
            columns.wrong.push(bigint(sum.wrong));
            columns.way.push(bigint(sum.way));
        }
        columns
    }
}

/// Adds them to the minutes, and to the totals of the packs.
pub(crate) async fn add(
    connection: &mut PgConnection,
    counts: &PictureColumns,
) -> Result<(), DatabaseError> {
    if counts.minute.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "SELECT create_day_partition('picture_counts', day) FROM unnest($1::date[]) AS day",
        &counts.days
    )
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO picture_counts (
            minute, type, pack, dealt, answered_right, answered_wrong, way
        )
        SELECT * FROM unnest(
            $1::timestamptz[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bigint[]
        )
        ON CONFLICT (minute, type, pack) DO UPDATE SET
            dealt = picture_counts.dealt + EXCLUDED.dealt,
            answered_right = picture_counts.answered_right + EXCLUDED.answered_right,
            answered_wrong = picture_counts.answered_wrong + EXCLUDED.answered_wrong,
            way = picture_counts.way + EXCLUDED.way",
        &counts.minute,
        &counts.picture_type,
        &counts.pack,
        &counts.dealt,
        &counts.right,
        &counts.wrong,
        &counts.way
    )
    .execute(&mut *connection)
    .await?;
    // Locked in the order of their ids, so that batches do not deadlock.
    sqlx::query!(
        "WITH sums AS (
            SELECT pack, sum(dealt)::bigint AS dealt, sum(answered_right)::bigint AS answered_right,
                sum(answered_wrong)::bigint AS answered_wrong, sum(way)::bigint AS way
            FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                AS batch (pack, dealt, answered_right, answered_wrong, way)
            WHERE pack <> '' GROUP BY pack
        ), locked AS (
            SELECT id FROM packs WHERE id IN (SELECT pack FROM sums) ORDER BY id FOR UPDATE
        )
        UPDATE packs SET
            dealt = packs.dealt + sums.dealt,
            answered_right = packs.answered_right + sums.answered_right,
            answered_wrong = packs.answered_wrong + sums.answered_wrong,
            way = packs.way + sums.way
        FROM sums, locked WHERE packs.id = sums.pack AND locked.id = packs.id",
        &counts.pack,
        &counts.dealt,
        &counts.right,
        &counts.wrong,
        &counts.way
    )
    .execute(connection)
    .await?;
    Ok(())
}
