//! In-memory fakes with their own clocks and with faults on request.

use core::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use munjigi_counters::meter::Ledger;
use munjigi_counters::{Report, Totals};
use munjigi_keys::UnixMillis;

use super::give_way;
use super::world::key_check;
use crate::credentials::{SecretHash, Sitekey};
use crate::ports::{Meter, Payer, PriceStore, RedemptionStore, RowAddress, SiteSource, StoreError};
use crate::price::Price;
use crate::redemption::{
    self, AnswerHash, Answered, Denial, Owing, Redeem, Redemption, Row, Stepped,
};
use crate::shared::Shared;
use crate::site::Site;
use crate::siteverify::{Admit, Held};
use crate::vendor_keys::{ImportFilter, Imports};

/// The fault that a fake simulates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    None,
    /// No operation reaches the store.
    Unreachable,
    /// The next operation is carried out, but its reply is lost.
    LosesOneReply,
}

/// Shard count, shard number, attempt id.
type Key = (u16, u16, [u8; 16]);

/// Rows in memory, with one table per shard count and number, like the objects.
#[derive(Debug)]
pub struct MemoryRedemptions {
    rows: Shared<BTreeMap<Key, Row>>,
    clock: Shared<UnixMillis>,
    fault: Shared<Fault>,
    /// Sitekeys and hashes of secrets.
    denied: Shared<Vec<String>>,
    denied_attempts: Shared<Vec<[u8; 16]>>,
    writes: Shared<u32>,
    calls: Shared<u32>,
}

impl MemoryRedemptions {
    /// Creates an empty store with its clock at `now`.
    pub fn new(now: UnixMillis) -> Self {
        Self {
            rows: Shared::default(),
            clock: Shared::new(now),
            fault: Shared::new(Fault::None),
            denied: Shared::default(),
            denied_attempts: Shared::default(),
            writes: Shared::default(),
            calls: Shared::default(),
        }
    }

    /// Moves the store's clock.
    pub fn set_clock(&self, now: UnixMillis) {
        self.clock.with(|clock| *clock = now);
    }

    /// Sets the fault that later operations meet.
    pub fn set_fault(&self, fault: Fault) {
        self.fault.with(|known| *known = fault);
    }

    /// Puts a sitekey or the hash of a secret on the deny list.
    pub fn deny(&self, name: &str) {
        self.denied.with(|denied| denied.push(name.to_owned()));
    }

    /// Takes a sitekey or the hash of a secret off the deny list.
    pub fn allow(&self, name: &str) {
        self.denied.with(|denied| denied.retain(|known| known != name));
    }

    /// Puts an attempt on the deny list.
    pub fn deny_attempt(&self, id: [u8; 16]) {
        self.denied_attempts.with(|denied| denied.push(id));
    }

    /// Rows written so far.
    pub fn writes(&self) -> u32 {
        self.writes.copy()
    }

    /// Operations so far, including those that did not arrive.
    pub fn calls(&self) -> u32 {
        self.calls.copy()
    }

    async fn change<A>(
        &self,
        address: &RowAddress,
        change: impl FnOnce(&Row, UnixMillis) -> redemption::Change<A>,
    ) -> Result<A, StoreError> {
        self.calls.with(|calls| *calls += 1);
        give_way().await;
        if self.fault.copy() == Fault::Unreachable {
            return Err(StoreError);
        }
        let now = self.clock.copy();
        let answer = self.rows.with(|rows| {
            let key = (address.store, address.shard(), address.id.0);
            let row = rows.get(&key).cloned().unwrap_or_default();
            let (answer, changed) = change(&row, now);
            if let Some(row) = changed {
                rows.insert(key, row);
                self.writes.with(|writes| *writes += 1);
            }
            answer
        });
        give_way().await;
        if self.fault.copy() == Fault::LosesOneReply {
            self.set_fault(Fault::None);
            return Err(StoreError);
        }
        Ok(answer)
    }
}

