//! KV as the store of published sites and packs. An adapter: what is stored,
//! and for how long, is decided elsewhere.

use munjigi_captcha::ports::StoreError;
use munjigi_serving::log::{Level, Line};
use munjigi_serving::ports::Values;
use worker::Env;
use worker::wasm_bindgen::JsValue;

use crate::{console, glue};

/// The namespace `SITES`.
pub struct Kv(JsValue);

impl Kv {
    /// From the binding.
    pub fn new(env: &Env) -> Result<Self, StoreError> {
        glue::binding(env, "SITES").map(Self).ok_or(StoreError)
    }

    fn checked(result: Result<JsValue, JsValue>) -> Result<JsValue, StoreError> {
        result.map_err(|error| {
            let detail = glue::reason(&error);
            console::write(&Line::new(Level::Warn, "kv-failed").with_detail(&detail));
            StoreError
        })
    }
}

impl Values for Kv {
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        Self::checked(glue::load(&self.0, key).await).map(|value| value.as_string())
    }

    async fn store(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.store_for(key, value, 0).await
    }

    async fn store_for(&self, key: &str, value: &str, seconds: u32) -> Result<(), StoreError> {
        Self::checked(glue::store(&self.0, key, value, seconds).await).map(drop)
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        Self::checked(glue::remove(&self.0, key).await).map(drop)
    }
}
