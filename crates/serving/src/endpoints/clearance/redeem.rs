//! `POST /clearance`: a token for a cookie, once.

use munjigi_captcha::Refusal;
use munjigi_captcha::clearance::errand::Errand;
use munjigi_captcha::clearance::{self, Asked, Closed, Lack};
use munjigi_captcha::issue::{self, PublicKey};
use munjigi_captcha::siteverify::Reason;
use munjigi_protocol::{CLEARANCE_COOKIE, ClearanceReply, ClearanceRequest, Code, routes};

use super::rounds::Rounds;
use super::{Cookie, clearances, holder};
use crate::answer::Answer;
use crate::inbound::Inbound;
use crate::platform::Platform;
use crate::ports::{Admission, Limit};
use crate::rate_limit;
use crate::request_context::RequestContext;

/// Answers with where the visitor goes on, and the cookie.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Result<Answer, Answer> {
    let request: ClearanceRequest = inbound.frame_json(routes::CLEARANCE_REDEEM).await?;
    let authority = &edge.state.config.authority;
    let errand = Errand::open(authority, &request.to, edge.now).map_err(|_| {
        Answer::problem(Code::ChallengeExpired, "the page has been open for too long")
    })?;
    // The page has set this cookie. Without it, the next one would not come back
    // either, and a token would be lost for nothing.
    let cookies = inbound.header("cookie").unwrap_or_default();
    let Some(rounds) = Rounds::of(&cookies) else {
        let detail = "the browser has sent back no cookie";
        return Err(Answer::problem(Code::CookiesRequired, detail));
    };
    let site = issue::site(&edge.sites(), &PublicKey::Sitekey(errand.sitekey), None).await?;
    let visit = inbound.visit();
    if !site.exempt {
        let limited = rate_limit::admit(edge.platform, Limit::Solution, &errand.sitekey, &visit);
        if limited.await == Admission::Refuse {
            return Err(Answer::problem(Code::RateLimited, "too many clearances for this address")
                .with_retry_after(rate_limit::RETRY_AFTER_SECONDS));
        }
    }
    let missing = |_| Refusal::unavailable(P::STORE_MESSAGES.redemptions_missing);
    let redemptions = edge.platform.redemptions().map_err(missing)?;
    let (whom, mut rng) = ((holder(inbound), &visit), edge.generator());
    let token = &request.token;
    let given = clearance::redeem(authority, &site, &redemptions, token, whom, edge.now, &mut rng);
    let given = given.await.map_err(|reason| Answer::from(refusal(reason)))?;
    let cookie = Cookie { name: CLEARANCE_COOKIE, framed: request.framed };
    let asked = Asked {
        site: &site,
        location: visit.location(),
        host: None,
        holder: whom.0,
        now: edge.now,
    };
    let before = clearance::check(authority, &asked, errand.needs, clearances(edge, &cookies));
    let is_step_up = before == Err(Closed::Lacks(Lack::TooLittle));
    let rounds = rounds.and(&errand, is_step_up, edge.now);
    Ok(Answer::json(&ClearanceReply { path: errand.path })
        .with_header("Set-Cookie", cookie.set(&given.seal(authority), clearance::SECONDS))
        .with_header("Set-Cookie", rounds.cookie(request.framed)))
}

fn refusal(reason: Reason) -> Refusal {
    match reason {
        Reason::Expired | Reason::Spent => {
            Refusal::new(Code::ChallengeExpired, "the token has expired or was used before")
        }
        Reason::Unavailable => Refusal::unavailable("the store does not respond"),
        _ => Refusal::new(Code::ChallengeInvalid, "this is no token of the site"),
    }
}
