//! `/v1/clearance/check`: a proxy asks whether a request to a site may continue.
//! It says so in its query: `sitekey`, unless the edge has one site, `answer`,
//! and, where its own headers do not, `method` and `path`. Nothing is stored and
//! no store of redemptions is called. A proxy that is none of the operator's shows a
//! secret of the site: what strangers ask would count for its rules.
//!
//! Allowed is 200 and nothing else is: proxies pass on, as if the site had said
//! it, whatever they do not take for a refusal.

use std::borrow::Cow;
use std::iter;

use munjigi_captcha::clearance::errand::{Errand, own_path};
use munjigi_captcha::clearance::{self, Asked, Closed, Opened};
use munjigi_captcha::issue::PublicKey;
use munjigi_captcha::siteverify::GivenSecret;
use munjigi_captcha::{Match, Refusal, Site, Tally, Wanted, is_link_preview, issue, policy};
use munjigi_protocol::{ClearanceWanted, Code, Level, SiteState, headers};

use super::page::{self, Trouble};
use super::{Purpose, clearances, holder, page_of};
use crate::answer::Answer;
use crate::form::{self, Fields};
use crate::inbound::Inbound;
use crate::platform::Platform;
use crate::request_context::RequestContext;

/// How a proxy takes a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// As 401 without a body, and asks again for the answer to send: nginx.
    Status,
    /// As the answer to send: Caddy, Traefik, Envoy, HAProxy.
    Whole,
    /// Asks for the answer to send after a 401. It is never 200: the visitor who
    /// may continue by now is sent to where they are.
    Refused,
}

/// The query of a proxy.
#[derive(Debug, Default, serde::Deserialize)]
struct Query {
    sitekey: Option<String>,
    answer: Option<String>,
    method: Option<String>,
    fail: Option<String>,
    secret: Option<String>,
}

impl Fields for Query {
    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "sitekey" => &mut self.sitekey,
            "answer" => &mut self.answer,
            "method" => &mut self.method,
            "fail" => &mut self.fail,
            "secret" => &mut self.secret,
            _ => return None,
        })
    }
}

/// The parameter that holds path and query of the original request, as they are:
/// the last one, because they are not encoded.
const PATH: &str = "path=";

/// Answers a proxy.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Answer {
    let (said, path) = split_path(inbound.url().query());
    let query: Query = match form::parse_query(said) {
        Ok(query) => query,
        Err(_) if !inbound.is_operators() => return not_found(),
        Err(_) => return misconfigured("the query is not well-formed"),
    };
    // Only known proxies may ask on behalf of visitors.
    let read = |text: &str| GivenSecret::read(&edge.state.config.authority, text);
    let secret = query.secret.as_deref().and_then(read);
    if !inbound.is_operators() && secret.is_none() {
        return not_found();
    }
    let style = match query.answer.as_deref() {
        Some("401") => Style::Status,
        Some("303") => Style::Whole,
        Some("refused") => Style::Refused,
        _ => return misconfigured("answer must be 401, 303 or refused"),
    };
    let is_open = match query.fail.as_deref() {
        None | Some("closed") => false,
        Some("open") => true,
        Some(_) => return misconfigured("fail must be open or closed"),
    };
    // What the query says in part, its proxy says whole: a visitor's own headers
    // would count for the rest. nginx adds none of them.
    let by_headers = style == Style::Whole && path.is_none() && query.method.is_none();
    let told = |name| by_headers.then(|| inbound.header(name)).flatten();
    let Some(path) = path
        .map(Cow::Borrowed)
        .or_else(|| told("x-forwarded-uri"))
        .filter(|path| path.starts_with('/'))
    else {
        return misconfigured("neither path in the query nor X-Forwarded-Uri says what was asked");
    };
    let method = query.method.map(Cow::Owned).or_else(|| told("x-forwarded-method"));
    let method = method.unwrap_or_else(|| inbound.method().into());
    let host = told("x-forwarded-host").or_else(|| inbound.header("host"));
    let sitekey = query.sitekey.as_ref().or(edge.state.config.only_site.as_ref());
    let Some(sitekey) = sitekey else {
        return misconfigured("sitekey is missing");
    };
    let original = Original { method, host, path };
    let asker = Asker { sitekey, secret: secret.as_ref() };
    match decide(edge, inbound, asker, style, &original).await {
        Ok(decision) => {
            let told = told_to(edge, inbound, style, &original, decision).await;
            told.unwrap_or_else(|refusal| refusal)
        }
        Err(refusal) if is_open && refusal.code == Code::Unavailable => passed(None),
        // Which sites there are is no stranger's business either.
        Err(refusal) if refusal.code == Code::UnknownSitekey && secret.is_some() => not_found(),
        Err(refusal) => refusal.into(),
    }
}

