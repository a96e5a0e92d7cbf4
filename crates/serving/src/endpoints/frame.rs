//! `GET /v1/frame/{sitekey}`: the frame's document, which only pages of the site's
//! own hosts may embed, inside no other page but those of its embedders. The
//! document itself belongs to the widget; this endpoint adds its attributes and the
//! one header that only the server can set.
//!
//! **frame**: the widget's own document, in an iframe from the edge.

use std::sync::Arc;

use munjigi_captcha::{HostPattern, Hostname, Refusal, Site, TestSitekey, issue};
use munjigi_protocol::{Code, Mode, SiteState};

use crate::answer::{Answer, CacheRule};
use crate::config::Environment;
use crate::inbound::Inbound;
use crate::platform::Platform;
use crate::request_context::RequestContext;

const DOCUMENT: &str = "/_frame.html";
/// A deployment starts new processes; this only bounds how long one caches the
/// document.
const DOCUMENT_MS: u64 = 60_000;
/// A site's hosts and mode may change.
const FRAME_SECONDS: u32 = 60;
const ANYBODY: &str = "frame-ancestors *";

/// Answers with the document: functional, or showing why not.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    sitekey: &str,
) -> Result<Answer, Answer> {
    let document = document(edge).await.ok_or_else(no_document)?;
    let shown = |attributes: String, ancestors: String| {
        let rule = CacheRule::Private { seconds: FRAME_SECONDS };
        Answer::html(200, splice(&document, &attributes), rule)
            .with_header("Content-Security-Policy", ancestors)
    };
    if let Some(test) = TestSitekey::find(sitekey) {
        return Ok(embeddable(shown(attributes(test.mode, true), ANYBODY.into())));
    }
    let page = match embed(edge, inbound, sitekey).await {
        Ok(site) => shown(attributes(site.mode, site.fallback_allowed), frame_ancestors(&site)),
        // The same document shows the state and informs the page; anyone may
        // see that. If there is no reason to show, the answer is a problem
        // document.
        Err(refusal) if shows(refusal.code) => {
            let page = splice(&document, &format!(" data-error=\"{}\"", refusal.code));
            Answer::html(refusal.status(), page, CacheRule::NoStore)
                .with_code(refusal.code.as_str())
                .with_header("Content-Security-Policy", ANYBODY)
        }
        Err(refusal) => return Err(refusal.into()),
    };
    // The answer depends on `Referer`.
    Ok(embeddable(page).with_header("Vary", "Referer"))
}

/// Pages that isolate themselves from others embed nothing else
/// (<https://html.spec.whatwg.org/multipage/browsers.html#coep>).
fn embeddable(page: Answer) -> Answer {
    page.with_header("Cross-Origin-Embedder-Policy", "require-corp")
        .with_header("Cross-Origin-Resource-Policy", "cross-origin")
}

/// The site, if this page may embed it.
async fn embed<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    sitekey: &str,
) -> Result<Arc<Site>, Refusal> {
    let key = issue::public_key(&edge.state.config.authority, sitekey)?;
    let referer = inbound.header("referer");
    let page = referer.as_deref().and_then(Hostname::of_url);
    let site = issue::site(&edge.sites(), &key, page.as_ref()).await?;
    if site.state == SiteState::Paused {
        return Err(Refusal::new(Code::SitePaused, "the site is paused"));
    }
    // If a browser sends no referrer, `frame-ancestors` alone decides.
    if referer.is_none() || page.is_some_and(|page| site.allows(&page)) {
        return Ok(site);
    }
    Err(Refusal::new(Code::HostnameNotAllowed, "the page's host is not one of the site's"))
}

const fn shows(code: Code) -> bool {
    matches!(code, Code::UnknownSitekey | Code::SitePaused | Code::HostnameNotAllowed)
}

/// The widget's document, from the assets.
async fn document<P: Platform>(edge: &RequestContext<'_, P>) -> Option<Arc<str>> {
    let known = edge.state.document.copy();
    match known {
        Some((ref document, fresh_until)) if edge.now.0 < fresh_until => {
            return Some(Arc::clone(document));
        }
        _ => {}
    }
    let Some(text) = edge.platform.asset(DOCUMENT).await else {
        return known.map(|(document, _)| document);
    };
    let document: Arc<str> = text.into();
    // Developers want to see the latest build.
    let lifetime =
        if edge.state.config.environment == Environment::Development { 0 } else { DOCUMENT_MS };
    let known = Some((Arc::clone(&document), edge.now.0 + lifetime));
    edge.state.document.with(|document| *document = known);
    Some(document)
}

fn no_document() -> Answer {
    Refusal::unavailable("the frame's document is not among the assets").into()
}

fn attributes(mode: Mode, fallback: bool) -> String {
    let fallback = if fallback { "on" } else { "off" };
    format!(" data-mode=\"{}\" data-fallback=\"{fallback}\"", mode.as_str())
}

/// The document with attributes on its root.
fn splice(document: &str, attributes: &str) -> String {
    match document.split_once("<html") {
        Some((before, after)) => [before, "<html", attributes, after].concat(),
        None => document.to_owned(),
    }
}

/// Who may embed the frame, and stand around pages that do. `http:` also allows
/// `https:`, and a host without a port would only allow the default one.
fn frame_ancestors(site: &Site) -> String {
    let mut policy = String::from("frame-ancestors");
    let mut allow = |host: &str| {
        policy.push_str(" http://");
        policy.push_str(host);
        policy.push_str(":*");
    };
    for pattern in site.hosts().iter().chain(site.embedders()) {
        if let HostPattern::Under(base) = pattern {
            allow(base.as_str());
        }
        allow(&pattern.to_string());
    }
    if site.allows_loopback() {
        // Policies know no other loopback address.
        for host in ["localhost", "*.localhost", "127.0.0.1"] {
            allow(host);
        }
    }
    if policy == "frame-ancestors" {
        policy.push_str(" 'none'");
    }
    policy
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::{Exemption, new_site};
    use munjigi_protocol::{Mode, SiteConfig};

    use super::*;

    fn site(hosts: &[&str], allow_loopback: bool) -> Site {
        let config = SiteConfig {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            allow_loopback,
            ..new_site("mj_00000000000000000000000000")
        };
        Site::parse(&config, Exemption::Ignored).unwrap()
    }

    #[test]
    fn only_the_sites_hosts_may_embed_it() {
        for (hosts, loopback, policy) in [
            (&[][..], false, "frame-ancestors 'none'"),
            (&["a.example"], false, "frame-ancestors http://a.example:*"),
            (
                &["*.a.example", "b.example"],
                false,
                "frame-ancestors http://a.example:* http://*.a.example:* http://b.example:*",
            ),
            (
                &["embedder:*.portal.example", "a.example"],
                false,
                "frame-ancestors http://a.example:* http://portal.example:* http://*.portal.example:*",
            ),
            (
                &[],
                true,
                "frame-ancestors http://localhost:* http://*.localhost:* http://127.0.0.1:*",
            ),
        ] {
            assert_eq!(frame_ancestors(&site(hosts, loopback)), policy);
        }
    }

    #[test]
    fn attributes_stand_on_the_root() {
        let document = "<!doctype html>\n<html lang=\"en\"><title>x</title></html>";
        assert_eq!(
            splice(document, &attributes(Mode::Managed, true)),
            "<!doctype html>\n<html data-mode=\"managed\" data-fallback=\"on\" lang=\"en\"><title>x</title></html>"
        );
        assert_eq!(splice("no root", " x"), "no root");
    }
}
