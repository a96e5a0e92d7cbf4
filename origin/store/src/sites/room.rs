//! How many sites an organisation may have in use. Each change of a site calls
//! every redemption object, so an organisation with very many sites would slow
//! everyone down.

use munjigi_domain::accounts::MostSites;
use sqlx::PgConnection;

use crate::DatabaseError;

/// Whether an organisation may have one more. The organisation's lock, held
/// until the caller's transaction ends, keeps two concurrent checks apart.
pub(super) async fn has_room(
    connection: &mut PgConnection,
    organisation: &str,
    MostSites(most): MostSites,
) -> Result<bool, DatabaseError> {
    sqlx::query_scalar!(
        "SELECT id FROM organisations WHERE id = $1 FOR NO KEY UPDATE",
        organisation
    )
    .fetch_optional(&mut *connection)
    .await?;
    let sites = sqlx::query_scalar!(
        r#"SELECT count(*) AS "sites!" FROM sites
        WHERE organisation = $1 AND deleted_at IS NULL"#,
        organisation
    )
    .fetch_one(connection)
    .await?;
    Ok(sites < i64::from(most))
}