/// As of a path that there is not.
fn not_found() -> Answer {
    Answer::problem(Code::NotFound, UNKNOWN)
}

/// What every unknown path is told.
const UNKNOWN: &str = "unknown path";

/// For which site a proxy asks, and what it shows.
#[derive(Clone, Copy)]
struct Asker<'a> {
    sitekey: &'a str,
    secret: Option<&'a GivenSecret>,
}

/// A query before [`PATH`], and what follows it.
fn split_path(query: &str) -> (&str, Option<&str>) {
    let mut starts = iter::once(0).chain(query.match_indices('&').map(|(at, _)| at + 1));
    let path = |at: usize| query.get(at..).and_then(|rest| rest.strip_prefix(PATH));
    let found = starts.find_map(|at| Some((query.get(..at)?, Some(path(at)?))));
    found.unwrap_or((query, None))
}

/// The request that a proxy asks about.
struct Original<'a> {
    method: Cow<'a, str>,
    host: Option<Cow<'a, str>>,
    path: Cow<'a, str>,
}

enum Decision {
    /// It continues: no one guards the path, or by this.
    Passes(Option<Opened>),
    Stops(Errand, Closed),
}

async fn decide<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    Asker { sitekey, secret }: Asker<'_>,
    style: Style,
    original: &Original<'_>,
) -> Result<Decision, Refusal> {
    let authority = &edge.state.config.authority;
    let site = if let Some(site) = edge.sites().recent(sitekey) {
        site
    } else {
        let key = PublicKey::Sitekey(issue::sitekey(authority, sitekey)?);
        Box::pin(issue::site(&edge.sites(), &key, None)).await?
    };
    if !inbound.is_operators() && !secret.is_some_and(|secret| site.has_secret(secret.hash())) {
        return Err(Refusal::new(Code::NotFound, UNKNOWN));
    }
    // No one can earn anything from a paused site, so that its paths would be
    // closed to everyone.
    if site.state == SiteState::Paused {
        return Ok(Decision::Passes(None));
    }
    let wanted = Wanted::new(&original.method, original.host.as_deref(), &original.path);
    // Rules that are tried decide nothing: they count beside the one that does.
    let (mut tried, mut decides) = (Vec::new(), None);
    for found in site.guards(&wanted) {
        // Each that counts its load does, also behind the one that decides.
        if !holds(edge, inbound, &site, style, &found) || decides.is_some() {
            continue;
        }
        if found.guard.dry_run {
            tried.push(found);
        } else {
            decides = Some(found);
        }
    }
    let decides = decides.and_then(|found| Some((found, found.guard.level?)));
    // Those who are blocked are so on every path that is not open to all.
    let judges = site.judges_visitors() && !wanted.is_exempt();
    if tried.is_empty() && decides.is_none() && !judges {
        return Ok(Decision::Passes(None));
    }
    let host = if judges { wanted.hostname().cloned() } else { None };
    let location = edge.looked_up(&site, inbound.location()).await;
    let (host, holder) = (host.as_ref(), holder(inbound));
    let asked = Asked { site: &site, location, host, holder, now: edge.now };
    let cookies = inbound.header("cookie").unwrap_or_default();
    let check = |needs| clearance::check(authority, &asked, needs, clearances(edge, &cookies));
    let lets_through = |found: &Match<'_>, closed| {
        style != Style::Refused && is_preview(edge, inbound, &site, found, original, closed)
    };
    // nginx asks a second time, for the answer.
    let count = |found: &Match<'_>| {
        if style != Style::Refused {
            edge.count(Tally::stopped(site.sitekey, found.guard, location));
        }
    };
    let mut opened_by = None;
    for found in tried {
        let Some(needs) = found.guard.level else { continue };
        match check(needs) {
            Ok(opened) => opened_by = Some(opened),
            Err(closed) if lets_through(&found, closed) => {}
            Err(_) => count(&found),
        }
    }
    let (needs, closed) = match decides {
        None if judges && clearance::is_blocked(&asked) => (Level::Waited, Closed::Blocked),
        None => return Ok(Decision::Passes(opened_by)),
        Some((found, needs)) => match check(needs) {
            Ok(opened) => return Ok(Decision::Passes(Some(opened))),
            Err(closed) if lets_through(&found, closed) => return Ok(Decision::Passes(None)),
            Err(closed) => {
                count(&found);
                (needs, closed)
            }
        },
    };
    let salt = edge.seed.last_chunk().copied().unwrap_or_default();
    let errand = Errand::new(site.sitekey, needs, &original.path, edge.now, salt);
    Ok(Decision::Stops(errand, closed))
}

