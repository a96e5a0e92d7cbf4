//! `POST /v1/challenges`: starts an attempt. Nothing is stored.

use munjigi_captcha::{Call, Hostname, TestSitekey, issue};
use munjigi_protocol::{ChallengeRequest, Code, routes};

use crate::answer::Answer;
use crate::inbound::Inbound;
use crate::platform::Platform;
use crate::ports::{Admission, Limit};
use crate::rate_limit;
use crate::request_context::RequestContext;

/// Answers with a challenge.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Result<Answer, Answer> {
    let request: ChallengeRequest = inbound.frame_json(routes::CHALLENGES).await?;
    if let Some(test) = TestSitekey::find(&request.sitekey) {
        return Ok(Answer::json(&test.visit()?));
    }
    let authority = &edge.state.config.authority;
    let key = issue::public_key(authority, &request.sitekey)?;
    let host = Hostname::parse(&request.hostname).ok();
    let site = issue::site(&edge.sites(), &key, host.as_ref()).await?;
    let visit = inbound.visit();
    if !site.exempt {
        let limited = rate_limit::admit(edge.platform, Limit::Challenge, &site.sitekey, &visit);
        if limited.await == Admission::Refuse {
            return Err(rate_limited());
        }
    }
    let visit = edge.listed(&site, visit).await;
    let mut rng = edge.generator();
    let call = Call { authority, site: &site, visit: &visit, now: edge.now };
    let counters = &edge.state.counters;
    let issued = issue::issue(&call, &request, host.as_ref(), edge.store(), counters, &mut rng);
    let issued = issued.map_err(|refusal| edge.refuse(refusal))?;
    for tally in [Some(issued.tally), issued.flooded].into_iter().flatten() {
        edge.count(tally);
    }
    Ok(Answer::json(&issued.reply))
}

fn rate_limited() -> Answer {
    Answer::problem(Code::RateLimited, "too many challenges for this address")
        .with_retry_after(rate_limit::RETRY_AFTER_SECONDS)
}
