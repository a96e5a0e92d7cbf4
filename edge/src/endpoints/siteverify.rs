//! `POST /siteverify`: spends a token. Every outcome is JSON of the dialect
//! with status 200, garbage included, except 413, 429 and 503.

use munjigi_captcha::ports::SiteSource;
use munjigi_captcha::siteverify::{self, Outcome};
use munjigi_protocol::{SiteverifyCode, routes};

use crate::answer::Answer;
use crate::edge::Edge;
use crate::form;
use crate::inbound::Inbound;
use crate::limit::{self, Limiter, Verdict};
use crate::objects::Objects;

/// Answers with whether the token was good.
pub async fn answer(edge: &Edge<'_>, inbound: &Inbound) -> Answer {
    let body = match inbound.text(routes::SITEVERIFY).await {
        Ok(body) => body,
        // The dialect's JSON, so that no back end meets another shape.
        Err(problem) => {
            let status = if problem.status == 413 { 413 } else { 200 };
            return into_answer(&Outcome::refused(SiteverifyCode::BadRequest)).with_status(status);
        }
    };
    into_answer_or(verify(edge, inbound, body.as_bytes()).await)
}

async fn verify(edge: &Edge<'_>, inbound: &Inbound, body: &[u8]) -> Result<Outcome, Answer> {
    let refused = |code| Ok(Outcome::refused(code));
    let Ok(request) = form::parse(inbound.content_type(), body) else {
        return refused(SiteverifyCode::BadRequest);
    };
    let authority = &edge.isolate.config.authority;
    let presented = match siteverify::present(authority, &request) {
        Ok(presented) => presented,
        Err(outcome) => return Ok(outcome),
    };
    let sites = edge.sites();
    let hash = presented.secret_hash();
    // Only a secret that somebody has is worth a counter; the site is cached.
    if let Ok(Some(site)) = sites.by_secret(&hash).await
        && !site.exempt
        && Limiter::Verify.check(edge.env, hash.as_str()).await == Verdict::Refuse
    {
        return Err(too_many());
    }
    let Ok(objects) = Objects::new(edge.env, edge.shards()) else {
        return refused(SiteverifyCode::InternalError);
    };
    let mut rng = edge.generator();
    Ok(siteverify::verify(authority, &sites, &objects, &presented, edge.now, &mut rng).await)
}

fn too_many() -> Answer {
    into_answer(&Outcome::refused(SiteverifyCode::BadRequest))
        .with_status(429)
        .with_retry_after(limit::RETRY_AFTER_SECONDS)
}

fn into_answer_or(outcome: Result<Outcome, Answer>) -> Answer {
    match outcome {
        Ok(outcome) => into_answer(&outcome),
        Err(answer) => answer,
    }
}

fn into_answer(outcome: &Outcome) -> Answer {
    let mut answer = Answer::json(&outcome.reply).with_status(outcome.status);
    if let Some(seconds) = outcome.retry_after {
        answer = answer.with_retry_after(seconds);
    }
    match outcome.reply.error_codes.first() {
        Some(code) => answer.with_code(code.as_str()),
        None => answer,
    }
}
