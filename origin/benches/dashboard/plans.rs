//! The plan that Postgres chose: `auto_explain` sends it as a notice, and sqlx
//! passes notices to its subscribers.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use sqlx::PgPool;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Collects notices.
#[derive(Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<String>>>);

impl Notices {
    /// Starts collecting, for the whole process.
    pub fn collect() -> Self {
        let notices = Self::default();
        tracing::subscriber::set_global_default(notices.clone()).unwrap();
        notices
    }

    /// Makes the connection report the plan of each query, with its times.
    pub async fn explain(&self, pool: &PgPool) {
        let sql = "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
            SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on;
            SET client_min_messages = log";
        sqlx::raw_sql(sql).execute(pool).await.unwrap();
    }

    pub async fn stop_explaining(&self, pool: &PgPool) {
        let sql = "SET auto_explain.log_min_duration = -1; SET client_min_messages = notice";
        sqlx::raw_sql(sql).execute(pool).await.unwrap();
    }

    /// The notices since the last call: milliseconds and plan of the longest
    /// query.
    pub fn take(&self) -> Option<(f64, String)> {
        let told = std::mem::take(&mut *self.0.lock().unwrap());
        let timed = told.into_iter().filter_map(|text| {
            let rest = text.split("duration: ").nth(1)?;
            Some((rest.split(' ').next()?.parse().ok()?, text))
        });
        timed.max_by(|a: &(f64, String), b| a.0.total_cmp(&b.0))
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{value:?} ");
    }
}

impl Subscriber for Notices {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::postgres::notice"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
