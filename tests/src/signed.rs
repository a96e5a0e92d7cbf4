//! Calls to the edge's internal routes, as the origin makes them.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use hyper::Method;
use munjigi_keys::signature::{Audience, AudienceKeys, Head, Nonce};
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_tools::randomness;
use munjigi_tools::stack::Stack;

/// The signature of a call to the stack's edge, made at the present time.
pub fn signature(stack: &Stack, method: &Method, path: &str, body: &[u8]) -> Result<String> {
    let ring = KeyRing::parse(&stack.keys.internal).context("the internal keys")?;
    let head = Head { method: method.as_str(), path, query: "" };
    let nonce = Nonce(randomness::bytes());
    Ok(AudienceKeys::derive(&ring, Audience::Edge).sign(&head, body, now()?, nonce))
}

pub fn now() -> Result<UnixMillis> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(UnixMillis(u64::try_from(since.as_millis())?))
}
