//! How Postgres is reached: itself, through a pooler, and as a replica.

use std::time::Duration;

use munjigi_process::config::{Reader, number};
use munjigi_store::{Database, Times};
use sqlx::postgres::PgConnectOptions;

use super::variables;

pub(super) fn read(reader: &mut Reader) -> Option<Database> {
    let url = reader.required(&variables::DATABASE_URL, parse_url);
    let direct = if reader.is_set(&variables::DATABASE_DIRECT_URL) {
        reader.required(&variables::DATABASE_DIRECT_URL, parse_url).map(Some)
    } else {
        Some(None)
    };
    let connections =
        reader.required(&variables::DATABASE_CONNECTIONS, |text| number(text, 2..=1_000));
    let wait = reader.required(&variables::DATABASE_WAIT, |text| number(text, 1..=30));
    let mut minutes = |variable| {
        let minutes: Option<u64> = reader.required(variable, |text| number(text, 1..=1_440));
        minutes.map(Duration::from_mins)
    };
    let lifetime = minutes(&variables::DATABASE_LIFETIME);
    let idle = minutes(&variables::DATABASE_IDLE);
    let (url, pooler) = match direct? {
        Some(direct) => (direct, Some(url?)),
        None => (url?, None),
    };
    let times = Times { wait: Duration::from_secs(wait?), lifetime: lifetime?, idle: idle? };
    Some(Database { url, pooler, connections: connections?, times })
}

/// A replica, with the same number of connections.
pub(super) fn replica(database: &Database, reader: &mut Reader) -> Option<Database> {
    let url = reader.required(&variables::DATABASE_REPLICA_URL, parse_url)?;
    Some(Database { url, pooler: None, ..database.clone() })
}

fn parse_url(text: &str) -> Result<PgConnectOptions, String> {
    // The parser's own message may quote the password.
    let wrong = "must be a URL such as postgres://name:password@host:5432/database";
    text.parse().map_err(|_| wrong.to_owned())
}
