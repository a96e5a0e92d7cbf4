//! A call of the origin: checks and spends its signature, reads the body under
//! its cap, and reads the query.

use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::extract::{Query, Request};
use axum::http::HeaderMap;
use munjigi_process::signed;
use munjigi_protocol::Route;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

use super::{App, Code, Refused};
use crate::clock::Deadline;
use crate::queued::Priority;

/// The deadline of callers that state none.
const DEADLINE: Duration = Duration::from_secs(30);
/// The latest deadline that a caller may state.
const LATEST_MS: u64 = 120_000;
/// A body that takes longer to arrive is refused.
const READ_WITHIN: Duration = Duration::from_secs(20);

/// A call that was signed for us.
#[derive(Debug)]
pub struct Call {
    pub body: Bytes,
    /// The headers as they were sent.
    pub headers: HeaderMap,
    /// The caller and its terms.
    pub terms: Terms,
    /// Memory for the body, held as long as the body is.
    _memory: OwnedSemaphorePermit,
}

/// What the signed query says.
#[derive(Debug)]
pub struct Terms {
    pub priority: Priority,
    /// When the answer becomes worthless.
    pub deadline: Deadline,
    pub model: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    caller: String,
    #[serde(default)]
    priority: Priority,
    deadline_ms: Option<u64>,
    model: Option<String>,
}

/// The query of every signed call; it is part of what is signed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read as `Asked`; spelt here for the document")]
pub struct CallQuery {
    /// Who it is for: 1 to 32 of `a-z`, `0-9` and `-`.
    caller: String,
    /// `high` (where nothing is said) or `low`.
    priority: Option<String>,
    /// Milliseconds until the answer is worth nothing, 1 to 120,000; else
    /// 30,000.
    deadline_ms: Option<u64>,
}

/// The query of a call that asks a model.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read as `Asked`; spelt here for the document")]
pub struct ModelQuery {
    /// `NAME`, `NAME@latest` or `NAME@1.0.2`.
    model: String,
}

impl Call {
    pub async fn read(app: &App, route: &Route, request: Request) -> Result<Self, Refused> {
        let (head, body) = request.into_parts();
        let now = app.clock.now();
        let signed = signed::verify(&app.calls, &head, now)?;
        // The stated length if there is one, otherwise the cap.
        let stated = body.size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok());
        let most = route.max_body_bytes;
        let memory = app.bodies.room(stated.map_or(most, |bytes| bytes.min(most)))?;
        // Each signature allows one body to be read.
        app.nonces.spend(signed.nonce, now)?;
        let body = signed::read(body, route, &signed, READ_WITHIN).await?;
        let Query(asked) = Query::<Asked>::try_from_uri(&head.uri)
            .map_err(|error| Refused::new(Code::MalformedRequest, format!("the query: {error}")))?;
        let terms = Terms::read(asked)?;
        Ok(Self { body, headers: head.headers, terms, _memory: memory })
    }
}

impl Terms {
    fn read(asked: Asked) -> Result<Self, Refused> {
        if !is_name(&asked.caller) {
            let detail = "the query: caller is 1 to 32 of a-z, 0-9 and -";
            return Err(Refused::new(Code::MalformedRequest, detail));
        }
        tracing::Span::current().record("caller", asked.caller.as_str());
        let deadline = match asked.deadline_ms {
            None => DEADLINE,
            Some(ms @ 1..=LATEST_MS) => Duration::from_millis(ms),
            Some(_) => {
                let detail = format!("the query: deadline_ms is 1 to {LATEST_MS}");
                return Err(Refused::new(Code::MalformedRequest, detail));
            }
        };
        Ok(Self {
            priority: asked.priority,
            deadline: Deadline::after(deadline),
            model: asked.model,
        })
    }
}

/// Whether a text is a caller's name: 1 to 32 of `a-z`, `0-9` and `-`.
fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
