//! What happens to every call before its own code runs: authentication,
//! permissions, rate limits, and idempotent replay.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::extract::{RawPathParams, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use munjigi_app::client::Client;
use munjigi_app::request_id::RequestId;
use munjigi_app::{App, ConsoleApp};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_store::api_keys;
use munjigi_store::idempotency::{self, Keyed, Known};
use munjigi_store::limits::{Taken, Told};
use sha2::{Digest, Sha256};

use super::body::too_large;
use super::caller::{Acting, Caller, Principal};
use super::refusal::{ApiCode, ApiRefused};
use super::routes::{Access, BASE, Deprecation, Listed, Method, Route};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_KEY_CHARS: usize = 255;

/// The routes of these rows, each behind its access check.
pub fn router(app: &ConsoleApp, rows: Vec<Route>) -> Router<ConsoleApp> {
    let mut router = Router::new();
    for Route { listed, code } in rows {
        let path = format!("{BASE}{}", listed.path);
        let most = DefaultBodyLimit::max(listed.most_body_bytes());
        let state = (app.clone(), Arc::new(listed));
        let checked = code.layer(most).layer(middleware::from_fn_with_state(state, check));
        router = router.route(&path, checked);
    }
    router
}

/// Wraps every route.
pub async fn check(
    State((app, listed)): State<(ConsoleApp, Arc<Listed>)>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let mut headers = HeaderMap::new();
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let answered = pass(&app, &listed, &params, request, next, &mut headers).await;
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().extend(headers);
    if let Some(refused) = response.extensions_mut().remove::<ApiRefused>() {
        refused.write(&mut response, &app, &id.0);
    }
    if let Some(deprecation) = listed.deprecated {
        tell(deprecation, response.headers_mut());
    }
    response
}

async fn pass(
    app: &ConsoleApp,
    listed: &Listed,
    params: &RawPathParams,
    mut request: Request,
    next: Next,
    headers: &mut HeaderMap,
) -> Result<Response, ApiRefused> {
    if listed.access == Access::Public {
        return Ok(next.run(request).await);
    }
    app.readiness.migrated().map_err(|_| {
        ApiRefused::new(
            ApiCode::Unavailable,
            "the service is starting: the database is not ready yet",
        )
        .after(5)
    })?;
    let now = app.clock.now();
    let client = Client::of(app, &request);
    if listed.access == Access::Anyone {
        request.extensions_mut().insert(client);
        return Ok(next.run(request).await);
    }
    let principal = Principal::of(app, request.headers(), now).await?;
    count(app, &principal, now, headers).await?;
    if listed.access == Access::User && matches!(principal, Principal::Key(_)) {
        let detail = "this route requires a user session; API keys are not accepted";
        return Err(ApiRefused::new(ApiCode::Forbidden, detail));
    }
    let caller = Caller { app: app.clone(), client, principal };
    if let Access::Member(permission) = listed.access {
        let named = params.iter().find(|(name, _)| *name == "organisation");
        let membership = caller.member(named.map_or("", |(_, id)| id)).await?;
        caller.principal.may(membership.role, permission)?;
        request.extensions_mut().insert(Acting { caller: caller.clone(), membership });
    }
    request.extensions_mut().insert(caller.clone());
    if listed.method == Method::Post && request.headers().contains_key(IDEMPOTENCY_KEY) {
        return once(&caller, listed.most_body_bytes(), request, next, now).await;
    }
    Ok(next.run(request).await)
}

/// Counts a call, and reports what is left in the response's headers.
async fn count(
    app: &App,
    principal: &Principal,
    now: UnixMillis,
    headers: &mut HeaderMap,
) -> Result<(), ApiRefused> {
    let (limit, whom) = principal.limit();
    let Told { taken, left, whole_in_seconds } = app.cache.limits.tell(&limit, whom, now).await?;
    let mut put = |name: HeaderName, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    // As in the draft of the IETF's httpapi group
    // (draft-ietf-httpapi-ratelimit-headers-10).
    put(RATE_LIMIT_POLICY, format!("\"{}\";q={};w=60", limit.name, limit.burst));
    put(RATE_LIMIT, format!("\"{}\";r={left};t={whole_in_seconds}", limit.name));
    if let Taken::Wait { seconds } = taken {
        return Err(ApiRefused::too_often(seconds));
    }
    if let Principal::Key(key) = principal {
        let today = api_keys::count(&app.pool, &key.id, now).await?;
        if key.per_day.is_some_and(|most| today > most) {
            let detail =
                "the key has used up its requests for today; the limit resets at midnight UTC";
            let left = until_midnight(now);
            return Err(ApiRefused::new(ApiCode::QuotaExceeded, detail).after(left));
        }
    }
    Ok(())
}

