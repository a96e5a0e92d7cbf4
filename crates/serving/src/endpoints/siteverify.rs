//! Spends a token, at our own path and at the vendors'. Every outcome is JSON
//! of the dialect with status 200, even for garbage, except 413, 429 and 503.

use munjigi_captcha::siteverify::{self, Admit, Body, Dialect, Held, Outcome, Reason};
use munjigi_captcha::{SecretHash, Site, Vendor};
use munjigi_protocol::{SiteverifyRequest, routes};

use crate::answer::Answer;
use crate::form;
use crate::inbound::{Inbound, Source};
use crate::platform::Platform;
use crate::ports::{Admission, Limit};
use crate::rate_limit;
use crate::request_context::RequestContext;

/// The query's first field, where the back end asks for an answer as to a key of
/// reCAPTCHA's version 2, with neither score nor action: there are clients that
/// compare each score they are told.
const VERSION_2: &str = "version=2";

/// Answers whether the token was valid. `path` is the vendor whose path was
/// called, if any.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    path: Option<Vendor>,
) -> Answer {
    let request = match read(inbound, path).await {
        Ok(request) => request,
        Err(status) => return bad_request(path, status),
    };
    verify(edge, inbound, path, &request).await
}

/// The same, for a token of this sitekey alone: whatever sitekey the body names.
pub async fn answer_of<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    sitekey: &str,
) -> Answer {
    match read(inbound, None).await {
        Ok(request) => {
            let sitekey = Some(sitekey.to_owned());
            verify(edge, inbound, None, &SiteverifyRequest { sitekey, ..request }).await
        }
        Err(status) => bad_request(None, status),
    }
}

/// The dialect's JSON, so that no back end gets another shape.
fn bad_request(path: Option<Vendor>, status: u16) -> Answer {
    let outcome = Outcome::refused(Dialect::of(path, None), Reason::BadRequest);
    into_answer(&outcome).with_status(status)
}

/// The request, or the status for an invalid one. Clients of reCAPTCHA put it
/// into the query of a GET or of a POST without a body.
async fn read<S: Source>(
    inbound: &Inbound<S>,
    path: Option<Vendor>,
) -> Result<SiteverifyRequest, u16> {
    let takes_query = path == Some(Vendor::Recaptcha);
    let read = if takes_query && inbound.method() != "POST" {
        form::parse_query(inbound.url().query())
    } else {
        let body = inbound.text(routes::SITEVERIFY).await;
        let body = body.map_err(|problem| if problem.status == 413 { 413 } else { 200_u16 })?;
        if takes_query && body.is_empty() {
            form::parse_query(inbound.url().query())
        } else {
            form::parse(&inbound.content_type(), body.as_bytes())
        }
    };
    read.map_err(|_| 200)
}

async fn verify<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    path: Option<Vendor>,
    request: &SiteverifyRequest,
) -> Answer {
    let authority = &edge.state.config.authority;
    // A bot chooses how its token is made, the back end alone where it asks. What comes
    // behind another field may be part of a token that was not encoded.
    let is_scored = inbound.url().query().split('&').next() != Some(VERSION_2);
    let (mut rng, call) = (edge.generator(), Call { edge, inbound });
    let asked = (path, request);
    let outcome =
        siteverify::siteverify(authority, &edge.sites(), &call, asked, edge.now, &mut rng).await;
    into_answer(&Outcome { is_scored, ..outcome })
}

struct Call<'a, P: Platform> {
    edge: &'a RequestContext<'a, P>,
    inbound: &'a Inbound<P::Source>,
}

impl<P: Platform> Admit for Call<'_, P> {
    type Store = P::Redemptions;

    async fn admit(&self, site: &Site, secret: &SecretHash) -> Result<Self::Store, Held> {
        // A test secret is everyone's.
        if !site.exempt {
            self.inbound.source().showed_secret_of(&site.sitekey);
        }
        // Only a secret that exists is worth a counter.
        let platform = &self.edge.platform;
        let is_counted = !site.exempt;
        if is_counted && platform.admit(Limit::Verify, secret.as_str()).await == Admission::Refuse {
            return Err(Held::TooMany(rate_limit::RETRY_AFTER_SECONDS));
        }
        platform.redemptions().map_err(|_| Held::Unavailable)
    }
}

fn into_answer(outcome: &Outcome) -> Answer {
    let mut answer = Answer::json(&Body(outcome)).with_status(outcome.status);
    if let Some(seconds) = outcome.retry_after {
        answer = answer.with_retry_after(seconds);
    }
    match outcome.code() {
        Some(code) => answer.with_code(code),
        None => answer,
    }
}
