//! `…/overview/live`: the counts of the last minutes. Clients that accept an
//! event stream get updates for as long as they have access; others get one
//! response.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use munjigi_app::Refused;
use munjigi_app::live_pages::{LivePageSlot, Taken};
use munjigi_domain::accounts::Permission;
use munjigi_domain::accounts::session::Stage;
use munjigi_keys::UnixMillis;
use munjigi_protocol::Code;
use munjigi_store::statistics::{self, Lately};
use munjigi_store::{DatabaseError, organisations};
use serde::Serialize;
use sqlx::PgPool;

use crate::filter::Filter;
use crate::page_error::PageError;
use crate::requester::Asking;

/// Minutes that the numbers cover.
pub const MINUTES: u64 = 10;
/// Shorter in tests.
const EVERY: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(5) };
/// After this many events a stream ends and the browser opens another one,
/// which passes the access check again.
const MOST_EVENTS: u32 = 120;

/// The numbers in the form that the script reads.
#[derive(Debug, Serialize)]
struct Numbers {
    issued: i64,
    solved: i64,
    failed: i64,
    refused: i64,
    redeemed: i64,
    /// `12:00:30`, in UTC.
    at: String,
}

pub async fn show(
    asking: Asking,
    filter: Filter,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if !accepted.is_some_and(|accept| accept.contains("text/event-stream")) {
        return Ok(Json(numbers(&asking, &filter).await?).into_response());
    }
    let slot = match asking.app.console.live_pages.take(&asking.user.account.id) {
        Taken::Slot(slot) => slot,
        Taken::Full => {
            let refused = Refused::new(Code::RateLimited, "too many live pages");
            return Ok(refused.into_response());
        }
    };
    let watching = Watching { asking, filter, slot, sent: 0 };
    let events = stream::unfold(Some(watching), Watching::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

async fn numbers(asking: &Asking, filter: &Filter) -> Result<Numbers, DatabaseError> {
    let now = asking.app.clock.now();
    let scope = filter.scope(asking.organisation());
    let read = |pool: PgPool| async move { statistics::lately(&pool, scope, now, MINUTES).await };
    let Lately { issued, solved, failed, refused, redeemed } = asking.read(read).await?;
    Ok(Numbers { issued, solved, failed, refused, redeemed, at: clock(now) })
}

/// The time of day, in UTC.
pub fn clock(now: UnixMillis) -> String {
    now.rfc3339().chars().skip("2026-11-20T".len()).take("12:00:30".len()).collect()
}

struct Watching {
    asking: Asking,
    filter: Filter,
    slot: LivePageSlot,
    sent: u32,
}

type Sent = (Result<Event, Infallible>, Option<Watching>);

impl Watching {
    async fn next(watching: Option<Self>) -> Option<Sent> {
        let mut watching = watching?;
        if watching.sent >= MOST_EVENTS {
            return None;
        }
        if watching.sent > 0 {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = watching.slot.ended() => return None,
            }
        }
        watching.sent += 1;
        let event = match watching.look().await {
            Ok(Some(numbers)) => Event::default().event("numbers").json_data(numbers),
            Ok(None) => return Some((Ok(Event::default().event("end").data("-")), None)),
            Err(error) => {
                tracing::debug!(%error, "a live page could not get its numbers");
                Ok(Event::default().comment("away"))
            }
        };
        let event = event.unwrap_or_else(|_| Event::default().comment("unreadable"));
        Some((Ok(event), Some(watching)))
    }

    /// `None` once the user has lost access.
    async fn look(&self) -> Result<Option<Numbers>, DatabaseError> {
        if !self.may_still_look().await? {
            return Ok(None);
        }
        numbers(&self.asking, &self.filter).await.map(Some)
    }

    async fn may_still_look(&self) -> Result<bool, DatabaseError> {
        let Asking { app, browser, user, .. } = &self.asking;
        let Some(cookie) = &browser.session else { return Ok(false) };
        let session = app.cache.sessions.find(cookie.hash(), app.clock.now()).await?;
        if session.is_none_or(|session| session.stage != Stage::Complete) {
            return Ok(false);
        }
        let (organisation, account) = (self.asking.organisation(), &user.account.id);
        let member = organisations::membership_of(&app.pool, organisation, account).await?;
        Ok(member.is_some_and(|member| member.role.may(Permission::ReadSites)))
    }
}
