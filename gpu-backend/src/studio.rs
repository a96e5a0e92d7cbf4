//! The drawing threads, and the bounded queue in front of them. `draw` defines
//! what a picture is.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::Span;

use crate::clock::{Deadline, Stopwatch};
use crate::draw::{Ask, Drawn, Stopped, draw};
use crate::queued::{self, Full, NotDone, Priority, Queued, TURNS};

#[derive(Debug)]
pub struct Studio {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    more: Condvar,
    most: usize,
    threads: usize,
}

#[derive(Debug)]
struct Queue {
    high: VecDeque<Job>,
    low: VecDeque<Job>,
    turn: u32,
    /// Moving average of the time per picture.
    mean: Duration,
    closed: bool,
}

#[derive(Debug)]
struct Job {
    ask: Ask,
    deadline: Deadline,
    reply: oneshot::Sender<Result<Drawn, NotDone>>,
    /// The call's span, for the log.
    span: Span,
}

impl Studio {
    /// Starts the threads.
    pub fn new(threads: usize, most: usize) -> std::io::Result<Self> {
        let queue = Queue {
            high: VecDeque::new(),
            low: VecDeque::new(),
            turn: 0,
            mean: Duration::from_millis(200),
            closed: false,
        };
        let (queue, more) = (Mutex::new(queue), Condvar::new());
        let shared = Arc::new(Shared { queue, more, most, threads });
        let threads = (0..threads)
            .map(|number| {
                let shared = Arc::clone(&shared);
                let name = format!("draw-{number}");
                thread::Builder::new().name(name).spawn(move || shared.work())
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self { shared, threads })
    }

    /// Queues pictures, all or none.
    pub fn submit(
        &self,
        asks: Vec<Ask>,
        priority: Priority,
        deadline: Deadline,
    ) -> Result<Vec<Queued<Drawn>>, Full> {
        let mut queue = self.shared.queue();
        let waiting = queue.high.len() + queue.low.len();
        if waiting + asks.len() > self.shared.most {
            return Err(Full { what: "pictures", retry_after: self.shared.wait(&queue, waiting) });
        }
        let drawings = asks
            .into_iter()
            .map(|ask| {
                let (reply, receiver) = oneshot::channel();
                let span = Span::current();
                queue.of(priority).push_back(Job { ask, deadline, reply, span });
                Queued { reply: receiver, deadline }
            })
            .collect();
        queue.measure();
        self.shared.more.notify_all();
        Ok(drawings)
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.shared.queue().closed = true;
        self.shared.more.notify_all();
        for thread in self.threads.drain(..) {
            // Its panic was logged where it was caught.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn of(&mut self, priority: Priority) -> &mut VecDeque<Job> {
        match priority {
            Priority::High => &mut self.high,
            Priority::Low => &mut self.low,
        }
    }

    fn next(&mut self) -> Option<Job> {
        self.turn = (self.turn + 1) % TURNS;
        let lows_turn = self.turn == 0;
        let job = if lows_turn {
            self.low.pop_front().or_else(|| self.high.pop_front())
        } else {
            self.high.pop_front().or_else(|| self.low.pop_front())
        };
        self.measure();
        job
    }

    fn measure(&self) {
        queued::measure("draw", self.high.len(), self.low.len());
    }
}

impl Shared {
    /// No change to the queue is left half-done, so a panic elsewhere does no
    /// harm.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds until the pictures in the queue are drawn.
    fn wait(&self, queue: &Queue, waiting: usize) -> u64 {
        let rounds = u32::try_from(waiting.div_ceil(self.threads.max(1))).unwrap_or(u32::MAX);
        queue.mean.saturating_mul(rounds).as_secs().clamp(1, 300)
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.next() {
                return Some(job);
            }
            queue = self.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        while let Some(Job { ask, deadline, reply, span }) = self.next() {
            let _entered = span.enter();
            let waits = || !deadline.is_past() && !reply.is_closed();
            if !waits() {
                let _ = reply.send(Err(NotDone::Late));
                continue;
            }
            let label = ask.picture_type.as_str();
            let stopwatch = Stopwatch::start();
            let drawn = catch_unwind(AssertUnwindSafe(|| draw(&ask, &waits)));
            let answer = match drawn {
                Ok(Ok(drawn)) => {
                    self.note(label, stopwatch.elapsed());
                    Ok(drawn)
                }
                Ok(Err(Stopped)) => Err(NotDone::Late),
                Err(_) => {
                    tracing::error!(picture_type = label, "a picture could not be drawn");
                    Err(NotDone::Failed)
                }
            };
            // The caller may have gone away.
            let _ = reply.send(answer);
        }
    }

    fn note(&self, label: &'static str, took: Duration) {
        metrics::counter!("munjigi_gpu_pictures_total", "type" => label).increment(1);
        metrics::histogram!("munjigi_gpu_picture_seconds", "type" => label)
            .record(took.as_secs_f64());
        let mut queue = self.queue();
        queue.mean = (queue.mean * 7 + took) / 8;
    }
}

#[cfg(test)]
mod tests;
