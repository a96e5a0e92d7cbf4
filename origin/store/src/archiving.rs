//! Days that are past retention and are put away before they are dropped.

use sqlx::{AssertSqlSafe, PgConnection};
use time::Date;

use super::DatabaseError;
use super::housekeeping::PARTITIONED;

/// Makes sure that no other transaction puts days away until this one ends;
/// `false` if one does. What it drops could otherwise be sent once more, empty.
///
/// # Errors
///
/// The store does not answer.
pub async fn begin(connection: &mut PgConnection) -> Result<bool, DatabaseError> {
    let taken = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtext('munjigi_archive')) AS "taken!""#
    )
    .fetch_one(&mut *connection)
    .await?;
    // It waits for another server.
    for setting in [
        "SET LOCAL idle_in_transaction_session_timeout = 0",
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL timezone = 'UTC'",
    ] {
        sqlx::query(setting).execute(&mut *connection).await?;
    }
    Ok(taken)
}

/// The oldest day before this one of which there is a partition.
///
/// # Errors
///
/// The store does not answer.
pub async fn oldest_day(
    connection: &mut PgConnection,
    before: Date,
) -> Result<Option<Date>, DatabaseError> {
    let tables = PARTITIONED.map(|(table, _)| table.to_owned());
    let oldest = sqlx::query_scalar!(
        "SELECT min(to_date(right(child.relname, 8), 'YYYYMMDD'))
        FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        JOIN pg_class AS parent ON parent.oid = inhparent
        WHERE parent.relname = ANY($1) AND parent.relnamespace = current_schema()::regnamespace
            AND child.relname ~ '_[0-9]{8}$'",
        &tables
    )
    .fetch_one(connection)
    .await?;
    Ok(oldest.filter(|day| *day < before))
}

/// Rows of a day of a partitioned table; `column` says the day.
///
/// # Errors
///
/// The store does not answer.
pub async fn rows(
    connection: &mut PgConnection,
    (table, column): (&'static str, &'static str),
    day: Date,
) -> Result<u64, DatabaseError> {
    let within = within(column, day);
    let count = AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE {within}"));
    let rows: i64 = sqlx::query_scalar(count).fetch_one(connection).await?;
    Ok(rows.unsigned_abs())
}

/// The statement that copies such a day as CSV with a line of names.
pub fn copy((table, column): (&'static str, &'static str), day: Date) -> String {
    let within = within(column, day);
    format!(
        "COPY (SELECT * FROM {table} WHERE {within} ORDER BY {column}) \
         TO STDOUT (FORMAT csv, HEADER)"
    )
}

fn within(column: &str, day: Date) -> String {
    format!(
        "{column} >= '{day} 00:00:00+00' AND {column} < '{day} 00:00:00+00'::timestamptz + interval '1 day'"
    )
}
