//! The queue of the device: which image is next, together with which others,
//! and when.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::Span;

use super::Computed;
use crate::clock::{Deadline, Stopwatch};
use crate::loaded::Loaded;
use crate::queued::{self, NotDone, Priority, TURNS};

/// An image to be run through a model.
pub struct Image {
    pub model: Arc<Loaded>,
    pub input: Vec<f32>,
    pub since: Stopwatch,
    pub deadline: Deadline,
    pub reply: oneshot::Sender<Result<Computed, NotDone>>,
    /// The call's span, for the log.
    pub span: Span,
}

#[derive(Default)]
pub struct Queue {
    pub closed: bool,
    high: VecDeque<Image>,
    low: VecDeque<Image>,
    turn: u32,
    /// Moving average of the time per image.
    mean: Duration,
}

impl Queue {
    pub fn len(&self) -> usize {
        self.high.len() + self.low.len()
    }

    pub fn push(&mut self, priority: Priority, image: Image) {
        match priority {
            Priority::High => self.high.push_back(image),
            Priority::Low => self.low.push_back(image),
        }
        self.measure();
    }

    /// Seconds until everything in the queue is computed.
    pub fn seconds_left(&self) -> u64 {
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        self.mean.saturating_mul(count).as_secs().clamp(1, 300)
    }

    pub fn note(&mut self, images: usize, took: Duration) {
        let each = took / u32::try_from(images).unwrap_or(u32::MAX).max(1);
        self.mean = (self.mean * 7 + each) / 8;
    }

    /// Removes and answers those whose callers no longer wait.
    pub fn forget_given_up(&mut self) {
        let given_up = |image: &Image| image.reply.is_closed() || image.deadline.is_past();
        for queue in [&mut self.high, &mut self.low] {
            if queue.iter().any(given_up) {
                let (late, kept) = std::mem::take(queue).into_iter().partition(given_up);
                *queue = kept;
                let late: VecDeque<Image> = late;
                for image in late {
                    let _ = image.reply.send(Err(NotDone::Late));
                }
            }
        }
    }

    /// How long the next batch may still wait for more images; `None` if the
    /// queue is empty.
    pub fn due(&self, batch_wait: Duration) -> Option<Duration> {
        let first = self.first()?;
        let together = self.images().filter(|image| same(image, first)).count();
        if together >= first.model.largest_batch() {
            return Some(Duration::ZERO);
        }
        Some(batch_wait.saturating_sub(first.since.elapsed()))
    }

    /// The next images for one model, high priority first.
    pub fn batch(&mut self) -> Vec<Image> {
        let Some(first) = self.first() else { return Vec::new() };
        let model = Arc::clone(&first.model);
        self.turn = (self.turn + 1) % TURNS;
        let most = model.largest_batch();
        let mut batch = Vec::new();
        for queue in [&mut self.high, &mut self.low] {
            let mut rest = VecDeque::with_capacity(queue.len());
            for image in queue.drain(..) {
                if batch.len() < most && Arc::ptr_eq(&image.model, &model) {
                    batch.push(image);
                } else {
                    rest.push_back(image);
                }
            }
            *queue = rest;
        }
        self.measure();
        batch
    }

    fn first(&self) -> Option<&Image> {
        let (high, low) = (self.high.front(), self.low.front());
        if self.turn == TURNS - 1 { low.or(high) } else { high.or(low) }
    }

    fn images(&self) -> impl Iterator<Item = &Image> {
        self.high.iter().chain(&self.low)
    }

    fn measure(&self) {
        queued::measure("infer", self.high.len(), self.low.len());
    }
}

/// Whether two images may be computed together: by the same loaded model, not
/// just one of the same name.
fn same(one: &Image, other: &Image) -> bool {
    Arc::ptr_eq(&one.model, &other.model)
}
