//! Transactions: begin, run, commit, and retry after a conflict with another
//! transaction. Retries live here and nowhere else.

use munjigi_process::clock::Stopwatch;
use munjigi_process::metrics;
use sqlx::{PgConnection, PgPool};

use super::DatabaseError;

/// How often a unit is tried.
const TRIES: u32 = 5;

/// What one transaction does. It may run more than once.
pub trait Unit {
    /// The result of the unit.
    type Output: Send;

    /// Runs the unit. An error rolls back.
    fn run(
        &self,
        connection: &mut PgConnection,
    ) -> impl Future<Output = Result<Self::Output, DatabaseError>> + Send;
}

/// Carries out a unit; when this returns `Ok` it is committed.
pub async fn transact<U: Unit + Sync>(pool: &PgPool, unit: &U) -> Result<U::Output, DatabaseError> {
    let mut tried = 0;
    loop {
        tried += 1;
        match attempt(pool, unit).await {
            Err(DatabaseError::Conflict(error)) if tried < TRIES => {
                ::metrics::counter!("munjigi_store_conflicts_total").increment(1);
                tracing::debug!(tried, %error, "transaction retried");
            }
            result => return result,
        }
    }
}

async fn attempt<U: Unit + Sync>(pool: &PgPool, unit: &U) -> Result<U::Output, DatabaseError> {
    let mut transaction = pool.begin().await?;
    let output = unit.run(&mut transaction).await?;
    let stopwatch = Stopwatch::start();
    transaction.commit().await?;
    metrics::committed(&stopwatch);
    Ok(output)
}
