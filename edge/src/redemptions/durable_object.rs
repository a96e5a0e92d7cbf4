//! The class itself: reads a command, calls the rules inside its single thread,
//! writes; sets its alarm and does what the alarm is for.
//!
//! Exported by hand instead of through `#[durable_object]`: a command is
//! answered without waiting for anything, so that no promise is needed, and the
//! macro would take each answer apart and rebuild it.

use std::cell::RefCell;

use munjigi_captcha::redemption::{Redeem, Redemption, bucket};
use munjigi_keys::UnixMillis;
use munjigi_protocol::routes;
use munjigi_serving::config::Config;
use munjigi_serving::log::{Level, Line};
use munjigi_serving::recall::LogPosition;
use worker::js_sys::Date;
use worker::wasm_bindgen;
use worker::wasm_bindgen::prelude::*;
use worker::worker_sys::DurableObjectState;
use worker::{Env, State};

use super::alarm::{Plan, Remaining};
use super::denied::Denied;
use super::kept::Kept;
use super::outbox::{self, Batch, Next, Outbox};
use super::rows::{Rows, given_up};
use super::schema::{self, Schema};
use super::side_tables;
use super::sql::{Database, SqlError};
use super::wire::{Command, Entry, Reply, RowId};
use crate::{clock, console, isolate, outbound};

/// Batches that one alarm sends before it yields to the runtime.
const BATCHES_PER_ALARM: usize = 20;

/// One shard.
#[wasm_bindgen]
pub struct Redemptions {
    state: State,
    env: Env,
    db: Database,
    schema: RefCell<Option<Schema>>,
    rows: Rows,
    outbox: Outbox,
    kept: Kept,
    denied: Denied,
    plan: RefCell<Plan>,
}

#[wasm_bindgen]
impl Redemptions {
    /// Wakes the object.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let state = State::from(state);
        let object = Self {
            db: Database::new(&state.storage()),
            state,
            env,
            schema: RefCell::new(None),
            rows: Rows::default(),
            outbox: Outbox::default(),
            kept: Kept::default(),
            denied: Denied::default(),
            plan: RefCell::new(Plan::default()),
        };
        if let Err(error) = object.wake(clock::now()) {
            console::write(&Line::new(Level::Error, "object-not-ready").with_detail(&error.0));
        }
        object
    }

    /// Carries out the command in a URL; returns the reply's header.
    pub fn obey(&self, url: &str) -> String {
        let reply = match Command::from_url(url) {
            Some(command) => self.answer(command, clock::now()).unwrap_or_else(|error| {
                console::write(&Line::new(Level::Error, "object-failed").with_detail(&error.0));
                Reply::Failed
            }),
            None => Reply::Failed,
        };
        reply.header().unwrap_or_default()
    }

    /// Rings when rows should be sent or a bucket has ended.
    pub async fn alarm(&self) {
        let now = clock::now();
        // First, so that there is another alarm whatever happens below.
        let unready = self.schema.borrow().is_none();
        let due = self.next_end().is_some_and(|end| end <= now.0);
        let work = unready || due || !self.outbox.is_empty();
        let next = self.plan.borrow_mut().rings(now.0, work);
        if let Some(at) = next {
            self.set_alarm(at);
        }
        if let Err(error) = self.work().await {
            self.plan.borrow_mut().failed(now.0);
            console::write(&Line::new(Level::Error, "alarm-failed").with_detail(&error.0));
        }
    }
}

impl Redemptions {
    /// Learns what the database contains, and makes sure that an alarm is set
    /// for it.
    fn wake(&self, now: UnixMillis) -> Result<(), SqlError> {
        let schema = schema::wake(&self.db, &self.name())?;
        if schema == Schema::Current {
            self.rows.load(&self.db)?;
            self.denied.load(&self.db)?;
            self.kept.load(&self.db)?;
            outbox::take_up(&self.db)?;
            self.outbox.load(&self.db, &self.rows.buckets())?;
            if !self.outbox.is_empty() {
                self.plan.borrow_mut().more_waits(now.0);
            }
        }
        *self.schema.borrow_mut() = Some(schema);
        self.watch(now);
        Ok(())
    }

