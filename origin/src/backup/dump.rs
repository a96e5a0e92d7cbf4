//! Reads the database: all our tables as one transaction sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use futures_util::TryStreamExt as _;
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};

use super::file::{Writer, Written};
use super::{BackupError, Manifest, Sequence, Table};

/// Writes every table, referenced tables first.
pub async fn into<W: Write>(
    pool: &PgPool,
    writer: &mut Writer<W>,
    now: UnixMillis,
) -> Result<Manifest, BackupError> {
    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    unhurried(&mut snapshot).await?;
    // The first query takes the snapshot.
    let versions = sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version")
        .fetch_all(&mut *snapshot)
        .await?;
    let mut tables = Vec::new();
    for table in in_order(found(&mut snapshot).await?, &references(&mut snapshot).await?) {
        writer.begin(&table.name)?;
        let columns = quoted(&table.columns).join(", ");
        let statement = format!("COPY \"{}\" ({columns}) TO STDOUT", table.name);
        let mut rows = snapshot.copy_out_raw(&statement).await?;
        while let Some(bytes) = rows.try_next().await? {
            writer.rows(&bytes)?;
        }
        drop(rows);
        let Written { rows, sha256 } = writer.end()?;
        tables.push(Table { rows, sha256, ..table });
    }
    let sequences = sequences(&mut snapshot).await?;
    let program = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Manifest { taken_at: now.0, program, versions, tables, sequences })
}

/// A backup has no time limit.
pub async fn unhurried(connection: &mut PgConnection) -> Result<(), BackupError> {
    for setting in [
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL idle_in_transaction_session_timeout = 0",
        "SET LOCAL timezone = 'UTC'",
        "SET LOCAL datestyle = 'ISO'",
        "SET LOCAL extra_float_digits = 3",
    ] {
        sqlx::query(setting).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Names quoted for SQL.
pub fn quoted(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect()
}

/// Tables with rows of their own: of a partitioned table, its days.
pub async fn found(connection: &mut PgConnection) -> Result<Vec<Table>, BackupError> {
    let rows: Vec<(String, Option<String>, Vec<String>)> = sqlx::query_as(
        "SELECT relname::text AS name,
            (SELECT parent.relname::text FROM pg_inherits
                JOIN pg_class AS parent ON parent.oid = inhparent WHERE inhrelid = pg_class.oid),
            ARRAY(
                SELECT attname::text FROM pg_attribute WHERE attrelid = pg_class.oid
                    AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
            )
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname <> '_sqlx_migrations' ORDER BY pg_class.relname",
    )
    .fetch_all(connection)
    .await?;
    let table =
        |(name, parent, columns)| Table { name, parent, columns, rows: 0, sha256: String::new() };
    Ok(rows.into_iter().map(table).collect())
}

async fn references(
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, BTreeSet<String>>, BackupError> {
    let pairs: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT referring.relname::text, referred.relname::text FROM pg_constraint
        JOIN pg_class AS referring ON referring.oid = conrelid
        JOIN pg_class AS referred ON referred.oid = confrelid
        WHERE contype = 'f' AND conrelid <> confrelid",
    )
    .fetch_all(connection)
    .await?;
    let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (referring, referred) in pairs {
        references.entry(referring).or_default().insert(referred);
    }
    Ok(references)
}

/// Each table after those that it references.
fn in_order(
    mut waiting: Vec<Table>,
    references: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::new();
    while !waiting.is_empty() {
        let names: BTreeSet<String> = waiting.iter().map(|table| table.name.clone()).collect();
        let is_ready = |table: &Table| {
            references.get(&table.name).is_none_or(|referred| referred.is_disjoint(&names))
        };
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_ready);
        if ready.is_empty() {
            // A cycle: loading will tell whether it works.
            ordered.extend(rest);
            break;
        }
        ordered.extend(ready);
        waiting = rest;
    }
    ordered
}

async fn sequences(connection: &mut PgConnection) -> Result<Vec<Sequence>, BackupError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT sequencename::text, last_value FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY sequencename",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(name, last)| Sequence { name, last }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_after_those_that_it_refers_to() {
        let table = |name: &str| Table {
            name: name.to_owned(),
            parent: None,
            columns: Vec::new(),
            rows: 0,
            sha256: String::new(),
        };
        let refers = |to: &[&str]| to.iter().map(|name| (*name).to_owned()).collect();
        let references = BTreeMap::from([
            ("a".to_owned(), refers(&["b"])),
            ("b".to_owned(), refers(&["c"])),
            ("x".to_owned(), refers(&["y"])),
            ("y".to_owned(), refers(&["x"])),
        ]);
        let tables = ["a", "b", "c", "x", "y"].map(table).to_vec();
        let names: Vec<_> =
            in_order(tables, &references).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["c", "b", "a", "x", "y"]);
    }
}
