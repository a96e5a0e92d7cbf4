//! Rust's side of `glue.js`: each call into the platform crosses the boundary
//! once.

use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use munjigi_serving::inbound::BodyError;
use worker::Env;
use worker::wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/glue.js")]
extern "C" {
    /// A response from content type, cache rule, request id and further
    /// headers, one per line, an empty line and the body.
    #[wasm_bindgen(catch)]
    pub fn respond(status: u16, text: &str) -> Result<web_sys::Response, JsValue>;

    /// The same with bytes as its body.
    #[wasm_bindgen(catch, js_name = respondBytes)]
    pub fn respond_bytes(
        status: u16,
        text: &str,
        bytes: &JsValue,
    ) -> Result<web_sys::Response, JsValue>;

    /// Part of an object of a bucket, or `null`.
    #[wasm_bindgen(catch)]
    pub async fn picture(
        bucket: &JsValue,
        key: &str,
        at: u32,
        len: u32,
    ) -> Result<JsValue, JsValue>;

    /// Stores an object in a bucket.
    #[wasm_bindgen(catch, js_name = storeObject)]
    pub async fn store_object(
        bucket: &JsValue,
        key: &str,
        bytes: Uint8Array,
    ) -> Result<JsValue, JsValue>;

    /// An object's length, or `null`.
    #[wasm_bindgen(catch, js_name = objectLength)]
    pub async fn object_length(bucket: &JsValue, key: &str) -> Result<JsValue, JsValue>;

    /// The bytes of a body of unknown length; `null` if it is longer than the
    /// cap.
    #[wasm_bindgen(catch)]
    async fn read(request: &web_sys::Request, cap: u32) -> Result<JsValue, JsValue>;

    /// Posts JSON with a signature; returns the status, 0 if there was no
    /// answer, a space, and the place of the origin's store if it named one.
    #[wasm_bindgen(catch)]
    pub async fn post(url: &str, body: &str, signature: &str) -> Result<JsValue, JsValue>;

    /// Calls the object with a name; returns the reply's text, or `null`.
    #[wasm_bindgen(catch)]
    pub async fn ask(namespace: &JsValue, name: &str, url: &str) -> Result<JsValue, JsValue>;

    /// Calls the object with a name, with bytes; returns the bytes of its reply.
    #[wasm_bindgen(catch)]
    pub async fn exchange(
        namespace: &JsValue,
        name: &str,
        body: Uint8Array,
    ) -> Result<JsValue, JsValue>;

    /// Calls many objects at once; returns how many gave the expected reply.
    #[wasm_bindgen(catch, js_name = askAll)]
    pub async fn ask_all(
        namespace: &JsValue,
        names: Vec<String>,
        url: &str,
        expected: &str,
    ) -> Result<JsValue, JsValue>;

    /// Every row of a statement.
    #[wasm_bindgen(catch)]
    pub fn rows(sql: &JsValue, query: &str, params: Array) -> Result<Array, JsValue>;

    /// Runs an `INSERT … RETURNING`; returns whether a row was inserted.
    #[wasm_bindgen(catch)]
    pub fn insert(
        sql: &JsValue,
        query: &str,
        id: &[u8],
        n: f64,
        call: &[u8],
        token: &[u8],
        at: f64,
        facts: &[u8],
    ) -> Result<bool, JsValue>;

    /// Puts a text on a queue.
    #[wasm_bindgen(catch)]
    pub async fn enqueue(queue: &JsValue, text: &str) -> Result<(), JsValue>;

    /// The messages of a batch.
    #[wasm_bindgen(catch)]
    pub fn messages(batch: &JsValue) -> Result<Array, JsValue>;

    /// A message as text.
    #[wasm_bindgen(catch, js_name = messageText)]
    pub fn message_text(message: &JsValue) -> Result<String, JsValue>;

    /// How often a message was delivered, including this time.
    pub fn attempts(message: &JsValue) -> u32;

    /// Acknowledges a message, or, unless `seconds` is 0, retries it after that
    /// delay.
    #[wasm_bindgen(catch, js_name = settleMessage)]
    pub fn settle_message(message: &JsValue, seconds: u32) -> Result<(), JsValue>;

    /// Whether a rate limiter admits a key.
    #[wasm_bindgen(catch)]
    pub async fn allow(limiter: &JsValue, key: &str) -> Result<JsValue, JsValue>;

    /// The text of a static asset, or `null`.
    #[wasm_bindgen(catch)]
    pub async fn asset(assets: &JsValue, path: &str) -> Result<JsValue, JsValue>;

    /// The value of a key, or `null`.
    #[wasm_bindgen(catch)]
    pub async fn load(store: &JsValue, key: &str) -> Result<JsValue, JsValue>;

    /// Stores a value, for a number of seconds unless that is 0.
    #[wasm_bindgen(catch)]
    pub async fn store(
        store: &JsValue,
        key: &str,
        value: &str,
        seconds: u32,
    ) -> Result<JsValue, JsValue>;

    /// Removes a key.
    #[wasm_bindgen(catch)]
    pub async fn remove(store: &JsValue, key: &str) -> Result<JsValue, JsValue>;
}

/// A request's body, at most `cap` bytes. The platform enforces a length that
/// the client stated; without one, the length is checked while reading.
pub async fn body(
    request: &web_sys::Request,
    stated: Option<usize>,
    cap: usize,
) -> Result<Vec<u8>, BodyError> {
    let bytes = match stated {
        Some(length) if length > cap => return Err(BodyError::TooLarge),
        Some(_) => settle(request.array_buffer()).await?,
        None => read(request, u32::try_from(cap).unwrap_or(u32::MAX)).await.map_err(broken)?,
    };
    if bytes.is_null() {
        return Err(BodyError::TooLarge);
    }
    let buffer = bytes.dyn_into::<ArrayBuffer>().map_err(|_| BodyError::Broken)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

async fn settle(promise: Result<js_sys::Promise, JsValue>) -> Result<JsValue, BodyError> {
    let bytes = wasm_bindgen_futures::JsFuture::from(promise.map_err(broken)?).await;
    bytes.map_err(broken)
}

fn broken(_: JsValue) -> BodyError {
    BodyError::Broken
}

/// A binding of the worker's environment; `None` if it is not bound, as rate
/// limiters are not everywhere.
pub fn binding(env: &Env, name: &str) -> Option<JsValue> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// What went wrong on the other side, for the log.
pub fn reason(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "no reason given".to_owned()),
    }
}
