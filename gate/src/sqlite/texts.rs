//! Published sites, packs and lists, as texts.

use munjigi_captcha::ports::StoreError;
use munjigi_serving::ports::Values;
use rusqlite::{OptionalExtension as _, params};

use super::Sqlite;

impl Values for Sqlite {
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        self.writer
            .ask(move |database| {
                let now = database.now().0.cast_signed();
                let sql =
                    "SELECT value FROM texts WHERE key = ?1 AND (until IS NULL OR until > ?2)";
                let mut statement = database.connection.prepare_cached(sql)?;
                statement.query_row(params![key, now], |row| row.get(0)).optional()
            })
            .await
    }

    async fn store(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.put(key, value, None).await
    }

    async fn store_for(&self, key: &str, value: &str, seconds: u32) -> Result<(), StoreError> {
        self.put(key, value, Some(u64::from(seconds) * 1_000)).await
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.writer
            .ask(move |database| {
                database
                    .connection
                    .prepare_cached("DELETE FROM texts WHERE key = ?1")?
                    .execute([key])?;
                Ok(())
            })
            .await
    }
}

impl Sqlite {
    /// `kept`: for how many milliseconds; `None`: for ever.
    async fn put(&self, key: &str, value: &str, kept: Option<u64>) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.writer
            .ask(move |database| {
                let until = kept.map(|kept| database.now().0.saturating_add(kept).cast_signed());
                let sql = "INSERT INTO texts (key, value, until) VALUES (?1, ?2, ?3)
                    ON CONFLICT DO UPDATE SET value = excluded.value, until = excluded.until";
                database.connection.prepare_cached(sql)?.execute(params![key, value, until])?;
                Ok(())
            })
            .await
    }
}