/// Whether a rule holds now; a request counts once towards its load.
fn holds<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    site: &Site,
    style: Style,
    found: &Match<'_>,
) -> bool {
    if found.guard.above_per_second.is_none() {
        return true;
    }
    let network = inbound.location().address.prefix();
    let drawn = edge.seed.first_chunk().copied().unwrap_or_default();
    edge.state.loads.with(|loads| match style {
        Style::Refused => loads.holds(site.sitekey, found, network, edge.now),
        Style::Status | Style::Whole => loads.note(site.sitekey, found, network, edge.now, drawn),
    })
}

/// Whether a rule lets a request through that it would stop, as one of the few
/// link previews.
fn is_preview<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    site: &Site,
    found: &Match<'_>,
    original: &Original<'_>,
    closed: Closed,
) -> bool {
    matches!(closed, Closed::Lacks(_))
        && found.guard.lets_previews_through(&original.method)
        && inbound.header("user-agent").is_some_and(|agent| is_link_preview(&agent))
        && edge.state.loads.with(|loads| loads.note_preview(site.sitekey, found, edge.now))
}

/// A decision as the proxy takes it.
async fn told_to<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    style: Style,
    original: &Original<'_>,
    decision: Decision,
) -> Result<Answer, Answer> {
    Ok(match (decision, style) {
        (Decision::Passes(opened), Style::Status | Style::Whole) => passed(opened.as_ref()),
        (Decision::Passes(_), Style::Refused) => to(own_path(&original.path).to_owned()),
        (Decision::Stops(..), Style::Status) => {
            Answer::nothing().with_status(401).with_code(Code::ClearanceRequired.as_str())
        }
        (Decision::Stops(errand, closed), Style::Whole | Style::Refused) => {
            return Box::pin(stopped(edge, inbound, &original.method, &errand, closed)).await;
        }
    })
}

/// The request may continue, with this about its visitor.
fn passed(opened: Option<&Opened>) -> Answer {
    let none = Cow::Borrowed("none");
    let (level, score, reasons, id) = match opened {
        None => ("none", none.clone(), none.clone(), none),
        Some(Opened::Allowed) => (Level::Allowed.as_str(), none.clone(), none.clone(), none),
        Some(Opened::By(clearance)) => {
            let score = clearance.score.map(|score| format!("{}.{:02}", score / 100, score % 100));
            let reasons = policy::reasons(clearance.signs);
            let reasons: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
            let reasons = if reasons.is_empty() { none.clone() } else { reasons.join(",").into() };
            (
                clearance.level.as_str(),
                score.map_or(none, Cow::Owned),
                reasons,
                clearance.id_text().into(),
            )
        }
    };
    // Each has a value, so that none that the visitor sends is left.
    Answer::nothing()
        .with_status(200)
        .with_header(headers::LEVEL, level)
        .with_header(headers::SCORE, score)
        .with_header(headers::REASONS, reasons)
        .with_header(headers::ID, id)
}

/// To the path itself, of the same host.
fn to(path: String) -> Answer {
    Answer::nothing().with_status(303).with_header("Location", path)
}

/// The request may not continue; this is what its visitor gets.
async fn stopped<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    method: &str,
    errand: &Errand,
    closed: Closed,
) -> Result<Answer, Answer> {
    match (closed, Purpose::of(inbound, method)) {
        (Closed::Blocked, Purpose::Part) => {
            Ok(Answer::problem(Code::Blocked, "a rule of the site refuses this visitor"))
        }
        (Closed::Blocked, Purpose::Page | Purpose::Form) => {
            page::trouble(edge, inbound, Trouble::Blocked, Some(errand)).await
        }
        (Closed::Lacks(_), Purpose::Page) => Ok(to(page_of(&edge.state.config, errand))),
        (Closed::Lacks(_), Purpose::Form) => page::for_form(edge, inbound, errand).await,
        (Closed::Lacks(_), Purpose::Part) => {
            let (level, page) = (errand.needs, page_of(&edge.state.config, errand));
            let detail = "the path is protected, and no cookie of this request suffices";
            Ok(Answer::problem(Code::ClearanceRequired, detail)
                .with_clearance(ClearanceWanted { level, page }))
        }
    }
}

/// A proxy that asks like this would let everyone in, or no one.
fn misconfigured(detail: &str) -> Answer {
    Answer::problem(Code::ClearanceMisconfigured, detail)
}
