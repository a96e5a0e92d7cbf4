//! `POST …/notifications/recipients`: which members get emails.

use axum::body::Bytes;
use axum::response::Response;
use munjigi_domain::accounts::Id;
use munjigi_store::transact;
use munjigi_store::webhooks::SetRecipients;

use super::back;
use crate::page_error::PageError;
use crate::requester::Asking;

/// Saves the choice. The form has one field `account` per chosen member, and
/// one that is always present: it shows that the form is complete, since
/// choosing no one is allowed.
pub async fn submit(asking: Asking, body: Bytes) -> Result<Response, PageError> {
    let fields = || form_urlencoded::parse(&body);
    if !fields().any(|(name, value)| name == "choice" && value == "members") {
        return Err(PageError::malformed());
    }
    let mut accounts = Vec::new();
    for (_, account) in fields().filter(|(name, _)| name == "account") {
        let account: Id = account.parse().map_err(|_| PageError::malformed())?;
        accounts.push(account.to_string());
    }
    let unit = SetRecipients {
        organisation: asking.organisation(),
        accounts: &accounts,
        actor: &asking.actor(),
        now: asking.app.clock.now(),
    };
    transact(&asking.app.pool, &unit).await?;
    Ok(back(&asking, "recipients"))
}
