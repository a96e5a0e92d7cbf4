//! `GET /clearance`: the page where a visitor earns clearance, and is told what
//! stands in the way. It is served below [`WELL_KNOWN`](munjigi_protocol::WELL_KNOWN)
//! of the protected host itself, so that its cookie belongs to that host. The
//! document is an asset in each language; this endpoint adds attributes to its
//! root, which the page's script and style read.

use munjigi_captcha::Refusal;
use munjigi_captcha::clearance::errand::{Errand, WAIT_SECONDS};
use munjigi_captcha::clearance::{self, Asked, Clearance};
use munjigi_captcha::issue::{self, PublicKey};
use munjigi_protocol::accept_language::preferred;
use munjigi_protocol::{CLEARANCE_COOKIE, Level, WELL_KNOWN};

use super::rounds::Rounds;
use super::{Cookie, clearances, holder};
use crate::answer::{Answer, CacheRule};
use crate::form::{self, Fields};
use crate::inbound::{Inbound, Source};
use crate::platform::Platform;
use crate::ports::{Admission, Limit};
use crate::rate_limit;
use crate::request_context::RequestContext;

/// The languages of the page, English first: it is the fallback.
const LANGUAGES: [&str; 10] = ["en", "ko", "ja", "zh-CN", "de", "fr", "es", "pt-BR", "ar", "he"];

/// Its own files, and the widget's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
    frame-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Why a visitor cannot earn clearance here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A rule of the site refuses them.
    Blocked,
    /// The page's address is too old, or not ours.
    Stale,
    /// Clearance was given again and again, and the path still asks for it.
    Loop,
    /// Too many pages for one address.
    Busy,
}

impl Trouble {
    const fn state(self) -> (&'static str, u16) {
        match self {
            Self::Blocked => ("blocked", 403),
            Self::Stale => ("stale", 400),
            Self::Loop => ("loop", 403),
            Self::Busy => ("busy", 429),
        }
    }
}

#[derive(Debug, Default, serde::Deserialize)]
struct Query {
    to: Option<String>,
    waited: Option<String>,
}

impl Fields for Query {
    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "to" => Some(&mut self.to),
            "waited" => Some(&mut self.waited),
            _ => None,
        }
    }
}

/// Answers with the page, or leads a visitor on who has waited.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Result<Answer, Answer> {
    let query: Query = form::parse_query(inbound.url().query()).unwrap_or_default();
    let to = query.to.unwrap_or_default();
    let Ok(errand) = Errand::open(&edge.state.config.authority, &to, edge.now) else {
        return trouble(edge, inbound, Trouble::Stale, None).await;
    };
    let header = inbound.header("cookie").unwrap_or_default();
    let rounds = Rounds::of(&header).unwrap_or_default();
    if rounds.are_too_many() {
        return trouble(edge, inbound, Trouble::Loop, Some(&errand)).await;
    }
    if query.waited.is_some() && errand.needs == Level::Waited && edge.now >= errand.waited_at() {
        return waited(edge, inbound, &errand, rounds).await;
    }
    shown(edge, inbound, ("work", 200), Some((&errand, &to)), rounds).await
}

/// The page in place of what a form was sent to, which a redirect would lose.
pub async fn for_form<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    errand: &Errand,
) -> Result<Answer, Answer> {
    let to = errand.seal(&edge.state.config.authority);
    let rounds = Rounds::of(&inbound.header("cookie").unwrap_or_default()).unwrap_or_default();
    if rounds.are_too_many() {
        return trouble(edge, inbound, Trouble::Loop, Some(errand)).await;
    }
    shown(edge, inbound, ("form", 403), Some((errand, &to)), rounds).await
}

/// The page that says what is wrong.
pub async fn trouble<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    trouble: Trouble,
    errand: Option<&Errand>,
) -> Result<Answer, Answer> {
    let (state, status) = trouble.state();
    let page = document(edge, inbound).await?;
    let back = errand.map_or("/", |errand| &errand.path);
    let attributes = format!(" data-state=\"{state}\" data-back=\"{}\"", attribute(back));
    let page = html(status, &page, &attributes, "");
    if trouble != Trouble::Loop {
        return Ok(page);
    }
    // Who tries again begins to count again.
    let ended = [false, true].map(Rounds::forgotten);
    Ok(ended.into_iter().fold(page, |page, cookie| page.with_header("Set-Cookie", cookie)))
}

