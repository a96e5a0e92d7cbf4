//! The one thread that runs networks. Images for one model that arrive together
//! are computed together; the queue is bounded. `engine::fence` decides who may
//! use the adapter.

mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::Span;

use crate::clock::{Deadline, Stopwatch};
use crate::engine::choice::Engines;
use crate::loaded::Loaded;
use crate::queued::{Full, NotDone, Priority, Queued};

use queue::{Image, Queue};

/// The thread together with its queue.
pub struct Device {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

struct Shared {
    engines: Arc<Engines>,
    queue: Mutex<Queue>,
    more: Condvar,
    most: usize,
    batch_wait: Duration,
}

/// A model's result for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// The outputs, in the network's order.
    pub outputs: Vec<Vec<f32>>,
    /// `wonnx` or `rten`.
    pub engine: &'static str,
}

impl Device {
    /// Starts the thread. `most` bounds the number of waiting images;
    /// `batch_wait` is how long one waits for others.
    pub fn new(engines: Arc<Engines>, most: usize, batch_wait: Duration) -> std::io::Result<Self> {
        let (queue, more) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { engines, queue, more, most, batch_wait });
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().name("device".to_owned()).spawn(move || own.work())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The engines of this machine.
    pub fn engines(&self) -> &Engines {
        &self.shared.engines
    }

    /// Queues images for one model, all or none.
    pub fn submit(
        &self,
        model: &Arc<Loaded>,
        inputs: Vec<Vec<f32>>,
        priority: Priority,
        deadline: Deadline,
    ) -> Result<Vec<Queued<Computed>>, Full> {
        let mut queue = self.shared.queue();
        if queue.len() + inputs.len() > self.shared.most {
            return Err(Full { what: "images for a model", retry_after: queue.seconds_left() });
        }
        let computing = inputs
            .into_iter()
            .map(|input| {
                let (reply, receiver) = oneshot::channel();
                let model = Arc::clone(model);
                let since = Stopwatch::start();
                let span = Span::current();
                queue.push(priority, Image { model, input, since, deadline, reply, span });
                Queued { reply: receiver, deadline }
            })
            .collect();
        self.shared.more.notify_all();
        Ok(computing)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.shared.queue().closed = true;
        self.shared.more.notify_all();
        if let Some(thread) = self.thread.take() {
            // Its panics were caught and logged where they happened.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// No change to the queue is left half-done, so a panic elsewhere does no
    /// harm.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(batch) = self.next() {
            self.compute(batch);
        }
    }

    /// Waits until a batch is full or its oldest image has waited long enough;
    /// `None` when the service ends.
    fn next(&self) -> Option<Vec<Image>> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            queue.forget_given_up();
            queue = match queue.due(self.batch_wait) {
                Some(Duration::ZERO) => return Some(queue.batch()),
                Some(wait) => {
                    let woken = self.more.wait_timeout(queue, wait);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.more.wait(queue).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a batch is far below 2^52 images")]
    fn compute(&self, batch: Vec<Image>) {
        let Some(first) = batch.first() else { return };
        // Of several calls, the first one's span: a failure is logged once.
        let span = first.span.clone();
        let _entered = span.enter();
        let model = Arc::clone(&first.model);
        let inputs: Vec<&[f32]> = batch.iter().map(|image| image.input.as_slice()).collect();
        let stopwatch = Stopwatch::start();
        // The other half of the time is for the CPU, in case the GPU does not
        // answer.
        let most_urgent = batch.iter().map(|image| image.deadline).min();
        let within = most_urgent.and_then(Deadline::left).unwrap_or_default() / 2;
        let computed = catch_unwind(AssertUnwindSafe(|| model.run(&inputs, within)));
        let took = stopwatch.elapsed();
        let name = model.label();
        let answers = match computed {
            Ok(Ok((answers, engine))) => {
                metrics::histogram!("munjigi_gpu_batch_size", "model" => name.clone())
                    .record(inputs.len() as f64);
                metrics::histogram!(
                    "munjigi_gpu_inference_seconds", "model" => name, "engine" => engine
                )
                .record(took.as_secs_f64());
                self.queue().note(inputs.len(), took);
                answers.into_iter().map(|outputs| Ok(Computed { outputs, engine })).collect()
            }
            Ok(Err(error)) => {
                tracing::error!(model = %name, code = error.code(), %error, "a batch failed");
                vec![Err(NotDone::Failed); batch.len()]
            }
            Err(_) => {
                tracing::error!(model = %name, "a batch panicked");
                vec![Err(NotDone::Failed); batch.len()]
            }
        };
        for (image, answer) in batch.into_iter().zip(answers) {
            // The caller may have gone away.
            let _ = image.reply.send(answer);
        }
    }
}
