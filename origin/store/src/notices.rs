//! Hearing what other transactions announce with NOTIFY. It is a hint that
//! wakes whoever looks at a table; the table is the truth.

use sqlx::PgPool;
use sqlx::postgres::PgListener;

/// What is announced on one channel.
#[derive(Debug)]
pub struct Notices {
    pool: PgPool,
    channel: &'static str,
    open: Option<PgListener>,
}

impl Notices {
    /// Of a channel; nothing is connected yet.
    pub const fn of(pool: PgPool, channel: &'static str) -> Self {
        Self { pool, channel, open: None }
    }

    /// Listens where that is not so yet, and says whether it began just now:
    /// what was announced before was missed.
    pub async fn began(&mut self) -> bool {
        if self.open.is_some() {
            return false;
        }
        self.open = listen(&self.pool, self.channel).await;
        self.open.is_some()
    }

    /// Gives the connection up, for example when Postgres went away.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// What is announced next; `None` when the connection is lost. Never
    /// returns while nothing listens.
    pub async fn next(&mut self) -> Option<String> {
        let Some(open) = &mut self.open else { return std::future::pending().await };
        let heard = open.try_recv().await.ok().flatten();
        if heard.is_none() {
            self.open = None;
        }
        heard.map(|notice| notice.payload().to_owned())
    }

    /// Returns when something is announced or the connection is lost; never
    /// while nothing listens.
    pub async fn heard(&mut self) {
        match &mut self.open {
            // `None` and errors: the connection was lost and what was said
            // meanwhile with it; look at the table, then listen anew.
            Some(open) => {
                if !matches!(open.try_recv().await, Ok(Some(_))) {
                    self.open = None;
                }
            }
            None => std::future::pending().await,
        }
    }
}

async fn listen(pool: &PgPool, channel: &str) -> Option<PgListener> {
    let mut listener = PgListener::connect_with(pool).await.ok()?;
    listener.listen(channel).await.ok()?;
    Some(listener)
}
