//! One pass over all packs: the plan's decisions are carried out in one
//! transaction, in one origin at a time.

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{PackId, PictureKind};
use sqlx::PgConnection;
use time::Duration;

use super::draw::queue_drawing;
use super::kinds::{KindRow, kinds};
use super::row::{self, PackRow, PackState, bigint};
use super::{pools, publications};
use crate::deliveries::{self, Topic};
use crate::{DatabaseError, Unit};

/// The longest that a visitor holds a challenge after its pack left the pools.
const KEPT_AT_THE_EDGE: Duration = Duration::minutes(30);

/// A pack to be drawn.
#[derive(Debug, Clone)]
pub struct Birth {
    pub id: PackId,
    pub kind: PictureKind,
    /// Items wanted.
    pub items: u16,
    /// Challenges that may be dealt from it.
    pub deal_limit: u64,
    /// One seed per candidate.
    pub seeds: Vec<[u8; 32]>,
}

#[derive(Debug, Default)]
pub struct Decision {
    /// Packs to begin.
    pub begin: Vec<Birth>,
    /// Packs to take out of the pools.
    pub retire: Vec<PackId>,
    /// Packs to keep dealing from until the given time.
    pub extend: Vec<(PackId, UnixMillis)>,
    /// Kinds that are not dealt.
    pub off: Vec<PictureKind>,
    /// Kinds of which too few challenges are left.
    pub short: Vec<PictureKind>,
}

/// Reads all packs, decides, and carries the decision out.
pub struct Tend<'a> {
    /// The plan; it sees every pack that is not yet retiring.
    pub decide: &'a (dyn Fn(&[PackRow], &[KindRow]) -> Decision + Sync),
    pub now: UnixMillis,
}

impl Unit for Tend<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let locked = pools::lock(connection).await?;
        let packs = packs(connection).await?;
        let decision = (self.decide)(&packs, &kinds(&mut *connection).await?);
        for pack in &decision.retire {
            sqlx::query!(
                "UPDATE packs SET state = 'retiring' WHERE id = $1 AND state = 'published'",
                pack.to_string()
            )
            .execute(&mut *connection)
            .await?;
        }
        for (pack, until) in &decision.extend {
            sqlx::query!(
                "UPDATE packs SET retire_at = $2 WHERE id = $1 AND state = 'published'",
                pack.to_string(),
                to_timestamp(*until)
            )
            .execute(&mut *connection)
            .await?;
        }
        for birth in &decision.begin {
            begin(connection, birth, self.now).await?;
        }
        pools::queue(connection, &locked, &decision.off, self.now).await?;
        note_short(connection, &decision.short, self.now).await?;
        queue_deletions(connection, self.now).await?;
        // A pack of a kind that is off waits until the kind is on again.
        let drawing = packs.iter().filter(|pack| pack.state == PackState::Drawing);
        let (off, on): (Vec<&PackRow>, Vec<&PackRow>) =
            drawing.partition(|pack| decision.off.contains(&pack.kind));
        deliveries::hold(connection, Topic::Drawings, &keys(&off)).await?;
        deliveries::resume(connection, Topic::Drawings, &keys(&on), self.now).await
    }
}

fn keys(packs: &[&PackRow]) -> Vec<String> {
    packs.iter().map(|pack| pack.id.to_string()).collect()
}

async fn packs(connection: &mut PgConnection) -> Result<Vec<PackRow>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT id, kind, state, deal_limit, dealt, retire_at FROM packs
        WHERE state IN ('drawing', 'drawn', 'published') ORDER BY created_at, id"
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PackRow {
                kind: row::kind(&row.kind, &row.id)?,
                state: row::state(&row.state, &row.id)?,
                deal_limit: row.deal_limit.unsigned_abs(),
                dealt: row.dealt.unsigned_abs(),
                retire_at: row.retire_at.map(from_timestamp),
                id: row::pack_id(&row.id)?,
            })
        })
        .collect()
}

/// Does nothing if another pack of the kind is already being drawn.
pub(super) async fn begin(
    connection: &mut PgConnection,
    birth: &Birth,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let begun = sqlx::query!(
        "INSERT INTO packs (id, kind, state, items, deal_limit, created_at)
        VALUES ($1, $2, 'drawing', $3, $4, $5) ON CONFLICT DO NOTHING",
        birth.id.to_string(),
        birth.kind.as_str(),
        i32::from(birth.items),
        bigint(birth.deal_limit),
        to_timestamp(now)
    )
    .execute(&mut *connection)
    .await?;
    if begun.rows_affected() == 0 {
        return Ok(());
    }
    let seeds: Vec<Vec<u8>> = birth.seeds.iter().map(|seed| seed.to_vec()).collect();
    sqlx::query!(
        "INSERT INTO pack_items (pack, position, seed)
        SELECT $1, place - 1, seed FROM unnest($2::bytea[]) WITH ORDINALITY AS seeds (seed, place)",
        birth.id.to_string(),
        &seeds
    )
    .execute(&mut *connection)
    .await?;
    queue_drawing(connection, &birth.id.to_string(), now).await
}

async fn note_short(
    connection: &mut PgConnection,
    short: &[PictureKind],
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let short: Vec<String> = short.iter().map(|kind| kind.as_str().to_owned()).collect();
    sqlx::query!(
        "UPDATE picture_kinds SET
            below_since = CASE WHEN kind = ANY ($1) THEN coalesce(below_since, $2) END
        WHERE (below_since IS NULL) = (kind = ANY ($1))",
        &short,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn queue_deletions(
    connection: &mut PgConnection,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let packs = sqlx::query_scalar!(
        "SELECT id FROM packs WHERE state = 'retiring' AND left_at <= $1
            AND NOT EXISTS (
                SELECT FROM deliveries WHERE topic = 'packs' AND key = id AND payload IS NULL
            )
        ORDER BY id",
        to_timestamp(now) - KEPT_AT_THE_EDGE
    )
    .fetch_all(&mut *connection)
    .await?;
    for pack in packs {
        publications::queue_deletion(connection, &pack, now).await?;
    }
    Ok(())
}
