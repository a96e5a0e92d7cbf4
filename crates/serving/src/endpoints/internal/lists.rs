//! Publishing the lists that rules name. Each call may be repeated.

use munjigi_captcha::{InvalidListId, List, ListId, Refusal};
use munjigi_protocol::{Code, ListDelete, routes};

use super::authorise;
use crate::answer::Answer;
use crate::inbound::{Inbound, object};
use crate::lists::{DELETED_SECONDS, Stored, list_key};
use crate::platform::Platform;
use crate::ports::Values;
use crate::request_context::RequestContext;

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
    if is_overtaken(&stored, &list) {
        return Err(stale());
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
    match stored {
        Stored::List(list) if list.version() > version => return Err(stale()),
        Stored::Deleted(deleted) if deleted > version => return Err(stale()),
        Stored::List(_) | Stored::Deleted(_) | Stored::Nothing | Stored::Unreadable => {}
    }
    let values = edge.platform.values().map_err(values_away::<P>)?;
    let (key, mark) = (list_key(&id), Stored::deleted(version));
    values.store_for(&key, &mark, DELETED_SECONDS).await.map_err(values_away::<P>)?;
    forget(edge, &id);
    Ok(Answer::nothing())
}

/// A version is published once; the same again is a retry after a lost answer.
fn is_overtaken(stored: &Stored, list: &List) -> bool {
    match stored {
        Stored::Nothing | Stored::Unreadable => false,
        Stored::Deleted(version) => list.version() <= *version,
        Stored::List(stored) => {
            list.version() < stored.version()
                || (list.version() == stored.version() && list != stored)
        }
    }
}

/// This process knows immediately.
fn forget<P: Platform>(edge: &RequestContext<'_, P>, id: &ListId) {
    edge.state.lists.with(|lists| lists.forget(id.as_str()));
}

fn parse(id: &str) -> Result<ListId, Answer> {
    id.parse().map_err(|error: InvalidListId| malformed(error.to_string()))
}

fn malformed(detail: impl Into<String>) -> Answer {
    Answer::problem(Code::MalformedRequest, detail)
}

fn stale() -> Answer {
    Answer::problem(Code::StaleVersion, "this version or a newer one is already published")
}

fn values_away<P: Platform>(_: munjigi_captcha::ports::StoreError) -> Refusal {
    Refusal::unavailable(P::STORE_MESSAGES.values_away)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_a_list_is_published_once() {
        let list = |version, entry: &str| List::of(version, [entry.parse().unwrap()]);
        let stored = |version| Stored::List(list(version, "AS1"));
        for (stored, new, overtaken) in [
            (Stored::Nothing, list(1, "AS1"), false),
            (Stored::Unreadable, list(1, "AS1"), false),
            (stored(1), list(2, "AS2"), false),
            (stored(2), list(2, "AS1"), false),
            (stored(2), list(2, "AS2"), true),
            (stored(3), list(2, "AS2"), true),
            (Stored::Deleted(1), list(2, "AS1"), false),
            (Stored::Deleted(2), list(2, "AS1"), true),
        ] {
            assert_eq!(is_overtaken(&stored, &new), overtaken, "{stored:?} {new:?}");
        }
    }
}
