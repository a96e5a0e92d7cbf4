//! Sends what waits in the file to the origin, for as long as it takes: visitors
//! and back ends are served meanwhile.

use std::time::Duration;

use axum::http::header;
use munjigi_captcha::ports::StoreError;
use munjigi_process::stop::Stop;
use munjigi_protocol::{EventBatch, Route, headers, routes};
use munjigi_serving::outbound::{self, OutboundError};
use munjigi_serving::recall::LogPosition;
use reqwest::Client;

use crate::live::Live;
use crate::random;

/// Pause while the origin takes everything.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest pause while it does not.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long a gate that stops tries once more.
const LAST_TRY: Duration = Duration::from_secs(5);

/// The name under which this gate's events arrive.
const SENDER: &str = "gate";

/// Delivers to the origin.
pub struct Courier {
    live: Live,
    client: Client,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Undelivered {
    #[error("{0}")]
    Origin(OutboundError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Courier {
    /// For a gate that has an origin.
    pub const fn new(live: Live, client: Client) -> Self {
        Self { live, client }
    }

    /// Delivers until asked to stop, and then once more.
    pub async fn run(self, mut stop: Stop) {
        let mut pause = PAUSE;
        let mut told = None;
        while !stop.is_asked() {
            let done = self.deliver().await.err();
            if done != told {
                if let Some(error) = done {
                    tracing::warn!(%error, "the origin does not take what waits for it");
                } else {
                    tracing::info!("the origin takes what waits for it again");
                }
                told = done;
            }
            pause = if done.is_none() { PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.asked() => {}
            }
        }
        if let Ok(Err(error)) | Err(error) = tokio::time::timeout(LAST_TRY, self.deliver())
            .await
            .map_err(|_| Undelivered::Origin(OutboundError::Unreachable))
        {
            tracing::warn!(%error, "what waits for the origin will be sent after the next start");
        }
    }

    /// Sends everything that waits now.
    async fn deliver(&self) -> Result<(), Undelivered> {
        let store = self.live.now().platform.parts().store.clone();
        loop {
            let events = store.waiting_events().await?;
            if events.is_empty() {
                break;
            }
            if events.unreadable() > 0 {
                let count = events.unreadable();
                tracing::error!(
                    count,
                    "events in the store that this release cannot read; they stay"
                );
            }
            let mut log_position = None;
            if !events.events.is_empty() {
                let batch = EventBatch { shard: SENDER.to_owned(), events: events.events.clone() };
                let body = serde_json::to_string(&batch).map_err(|_| StoreError)?;
                log_position =
                    self.post(routes::EVENTS, body).await.map_err(Undelivered::Origin)?;
            }
            let again = store.events_taken(events, log_position).await?;
            if again > 0 {
                metrics::counter!("munjigi_edge_events_recalled_total").increment(again);
                tracing::warn!(
                    again,
                    "the origin's store is not as it was: what it may have lost is sent again"
                );
            }
        }
        while let Some(batch) = store.waiting_batch().await? {
            match self.post(routes::COUNTS, batch.body.clone()).await {
                Ok(_) => store.batch_taken(&batch).await?,
                Err(error @ OutboundError::Status(400..=499)) => {
                    tracing::warn!(%error, "the origin refuses a batch of counts; it waits");
                    store.batch_refused(&batch).await?;
                }
                Err(error) => return Err(Undelivered::Origin(error)),
            }
        }
        Ok(())
    }

    /// Posts a JSON body, signed for this attempt. Returns once the origin has
    /// committed it, and where.
    async fn post(&self, route: Route, body: String) -> Result<Option<LogPosition>, OutboundError> {
        let public = self.live.now();
        let parts = public.platform.parts();
        let mut nonce = [0; 16];
        random::fill(&mut nonce)?;
        let call = outbound::sign(&parts.state.config, route, &body, parts.clock.now(), nonce)?;
        let request = self
            .client
            .post(call.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(headers::SIGNATURE, call.signature)
            .body(body);
        let answer = request.send().await.map_err(|_| OutboundError::Unreachable)?;
        outbound::taken(answer.status().as_u16())?;
        let log_position = answer.headers().get(headers::STORE);
        Ok(log_position.and_then(|text| LogPosition::parse(text.to_str().ok()?)))
    }
}