    fn answer(&self, command: Command, now: UnixMillis) -> Result<Reply, SqlError> {
        if self.schema.borrow().is_none() {
            self.wake(now)?;
        }
        let empty = *self.schema.borrow() == Some(Schema::Empty);
        if empty {
            match &command {
                Command::Sweep | Command::Backlog => return Ok(Reply::Swept(0)),
                Command::Deny(entries) if !entries.iter().any(Entry::denies) => {
                    return Ok(Reply::Denied);
                }
                _ => self.create()?,
            }
        }
        Ok(match command {
            Command::Spend(row, spend) => {
                Reply::Redemption(self.redeem(&row, &spend.into(), now)?)
            }
            Command::Owe(row, least) => Reply::Owing(self.rows.owe(&self.db, now, &row, least)?),
            Command::Step(row) => Reply::Stepped(self.rows.step(&self.db, now, &row)?),
            Command::Answer(row, answer) => {
                Reply::Answered(self.rows.answer(&self.db, now, &row, &answer)?)
            }
            Command::RaisePrice(payer) => Reply::Price(side_tables::raise(&self.db, &payer, now)?),
            Command::ReadPrice(payer) => Reply::Price(side_tables::price(&self.db, &payer, now)?),
            Command::Nonce(nonce, until) => {
                Reply::Nonce(side_tables::nonce(&self.db, &nonce, until)?)
            }
            Command::Deny(entries) => {
                let entries: Vec<_> = entries.into_iter().map(Into::into).collect();
                self.denied.apply(&self.db, &entries, now)?;
                Reply::Denied
            }
            Command::Sweep => {
                self.sweep(now)?;
                self.backlog()?
            }
            Command::Backlog => self.backlog()?,
        })
    }

    fn create(&self) -> Result<(), SqlError> {
        schema::create(&self.db, &self.name())?;
        *self.schema.borrow_mut() = Some(Schema::Current);
        Ok(())
    }

    fn redeem(
        &self,
        row: &RowId,
        redeem: &Redeem,
        now: UnixMillis,
    ) -> Result<Redemption, SqlError> {
        let denial = self.denied.denial(redeem, now);
        let n = self.outbox.last_number() + 1;
        let redeemed = self.rows.redeem(&self.db, now, denial, row, redeem, n)?;
        if redeemed == Redemption::First {
            self.outbox.spent(bucket::of(row.keep_until), row.id);
            self.row_written(now);
        }
        Ok(redeemed)
    }

    /// The object's name, empty if only an alarm wakes it.
    fn name(&self) -> String {
        self.state.id().name().unwrap_or_default()
    }

    fn row_written(&self, now: UnixMillis) {
        let origin = isolate::of(&self.env).is_none_or(|state| state.config.origin_url.is_some());
        let wanted = if origin {
            self.plan.borrow_mut().row_written(now.0)
        } else {
            // No one needs it yet; only the end of its bucket is ahead.
            self.plan.borrow_mut().watch(now.0, self.next_due(now))
        };
        if let Some(at) = wanted {
            self.set_alarm(at);
        }
    }

    fn sweep(&self, now: UnixMillis) -> Result<(), SqlError> {
        self.denied.sweep(&self.db, now)?;
        side_tables::sweep(&self.db, now)?;
        self.watch(now);
        Ok(())
    }

    fn backlog(&self) -> Result<Reply, SqlError> {
        let backlog = self.outbox.backlog(&self.db, &self.rows.buckets())?;
        Ok(Reply::Swept(u32::try_from(backlog).unwrap_or(u32::MAX)))
    }

    /// The alarm's work: sends what waits, drops what has ended.
    async fn work(&self) -> Result<(), SqlError> {
        if self.schema.borrow().is_none() {
            self.wake(clock::now())?;
        }
        // The log has said what is wrong with the configuration; rows wait.
        let Some(config) = isolate::of(&self.env).map(|state| &state.config) else {
            let now = clock::now();
            self.plan.borrow_mut().failed(now.0);
            self.settle(now);
            return Ok(());
        };
        // Rows that arrive in the meantime wait for the next alarm: a batch for
        // each would move the cursor each time.
        let last = self.outbox.last_number();
        for _ in 0..BATCHES_PER_ALARM {
            let now = clock::now();
            let Some(batch) = self.next(config, now)? else {
                self.plan.borrow_mut().sent(now.0, Remaining::Nothing);
                return self.rest(now);
            };
            let place = match self.send(config, &batch, now).await {
                Ok(place) => place,
                Err(why) => {
                    console::write(&Line::new(Level::Warn, "origin-away").with_detail(&why));
                    self.plan.borrow_mut().failed(now.0);
                    return self.rest(now);
                }
            };
            self.outbox.taken(&self.db, &batch)?;
            self.told(&batch, place, now)?;
            if batch.unreadable > 0 {
                // Another release wrote them; it sends them when it runs again.
                let line = Line::new(Level::Error, "events-unreadable");
                console::write(&line.with_count(batch.unreadable));
            }
            if batch.reaches(last) && !self.outbox.is_empty() {
                self.plan.borrow_mut().sent(now.0, Remaining::Newcomers);
                return self.rest(now);
            }
        }
        let now = clock::now();
        self.plan.borrow_mut().more_waits(now.0);
        self.settle(now);
        Ok(())
    }

