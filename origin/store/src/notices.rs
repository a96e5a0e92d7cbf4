//! Listens to what other transactions announce with NOTIFY. A notification is
//! only a hint to look at a table; the table is the truth.

use sqlx::PgPool;
use sqlx::postgres::PgListener;

/// The announcements on one channel.
#[derive(Debug)]
pub struct Notices {
    pool: PgPool,
    channel: &'static str,
    open: Option<PgListener>,
}

impl Notices {
    /// For a channel; does not connect yet.
    pub const fn of(pool: PgPool, channel: &'static str) -> Self {
        Self { pool, channel, open: None }
    }

    /// Starts listening if necessary, and returns whether it started just now:
    /// earlier announcements were missed.
    pub async fn began(&mut self) -> bool {
        if self.open.is_some() {
            return false;
        }
        self.open = listen(&self.pool, self.channel).await;
        self.open.is_some()
    }

    /// Drops the connection, for example after Postgres went down.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// The next announcement; `None` if the connection is lost. Never returns
    /// while not listening.
    pub async fn next(&mut self) -> Option<String> {
        let Some(open) = &mut self.open else { return std::future::pending().await };
        let heard = open.try_recv().await.ok().flatten();
        if heard.is_none() {
            self.open = None;
        }
        heard.map(|notice| notice.payload().to_owned())
    }
}

async fn listen(pool: &PgPool, channel: &str) -> Option<PgListener> {
    let mut listener = PgListener::connect_with(pool).await.ok()?;
    listener.listen(channel).await.ok()?;
    Some(listener)
}
