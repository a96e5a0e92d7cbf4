//! `POST /v1/solutions`: a solution becomes a token or the next step.

use munjigi_captcha::issue::{self, PublicKey};
use munjigi_captcha::solve::{self, Stores};
use munjigi_captcha::{Call, Refusal};
use munjigi_protocol::{Code, SolutionRequest, routes};

use crate::answer::Answer;
use crate::inbound::Inbound;
use crate::log::{Level, Line};
use crate::platform::Platform;
use crate::ports::{Admission, Limit};
use crate::rate_limit;
use crate::request_context::RequestContext;

/// Answers with a token or the next step.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Result<Answer, Answer> {
    let request: SolutionRequest = inbound.frame_json(routes::SOLUTIONS).await?;
    let authority = &edge.state.config.authority;
    let opened = solve::open(authority, &request)?;
    // The token would not be accepted either. The widget begins again by itself.
    if edge.platform.generation().is_some_and(|now| now != opened.claims().store) {
        let detail = "the store has begun a new generation since";
        return Err(Refusal::new(Code::ChallengeExpired, detail).into());
    }
    let sitekey = PublicKey::Sitekey(opened.sitekey());
    let site = issue::site(&edge.sites(), &sitekey, None).await?;
    let visit = inbound.visit();
    // Only now: a seal of ours costs a challenge, which is limited too.
    if !site.exempt {
        let sitekey = opened.sitekey();
        let limited = rate_limit::admit(edge.platform, Limit::Solution, &sitekey, &visit);
        if limited.await == Admission::Refuse {
            return Err(rate_limited());
        }
    }
    let visit = edge.listed(&site, visit).await;
    let missing = |_| Refusal::unavailable(P::STORE_MESSAGES.redemptions_missing);
    let redemptions = edge.platform.redemptions().map_err(missing)?;
    let packs = edge.packs();
    let stores = Stores { redemptions: &redemptions, prices: &redemptions, pictures: &packs };
    let mut rng = edge.generator();
    let call = Call { authority, site: &site, visit: &visit, now: edge.now };
    let counters = &edge.state.counters;
    let solved = solve::judge(&call, &opened, &request, counters, &stores, &mut rng).await;
    let solved = solved.map_err(|refusal| edge.refuse(refusal))?;
    if solved.tally.picture.is_some_and(|picture| picture.pack.is_none()) {
        // An alert: visitors pay with longer work for what is missing.
        edge.platform.log(&Line::new(Level::Warn, "picture-missing"));
    }
    if !solved.repeated {
        edge.count(solved.tally);
    }
    Ok(Answer::json(&solved.reply))
}

fn rate_limited() -> Answer {
    Answer::problem(Code::RateLimited, "too many solutions for this address")
        .with_retry_after(rate_limit::RETRY_AFTER_SECONDS)
}
