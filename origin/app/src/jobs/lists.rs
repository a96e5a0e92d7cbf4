//! Fetches the published lists that rules may name. A file that is not good
//! leaves the last good one in force.

use std::time::Duration;

use munjigi_delivery::lists::{Fetcher, File};
use munjigi_domain::lists::{self, FetchFault, STALE_AFTER, Source};
use munjigi_domain::reach::Reach;
use munjigi_keys::UnixMillis;
use munjigi_protocol::routes;
use munjigi_store::lists::{Fetch, FetchOutcome, ForgetSources, SourceRecord, published, sources};
use munjigi_store::{DatabaseError, transact};

use super::Jobs;

/// Delay after a fetch that failed, unless the period is shorter.
const RETRY_AFTER: Duration = Duration::from_mins(15);

/// Which published lists there are, and how they are fetched.
#[derive(Debug, Clone)]
pub struct PublishedLists {
    pub fetcher: Fetcher,
    pub sources: Vec<Source>,
    /// How often each is fetched.
    pub period: Duration,
}

impl PublishedLists {
    /// Fetches nothing.
    pub fn none() -> Result<Self, reqwest::Error> {
        let fetcher = Fetcher::new(Reach::Public)?;
        Ok(Self { fetcher, sources: Vec::new(), period: RETRY_AFTER })
    }
}

impl Jobs {
    /// Fetches every source that is due.
    pub async fn fetch_lists(&self) -> Result<(), DatabaseError> {
        let PublishedLists { sources: wanted, .. } = &self.lists;
        let now = self.clock.now();
        transact(&self.pool, &ForgetSources { kept: wanted, now }).await?;
        let known = sources(&self.pool).await?;
        for source in wanted {
            let before = known
                .iter()
                .find(|known| known.list == source.list.as_str() && known.url == source.url);
            if before.is_none_or(|before| is_due(before, now)) {
                self.fetch_list(source, before).await?;
            }
        }
        self.measure_lists().await
    }

    async fn fetch_list(
        &self,
        source: &Source,
        before: Option<&SourceRecord>,
    ) -> Result<(), DatabaseError> {
        let PublishedLists { fetcher, period, sources } = &self.lists;
        // All sources of a list share what the edge takes of it.
        let parts = sources.iter().filter(|other| other.list == source.list).count().max(1);
        let most = routes::PUT_LIST.max_body_bytes / parts;
        let (list, outcome) = (source.list.as_str(), fetch(fetcher, source, before, most).await);
        let (outcome, wait) = match outcome {
            Ok(outcome) => (outcome, *period),
            Err(fault) => {
                metrics::counter!("munjigi_list_failures_total", "list" => list, "code" => fault.code())
                    .increment(1);
                tracing::warn!(list, url = source.url, code = fault.code(), error = %fault, "a list was not fetched; the last good one stays");
                (FetchOutcome::Failed { error: fault.to_string() }, (*period).min(RETRY_AFTER))
            }
        };
        let now = self.clock.now();
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let next_try_at = UnixMillis(now.0.saturating_add(wait));
        let unit = Fetch { source, outcome: &outcome, next_try_at, now };
        if transact(&self.pool, &unit).await? {
            tracing::info!(list, "a list has changed");
        }
        Ok(())
    }

    async fn measure_lists(&self) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        for list in published(&self.pool).await? {
            let is_stale = list.is_stale(now);
            metrics::gauge!("munjigi_list_stale", "list" => list.name.clone()).set(if is_stale {
                1.0
            } else {
                0.0
            });
            if is_stale {
                let hours = STALE_AFTER.as_secs() / 3_600;
                tracing::warn!(list = list.name, hours, error = list.error, "a list is stale");
            }
        }
        Ok(())
    }
}

fn is_due(source: &SourceRecord, now: UnixMillis) -> bool {
    munjigi_domain::timestamp::from_timestamp(source.next_try_at) <= now
}

async fn fetch(
    fetcher: &Fetcher,
    source: &Source,
    before: Option<&SourceRecord>,
    most: usize,
) -> Result<FetchOutcome, FetchFault> {
    let entries = before.and_then(|before| usize::try_from(before.entries?).ok());
    // Without a good file, any is new.
    let etag = before.filter(|_| entries.is_some()).and_then(|before| before.etag.as_deref());
    match fetcher.fetch(&source.url, etag).await? {
        File::Unchanged => Ok(FetchOutcome::Unchanged),
        File::New { bytes, etag } => {
            let read = lists::read(source.format, &bytes)?;
            lists::judge(&read, entries, most)?;
            Ok(FetchOutcome::New { entries: read, etag })
        }
    }
}
