//! Clearance of paths: `check` for proxies before a site, and `page`, where its
//! visitors earn what the check asks for.

pub mod check;
pub mod page;
mod redeem;
mod rounds;

use munjigi_captcha::SealError;
use munjigi_captcha::clearance::errand::Errand;
use munjigi_captcha::clearance::{Clearance, Holder};
use munjigi_protocol::{CLEARANCE_COOKIE, WELL_KNOWN};

use crate::cache::Lookup;
use crate::config::Config;
use crate::inbound::{Inbound, Source};
use crate::platform::Platform;
use crate::request_context::RequestContext;

pub use redeem::answer as redeem;

/// Longest header of cookies that is looked through.
const MAX_COOKIES_BYTES: usize = 16_384;

/// The values of the cookies of this name.
fn cookies<'text>(header: &'text str, name: &str) -> impl Iterator<Item = &'text str> {
    let header = if header.len() <= MAX_COOKIES_BYTES { header } else { "" };
    header.split(';').filter_map(move |pair| {
        let (other, value) = pair.trim().split_once('=')?;
        (other == name).then_some(value)
    })
}

/// A request's clearances, opened. What was opened is remembered for as long as it
/// is good, under its whole text.
fn clearances<P: Platform>(
    edge: &RequestContext<'_, P>,
    header: &str,
) -> impl Iterator<Item = Result<Clearance, SealError>> {
    let (state, now) = (edge.state, edge.now.0);
    cookies(header, CLEARANCE_COOKIE).map(move |cookie| {
        if let Lookup::Fresh(clearance) = state.opened.with(|opened| opened.find(cookie, now)) {
            return Ok(clearance);
        }
        let clearance = Clearance::open(&state.config.authority, cookie)?;
        let left = clearance.expires_at.0.saturating_sub(now);
        if left > 0 {
            state.opened.with(|opened| opened.keep(cookie, clearance.clone(), now, left));
        }
        Ok(clearance)
    })
}

/// Who asks, as clearances know it.
fn holder<S: Source>(inbound: &Inbound<S>) -> Holder {
    Holder::of(&inbound.user_agent())
}

/// The page for an errand, as a path of the host that was asked.
fn page_of(config: &Config, errand: &Errand) -> String {
    format!("{WELL_KNOWN}/clearance?to={}", errand.seal(&config.authority))
}

/// What a client wants from a request: people follow it to a page, programs read
/// its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A page in the browser, or in a frame, that has no body to lose.
    Page,
    /// A page by a form that was sent.
    Form,
    /// Anything else: scripts, images, sockets, programs.
    Part,
}

impl Purpose {
    fn of<S: Source>(inbound: &Inbound<S>, method: &str) -> Self {
        let header = |name| inbound.header(name).unwrap_or_default();
        let is_page = match &*header("sec-fetch-mode") {
            // Browsers from before 2023, and every browser without TLS.
            "" => header("accept").contains("text/html") && header("x-requested-with").is_empty(),
            mode => mode == "navigate",
        };
        // What is fetched in case it is wanted must not start any work.
        let is_ahead = !header("sec-purpose").is_empty() || header("purpose") == "prefetch";
        match method {
            _ if !is_page || is_ahead || !header("upgrade").is_empty() => Self::Part,
            "GET" | "HEAD" => Self::Page,
            _ => Self::Form,
        }
    }
}

/// A cookie of this host. Pages of other sites cannot have it sent with their
/// requests, but their links lead to open pages; so do their forms, for a while after
/// one of them was let through.
#[derive(Debug, Clone, Copy)]
struct Cookie {
    name: &'static str,
    /// In a frame of another site, and with a form that another site's page sends,
    /// browsers send none but those that belong to the page on top alone.
    framed: bool,
}

impl Cookie {
    fn set(self, value: &str, seconds: u64) -> String {
        let Self { name, framed } = self;
        let site = if framed { "None; Partitioned" } else { "Lax" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite={site}")
    }

    fn end(self) -> String {
        self.set("", 0)
    }
}
