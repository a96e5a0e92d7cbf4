//! Takes what a site's back end reports about a visitor. Every outcome is JSON
//! with status 200, even for garbage, except 413, 429 and 503. A report is
//! accepted once it waits durably for the origin.

use munjigi_captcha::outcomes::{self, Read};
use munjigi_captcha::siteverify::Reason;
use munjigi_counters::Event;
use munjigi_protocol::{BatchId, CountBatch, OutcomeReply, OutcomeReport, OutcomeRequest, routes};

use crate::answer::Answer;
use crate::form;
use crate::inbound::Inbound;
use crate::log::{Level, Line};
use crate::platform::Platform;
use crate::ports::{Admission, Limit};
use crate::rate_limit;
use crate::request_context::RequestContext;

/// Takes a report.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
) -> Answer {
    let request: OutcomeRequest = match inbound.text(routes::OUTCOMES).await {
        Ok(body) => match form::parse(&inbound.content_type(), body.as_bytes()) {
            Ok(request) => request,
            Err(_) => return refused(&[Reason::BadRequest]),
        },
        Err(problem) if problem.status == 413 => {
            return refused(&[Reason::BadRequest]).with_status(413);
        }
        Err(_) => return refused(&[Reason::BadRequest]),
    };
    match outcomes::read(&edge.state.config.authority, &request, edge.now) {
        Ok(Read::Test) => reply(Vec::new()),
        Ok(Read::Presented(presented)) => take(edge, &presented).await,
        Err(reasons) => refused(&reasons),
    }
}

async fn take<P: Platform>(
    edge: &RequestContext<'_, P>,
    presented: &outcomes::Presented,
) -> Answer {
    let site = match outcomes::site(&edge.sites(), presented).await {
        Ok(site) => site,
        Err(reason) => return refused(&[reason]),
    };
    // Each is a message and a transaction: far fewer are let through than calls
    // of siteverify, whose limit they do not use up.
    let caller = ["outcome:", presented.secret_hash().as_str()].concat();
    if edge.platform.admit(Limit::Client, &caller).await == Admission::Refuse {
        return refused(&[Reason::BadRequest])
            .with_status(429)
            .with_retry_after(rate_limit::RETRY_AFTER_SECONDS);
    }
    match outcomes::report(&site, presented, edge.now) {
        Ok(report) => send(edge, report).await,
        Err(reason) => refused(&[reason]),
    }
}

/// Hands a report to the queue, which keeps it until the origin has it, unless
/// it did so before.
async fn send<P: Platform>(edge: &RequestContext<'_, P>, report: OutcomeReport) -> Answer {
    let (id, taken) = (report.id, Event::Reported(outcomes::words(&report)));
    if edge.state.counters.with(|counters| counters.seen(&id, taken)) {
        return reply(Vec::new());
    }
    let sent = match batch(edge, report) {
        Some(batch) => edge.platform.forward(&batch).await,
        None => Err("no origin is configured, or no random numbers".to_owned()),
    };
    match sent {
        Ok(()) => {
            edge.state.counters.with(|counters| counters.first(&id, taken));
            reply(Vec::new())
        }
        Err(detail) => {
            let line = Line::new(Level::Warn, "outcome-refused");
            edge.platform.log(&line.with_detail(&detail));
            refused(&[Reason::Unavailable])
        }
    }
}

fn batch<P: Platform>(edge: &RequestContext<'_, P>, report: OutcomeReport) -> Option<CountBatch> {
    edge.state.config.origin_url.as_ref()?;
    let mut name = [0; 16];
    edge.platform.fill(&mut name).ok()?;
    let outcomes = vec![report];
    Some(CountBatch {
        batch: BatchId(name),
        counts: Vec::new(),
        pictures: Vec::new(),
        prices: Vec::new(),
        outcomes,
    })
}

fn refused(reasons: &[Reason]) -> Answer {
    let answer = reply(outcomes::codes(reasons));
    match reasons {
        [Reason::Unavailable, ..] => {
            answer.with_status(503).with_retry_after(rate_limit::RETRY_AFTER_SECONDS)
        }
        _ => answer,
    }
}

fn reply(error_codes: Vec<munjigi_protocol::SiteverifyCode>) -> Answer {
    let code = error_codes.first().map(|code| code.as_str());
    let answer = Answer::json(&OutcomeReply { success: error_codes.is_empty(), error_codes });
    match code {
        Some(code) => answer.with_code(code),
        None => answer,
    }
}
