//! A platform in memory: a clock that tests set, random bytes from a counter,
//! stores that pass the contracts.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use munjigi_captcha::contract::{MemoryMeter, MemoryPrices, MemoryRedemptions};
use munjigi_captcha::ports::{Payer, PriceStore, RedemptionStore, RowAddress, StoreError};
use munjigi_captcha::redemption::{AnswerHash, Answered, Owing, Redeem, Redemption, Stepped};
use munjigi_captcha::{Price, Shared};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{CountBatch, ImageSpan};

use crate::background;
use crate::config::{Config, Mistake};
use crate::deny_list::DenyList;
use crate::entropy::NoEntropy;
use crate::inbound::BodyError;
use crate::inbound::described::{Described, Rest};
use crate::log::Line;
use crate::platform::{BackgroundTask, Platform, Program, StoreMessages};
use crate::ports::{Admission, ControlStore, DenyEntry, Images, Limit, Values};
use crate::state::State;

pub struct Memory {
    state: Option<State>,
    clock: Shared<UnixMillis>,
    drawn: Shared<u64>,
    values: MemoryValues,
    images: MemoryImages,
    redemptions: MemoryStore,
    store_calls: Shared<u64>,
    assets: BTreeMap<String, String>,
    refused: Shared<Option<Limit>>,
    lines: Shared<Vec<String>>,
    batches: Shared<Vec<CountBatch>>,
    loses_batches: Shared<bool>,
    meter: Arc<MemoryMeter>,
    background: Shared<Vec<BackgroundTask>>,
}

impl Memory {
    /// An edge with these variables at a given time; without a state if they
    /// have mistakes.
    pub fn new(variables: &[(&str, &str)], now: UnixMillis) -> Self {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let config: Result<Config, Vec<Mistake>> = Config::parse(lookup, []);
        Self {
            state: config.ok().map(State::new),
            clock: Shared::new(now),
            drawn: Shared::default(),
            values: MemoryValues::default(),
            images: MemoryImages::default(),
            redemptions: MemoryStore::new(now),
            store_calls: Shared::default(),
            assets: BTreeMap::new(),
            refused: Shared::default(),
            lines: Shared::default(),
            batches: Shared::default(),
            loses_batches: Shared::default(),
            meter: Arc::new(MemoryMeter::new(300, now)),
            background: Shared::default(),
        }
    }

    /// Makes it an edge for one site.
    pub fn be_for(&mut self, sitekey: &str) {
        if let Some(state) = &mut self.state {
            state.config.only_site = Some(sitekey.to_owned());
        }
    }

    /// Adds a static file.
    pub fn put_asset(&mut self, path: &str, text: &str) {
        self.assets.insert(path.to_owned(), text.to_owned());
    }

    /// Makes one rate limit refuse every call, or none.
    pub fn refuse(&self, limit: Option<Limit>) {
        self.refused.with(|refused| *refused = limit);
    }

    /// Makes the queue refuse every batch, or none.
    pub fn lose_batches(&self, loses: bool) {
        self.loses_batches.with(|batches| *batches = loses);
    }

    /// How often a route asked for a store.
    pub fn store_calls(&self) -> u64 {
        self.store_calls.copy()
    }

    /// The log so far, a JSON object per line.
    pub fn lines(&self) -> Vec<String> {
        self.lines.copy()
    }

    /// The counts that were forwarded.
    pub fn batches(&self) -> Vec<CountBatch> {
        self.batches.copy()
    }

    /// What was left for after the answers.
    pub fn background(&self) -> Vec<BackgroundTask> {
        self.background.copy()
    }

    /// Does all of that.
    pub async fn do_chores(&self) {
        for task in self.background.with(core::mem::take) {
            background::run(self, task).await;
        }
    }

    /// The meter; edges may share it.
    pub const fn shared_meter(&self) -> &Arc<MemoryMeter> {
        &self.meter
    }

    /// Takes another edge's meter.
    pub fn share(&mut self, meter: &Arc<MemoryMeter>) {
        self.meter = Arc::clone(meter);
    }
}

impl Platform for Memory {
    type Source = Described<MemoryRequest>;
    type Values = MemoryValues;
    type Redemptions = MemoryStore;
    type Images = MemoryImages;
    type Meter = Arc<MemoryMeter>;

    const PROGRAM: Program = Program { name: "munjigi-memory", version: "0.0.0", build: "test" };
    const STORE_MESSAGES: StoreMessages = StoreMessages {
        values_away: "the values are away",
        values_down: "the values are down",
        redemptions_down: "the redemptions are down",
        redemptions_missing: "the redemptions are missing",
        deny_list_away: "the deny list is away",
    };

    fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    fn now(&self) -> UnixMillis {
        self.clock.copy()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        let number = self.drawn.with(|drawn| {
            *drawn += 1;
            *drawn
        });
        for (slot, byte) in bytes.iter_mut().zip(number.to_le_bytes().iter().cycle()) {
            *slot = *byte;
        }
        Ok(())
    }

    fn log(&self, line: &Line<'_>) {
        let text = serde_json::to_string(line).unwrap_or_default();
        self.lines.with(|lines| lines.push(text));
    }

    fn values(&self) -> Result<MemoryValues, StoreError> {
        self.store_calls.with(|calls| *calls += 1);
        Ok(self.values.clone())
    }

