//! The redemption objects as stores. An adapter: what an operation means is
//! decided in the core, and done in `redemptions`.

use munjigi_captcha::Price;
use munjigi_captcha::ports::{Payer, PriceStore, RedemptionStore, RowAddress, StoreError};
use munjigi_captcha::redemption::{AnswerHash, Answered, Owing, Redeem, Redemption, Stepped};
use munjigi_serving::log::{Level, Line};
use munjigi_serving::ports::{ControlStore, DenyEntry};
use sha2::{Digest, Sha256};
use worker::Env;
use worker::wasm_bindgen::JsValue;

use crate::redemptions::wire::{Command, PayerId, Reply, RowId};
use crate::{console, glue};

/// Number of concurrent calls when all objects are called.
const AT_ONCE: usize = 64;
/// Objects for nonces of signatures. Independent of the shard count: otherwise
/// a signature would be valid once more after the count changes.
const NONCE_OBJECTS: u16 = 16;

/// The objects of this worker.
pub struct Objects {
    namespace: JsValue,
    /// Shard counts, the current one first.
    counts: &'static [u16],
}

/// The name of an object. The shard count is part of it, so that a new count
/// means new objects while the previous ones finish what they began.
fn name(shards: u16, number: u16) -> String {
    format!("{shards}/{number}")
}

impl Objects {
    /// The objects of these shard counts; the first is for what has no sealed
    /// count.
    pub fn new(env: &Env, counts: &'static [u16]) -> Result<Self, StoreError> {
        let namespace = glue::binding(env, "REDEMPTIONS").ok_or(StoreError)?;
        Ok(Self { namespace, counts })
    }

    fn shards(&self) -> u16 {
        self.counts.first().copied().unwrap_or(1)
    }

    /// Sweeps one object; returns how many of its rows wait to be sent.
    pub async fn sweep(&self, name: &str) -> Result<u32, StoreError> {
        self.backlog_after(name, &Command::Sweep).await
    }

    async fn backlog_after(&self, name: &str, command: &Command) -> Result<u32, StoreError> {
        match self.ask(name, command).await? {
            Reply::Swept(backlog) => Ok(backlog),
            _ => Err(StoreError),
        }
    }

    /// The object for what is only a key.
    fn any(&self, key: &[u8]) -> String {
        name(self.shards(), spread(key, self.shards()))
    }

    fn of(row: &RowAddress) -> String {
        name(row.store, row.shard())
    }

    /// Calls an object, and retries once if there was no answer: every command
    /// sent this way has the same effect when it is repeated.
    async fn ask(&self, name: &str, command: &Command) -> Result<Reply, StoreError> {
        match self.ask_once(name, command).await {
            Ok(reply) => Ok(reply),
            Err(StoreError) => self.ask_once(name, command).await,
        }
    }

    async fn ask_once(&self, name: &str, command: &Command) -> Result<Reply, StoreError> {
        let url = command.url().ok_or(StoreError)?;
        let reply = glue::ask(&self.namespace, name, &url).await.map_err(|error| {
            let detail = glue::reason(&error);
            console::write(&Line::new(Level::Warn, "object-away").with_detail(&detail));
            StoreError
        })?;
        match reply.as_string().and_then(|text| Reply::from_header(&text)) {
            Some(Reply::Failed) | None => Err(StoreError),
            Some(reply) => Ok(reply),
        }
    }
}

fn nonce_name(number: u16) -> String {
    format!("nonces/{number}")
}

/// Maps a key to a fixed number below `count`.
fn spread(key: &[u8], count: u16) -> u16 {
    let [high, low, ..] = <[u8; 32]>::from(Sha256::digest(key));
    u16::from_be_bytes([high, low]) % count.max(1)
}

/// The names of the objects for nonces.
pub fn nonces() -> impl Iterator<Item = String> {
    (0..NONCE_OBJECTS).map(nonce_name)
}

/// The names of every object of these counts.
pub fn all(counts: &[u16]) -> impl Iterator<Item = String> {
    counts.iter().flat_map(|count| (0..*count).map(|number| name(*count, number)))
}