impl RedemptionStore for MemoryRedemptions {
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError> {
        self.change(row, |state, now| redemption::step(state, row.keep_until, now)).await
    }

    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError> {
        self.change(row, |state, now| redemption::owe(state, row.keep_until, now, least)).await
    }

    async fn answer(&self, row: &RowAddress, answer: &AnswerHash) -> Result<Answered, StoreError> {
        self.change(row, |state, now| redemption::answer(state, row.keep_until, now, answer)).await
    }

    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redemption, StoreError> {
        let denied =
            |name: &str| self.denied.with(|denied| denied.iter().any(|known| known == name));
        let denial = if denied(redeem.secret.as_str()) {
            Denial::Secret
        } else if denied(&redeem.facts.sitekey.to_string())
            || self.denied_attempts.with(|denied| denied.contains(&row.id.0))
        {
            Denial::Attempt
        } else {
            Denial::None
        };
        self.change(row, |state, now| {
            redemption::redeem(state, row.keep_until, now, denial, redeem)
        })
        .await
    }
}

impl RedemptionStore for &MemoryRedemptions {
    async fn step(&self, row: &RowAddress) -> Result<Stepped, StoreError> {
        (**self).step(row).await
    }

    async fn owe(&self, row: &RowAddress, least: u64) -> Result<Owing, StoreError> {
        (**self).owe(row, least).await
    }

    async fn answer(&self, row: &RowAddress, answer: &AnswerHash) -> Result<Answered, StoreError> {
        (**self).answer(row, answer).await
    }

    async fn redeem(&self, row: &RowAddress, redeem: &Redeem) -> Result<Redemption, StoreError> {
        (**self).redeem(row, redeem).await
    }
}

/// Lets every call with a valid secret spend its token here.
#[derive(Debug, Clone, Copy)]
pub struct Admitted<'a>(pub &'a MemoryRedemptions);

impl<'a> Admit for Admitted<'a> {
    type Store = &'a MemoryRedemptions;

    async fn admit(&self, _: &Site, _: &SecretHash) -> Result<Self::Store, Held> {
        Ok(self.0)
    }
}

/// Prices of "another way" in memory.
#[derive(Debug)]
pub struct MemoryPrices {
    prices: Shared<BTreeMap<Payer, Price>>,
    clock: Shared<UnixMillis>,
    fault: Shared<Fault>,
}

impl MemoryPrices {
    /// Creates an empty store with its clock at `now`.
    pub fn new(now: UnixMillis) -> Self {
        let fault = Shared::new(Fault::None);
        Self { prices: Shared::default(), clock: Shared::new(now), fault }
    }

    /// Moves the store's clock.
    pub fn set_clock(&self, now: UnixMillis) {
        self.clock.with(|clock| *clock = now);
    }

    /// Sets the fault that later operations meet.
    pub fn set_fault(&self, fault: Fault) {
        self.fault.with(|known| *known = fault);
    }

    fn price(&self, payer: &Payer) -> Result<Price, StoreError> {
        if self.fault.copy() == Fault::None {
            let price = self.prices.with(|prices| prices.get(payer).copied());
            Ok(price.unwrap_or_default().at(self.clock.copy()))
        } else {
            Err(StoreError)
        }
    }
}

impl PriceStore for MemoryPrices {
    async fn raise(&self, payer: &Payer) -> Result<Price, StoreError> {
        give_way().await;
        let price = self.price(payer)?;
        let raised = price.raised(self.clock.copy());
        self.prices.with(|prices| prices.insert(*payer, raised));
        give_way().await;
        Ok(price)
    }

    async fn read(&self, payer: &Payer) -> Result<Price, StoreError> {
        give_way().await;
        self.price(payer)
    }
}

