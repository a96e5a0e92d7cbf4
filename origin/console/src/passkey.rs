//! What every page with a passkey does: prompts the browser and checks its
//! response.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use munjigi_app::{App, ConsoleApp, emails};
use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::passkey::{Begun, PasskeyError, Purpose, RelyingParty, Used};
use munjigi_domain::accounts::{Id, limits};
use munjigi_domain::email::EmailKind;
use munjigi_domain::shown::Shown;
use munjigi_store::accounts;
use munjigi_store::limits::Taken;
use munjigi_store::passkeys::{self, Claimed, MarkCopied};
use munjigi_store::transact;

use super::assets;
use super::page_error::PageError;
use super::requester::Browser;

/// Path of the script, if passkeys are possible at all.
pub fn script(app: &ConsoleApp) -> Option<&'static str> {
    let party = app.console.config.relying_party();
    party.is_some().then(|| assets::PASSKEYS.path.as_str())
}

/// Starts a ceremony that any registered passkey can complete.
pub async fn ask(
    app: &ConsoleApp,
    browser: &Browser,
    purpose: Purpose,
) -> Result<Response, PageError> {
    count(app, browser).await?;
    let begun = party(app)?.ask().map_err(unasked)?;
    begin(app, browser, purpose, begun).await
}

/// Stores the ceremony's state and sends the browser its options.
pub async fn begin(
    app: &ConsoleApp,
    browser: &Browser,
    purpose: Purpose,
    begun: Begun,
) -> Result<Response, PageError> {
    let holder = browser.form_holder().ok_or(PageError::foreign_form())?.hash();
    let Begun { options, challenge, state } = begun;
    passkeys::begin(&app.pool, (challenge, &state), purpose, holder, app.clock.now()).await?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, options).into_response())
}

/// The account whose passkey was used, optionally required to be `whose`. A
/// response counts once, whatever the result.
pub async fn accept(
    app: &ConsoleApp,
    browser: &Browser,
    purpose: Purpose,
    answer: &str,
    whose: Option<&Id>,
) -> Result<Result<Account, PasskeyError>, PageError> {
    let accepted = verify(app, browser, purpose, answer, whose).await?;
    let outcome = accepted.as_ref().map_or_else(|error| error.code(), |_| "accepted");
    metrics::counter!("munjigi_console_passkeys_total", "outcome" => outcome).increment(1);
    Ok(accepted)
}

async fn verify(
    app: &ConsoleApp,
    browser: &Browser,
    purpose: Purpose,
    answer: &str,
    whose: Option<&Id>,
) -> Result<Result<Account, PasskeyError>, PageError> {
    let party = party(app)?;
    let now = app.clock.now();
    let holder = browser.form_holder().ok_or(PageError::foreign_form())?.hash();
    let read = Used::read(answer).and_then(|used| Ok((used.challenge()?, used)));
    let (challenge, used) = match read {
        Ok(read) => read,
        Err(error) => return Ok(Err(error)),
    };
    let Some(state) = passkeys::take(&app.pool, challenge, purpose, holder, now).await? else {
        return Ok(Err(PasskeyError::Over));
    };
    let claimed = passkeys::claimed(&app.pool, &used.credential()).await?;
    let ours = |claimed: &Claimed| whose.is_none_or(|whose| *whose == claimed.kept.account);
    let Some(claimed) = claimed.filter(ours) else { return Ok(Err(PasskeyError::Unknown)) };
    let account = accounts::find(&app.pool, &claimed.kept.account).await?;
    let Some(account) = account else { return Ok(Err(PasskeyError::Unknown)) };
    match party.used(&state, &used, &claimed.kept) {
        // Only someone who holds the key learns that it was copied.
        Ok(_) if claimed.is_copied => Ok(Err(PasskeyError::Copied)),
        Ok(state) if passkeys::used(&app.pool, &claimed, &state, now).await? => Ok(Ok(account)),
        Ok(_) => Ok(Err(PasskeyError::Over)),
        Err(PasskeyError::Copied) => {
            mark_copied(app, browser, &account, &claimed).await?;
            Ok(Err(PasskeyError::Copied))
        }
        Err(error) => Ok(Err(error)),
    }
}

async fn mark_copied(
    app: &App,
    browser: &Browser,
    account: &Account,
    claimed: &Claimed,
) -> Result<(), PageError> {
    tracing::warn!(passkey = %claimed.id, "the counter of a passkey went backwards");
    let kind = EmailKind::PasskeyCopied { name: Shown::of(&claimed.name) };
    let (actor, message) = (browser.client.actor(account), emails::to(account, &kind));
    let unit = MarkCopied { claimed, actor: &actor, message: &message, now: app.clock.now() };
    Ok(transact(&app.pool, &unit).await?)
}

/// Our relying party. Without a host name for the console there are no
/// passkeys.
pub fn party(app: &ConsoleApp) -> Result<RelyingParty, PageError> {
    let console = &app.console;
    console.config.relying_party().ok_or(PageError::nothing_here())
}

/// For errors that no user input can cause.
pub fn unasked(error: PasskeyError) -> PageError {
    tracing::error!(%error, "a passkey's ceremony cannot begin");
    PageError::away()
}

/// Limits ceremonies: each costs a row, and each response a signature check.
pub async fn count(app: &App, browser: &Browser) -> Result<(), PageError> {
    let (limit, now) = (&limits::PASSKEYS_BY_PREFIX, app.clock.now());
    match app.cache.limits.take(limit, &browser.client.prefix, now).await? {
        Taken::Yes => Ok(()),
        Taken::Wait { seconds } => Err(PageError::too_often(seconds)),
    }
}
