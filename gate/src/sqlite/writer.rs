//! One thread that has the file to itself. Whatever arrived while it wrote goes
//! into one transaction, so that many callers share one wait for the disk, and
//! no one is answered before that wait is over.

use std::thread;

use munjigi_captcha::ports::StoreError;
use munjigi_process::clock::Stopwatch;
use munjigi_process::metrics;
use rusqlite::Connection;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

/// Most calls of one transaction: those behind them wait no longer than these
/// take.
const MOST: usize = 1_024;
/// Most calls that wait for one; those beyond are refused at once. A store that
/// is this far behind would answer no one in time.
const MOST_WAITING: usize = 16_384;
/// Statements that stay prepared: more than there are, with those of a few tables
/// of attempts.
const PREPARED: usize = 128;

/// What the thread works with.
pub trait State: Send + 'static {
    fn connection(&self) -> &Connection;

    /// A transaction is about to begin: time for what stands on its own. A
    /// failure does not keep the transaction from being tried.
    fn before(&mut self) -> rusqlite::Result<()>;

    /// Something failed and was undone.
    fn failed(&mut self, error: &rusqlite::Error);

    /// Reads again what memory remembers of the file: something was undone.
    fn rolled_back(&mut self) -> rusqlite::Result<()>;

    /// So many calls were answered: time for what no one waits for.
    fn answered(&mut self, calls: usize) -> rusqlite::Result<()>;
}

/// The way to the thread, which ends with the last clone.
pub struct Writer<D>(Sender<Message<D>>);

enum Message<D> {
    Call(Box<dyn Job<D>>),
    /// Close the file and say so.
    Close(oneshot::Sender<()>),
}

impl<D> Clone for Writer<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: State> Writer<D> {
    /// Starts the thread.
    pub fn start(state: D) -> std::io::Result<Self> {
        state.connection().set_prepared_statement_cache_capacity(PREPARED);
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        thread::Builder::new().name("store".to_owned()).spawn(move || work(state, receiver))?;
        Ok(Self(sender))
    }

    /// Does something within the next transaction and returns its result once
    /// that is durable. If the caller goes away, it is done all the same.
    ///
    /// # Errors
    ///
    /// It failed and is undone, the transaction was not durable, or too many
    /// calls are waiting.
    pub async fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut D) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let call = Call { act: Some(act), result: None, reply };
        self.0.try_send(Message::Call(Box::new(call))).map_err(|_| StoreError)?;
        answer.await.unwrap_or(Err(StoreError))
    }

    /// Closes the file, after the calls that wait, and returns once it is.
    /// Later calls fail.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.0.send(Message::Close(reply)).await.is_ok() {
            // An error means that the thread has ended as well.
            let _ = closed.await;
        }
    }
}

/// Something to be done in a transaction.
trait Job<D>: Send {
    /// Does it. What a call that fails has done must be undone.
    fn act(&mut self, state: &mut D) -> rusqlite::Result<()>;

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
    fn act(&mut self, state: &mut D) -> rusqlite::Result<()> {
        if let Some(act) = self.act.take() {
            self.result = Some(act(state)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, is_durable: bool) {
        let result = self.result.filter(|_| is_durable).ok_or(StoreError);
        // The caller may be gone.
        let _ = self.reply.send(result);
    }
}

fn work<D: State>(mut state: D, mut messages: Receiver<Message<D>>) {
    let mut close = None;
    while close.is_none()
        && let Some(first) = messages.blocking_recv()
    {
        let mut batch = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Call(job) => batch.push(job),
                Message::Close(reply) => close = Some(reply),
            }
            let is_more_taken = close.is_none() && batch.len() < MOST;
            next = if is_more_taken { messages.try_recv().ok() } else { None };
        }
        if batch.is_empty() {
            break;
        }
        if let Err(error) = state.before() {
            state.failed(&error);
        }
        let done = transact(&mut state, &mut batch);
        if let Err(error) = &done {
            state.failed(error);
        }
        let calls = batch.len();
        for job in batch {
            job.answer(done.is_ok());
        }
        if let Err(error) = state.answered(calls) {
            state.failed(&error);
        }
    }
    drop(messages);
    drop(state);
    if let Some(reply) = close {
        let _ = reply.send(());
    }
}

fn transact<D: State>(state: &mut D, batch: &mut [Box<dyn Job<D>>]) -> rusqlite::Result<()> {
    run(state, "BEGIN IMMEDIATE")?;
    let acted = batch.iter_mut().try_for_each(|job| act(state, job.as_mut()));
    let stopwatch = Stopwatch::start();
    let done = acted.and_then(|()| run(state, "COMMIT"));
    if done.is_err() {
        if !state.connection().is_autocommit() {
            run(state, "ROLLBACK")?;
        }
        state.rolled_back()?;
    } else {
        metrics::committed(&stopwatch);
    }
    done
}