/// Clearance for waiting.
async fn waited<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    errand: &Errand,
    rounds: Rounds,
) -> Result<Answer, Answer> {
    let authority = &edge.state.config.authority;
    let visit = inbound.visit();
    let on_errand =
        || Answer::nothing().with_status(303).with_header("Location", errand.path.clone());
    // A link to here, on anyone's page, must not take a better one away.
    let site = issue::site(&edge.sites(), &PublicKey::Sitekey(errand.sitekey), None).await?;
    let location = edge.looked_up(&site, visit.location()).await;
    let asked = Asked { site: &site, location, host: None, holder: holder(inbound), now: edge.now };
    let header = inbound.header("cookie").unwrap_or_default();
    if clearance::check(authority, &asked, errand.needs, clearances(edge, &header)).is_ok() {
        return Ok(on_errand());
    }
    let limited = rate_limit::admit(edge.platform, Limit::Challenge, &errand.sitekey, &visit);
    if limited.await == Admission::Refuse {
        return trouble(edge, inbound, Trouble::Busy, Some(errand)).await;
    }
    let clearance = Clearance::waited(authority, errand, (holder(inbound), &visit), edge.now);
    let seconds = clearance.expires_at.seconds().saturating_sub(edge.now.seconds());
    let framed = is_framed(inbound);
    let cookie = Cookie { name: CLEARANCE_COOKIE, framed };
    Ok(on_errand()
        .with_header("Set-Cookie", cookie.set(&clearance.seal(authority), seconds))
        .with_header("Set-Cookie", rounds.and(errand, false, edge.now).cookie(framed)))
}

async fn shown<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    (state, status): (&str, u16),
    errand: Option<(&Errand, &str)>,
    rounds: Rounds,
) -> Result<Answer, Answer> {
    let page = document(edge, inbound).await?;
    let Some((errand, to)) = errand else { return Ok(html(status, &page, "", "")) };
    let waits = errand.needs == Level::Waited && state == "work";
    let script = if waits { "wait" } else { "needed" };
    // What another site's page sent here, as a log-in provider's does, brings no other
    // cookies, also when it is sent again.
    let crossed =
        state == "form" && inbound.header("sec-fetch-site").as_deref() == Some("cross-site");
    let attributes = format!(
        " data-state=\"{state}\" data-no-script=\"{script}\" data-sitekey=\"{}\" data-level=\"{}\" data-to=\"{to}\" data-back=\"{}\"{}",
        errand.sitekey,
        errand.needs.as_str(),
        attribute(&errand.path),
        if crossed { " data-crossed" } else { "" },
    );
    // A second more than needed, since clocks are cut to seconds.
    let seconds = WAIT_SECONDS + 1;
    let refresh = format!(
        "<meta http-equiv=\"refresh\" content=\"{seconds};url={WELL_KNOWN}/clearance?waited=1&amp;to={to}\">"
    );
    Ok(html(status, &page, &attributes, if waits { &refresh } else { "" })
        .with_header("Set-Cookie", rounds.cookie(crossed || is_framed(inbound))))
}

/// Whether a frame asked; browsers may keep its cookies apart.
fn is_framed<S: Source>(inbound: &Inbound<S>) -> bool {
    let destination = inbound.header("sec-fetch-dest");
    destination.is_some_and(|destination| matches!(&*destination, "iframe" | "frame"))
}

async fn document<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Result<String, Answer> {
    let languages = inbound.header("accept-language").unwrap_or_default();
    let language = preferred(&languages, &LANGUAGES).unwrap_or("en");
    let page = edge.platform.asset(&["/_clearance/", language, ".html"].concat()).await;
    page.ok_or_else(|| Refusal::unavailable("the page is not among the assets").into())
}

/// The document with attributes on its root and what belongs into its place for
/// browsers without a script.
fn html(status: u16, document: &str, attributes: &str, refresh: &str) -> Answer {
    let document = document.replacen("<html", &["<html", attributes].concat(), 1);
    let document = document.replacen("<!--refresh-->", refresh, 1);
    Answer::html(status, document, CacheRule::NoStore)
        .with_header("Vary", "Accept-Language, Cookie")
        .with_header("X-Robots-Tag", "noindex, nofollow")
        .with_header("Content-Security-Policy", POLICY)
}

/// A text between quotation marks.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
