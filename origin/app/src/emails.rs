//! Emails that pages cause: which one, in which language, with which links.

use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::{EmailAddress, Role, Token, session};
use munjigi_domain::email::{Email, EmailKind};
use munjigi_domain::shown::Shown;
use munjigi_i18n::Texts;
use munjigi_keys::UnixMillis;
use munjigi_store::accounts::SignUp;
use munjigi_store::organisations::Membership;
use reqwest::Url;

use crate::settings::Console;

const MINUTE_MILLIS: u64 = 60_000;
const HOUR_MILLIS: u64 = 60 * MINUTE_MILLIS;
const DAY_MILLIS: u64 = 24 * HOUR_MILLIS;

/// After a sign-up.
pub fn confirm(config: &Console, sign_up: &SignUp, token: &Token) -> Email {
    let kind = EmailKind::ConfirmAddress {
        name: Shown::of(&sign_up.name),
        link: config.link("/confirm", token),
        hours: whole(session::SIGN_UP_MILLIS / HOUR_MILLIS),
    };
    kind.message(sign_up.email.for_mail(), sign_up.locale)
}

/// After a sign-up with an address that already has an account.
pub fn taken(config: &Console, account: &Account) -> Email {
    let kind = EmailKind::AddressTaken {
        login_link: page(config, "/log-in"),
        recover_link: page(config, "/recover"),
    };
    to(account, &kind)
}

/// After a request to reset the password.
pub fn recover(config: &Console, account: &Account, token: &Token) -> Email {
    let kind = EmailKind::RecoverPassword {
        link: config.link("/recover/password", token),
        minutes: whole(session::RECOVERY_MILLIS / MINUTE_MILLIS),
    };
    to(account, &kind)
}

/// To a person who is invited to an organisation.
pub fn invited(
    config: &Console,
    by: &Account,
    organisation: &str,
    email: &EmailAddress,
    role: Role,
    token: &Token,
) -> Email {
    let locale = by.locale;
    let kind = EmailKind::Invited {
        by: Shown::of(&by.name),
        organisation: Shown::of(organisation),
        role: Shown::of(&Texts::of(locale).each("role", role.as_str()).to_string()),
        link: config.link("/invitation", token),
        days: whole(session::INVITATION_MILLIS / DAY_MILLIS),
    };
    kind.message(email.for_mail(), locale)
}

/// To the creator of an API key.
pub fn key_made(config: &Console, by: &Account, organisation: &Membership, name: &str) -> Email {
    let kind = EmailKind::KeyMade {
        name: Shown::of(name),
        organisation: Shown::of(&organisation.name),
        link: page(config, &format!("/console/{}/keys", organisation.organisation)),
    };
    to(by, &kind)
}

/// After the key of an authenticator app was shown.
pub fn offered(account: &Account) -> Email {
    let minutes = whole(session::OFFER_MILLIS / MINUTE_MILLIS);
    to(account, &EmailKind::AuthenticatorOffered { minutes })
}

/// After a request to erase the account.
pub fn left(config: &Console, account: &Account, when: UnixMillis) -> Email {
    let login_link = page(config, "/log-in");
    to(account, &EmailKind::AccountLeaves { when, login_link })
}

/// After erasure was cancelled.
pub fn stays(account: &Account) -> Email {
    to(account, &EmailKind::AccountStays)
}

/// To the owner of an account, in their language.
pub fn to(account: &Account, kind: &EmailKind) -> Email {
    kind.message(account.email.for_mail(), account.locale)
}

fn page(config: &Console, path: &str) -> Url {
    let mut url = config.url.clone();
    url.set_path(path);
    url
}

fn whole(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