/// Does one call in a savepoint of its own: where it fails, those beside it do
/// not. An error ends the transaction.
fn act<D: State>(state: &mut D, job: &mut dyn Job<D>) -> rusqlite::Result<()> {
    run(state, "SAVEPOINT call")?;
    let Err(error) = job.act(state) else { return run(state, "RELEASE call") };
    // A full disk, for example, has ended the transaction already.
    if state.connection().is_autocommit() {
        return Err(error);
    }
    state.failed(&error);
    run(state, "ROLLBACK TO call")?;
    run(state, "RELEASE call")?;
    state.rolled_back()
}

fn run<D: State>(state: &D, sql: &str) -> rusqlite::Result<()> {
    state.connection().prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    /// How often it was told that something was undone.
    struct Numbers(Connection, u32);

    impl State for Numbers {
        fn connection(&self) -> &Connection {
            &self.0
        }

        fn before(&mut self) -> rusqlite::Result<()> {
            Ok(())
        }

        fn failed(&mut self, _: &rusqlite::Error) {}

        fn rolled_back(&mut self) -> rusqlite::Result<()> {
            self.1 += 1;
            Ok(())
        }

        fn answered(&mut self, _: usize) -> rusqlite::Result<()> {
            Ok(())
        }
    }

    fn writer() -> Writer<Numbers> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE numbers (number INTEGER) STRICT").unwrap();
        Writer::start(Numbers(connection, 0)).unwrap()
    }

    fn insert(state: &Numbers, number: u32) -> rusqlite::Result<usize> {
        state.0.execute("INSERT INTO numbers VALUES (?1)", [number])
    }

    #[tokio::test]
    async fn a_call_that_fails_undoes_nothing_of_those_beside_it() {
        let writer = writer();
        let (go, wait) = sync_channel::<()>(0);
        // While the first call waits, the others gather in one transaction.
        let first = writer.ask(move |_| Ok(wait.recv().is_ok()));
        let calls = (0..10).map(|number| {
            writer.ask(move |state| {
                insert(state, number)?;
                if number % 2 == 1 {
                    insert(state, number)?;
                    Err(rusqlite::Error::QueryReturnedNoRows)
                } else {
                    Ok(())
                }
            })
        });
        let calls = async {
            // Joined in order: each is sent before the thread may go on.
            let mut calls: Vec<_> = calls.map(Box::pin).collect();
            let mut results = Vec::new();
            for call in &mut calls {
                let waits = tokio::time::timeout(std::time::Duration::ZERO, call.as_mut()).await;
                assert!(waits.is_err());
            }
            go.send(()).unwrap();
            for call in calls {
                results.push(call.await);
            }
            results
        };
        let (first, results) = tokio::join!(first, calls);
        assert_eq!(first, Ok(true));
        for (number, result) in results.iter().enumerate() {
            assert_eq!(*result, if number % 2 == 1 { Err(StoreError) } else { Ok(()) }, "{number}");
        }
        let (sum, count, told) = writer
            .ask(|state| {
                let sql = "SELECT sum(number), count(*) FROM numbers";
                state.0.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, state.1)))
            })
            .await
            .unwrap();
        assert_eq!((sum, count, told), (2 + 4 + 6 + 8, 5, 5));
    }

    #[tokio::test]
    async fn calls_beyond_those_that_may_wait_are_refused_at_once() {
        let writer = writer();
        let (go, wait) = sync_channel::<()>(0);
        let (started, is_working) = oneshot::channel();
        let first = tokio::spawn({
            let writer = writer.clone();
            async move {
                let act = move |_: &mut Numbers| {
                    let _ = started.send(());
                    Ok(wait.recv().is_ok())
                };
                writer.ask(act).await
            }
        });
        is_working.await.unwrap();
        let mut waiting = Vec::new();
        for number in 0..u32::try_from(MOST_WAITING).unwrap() {
            let mut call = Box::pin(writer.ask(move |state| insert(state, number)));
            tokio::select! {
                biased;
                _ = call.as_mut() => panic!("{number} does not wait"),
                () = tokio::task::yield_now() => waiting.push(call),
            }
        }
        assert_eq!(writer.ask(|state| insert(state, 0)).await, Err(StoreError));
        go.send(()).unwrap();
        for call in waiting {
            assert_eq!(call.await, Ok(1));
        }
        assert_eq!(first.await.unwrap(), Ok(true));
    }
}
