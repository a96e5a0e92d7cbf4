//! A role that serves, apart from the owner of the schema, which migrates. An
//! attacker who takes over a serving origin can then change rows and nothing else.

use sqlx::{AssertSqlSafe, PgPool};

use super::DatabaseError;

/// What a serving role gets. It owns nothing, so that it can neither change the
/// schema nor grant itself more.
const GRANTS: [&str; 8] = [
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    // The audit log can only be appended to.
    "REVOKE UPDATE, DELETE ON audit FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON _sqlx_migrations FROM {role}",
    "GRANT EXECUTE ON FUNCTION create_day_partition(text, date) TO {role}",
    "GRANT EXECUTE ON FUNCTION drop_day_partitions(text, date) TO {role}",
    "GRANT EXECUTE ON FUNCTION erase_from_audit(text, text, text) TO {role}",
];

/// Lets a role serve, as the owner of the schema. To be repeated after each
/// migration; repeating it changes nothing else.
///
/// # Errors
///
/// [`DatabaseError::NoRole`] if there is no such role, or if it is the caller.
pub async fn let_serve(owner: &PgPool, role: &str) -> Result<(), DatabaseError> {
    // None of this is checked at compile time: the name is data here.
    let quoted: Option<String> = sqlx::query_scalar(
        "SELECT quote_ident(rolname) FROM pg_roles
        WHERE rolname = $1 AND rolname <> current_user",
    )
    .bind(role)
    .fetch_optional(owner)
    .await?;
    let quoted = quoted.ok_or_else(|| DatabaseError::NoRole(role.to_owned()))?;
    let mut transaction = owner.begin().await?;
    for grant in GRANTS {
        let grant = AssertSqlSafe(grant.replace("{role}", &quoted));
        sqlx::query(grant).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
