//! Days of records that are past retention, put away before they are dropped:
//! CSV, compressed, one file per table and day, in a bucket or a folder, and
//! encrypted where there are keys. Any tool can read them: docs/operation.md has a
//! query.

pub mod list;
mod shelf;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use async_trait::async_trait;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::TryStreamExt as _;
use munjigi_app::jobs::{ArchiveError, Archiving};
use munjigi_backup::{Recipient, StreamWriter, sealing};
use munjigi_keys::UnixMillis;
use munjigi_store::archiving;
use munjigi_store::housekeeping::{PARTITIONED, drop_before, first_kept_day};
use object_store::{ObjectStoreExt as _, WriteMultipart};
use sqlx::{Connection as _, PgConnection, PgPool};
use time::{Date, Duration};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::backup::BackupError;

pub use shelf::Shelf;

/// How names of files end; encrypted ones continue.
pub const NAME: &str = ".csv.gz";
pub const SEALED: &str = ".age";
/// Bytes that are sent at a time; few in tests, whose days are small.
const PART: usize = if cfg!(test) { 16 * 1024 } else { 8 * 1024 * 1024 };
/// Parts on their way at once.
const AT_ONCE: usize = 2;
/// Postgres may be away as well by then.
const CLOSE_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);
/// A day is over for this long before it is put away, in milliseconds: what was
/// on its way when retention ended has arrived.
const MARGIN_MS: u64 = 3_600_000;

/// Where days go, and who can read them there.
#[derive(Debug)]
pub struct Archive {
    pub shelf: Shelf,
    /// Without any, files are not encrypted.
    pub recipients: Vec<Recipient>,
}

#[async_trait]
impl Archiving for Archive {
    async fn put_away(
        &self,
        pool: &PgPool,
        now: UnixMillis,
        kept_days: u16,
    ) -> Result<Vec<String>, ArchiveError> {
        Self::put_away(self, pool, now, kept_days).await.map_err(|error| match error {
            BackupError::Store(error) => ArchiveError::Database(error),
            other => ArchiveError::Storage { code: other.code(), text: other.to_string() },
        })
    }
}

impl Archive {
    /// Puts away and drops each day that is past retention, oldest first; names
    /// the tables that are gone. Each day is dropped once all of it is there.
    pub async fn put_away(
        &self,
        pool: &PgPool,
        now: UnixMillis,
        kept_days: u16,
    ) -> Result<Vec<String>, BackupError> {
        let before = first_kept_day(UnixMillis(now.0.saturating_sub(MARGIN_MS)), kept_days);
        let mut gone = Vec::new();
        loop {
            let mut connection = pool.acquire().await?;
            let mut transaction = connection.begin().await?;
            // A transaction that is merely dropped keeps its lock for a while, and
            // the next round would find the archive taken.
            match self.put_away_oldest(&mut transaction, before).await {
                Ok(Some(tables)) => {
                    transaction.commit().await?;
                    gone.extend(tables);
                    metrics::counter!("munjigi_archived_days_total").increment(1);
                }
                Ok(None) => {
                    transaction.rollback().await?;
                    return Ok(gone);
                }
                Err(error) => {
                    // The rest of a day may be on its way still: the next query over
                    // this connection would take it for its own answer.
                    drop(timeout(CLOSE_WITHIN, transaction.rollback()).await);
                    drop(timeout(CLOSE_WITHIN, connection.detach().close_hard()).await);
                    return Err(error);
                }
            }
        }
    }

    /// Puts away and drops the oldest day before this one; names the tables that
    /// are gone. `None` if there is none, or another origin is at it.
    async fn put_away_oldest(
        &self,
        connection: &mut PgConnection,
        before: Date,
    ) -> Result<Option<Vec<String>>, BackupError> {
        if !archiving::begin(connection).await? {
            return Ok(None);
        }
        let Some(day) = archiving::oldest_day(connection, before).await? else {
            return Ok(None);
        };
        for table in PARTITIONED {
            let rows = archiving::rows(connection, table, day).await?;
            if rows == 0 {
                continue;
            }
            self.send(connection, table, day).await?;
            if archiving::rows(connection, table, day).await? != rows {
                return Err(BackupError::Changed(format!("{}, {day}", table.0)));
            }
        }
        Ok(Some(drop_before(connection, day + Duration::DAY).await?))
    }

    /// Sends a day of a table. The file is there once it is complete, or not at
    /// all.
    async fn send(
        &self,
        connection: &mut PgConnection,
        table: (&'static str, &'static str),
        day: Date,
    ) -> Result<(), BackupError> {
        let sealed = if self.recipients.is_empty() { "" } else { SEALED };
        let key = self.shelf.key(&format!("{}/{day}{NAME}{sealed}", table.0))?;
        let failed = |error: object_store::Error| self.shelf.error(&error);
        let upload = self.shelf.store().put_multipart(&key).await.map_err(failed)?;
        let mut write = WriteMultipart::new_with_chunk_size(upload, PART);
        let sent: Result<(), BackupError> = async {
            let (pipe, mut ready) = unbounded_channel();
            let mut packing = Packing::new(Pipe(pipe), &self.recipients)?;
            let mut rows = connection.copy_out_raw(&archiving::copy(table, day)).await?;
            while let Some(bytes) = rows.try_next().await? {
                packing.write(&bytes)?;
                pass_on(&mut ready, &mut write).await.map_err(failed)?;
            }
            packing.finish()?;
            pass_on(&mut ready, &mut write).await.map_err(failed)
        }
        .await;
        match sent {
            Ok(()) => write.finish().await.map(drop).map_err(failed),
            Err(error) => {
                let _ = write.abort().await;
                Err(error)
            }
        }
    }
}

async fn pass_on(
    ready: &mut UnboundedReceiver<Vec<u8>>,
    write: &mut WriteMultipart,
) -> object_store::Result<()> {
    while let Ok(bytes) = ready.try_recv() {
        write.wait_for_capacity(AT_ONCE).await?;
        write.write(&bytes);
    }
    Ok(())
}

/// Hands on what is written.
struct Pipe(UnboundedSender<Vec<u8>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(bytes.to_vec());
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compresses, and encrypts for those who may read.
enum Packing {
    Plain(GzEncoder<Pipe>),
    Sealed(GzEncoder<StreamWriter<Pipe>>),
}

impl Packing {
    fn new(pipe: Pipe, recipients: &[Recipient]) -> Result<Self, BackupError> {
        let level = Compression::default();
        Ok(if recipients.is_empty() {
            Self::Plain(GzEncoder::new(pipe, level))
        } else {
            Self::Sealed(GzEncoder::new(sealing(pipe, recipients)?, level))
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(encoder) => encoder.write_all(bytes),
            Self::Sealed(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(encoder) => encoder.finish().map(drop),
            Self::Sealed(encoder) => encoder.finish()?.finish().map(drop),
        }
    }
}
