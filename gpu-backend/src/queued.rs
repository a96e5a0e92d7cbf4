//! What the queue of pictures and the queue of images for models share: the
//! order in which calls are served, and how a caller waits.

use serde::Deserialize;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::clock::Deadline;

/// One in this many pictures or batches is of low priority, if one waits: work
/// done in advance is never starved.
pub const TURNS: u32 = 8;

/// A call says it in its query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// A person waits for the result.
    #[default]
    High,
    /// Work done in advance.
    Low,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the queue of {what} is full")]
pub struct Full {
    pub what: &'static str,
    /// Seconds until there is likely to be room.
    pub retry_after: u64,
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotDone {
    /// No one waits for it any more.
    #[error("the deadline passed")]
    Late,
    /// The log has the details.
    #[error("the work failed")]
    Failed,
}

/// Work in a queue or under way. Dropping it cancels it.
#[derive(Debug)]
pub struct Queued<T> {
    pub reply: oneshot::Receiver<Result<T, NotDone>>,
    pub deadline: Deadline,
}

impl<T> Queued<T> {
    /// Waits for the result, at most until its deadline.
    pub async fn finished(self) -> Result<T, NotDone> {
        let left = self.deadline.left().ok_or(NotDone::Late)?;
        match tokio::time::timeout(left, self.reply).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(NotDone::Failed),
            Err(_) => Err(NotDone::Late),
        }
    }
}

/// Reports how much of each priority waits in a queue.
#[expect(clippy::cast_precision_loss, reason = "gauges are floats by Prometheus's design")]
pub fn measure(queue: &'static str, high: usize, low: usize) {
    for (priority, count) in [("high", high), ("low", low)] {
        metrics::gauge!("munjigi_gpu_queue_depth", "queue" => queue, "priority" => priority)
            .set(count as f64);
    }
}
