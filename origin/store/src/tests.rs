//! The schema.

use sqlx::PgPool;

use super::{DatabaseError, MIGRATOR, applied, migrate};

#[sqlx::test(migrations = false)]
async fn migrations_apply_once_even_when_several_origins_start(pool: PgPool) {
    // It may be a copy of a database that is migrated.
    sqlx::raw_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").execute(&pool).await.unwrap();
    assert!(applied(&pool).await.unwrap().is_empty());
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let pool = pool.clone();
        starts.spawn(async move { migrate(&pool).await });
    }
    for started in starts.join_all().await {
        started.unwrap();
    }
    assert_eq!(applied(&pool).await.unwrap().len(), MIGRATOR.iter().count());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_database_of_a_version_that_was_never_released_is_named_as_such(pool: PgPool) {
    for (version, unreleased) in [(20_991_231_000_000_i64, false), (20_261_120_080_000, true)] {
        let newest = "UPDATE _sqlx_migrations SET version = $1
            WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
        sqlx::query(newest).bind(version).execute(&pool).await.unwrap();
        let refused = migrate(&pool).await.unwrap_err();
        assert_eq!(matches!(refused, DatabaseError::Unreleased(_)), unreleased, "{refused}");
    }
}

#[test]
fn migrations_are_named_by_time_and_change() {
    for migration in MIGRATOR.iter() {
        assert_eq!(migration.version.to_string().len(), 14, "{}", migration.version);
        let verb = migration.description.split(' ').next();
        assert!(matches!(verb, Some("create" | "add" | "drop" | "change")), "{verb:?}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_table_and_function_says_what_it_is(pool: PgPool) {
    let silent: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND NOT relispartition AND relname <> '_sqlx_migrations'
            AND obj_description(oid, 'pg_class') IS NULL
        UNION ALL
        SELECT proname::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(silent.is_empty(), "{silent:?}");
}
