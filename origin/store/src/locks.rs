//! Locks that expire, with fences that keep an origin which slept past the end
//! of its lock from writing.

use std::time::Duration;

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};

use super::{DatabaseError, Unit};

/// A lock that was acquired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The name of the lock.
    pub name: String,
    /// Larger than that of every earlier lease of the lock.
    pub fence: i64,
}

/// Acquires a lock if it is free; `None` while another origin holds it.
pub async fn take(
    pool: &PgPool,
    name: &str,
    lifetime: Duration,
    now: UnixMillis,
) -> Result<Option<Lease>, DatabaseError> {
    let fence = sqlx::query_scalar!(
        "INSERT INTO locks (name, fence, held_until) VALUES ($1, 1, $2)
        ON CONFLICT (name) DO UPDATE SET fence = locks.fence + 1, held_until = $2
            WHERE locks.held_until <= $3
        RETURNING fence",
        name,
        to_timestamp(now) + lifetime,
        to_timestamp(now)
    )
    .fetch_optional(pool)
    .await?;
    Ok(fence.map(|fence| Lease { name: name.to_owned(), fence }))
}

/// Releases a lock, unless another origin holds it by now.
pub async fn give_back(pool: &PgPool, lease: &Lease, now: UnixMillis) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE locks SET held_until = LEAST(held_until, $3) WHERE name = $1 AND fence = $2",
        lease.name,
        lease.fence,
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// A unit that writes only if no one has acquired the lock since.
#[derive(Debug)]
pub struct Fenced<'a, U> {
    /// The lease under which it writes.
    pub lease: &'a Lease,
    pub unit: &'a U,
}

impl<U: Unit + Sync> Unit for Fenced<'_, U> {
    /// `None` if another origin holds the lock by now: nothing was written.
    type Output = Option<U::Output>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        // Locked until the commit, so that no one can acquire it after this
        // check.
        let fence = sqlx::query_scalar!(
            "SELECT fence FROM locks WHERE name = $1 FOR UPDATE",
            self.lease.name
        )
        .fetch_optional(&mut *connection)
        .await?;
        if fence != Some(self.lease.fence) {
            return Ok(None);
        }
        self.unit.run(connection).await.map(Some)
    }
}
