//! Publishing the lists that rules name. Each call may be repeated.

use munjigi_captcha::{InvalidListId, List, ListId, Refusal};
use munjigi_protocol::{Code, ListDelete, routes};

use super::authorise;
use crate::answer::Answer;
use crate::inbound::{Inbound, object};
use crate::lists::{DELETED_SECONDS, list_key};
use crate::platform::Platform;
use crate::ports::Values;
use crate::request_context::RequestContext;
use crate::versioned::{Deletion, deleted, stale};

/// Publishes a list, or the same version of it again.
pub async fn put<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    id: &str,
) -> Result<Answer, Answer> {
    let body = authorise(edge, inbound, routes::PUT_LIST).await?;
    let id = parse(id)?;
    let list = List::read(&body)
        .ok_or_else(|| malformed("not a version, systems and ranges in their order"))?;
    let stored = edge.lists().stored(&id).await.map_err(values_away::<P>)?;
    if !stored.admits(&list) {
        return Err(stale().into());
    }
    let values = edge.platform.values().map_err(values_away::<P>)?;
    let text = munjigi_protocol::base64::encode(&body);
    values.store(&list_key(&id), &text).await.map_err(values_away::<P>)?;
    forget(edge, &id);
    Ok(Answer::nothing())
}

/// Removes a list from the edge: from then on, it matches no one.
pub async fn delete<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    id: &str,
) -> Result<Answer, Answer> {
    let body = authorise(edge, inbound, routes::DELETE_LIST).await?;
    let id = parse(id)?;
    let ListDelete { version } = object(&body)?;
    let stored = edge.lists().stored(&id).await.map_err(values_away::<P>)?;
    let version = match stored.deletion(Some(version)).ok_or_else(stale)? {
        Deletion::Done(version) | Deletion::Due(version) => version,
    };
    let values = edge.platform.values().map_err(values_away::<P>)?;
    let (key, mark) = (list_key(&id), deleted(version));
    values.store_for(&key, &mark, DELETED_SECONDS).await.map_err(values_away::<P>)?;
    forget(edge, &id);
    Ok(Answer::nothing())
}

fn forget<P: Platform>(edge: &RequestContext<'_, P>, id: &ListId) {
    edge.state.lists.with(|lists| lists.forget(id.as_str()));
}

fn parse(id: &str) -> Result<ListId, Answer> {
    id.parse().map_err(|error: InvalidListId| malformed(error.to_string()))
}

fn malformed(detail: impl Into<String>) -> Answer {
    Answer::problem(Code::MalformedRequest, detail)
}

fn values_away<P: Platform>(_: munjigi_captcha::ports::StoreError) -> Refusal {
    Refusal::unavailable(P::STORE_MESSAGES.values_away)
}
