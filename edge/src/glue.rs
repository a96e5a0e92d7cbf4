//! Rust's side of `glue.js`.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/glue.js")]
extern "C" {
    /// A response with the headers that every answer carries.
    #[wasm_bindgen(catch)]
    pub fn respond(
        status: u16,
        content_type: &str,
        cache: &str,
        request_id: &str,
        body: &str,
        extra: Vec<String>,
    ) -> Result<web_sys::Response, JsValue>;

    /// The body of a request or response, or `null` when it is longer than
    /// the cap.
    #[wasm_bindgen(catch)]
    pub async fn read(message: &JsValue, cap: u32) -> Result<JsValue, JsValue>;

    /// Posts JSON with a signature: the status, 0 when nobody answered.
    #[wasm_bindgen(catch)]
    pub async fn post(url: &str, body: &str, signature: &str) -> Result<JsValue, JsValue>;

    /// Asks the object of a name; the reply's text, or `null`.
    #[wasm_bindgen(catch)]
    pub async fn ask(namespace: &JsValue, name: &str, url: &str) -> Result<JsValue, JsValue>;

    /// An object's reply.
    #[wasm_bindgen(catch)]
    pub fn reply(text: &str) -> Result<web_sys::Response, JsValue>;

    /// Every row of a statement.
    #[wasm_bindgen(catch)]
    pub fn rows(sql: &JsValue, query: &str, params: Array) -> Result<Array, JsValue>;

    /// Runs an `INSERT … RETURNING`; whether a row was inserted.
    #[wasm_bindgen(catch)]
    pub fn insert(
        sql: &JsValue,
        query: &str,
        id: &[u8],
        call: &[u8],
        token: &[u8],
        at: f64,
        facts: &[u8],
    ) -> Result<bool, JsValue>;

    /// Puts a text on a queue.
    #[wasm_bindgen(catch)]
    pub async fn enqueue(queue: &JsValue, text: &str) -> Result<(), JsValue>;

    /// Whether a rate limiter lets a key pass.
    #[wasm_bindgen(catch)]
    pub async fn allow(limiter: &JsValue, key: &str) -> Result<JsValue, JsValue>;

    /// Asks many objects at once; how many gave the expected reply.
    #[wasm_bindgen(catch, js_name = askAll)]
    pub async fn ask_all(
        namespace: &JsValue,
        names: Vec<String>,
        url: &str,
        expected: &str,
    ) -> Result<JsValue, JsValue>;

    /// The text of a static asset, or `null`.
    #[wasm_bindgen(catch)]
    pub async fn asset(assets: &JsValue, path: &str) -> Result<JsValue, JsValue>;
}

/// A binding of the worker's environment; none where it is not bound, as
/// rate limiters are not everywhere.
pub fn binding(env: &worker::Env, name: &str) -> Option<JsValue> {
    let value = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than its cap.
    TooLarge,
    /// The other side went away.
    Broken,
}

/// The body of a request or response, at most `cap` bytes.
pub async fn body(message: &JsValue, cap: usize) -> Result<Vec<u8>, BodyError> {
    let cap = u32::try_from(cap).unwrap_or(u32::MAX);
    let bytes = read(message, cap).await.map_err(|_| BodyError::Broken)?;
    if bytes.is_null() {
        return Err(BodyError::TooLarge);
    }
    Ok(bytes.dyn_into::<Uint8Array>().map_err(|_| BodyError::Broken)?.to_vec())
}
