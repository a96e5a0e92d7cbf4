//! The meter as Durable Objects in memory: what is usual is stored every few
//! minutes and no alarm set, so an object costs what its calls cost. What is counted is decided in the
//! core.

use std::cell::RefCell;

use munjigi_captcha::ports::{Meter, StoreError};
use munjigi_counters::meter::Ledger;
use munjigi_counters::{Report, Totals};
use munjigi_format::Format as _;
use munjigi_serving::log::{Level, Line};
use worker::js_sys::Uint8Array;
use worker::wasm_bindgen::prelude::*;
use worker::{Env, wasm_bindgen};

use crate::{clock, console, glue, isolate};

/// Objects in use. All names of a site are in one of them. An isolate calls each
/// at most once in two seconds, so 100 busy ones make 50 calls a second of an
/// object, which takes about a thousand; every further object costs as many.
const PARTS: u16 = 2;

/// One part of the meter. Exported by hand, as `Redemptions` is.
#[wasm_bindgen(js_name = Meter)]
pub struct MeterObject {
    ledger: Option<RefCell<Ledger>>,
}

#[wasm_bindgen(js_class = Meter)]
impl MeterObject {
    /// Wakes the object with what it stored; without a ledger where the
    /// configuration has mistakes, which the log names.
    #[wasm_bindgen(constructor)]
    pub fn new(env: &Env, kept: &[u8]) -> Self {
        let state = isolate::of(env);
        let ledger = |half_life| RefCell::new(Ledger::resumed(half_life, kept));
        Self { ledger: state.map(|state| ledger(state.config.counter_half_life_seconds)) }
    }

    /// Adds a report; returns the totals, or no bytes if it is none of this
    /// release.
    pub fn report(&self, report: &[u8]) -> Vec<u8> {
        let (Some(ledger), Ok(report)) = (&self.ledger, Report::from_bytes(report)) else {
            return Vec::new();
        };
        ledger.borrow_mut().add(&report, clock::now()).to_bytes().unwrap_or_default()
    }

    /// What is to be stored now, if anything.
    pub fn keep(&self) -> Option<Vec<u8>> {
        self.ledger.as_ref()?.borrow_mut().keep(clock::now())
    }
}

/// The objects of this worker.
pub struct Meters {
    namespace: JsValue,
}

impl Meters {
    /// The objects bound as `METER`.
    pub fn new(env: &Env) -> Result<Self, StoreError> {
        Ok(Self { namespace: glue::binding(env, "METER").ok_or(StoreError)? })
    }
}

impl Meter for Meters {
    fn parts(&self) -> u16 {
        PARTS
    }

    async fn report(&self, report: &Report) -> Result<Totals, StoreError> {
        let name = report.part.to_string();
        let body = report.to_bytes().map_err(|_| StoreError)?;
        let body = Uint8Array::from(body.as_slice());
        let reply = glue::exchange(&self.namespace, &name, body).await.map_err(|error| {
            let detail = glue::reason(&error);
            console::write(&Line::new(Level::Warn, "object-away").with_detail(&detail));
            StoreError
        })?;
        let reply: Uint8Array = reply.dyn_into().map_err(|_| StoreError)?;
        // A reply of another release is no reply.
        Totals::from_bytes(&reply.to_vec()).map_err(|_| StoreError)
    }
}