fn until_midnight(now: UnixMillis) -> u32 {
    let today = to_timestamp(now).time();
    let (hours, minutes, seconds) = today.as_hms();
    86_400 - (u32::from(hours) * 3_600 + u32::from(minutes) * 60 + u32::from(seconds))
}

/// Runs a request once, however often it is sent with the same idempotency key.
async fn once(
    caller: &Caller,
    most: usize,
    request: Request,
    next: Next,
    now: UnixMillis,
) -> Result<Response, ApiRefused> {
    let app = &caller.app;
    let key = request.headers().get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok());
    let key = key.filter(|key| (1..=MAX_KEY_CHARS).contains(&key.len())).map(str::to_owned);
    let key = key.ok_or_else(|| {
        ApiRefused::new(
            ApiCode::MalformedRequest,
            "Idempotency-Key must be 1 to 255 ASCII characters",
        )
    })?;
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, most).await.map_err(|_| too_large(most))?;
    let name = match &caller.principal {
        Principal::User { account, .. } => format!("account/{}", account.id),
        Principal::Key(key) => format!("key/{}", key.id),
    };
    let path = head.uri.path_and_query().map_or_else(|| head.uri.path(), PathAndQuery::as_str);
    let fingerprint = fingerprint(path, &body);
    let keyed = Keyed { caller: &name, key: &key, fingerprint };
    match idempotency::begin(&app.pool, keyed, now).await? {
        Known::New => {}
        Known::Answered { status, reply } => return repeat(app, keyed, status, &reply),
        Known::Begun => {
            return Err(ApiRefused::new(
                ApiCode::IdempotencyUnsettled,
                "a request with this key is in progress, or was interrupted before it was answered; check whether it took effect, and if not, send it with a new key",
            ));
        }
        Known::Another => {
            return Err(ApiRefused::new(
                ApiCode::IdempotencyKeyReused,
                "this key was already used for a different request; use a new key for each request",
            ));
        }
    }
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    if !response.status().is_success() {
        // Nothing was changed, so a retry may run it again.
        idempotency::forget(&app.pool, keyed).await?;
        return Ok(response);
    }
    keep(app, keyed, response).await
}

async fn keep(
    app: &ConsoleApp,
    keyed: Keyed<'_>,
    response: Response,
) -> Result<Response, ApiRefused> {
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let sealed = app.console.vault.close(&row(keyed), &body, &app.entropy);
    // The change is made, even if the response cannot be stored.
    if let Err(error) = idempotency::answered(&app.pool, keyed, head.status.as_u16(), &sealed).await
    {
        tracing::warn!(%error, "a response could not be stored for idempotent replay");
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

fn repeat(
    app: &ConsoleApp,
    keyed: Keyed<'_>,
    status: u16,
    sealed: &[u8],
) -> Result<Response, ApiRefused> {
    let opened = app.console.vault.open(&row(keyed), sealed).map_err(|error| {
        tracing::error!(%error, "a stored response is lost");
        ApiRefused::new(
            ApiCode::IdempotencyUnsettled,
            "the request was already answered, but the stored response cannot be read; check whether it took effect",
        )
    })?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    Ok((status, headers, opened.to_vec()).into_response())
}

/// The context that a stored response is sealed for.
fn row(keyed: Keyed<'_>) -> String {
    format!("api-reply/{}/{}", keyed.caller, keyed.key)
}

fn fingerprint(path: &str, body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(path);
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

/// Tells callers that a route is deprecated.
fn tell(deprecation: Deprecation, headers: &mut HeaderMap) {
    let Deprecation { since, sunset, successor } = deprecation;
    let sunset = SystemTime::UNIX_EPOCH + Duration::from_millis(sunset.0);
    let pairs = [
        (HeaderName::from_static("deprecation"), format!("@{}", since.0 / 1_000)),
        (HeaderName::from_static("sunset"), httpdate::fmt_http_date(sunset)),
        (header::LINK, format!("<{successor}>; rel=\"successor-version\"")),
    ];
    for (name, text) in pairs {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}
