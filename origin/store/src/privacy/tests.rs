use sqlx::PgPool;

use super::*;

/// Texts, bytes and documents: types that can hold information about a person.
const TELLING: &str = "SELECT relname::text, attname::text FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname <> '_sqlx_migrations'
        AND atttypid::regtype::text IN
            ('text', 'text[]', 'bytea', 'jsonb', 'json', 'inet', 'tsvector', 'uuid', 'name')
    ORDER BY 1, attnum";

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_column_that_can_say_something_is_in_the_map(pool: PgPool) {
    let columns: Vec<(String, String)> = sqlx::query_as(TELLING).fetch_all(&pool).await.unwrap();
    assert!(columns.len() > 100);
    let tell = "say what it is, for how long and who sees it, in \
        origin/store/src/privacy/map.rs and origin/i18n/locales/*/data-map.ftl";
    for (table, column) in columns {
        let listed = TABLES.iter().find(|listed| listed.name == table);
        let listed = listed.unwrap_or_else(|| panic!("the table {table} is not listed: {tell}"));
        let is_listed = |columns: &[&str]| columns.contains(&column.as_str());
        let times = usize::from(is_listed(listed.personal)) + usize::from(is_listed(listed.others));
        assert_eq!(times, 1, "{table}.{column}: {tell}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn every_table_is_in_the_map_once(pool: PgPool) {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND NOT relispartition AND relname <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    for name in names {
        assert_eq!(TABLES.iter().filter(|table| table.name == name).count(), 1, "{name}");
    }
    for table in TABLES {
        let personal = !table.personal.is_empty();
        assert!(personal || table.of_person.is_none(), "{}: about no one", table.name);
    }
}

/// Rows that refer to an account or an organisation are deleted with it, or
/// lose the reference; only sites are deleted beforehand, with their grace
/// period.
#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn rows_about_a_person_are_erased_with_them_and_in_their_export(pool: PgPool) {
    let references: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT conrelid::regclass::text, confrelid::regclass::text, confdeltype::text
        FROM pg_constraint
        WHERE contype = 'f' AND confrelid IN ('accounts'::regclass, 'organisations'::regclass)",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(references.len() >= 8);
    for (table, to, on_delete) in references {
        let goes = matches!(on_delete.as_str(), "c" | "n") || table == "sites";
        assert!(goes, "{table} keeps {to} from being erased");
        let listed = TABLES.iter().find(|listed| listed.name == table).unwrap();
        assert!(to != "accounts" || listed.of_person.is_some(), "{table} is not in the file");
    }
}

#[test]
fn every_table_is_explained_in_each_language_that_is_complete() {
    let ko = Texts::of("ko".parse().unwrap());
    for table in TABLES {
        let texts =
            |t: &Texts| [table.why(t), table.kept_for(t), table.readers(t)].map(String::from);
        for (english, korean) in texts(&Texts::default()).into_iter().zip(texts(&ko)) {
            assert!(!english.is_empty(), "{}", table.name);
            assert!(korean.chars().any(|char| ('가'..='힣').contains(&char)), "{korean}");
        }
    }
}
