//! Nonces of signed calls.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;

use super::DatabaseError;

/// Records a nonce; `false` if it was used before. Two concurrent calls with
/// the same nonce wait for each other: one gets `true`.
pub async fn take(
    connection: &mut PgConnection,
    nonce: &[u8; 16],
    now: UnixMillis,
) -> Result<bool, DatabaseError> {
    let taken = sqlx::query!(
        "INSERT INTO signature_nonces (nonce, seen_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        nonce,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(taken.rows_affected() == 1)
}
