//! Loads into an empty database: the schema as it was, the rows in one
//! transaction, then newer migrations.

use std::fs::File;

use munjigi_store::{DatabaseError, MIGRATOR};
use sqlx::migrate::MigrateError;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::dump::{found, quoted, unhurried};
use super::file::{Record, open};
use super::{BackupError, Manifest, Table};

/// Loads a backup that was checked: a file, and how many of its bytes are one.
pub async fn from(
    pool: &PgPool,
    backup: (&File, u64),
    manifest: &Manifest,
) -> Result<(), BackupError> {
    let version = known(manifest)?;
    if !is_empty(pool).await? {
        return Err(BackupError::NotEmpty);
    }
    MIGRATOR.run_to(version, pool).await.map_err(store)?;
    let mut transaction = pool.begin().await?;
    unhurried(&mut transaction).await?;
    make_days(&mut transaction, manifest).await?;
    let present = found(&mut transaction).await?;
    for table in &manifest.tables {
        let same = |it: &&Table| it.name == table.name && it.columns == table.columns;
        if !present.iter().any(|it| same(&it)) {
            return Err(BackupError::Differs(table.name.clone()));
        }
    }
    clear(&mut transaction, manifest).await?;
    rows(&mut transaction, backup, manifest).await?;
    count(&mut transaction, manifest).await?;
    for sequence in &manifest.sequences {
        let name = format!("public.{}", quoted(std::slice::from_ref(&sequence.name)).concat());
        sqlx::query("SELECT setval($1::regclass, $2)")
            .bind(name)
            .bind(sequence.last)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    MIGRATOR.run(pool).await.map_err(store)
}

fn store(error: MigrateError) -> BackupError {
    BackupError::Store(DatabaseError::from(error))
}

/// The last migration of a history that our migrations continue.
fn known(manifest: &Manifest) -> Result<i64, BackupError> {
    let mut ours = MIGRATOR.iter().map(|migration| migration.version);
    for version in &manifest.versions {
        if ours.next() != Some(*version) {
            return Err(BackupError::Newer(*version));
        }
    }
    manifest.versions.last().copied().ok_or(BackupError::Corrupt("it has no schema"))
}

async fn is_empty(pool: &PgPool) -> Result<bool, BackupError> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')",
    )
    .fetch_one(pool)
    .await?;
    Ok(tables == 0)
}

/// Creates the tables of single days, which no migration creates.
async fn make_days(connection: &mut PgConnection, manifest: &Manifest) -> Result<(), BackupError> {
    for Table { name, parent, .. } in &manifest.tables {
        let Some(parent) = parent else { continue };
        let day = name.strip_prefix(parent.as_str()).and_then(|rest| rest.strip_prefix('_'));
        let Some(day) = day.filter(|day| day.len() == 8) else { continue };
        sqlx::query("SELECT create_day_partition($1, to_date($2, 'YYYYMMDD'))")
            .bind(parent)
            .bind(day)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Removes the few rows that migrations insert: the backup has them in their
/// latest state.
async fn clear(connection: &mut PgConnection, manifest: &Manifest) -> Result<(), BackupError> {
    for table in manifest.tables.iter().rev() {
        if rows_of(connection, table).await? > 0 {
            let statement = format!("DELETE FROM \"{}\"", table.name);
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn rows(
    connection: &mut PgConnection,
    (file, length): (&File, u64),
    manifest: &Manifest,
) -> Result<(), BackupError> {
    let mut reader = open(file, length)?;
    let mut tables = manifest.tables.iter();
    let mut record = reader.next()?;
    while let Record::Begin(_) = record {
        // The check has verified that these are the tables of the manifest.
        let table = tables.next().ok_or(BackupError::Corrupt("an unexpected table"))?;
        let columns = quoted(&table.columns).join(", ");
        let statement = format!("COPY \"{}\" ({columns}) FROM STDIN", table.name);
        let mut copy = connection.copy_in_raw(&statement).await?;
        record = reader.next()?;
        while let Record::Rows(bytes) = record {
            copy.send(bytes).await?;
            record = reader.next()?;
        }
        if copy.finish().await? != table.rows {
            return Err(BackupError::Differs(table.name.clone()));
        }
    }
    Ok(())
}

/// At the end, to see that no trigger wrote more.
async fn count(connection: &mut PgConnection, manifest: &Manifest) -> Result<(), BackupError> {
    for table in &manifest.tables {
        if rows_of(connection, table).await? != table.rows {
            return Err(BackupError::Differs(table.name.clone()));
        }
    }
    Ok(())
}

async fn rows_of(connection: &mut PgConnection, table: &Table) -> Result<u64, BackupError> {
    // The catalogue has a table with this name: `from` has checked.
    let statement = format!("SELECT count(*) FROM \"{}\"", table.name);
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(connection).await?;
    Ok(rows.unsigned_abs())
}