impl ControlStore for Objects {
    /// Not retried: the retry would find the first attempt's nonce.
    async fn nonce(&self, nonce: [u8; 16], until: u64) -> Result<bool, StoreError> {
        let command = Command::Nonce(nonce, until);
        let name = nonce_name(spread(&nonce, NONCE_OBJECTS));
        match self.ask_once(&name, &command).await? {
            Reply::Nonce(new) => Ok(new),
            _ => Err(StoreError),
        }
    }

    async fn deny(&self, entries: Vec<DenyEntry>) -> Result<(), StoreError> {
        let url =
            Command::Deny(entries.into_iter().map(Into::into).collect()).url().ok_or(StoreError)?;
        let expected = Reply::Denied.header().ok_or(StoreError)?;
        let names: Vec<String> = all(self.counts).collect();
        for names in names.chunks(AT_ONCE) {
            let done = glue::ask_all(&self.namespace, names.to_vec(), &url, &expected).await;
            let done = done.ok().and_then(|number| number.as_f64()).unwrap_or_default();
            let wanted = u32::try_from(names.len()).map_err(|_| StoreError)?;
            if done < f64::from(wanted) {
                return Err(StoreError);
            }
        }
        Ok(())
    }

    async fn backlog(&self) -> Result<u32, StoreError> {
        self.backlog_after(&name(self.shards(), 0), &Command::Backlog).await
    }
}

impl RedemptionStore for Objects {
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError> {
        match self.ask(&Self::of(row), &Command::Step(RowId::from(row))).await? {
            Reply::Stepped(stepped) => Ok(stepped),
            _ => Err(StoreError),
        }
    }

    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError> {
        match self.ask(&Self::of(row), &Command::Owe(RowId::from(row), least)).await? {
            Reply::Owing(owing) => Ok(owing),
            _ => Err(StoreError),
        }
    }

    async fn answer(&self, row: &RowAddress, answer: &AnswerHash) -> Result<Answered, StoreError> {
        // If the first call's reply is lost, the second gets `Same`, which
        // allows as much as `First`.
        let command = Command::Answer(RowId::from(row), *answer);
        match self.ask(&Self::of(row), &command).await? {
            Reply::Answered(attempted) => Ok(attempted),
            _ => Err(StoreError),
        }
    }

    /// Called once: siteverify itself repeats a call that failed.
    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redemption, StoreError> {
        let command = Command::Spend(RowId::from(row), redeem.clone().into());
        match self.ask_once(&Self::of(row), &command).await? {
            Reply::Redemption(redeemed) => Ok(redeemed),
            _ => Err(StoreError),
        }
    }
}

impl PriceStore for Objects {
    async fn raise(&self, payer: &Payer) -> Result<Price, StoreError> {
        // Raised twice if a reply is lost: more expensive, never free.
        let payer = PayerId::from(payer);
        match self.ask(&self.any(&payer.bytes()), &Command::RaisePrice(payer)).await? {
            Reply::Price(price) => Ok(price),
            _ => Err(StoreError),
        }
    }

    async fn read(&self, payer: &Payer) -> Result<Price, StoreError> {
        let payer = PayerId::from(payer);
        match self.ask(&self.any(&payer.bytes()), &Command::ReadPrice(payer)).await? {
            Reply::Price(price) => Ok(price),
            _ => Err(StoreError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_of_every_count_is_named_once() {
        let names: Vec<String> = all(&[2, 3]).collect();
        assert_eq!(names, ["2/0", "2/1", "3/0", "3/1", "3/2"]);
    }

    #[test]
    fn a_nonce_keeps_its_object_when_the_shards_change() {
        let names: Vec<String> = nonces().collect();
        assert_eq!(names.len(), 16);
        for byte in 0..=255 {
            let name = nonce_name(spread(&[byte; 16], NONCE_OBJECTS));
            assert!(names.contains(&name), "{name}");
        }
    }
}