    fn redemptions(&self) -> Result<MemoryStore, StoreError> {
        self.store_calls.with(|calls| *calls += 1);
        Ok(self.redemptions.clone())
    }

    fn images(&self) -> Result<MemoryImages, StoreError> {
        Ok(self.images.clone())
    }

    fn meter(&self) -> Result<Arc<MemoryMeter>, StoreError> {
        Ok(Arc::clone(&self.meter))
    }

    async fn admit(&self, limit: Limit, _key: &str) -> Admission {
        if self.refused.copy() == Some(limit) { Admission::Refuse } else { Admission::Pass }
    }

    async fn asset(&self, path: &str) -> Option<String> {
        self.assets.get(path).cloned()
    }

    async fn forward(&self, batch: &CountBatch) -> Result<(), String> {
        if self.loses_batches.copy() {
            return Err("the queue is full".to_owned());
        }
        self.batches.with(|batches| batches.push(batch.clone()));
        Ok(())
    }

    async fn sleep(&self, milliseconds: u64) {
        self.clock.with(|clock| clock.0 += milliseconds);
    }

    fn later(&self, task: BackgroundTask) {
        self.background.with(|background| background.push(task));
    }
}

/// The rest of a request in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryRequest {
    /// Names and values of the headers.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

impl Rest for MemoryRequest {
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str().into())
    }

    fn platform_id(&self) -> Option<String> {
        None
    }

    async fn read(&self, _stated: Option<usize>, cap: usize) -> Result<Vec<u8>, BodyError> {
        if self.body.len() > cap { Err(BodyError::TooLarge) } else { Ok(self.body.clone()) }
    }
}

/// Values in memory that never expire; clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryValues(Arc<Shared<BTreeMap<String, String>>>);

impl Values for MemoryValues {
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.with(|values| values.get(key).cloned()))
    }

    async fn store(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.0.with(|values| values.insert(key.to_owned(), value.to_owned()));
        Ok(())
    }

    async fn store_for(&self, key: &str, value: &str, _seconds: u32) -> Result<(), StoreError> {
        self.store(key, value).await
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.0.with(|values| values.remove(key));
        Ok(())
    }
}

/// Images in memory; clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryImages(Arc<Shared<BTreeMap<String, Vec<u8>>>>);

impl Images for MemoryImages {
    type Bytes = Vec<u8>;

    async fn load(&self, key: &str, span: ImageSpan) -> Result<Option<Vec<u8>>, StoreError> {
        let part = |bytes: &Vec<u8>| {
            let all = bytes.iter().skip(span.at as usize);
            all.take(span.len as usize).copied().collect()
        };
        Ok(self.0.with(|images| images.get(key).map(part)))
    }

    async fn store(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.0.with(|images| images.insert(key.to_owned(), bytes.to_vec()));
        Ok(())
    }

    async fn length(&self, key: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.0.with(|images| images.get(key).map(|bytes| bytes.len() as u64)))
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.0.with(|images| images.remove(key));
        Ok(())
    }
}

/// Redemptions in memory; clones share them.
#[derive(Debug, Clone)]
pub struct MemoryStore(Arc<Stores>);

#[derive(Debug)]
struct Stores {
    rows: MemoryRedemptions,
    prices: MemoryPrices,
    nonces: Shared<BTreeSet<[u8; 16]>>,
    denied: Shared<DenyList>,
    now: UnixMillis,
}

impl MemoryStore {
    /// An empty store whose clock shows this time.
    pub fn new(now: UnixMillis) -> Self {
        Self(Arc::new(Stores {
            rows: MemoryRedemptions::new(now),
            prices: MemoryPrices::new(now),
            nonces: Shared::default(),
            denied: Shared::default(),
            now,
        }))
    }
}

impl ControlStore for MemoryStore {
    async fn nonce(&self, nonce: [u8; 16], _until: u64) -> Result<bool, StoreError> {
        Ok(self.0.nonces.with(|nonces| nonces.insert(nonce)))
    }

    async fn deny(&self, entries: Vec<DenyEntry>) -> Result<(), StoreError> {
        for entry in entries {
            let now = self.0.now;
            let entry = self.0.denied.with(|denied| {
                let entry = denied.entry(&entry, now)?;
                denied.keep(entry.clone());
                Some(entry)
            });
            let Some(entry) = entry else { continue };
            self.0.rows.allow(&entry.name);
            if entry.denied {
                self.0.rows.deny(&entry.name);
            }
        }
        Ok(())
    }

    async fn backlog(&self) -> Result<u32, StoreError> {
        Ok(0)
    }
}

impl RedemptionStore for MemoryStore {
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError> {
        self.0.rows.step(row).await
    }

    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError> {
        self.0.rows.owe(row, least).await
    }

    async fn answer(&self, row: &RowAddress, hash: &AnswerHash) -> Result<Answered, StoreError> {
        self.0.rows.answer(row, hash).await
    }

    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redemption, StoreError> {
        self.0.rows.redeem(row, redeem).await
    }
}

impl PriceStore for MemoryStore {
    async fn raise(&self, payer: &Payer) -> Result<Price, StoreError> {
        self.0.prices.raise(payer).await
    }

    async fn read(&self, payer: &Payer) -> Result<Price, StoreError> {
        self.0.prices.read(payer).await
    }
}
