//! One thread that has the file to itself. Whatever arrived while it wrote goes
//! into one transaction, so that many callers share one wait for the disk, and
//! nobody is answered before that wait is over.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use munjigi_captcha::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

/// Most calls of one transaction: those behind them wait no longer than these
/// take.
const MOST: usize = 1_024;

/// What the thread works with.
pub trait Desk: Send + 'static {
    /// The open file.
    fn connection(&self) -> &Connection;

    /// Reads again what memory remembers of the file.
    fn rolled_back(&mut self) -> rusqlite::Result<()>;
}

/// The way to the thread, which ends with the last clone.
pub struct Writer<D>(Sender<Box<dyn Job<D>>>);

impl<D> Clone for Writer<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Desk> Writer<D> {
    /// Starts the thread.
    pub fn start(desk: D) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        thread::Builder::new().name("store".to_owned()).spawn(move || work(desk, &receiver))?;
        Ok(Self(sender))
    }

    /// Does something within the next transaction and returns its result once
    /// that is durable. If the caller goes away, it is done all the same.
    pub async fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut D) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let call = Call { act: Some(act), result: None, reply };
        self.0.send(Box::new(call)).map_err(|_| StoreError)?;
        answer.await.unwrap_or(Err(StoreError))
    }
}

/// Something to be done in a transaction.
trait Job<D>: Send {
    /// Does it. The transaction must end without effect if this fails.
    fn act(&mut self, desk: &mut D) -> rusqlite::Result<()>;

    /// Answers, once it is known whether the transaction is durable.
    fn answer(self: Box<Self>, is_durable: bool);
}

struct Call<A, T> {
    act: Option<A>,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<D, T, A> Job<D> for Call<A, T>
where
    T: Send,
    A: FnOnce(&mut D) -> rusqlite::Result<T> + Send,
{
    fn act(&mut self, desk: &mut D) -> rusqlite::Result<()> {
        if let Some(act) = self.act.take() {
            self.result = Some(act(desk)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, is_durable: bool) {
        let result = self.result.filter(|_| is_durable).ok_or(StoreError);
        // Whoever asked may be gone.
        let _ = self.reply.send(result);
    }
}

fn work<D: Desk>(mut desk: D, jobs: &Receiver<Box<dyn Job<D>>>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        while batch.len() < MOST
            && let Ok(next) = jobs.try_recv()
        {
            batch.push(next);
        }
        let done = transact(&mut desk, &mut batch);
        if let Err(error) = &done {
            tracing::error!(%error, calls = batch.len(), "the store did not take a transaction");
        }
        for job in batch {
            job.answer(done.is_ok());
        }
    }
}

fn transact<D: Desk>(desk: &mut D, batch: &mut [Box<dyn Job<D>>]) -> rusqlite::Result<()> {
    desk.connection().execute_batch("BEGIN IMMEDIATE")?;
    let acted = batch.iter_mut().try_for_each(|job| job.act(desk));
    let done = acted.and_then(|()| desk.connection().execute_batch("COMMIT"));
    if done.is_err() && !desk.connection().is_autocommit() {
        desk.connection().execute_batch("ROLLBACK")?;
    }
    if done.is_err() {
        desk.rolled_back()?;
    }
    done
}