/// A meter in memory: a [`Ledger`] with a clock.
#[derive(Debug)]
pub struct MemoryMeter {
    ledger: Shared<Ledger>,
    clock: Shared<UnixMillis>,
    fault: Shared<Fault>,
}

impl MemoryMeter {
    /// Creates an empty meter for counters with this half-life, with its clock
    /// at `now`.
    pub fn new(half_life_seconds: u32, now: UnixMillis) -> Self {
        let ledger = Shared::new(Ledger::new(half_life_seconds));
        Self { ledger, clock: Shared::new(now), fault: Shared::new(Fault::None) }
    }

    /// Moves the meter's clock.
    pub fn set_clock(&self, now: UnixMillis) {
        self.clock.with(|clock| *clock = now);
    }

    /// Sets the fault that later reports meet.
    pub fn set_fault(&self, fault: Fault) {
        self.fault.with(|known| *known = fault);
    }
}

impl Meter for MemoryMeter {
    fn parts(&self) -> u16 {
        2
    }

    async fn report(&self, report: &Report) -> Result<Totals, StoreError> {
        give_way().await;
        let fault = self.fault.copy();
        if fault == Fault::Unreachable {
            return Err(StoreError);
        }
        let now = self.clock.copy();
        let totals = self.ledger.with(|ledger| ledger.add(report, now));
        if fault == Fault::LosesOneReply {
            self.set_fault(Fault::None);
            return Err(StoreError);
        }
        Ok(totals)
    }
}

/// Published sites in memory.
#[derive(Debug, Default)]
pub struct MemorySites {
    sites: Vec<(Arc<Site>, Vec<SecretHash>)>,
    imports: Option<Arc<Imports>>,
    unreachable: Cell<bool>,
    lookups: Cell<u32>,
}

impl MemorySites {
    /// Publishes a site together with the hashes of its secrets.
    pub fn publish(&mut self, site: Site, secrets: Vec<SecretHash>) {
        self.sites.retain(|(other, _)| other.sitekey != site.sitekey);
        self.sites.push((Arc::new(site), secrets));
    }

    /// Publishes the filter of imported keys.
    pub fn publish_imports(&mut self, filter: ImportFilter) {
        self.imports = Some(imports(filter));
    }

    /// Makes every later look-up fail.
    pub fn fail(&self) {
        self.unreachable.set(true);
    }

    /// Look-ups of sites so far.
    pub fn lookups(&self) -> u32 {
        self.lookups.get()
    }

    async fn find(
        &self,
        wanted: impl Fn(&(Arc<Site>, Vec<SecretHash>)) -> bool,
    ) -> Result<Option<Arc<Site>>, StoreError> {
        give_way().await;
        self.lookups.set(self.lookups.get() + 1);
        if self.unreachable.get() {
            return Err(StoreError);
        }
        Ok(self.sites.iter().find(|entry| wanted(entry)).map(|(site, _)| Arc::clone(site)))
    }
}

impl SiteSource for MemorySites {
    async fn by_sitekey(&self, sitekey: &Sitekey) -> Result<Option<Arc<Site>>, StoreError> {
        self.find(|(site, _)| site.sitekey == *sitekey).await
    }

    async fn by_alias(&self, name: &str) -> Result<Option<Arc<Site>>, StoreError> {
        self.find(|(site, _)| site.answers_to(name)).await
    }

    async fn by_secret(&self, hash: &SecretHash) -> Result<Option<Arc<Site>>, StoreError> {
        self.find(|(_, secrets)| secrets.contains(hash)).await
    }

    async fn imports(&self) -> Result<Arc<Imports>, StoreError> {
        give_way().await;
        let nothing = || imports(ImportFilter::default());
        let known = || self.imports.clone().unwrap_or_else(nothing);
        if self.unreachable.get() { Err(StoreError) } else { Ok(known()) }
    }
}

fn imports(filter: ImportFilter) -> Arc<Imports> {
    Arc::new(Imports::new(filter, key_check()))
}
