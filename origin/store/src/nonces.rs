//! Nonces of signed calls.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;

use super::StoreError;

/// Notes a nonce; `false` when it was used before. Two calls with the same
/// nonce at once wait for each other: one is told `true`.
pub async fn take(
    connection: &mut PgConnection,
    nonce: &[u8; 16],
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let taken = sqlx::query!(
        "INSERT INTO signature_nonces (nonce, seen_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        nonce,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(taken.rows_affected() == 1)
}
