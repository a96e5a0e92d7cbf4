//! The bucket with the images of packs. An adapter: what is loaded and stored
//! is decided elsewhere.

use js_sys::Uint8Array;
use munjigi_captcha::ports::StoreError;
use munjigi_protocol::ImageSpan;
use munjigi_serving::log::{Level, Line};
use munjigi_serving::ports::Images;
use worker::Env;
use worker::wasm_bindgen::JsValue;

use crate::{console, glue};

/// The bucket `PICTURES`.
pub struct Bucket(JsValue);

impl Bucket {
    /// From the binding.
    pub fn new(env: &Env) -> Result<Self, StoreError> {
        glue::binding(env, "PICTURES").map(Self).ok_or_else(|| {
            let detail = "the bucket PICTURES is not bound";
            console::write(&Line::new(Level::Warn, "bucket-failed").with_detail(detail));
            StoreError
        })
    }
}

impl Images for Bucket {
    /// They stay outside of Wasm's memory.
    type Bytes = JsValue;

    /// From the platform's cache if they are there.
    async fn load(&self, key: &str, span: ImageSpan) -> Result<Option<JsValue>, StoreError> {
        let bytes = checked(glue::picture(&self.0, key, span.at, span.len).await)?;
        Ok((!bytes.is_null()).then_some(bytes))
    }

    async fn store(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        checked(glue::store_object(&self.0, key, Uint8Array::from(bytes)).await).map(drop)
    }

    async fn length(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let length = checked(glue::object_length(&self.0, key).await)?.as_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a length is a whole number below 2^53"
        )]
        Ok(length.map(|length| length as u64))
    }

    async fn remove(&self, key: &str) -> Result<(), StoreError> {
        checked(glue::remove(&self.0, key).await).map(drop)
    }
}

fn checked(result: Result<JsValue, JsValue>) -> Result<JsValue, StoreError> {
    result.map_err(|error| {
        let detail = glue::reason(&error);
        console::write(&Line::new(Level::Warn, "bucket-failed").with_detail(&detail));
        StoreError
    })
}
