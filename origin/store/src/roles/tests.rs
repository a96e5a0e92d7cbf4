//! What a serving role may do, and what it may not.

use sqlx::postgres::PgPoolOptions;

use super::*;
use crate::{MIGRATOR, migrate};

/// A role of the test's own, and a pool of its connections.
async fn serving(owner: &PgPool) -> (String, PgPool) {
    let options = owner.connect_options();
    // Roles belong to the whole server; the maximum length of a name.
    let role = options.get_database().unwrap().replace("_sqlx_test_", "serve_");
    let create = format!("CREATE ROLE \"{role}\" LOGIN PASSWORD 'serving'");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(owner).await.unwrap();
    let options = (*options).clone().username(&role).password("serving");
    (role, PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap())
}

async fn drop_role(owner: &PgPool, role: &str, pool: PgPool) {
    pool.close().await;
    let drop = format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"");
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(owner).await.unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_serving_role_changes_rows_and_nothing_else(owner: PgPool) {
    let (role, pool) = serving(&owner).await;
    let try_it = async |statement: &'static str| {
        sqlx::raw_sql(statement).execute(&pool).await.map(drop).map_err(DatabaseError::from)
    };
    let day = "SELECT create_day_partition('redeemed', DATE '2026-11-27')";
    assert!(matches!(try_it(day).await, Err(DatabaseError::NotOwner(_))), "before it may serve");
    for _ in 0..2 {
        let_serve(&owner, &role).await.unwrap();
    }
    for allowed in [
        day,
        "SELECT drop_day_partitions('redeemed', DATE '2026-11-28')",
        "DELETE FROM sites",
        "SELECT count(*) FROM audit",
        "SELECT erase_from_audit('account', 'lee@shop.example', 'Someone')",
    ] {
        try_it(allowed).await.unwrap_or_else(|error| panic!("{allowed}: {error}"));
    }
    crate::events::log_position(&pool).await.unwrap();
    // Postgres only warns that nothing was granted.
    let _ = try_it("GRANT UPDATE, DELETE ON audit TO CURRENT_USER").await;
    for forbidden in [
        "DELETE FROM audit",
        "UPDATE audit SET actor = 'someone else'",
        "TRUNCATE sites",
        "DROP TABLE sites",
        "ALTER TABLE sites ADD COLUMN mine text",
        "CREATE TABLE mine (id int)",
        "DELETE FROM _sqlx_migrations",
        "CREATE OR REPLACE FUNCTION create_day_partition(text, date) RETURNS boolean
            LANGUAGE sql AS 'SELECT true'",
    ] {
        let refused = try_it(forbidden).await;
        assert!(matches!(refused, Err(DatabaseError::NotOwner(_))), "{forbidden}: {refused:?}");
    }
    drop_role(&owner, &role, pool).await;
}

/// Functions run as the owner, so that what they look at must be the owner's.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn temporary_tables_do_not_stand_for_those_of_the_owner(owner: PgPool) {
    let (role, pool) = serving(&owner).await;
    let_serve(&owner, &role).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let trap = "CREATE TEMPORARY TABLE pg_inherits AS
            SELECT 'audit'::regclass::oid AS inhrelid, 'redeemed'::regclass::oid AS inhparent;
        CREATE TEMPORARY TABLE pg_class AS
            SELECT oid, 'sites_20261127'::name AS relname FROM pg_catalog.pg_class
            WHERE oid = 'audit'::regclass";
    sqlx::raw_sql(trap).execute(&mut *connection).await.unwrap();
    let dropped: Vec<String> =
        sqlx::query_scalar("SELECT drop_day_partitions('redeemed', DATE '2100-01-01')")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert!(!dropped.contains(&"sites_20261127".to_owned()), "{dropped:?}");
    drop(connection);
    drop_role(&owner, &role, pool).await;
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_serving_role_starts_on_a_current_schema_and_names_what_an_old_one_needs(owner: PgPool) {
    let (role, pool) = serving(&owner).await;
    let_serve(&owner, &role).await.unwrap();
    migrate(&pool).await.expect("there is nothing to do");
    let newest = MIGRATOR.iter().map(|migration| migration.version).max().unwrap();
    let forget = "DELETE FROM _sqlx_migrations WHERE version = $1";
    sqlx::query(forget).bind(newest).execute(&owner).await.unwrap();
    let refused = migrate(&pool).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::NotOwner(_)), "{refused}");
    assert!(refused.to_string().contains("munjigi migrate"), "{refused}");
    drop_role(&owner, &role, pool).await;
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn there_must_be_another_role_to_serve(owner: PgPool) {
    let own = (*owner.connect_options()).get_username().to_owned();
    for role in ["lee; DROP TABLE sites", own.as_str()] {
        let refused = let_serve(&owner, role).await.unwrap_err();
        assert!(matches!(&refused, DatabaseError::NoRole(named) if named == role), "{refused}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_refused_login_is_told_from_a_fault(owner: PgPool) {
    for options in [
        (*owner.connect_options()).clone().database("no_such_database"),
        (*owner.connect_options()).clone().username("no_such_user"),
    ] {
        let refused = PgPoolOptions::new().connect_with(options).await.unwrap_err();
        let refused = DatabaseError::from(refused);
        assert!(matches!(refused, DatabaseError::Login(_)), "{refused}");
    }
}
