//! Everything that is stored about a person, table by table in the order of the
//! data map.

use munjigi_domain::accounts::Id;
use munjigi_i18n::{Locale, Texts};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use super::DatabaseError;
use crate::privacy::{TABLES, Table};

/// The person's rows of every table that has some, without credentials.
pub async fn export(pool: &PgPool, account: &Id, email: &str) -> Result<Value, DatabaseError> {
    // One snapshot for all tables.
    let mut transaction = pool.begin().await?;
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .execute(&mut *transaction)
        .await?;
    let mut file = Map::new();
    // The file is for programs as well, and the same in every language.
    let t = &Texts::of(Locale::EN);
    for table @ Table { name, of_person, withheld, .. } in TABLES {
        let Some(condition) = of_person else { continue };
        // During a roll-out the schema may be behind the program.
        let is_there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(name)
            .fetch_one(&mut *transaction)
            .await?;
        if !is_there {
            continue;
        }
        // Names and conditions come from the map itself, never from input.
        let query = format!(
            "SELECT coalesce(jsonb_agg(to_jsonb(it) - $3::text[]), '[]') FROM {name} AS it
            WHERE $1::text IS NOT NULL AND $2::text IS NOT NULL AND ({condition})"
        );
        let withheld: Vec<&str> = withheld.to_vec();
        let rows: Value = sqlx::query_scalar(AssertSqlSafe(query))
            .bind(account.as_str())
            .bind(email)
            .bind(withheld)
            .fetch_one(&mut *transaction)
            .await?;
        let part = json!({
            "what": table.why(t).to_string(),
            "kept": table.kept_for(t).to_string(),
            "rows": rows,
        });
        file.insert((*name).to_owned(), part);
    }
    Ok(file.into())
}