    /// The next batch to send; drops buckets on the way.
    fn next(&self, config: &Config, now: UnixMillis) -> Result<Option<Batch>, SqlError> {
        loop {
            let buckets = self.rows.buckets();
            let next = match config.origin_url {
                None => {
                    self.kept.clear(&self.db)?;
                    self.outbox.next_without_origin(&self.db, &buckets, now)?
                }
                Some(_) => self.outbox.next(&self.db, &buckets, now)?,
            };
            match next {
                Next::Send(batch) => return Ok(Some(batch)),
                Next::Drop(bucket) => self.put_by(config, bucket, now)?,
                Next::Nothing if self.kept.due().is_some_and(|due| due <= now.0) => {
                    return Ok(Some(Batch::question()));
                }
                Next::Nothing => return Ok(None),
            }
        }
    }

    /// Keeps a bucket that is over for an origin that may lose it.
    fn put_by(&self, config: &Config, bucket: u64, now: UnixMillis) -> Result<(), SqlError> {
        if config.origin_url.is_none() {
            return self.drop_bucket(bucket);
        }
        self.kept.keep(&self.db, bucket, self.state.storage().sql().database_size(), now)?;
        self.rows.forget(bucket);
        Ok(())
    }

    /// The origin has taken a batch, and may have said where.
    fn told(
        &self,
        batch: &Batch,
        place: Option<LogPosition>,
        now: UnixMillis,
    ) -> Result<(), SqlError> {
        if !batch.is_for_the_origin() || !self.kept.told(&self.db, place, now)? {
            return Ok(());
        }
        self.kept.give_back(&self.db)?;
        outbox::recall(&self.db)?;
        self.rows.load(&self.db)?;
        self.outbox.load(&self.db, &self.rows.buckets())?;
        let count = self.outbox.backlog(&self.db, &self.rows.buckets())?;
        let detail = "the origin's store is not as it was: what it may have lost is sent again";
        let line = Line::new(Level::Warn, "events-recalled").with_count(count);
        console::write(&line.with_detail(detail));
        Ok(())
    }

    /// After work that cannot continue now: gives up what has waited too long,
    /// and sets the alarm.
    fn rest(&self, now: UnixMillis) -> Result<(), SqlError> {
        for bucket in self.rows.buckets() {
            if now.0 < given_up(bucket) {
                break;
            }
            let lost = self.outbox.give_up(&self.db, bucket)?;
            let detail =
                "the origin did not accept them, or no release could read them, for 14 days";
            let line = Line::new(Level::Error, "events-lost").with_count(lost);
            console::write(&line.with_detail(detail));
            self.drop_bucket(bucket)?;
        }
        self.kept.sweep(&self.db, now)?;
        self.settle(now);
        Ok(())
    }

    fn drop_bucket(&self, bucket: u64) -> Result<(), SqlError> {
        schema::drop_bucket(&self.db, bucket)?;
        self.rows.forget(bucket);
        Ok(())
    }

    async fn send(
        &self,
        config: &Config,
        batch: &Batch,
        now: UnixMillis,
    ) -> Result<Option<LogPosition>, String> {
        if !batch.is_for_the_origin() {
            return Ok(None);
        }
        let shard = schema::shard(&self.db).map_err(|error| error.0)?;
        let body = batch.json(&shard).ok_or("the batch could not be written")?;
        outbound::post(config, routes::EVENTS, &body, now).await.map_err(|error| error.to_string())
    }

    /// After work that has checked every bucket that has ended.
    fn settle(&self, now: UnixMillis) {
        let wanted = self.plan.borrow_mut().settle(now.0, self.next_due(now));
        if let Some(at) = wanted {
            self.set_alarm(at);
        }
    }

    /// Between work: a bucket that has ended may be waiting to be dropped.
    fn watch(&self, now: UnixMillis) {
        let wanted = self.plan.borrow_mut().watch(now.0, self.next_end());
        if let Some(at) = wanted {
            self.set_alarm(at);
        }
    }

    /// When the next bucket ends, or the origin is asked again for those that are
    /// kept.
    fn next_end(&self) -> Option<u64> {
        let end = self.rows.buckets().first().map(|bucket| bucket::end(*bucket));
        end.into_iter().chain(self.kept.due()).min()
    }

    /// When a bucket is due next. One that has ended and still exists contains
    /// rows that are still needed.
    fn next_due(&self, now: UnixMillis) -> Option<u64> {
        let due = |bucket| match bucket::end(bucket) {
            end if end > now.0 => end,
            _ => given_up(bucket),
        };
        self.rows.buckets().into_iter().map(due).chain(self.kept.due()).min()
    }

    /// Sets the alarm without waiting: the runtime holds back answers until it
    /// is written, as with every other write.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
    fn set_alarm(&self, at: u64) {
        let date = Date::new(&JsValue::from_f64(at as f64));
        let storage = self.state.storage();
        if storage.as_raw().set_alarm(date, JsValue::NULL.into()).is_err() {
            console::write(&Line::new(Level::Error, "alarm-not-set"));
        }
    }
}
