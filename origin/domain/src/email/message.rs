//! The content of emails. The texts are messages of `munjigi-i18n`, a subject
//! and a text for each kind; empty lines separate paragraphs. The HTML is made
//! from the same paragraphs, so that both parts of an email always say the same.

#[cfg(test)]
mod tests;

use std::fmt;

use askama::Template;
use munjigi_i18n::{Locale, Text, Texts};
use munjigi_keys::UnixMillis;
use url::Url;

use super::{Address, Subject};
use crate::anomalies::Sighting;
use crate::shown::Shown;
use crate::timestamp::to_timestamp;

#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    pub to: Address,
    pub subject: Subject,
    pub text: String,
    /// The same for programs that show HTML.
    pub html: Option<String>,
}

/// Emails contain addresses, and links that grant access.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email")
    }
}

/// Every email that is ever sent. Links are built by us, point to us, and may
/// grant access to anyone who has them.
#[derive(Clone, PartialEq)]
pub enum EmailKind {
    /// To someone who signed up.
    ConfirmAddress {
        /// As typed by the person, who may be anyone: left out of the greeting
        /// if it looks like a web address.
        name: Shown,
        link: Url,
        /// Lifetime of the link.
        hours: u16,
    },
    /// To someone who has an account and whose address was used to sign up
    /// again. The page looks the same in both cases; only this email tells.
    AddressTaken {
        login_link: Url,
        /// The page that requests a new password.
        recover_link: Url,
    },
    /// To someone who forgot the password.
    RecoverPassword {
        /// The link to choose a new one.
        link: Url,
        /// Lifetime of the link.
        minutes: u16,
    },
    /// The password was changed by someone who knew the old one.
    PasswordChanged,
    /// The password was changed by a recovery link.
    PasswordReset,
    /// An API key was created.
    KeyMade {
        /// The key's name, as its creator chose it.
        name: Shown,
        /// The organisation that owns it.
        organisation: Shown,
        /// The list of all keys.
        link: Url,
    },
    /// The key of an authenticator app was shown.
    AuthenticatorOffered {
        /// How long it can be activated.
        minutes: u16,
    },
    /// Logging in takes a code from now on.
    SecondFactorOn,
    /// The recovery codes were replaced; earlier ones no longer work.
    RecoveryCodesReplaced,
    /// Logging in takes no code any more.
    SecondFactorOff,
    /// Logging in takes a passkey from now on, and no code from an app.
    AuthenticatorOff,
    PasskeyAdded {
        /// The name that its owner chose.
        name: Shown,
    },
    PasskeyRemoved {
        /// The name that its owner had chosen.
        name: Shown,
        /// Remaining second factors.
        left: usize,
    },
    /// The counter of a passkey went backwards.
    PasskeyCopied {
        /// The name that its owner chose.
        name: Shown,
    },
    /// To someone who is invited to join an organisation.
    Invited {
        by: Shown,
        organisation: Shown,
        /// The role, in the email's language.
        role: Shown,
        link: Url,
        /// Lifetime of the link.
        days: u16,
    },
    /// To members who chose to be notified.
    Unusual {
        /// The anomalies, worst first.
        seen: Vec<Sighting>,
        /// The list of all anomalies.
        link: Url,
    },
    /// An account is going to be erased, as its owner requested.
    AccountLeaves {
        when: UnixMillis,
        /// The log-in page, to cancel it.
        login_link: Url,
    },
    AccountStays,
}

/// Links grant access.
impl fmt::Debug for EmailKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailKind")
    }
}

#[derive(Template)]
#[template(path = "emails/email.html")]
struct Html<'a> {
    locale: Locale,
    subject: &'a str,
    paragraphs: &'a [Paragraph<'a>],
}

enum Paragraph<'a> {
    Words(&'a str),
    Link(&'a str),
}

impl EmailKind {
    /// The email in a language.
    #[expect(clippy::missing_panics_doc, reason = "templates are ours and rendered in tests")]
    pub fn message(&self, to: Address, locale: Locale) -> Email {
        let t = Texts::of(locale);
        let subject = self.fill(t.each("email-subject", self.name())).to_string();
        let body = self.fill(t.each("email-text", self.name())).to_string();
        let end = t.get("email-end").to_string();
        let pieces = body.split("\n\n").chain([end.as_str()]);
        let pieces = pieces.map(str::trim).filter(|piece| !piece.is_empty());
        let links = self.links();
        let paragraphs: Vec<Paragraph> = pieces
            .map(|piece| {
                let link = links.iter().any(|link| link.as_str() == piece);
                if link { Paragraph::Link(piece) } else { Paragraph::Words(piece) }
            })
            .collect();
        let html = Html { locale, subject: &subject, paragraphs: &paragraphs }.render();
        Email {
            to,
            subject: subject.parse().expect("every subject is a line of our own"),
            text: text(&paragraphs),
            html: Some(html.expect("writing to a String does not fail")),
        }
    }

    /// As keys spell it.
    const fn name(&self) -> &'static str {
        match self {
            Self::ConfirmAddress { .. } => "confirm-address",
            Self::AddressTaken { .. } => "address-taken",
            Self::RecoverPassword { .. } => "recover-password",
            Self::PasswordChanged => "password-changed",
            Self::PasswordReset => "password-reset",
            Self::KeyMade { .. } => "key-made",
            Self::AuthenticatorOffered { .. } => "authenticator-offered",
            Self::SecondFactorOn => "second-factor-on",
            Self::RecoveryCodesReplaced => "recovery-codes-replaced",
            Self::SecondFactorOff => "second-factor-off",
            Self::AuthenticatorOff => "authenticator-off",
            Self::PasskeyAdded { .. } => "passkey-added",
            Self::PasskeyRemoved { .. } => "passkey-removed",
            Self::PasskeyCopied { .. } => "passkey-copied",
            Self::Invited { .. } => "invited",
            Self::Unusual { .. } => "unusual",
            Self::AccountLeaves { .. } => "account-leaves",
            Self::AccountStays => "account-stays",
        }
    }

    /// Sets the placeables of a subject or a text.
    fn fill(&self, text: Text) -> Text {
        match self {
            Self::ConfirmAddress { name, link, hours } => {
                let greeting = name.greeting();
                let text = text.with("named", if greeting.is_some() { "yes" } else { "no" });
                let text = text.with("name", greeting.unwrap_or_default());
                text.with("link", link).count("hours", *hours)
            }
            Self::AddressTaken { login_link, recover_link } => {
                text.with("login-link", login_link).with("recover-link", recover_link)
            }
            Self::RecoverPassword { link, minutes } => {
                text.with("link", link).count("minutes", *minutes)
            }
            Self::KeyMade { name, organisation, link } => {
                text.with("name", name).with("organisation", organisation).with("link", link)
            }
            Self::AuthenticatorOffered { minutes } => text.count("minutes", *minutes),
            Self::PasskeyAdded { name } | Self::PasskeyCopied { name } => text.with("name", name),
            Self::PasskeyRemoved { name, left } => text.with("name", name).count("left", *left),
            Self::Invited { by, organisation, role, link, days } => {
                let text = text.with("by", by).with("organisation", organisation);
                text.with("role", role).with("link", link).count("days", *days)
            }
            Self::Unusual { seen, link } => unusual(text, seen).with("link", link),
            Self::AccountLeaves { when, login_link } => {
                text.with("when", day(*when)).with("login-link", login_link)
            }
            Self::PasswordChanged
            | Self::PasswordReset
            | Self::SecondFactorOn
            | Self::RecoveryCodesReplaced
            | Self::SecondFactorOff
            | Self::AuthenticatorOff
            | Self::AccountStays => text,
        }
    }

    /// In the order in which they appear in the email.
    fn links(&self) -> Vec<&Url> {
        match self {
            Self::ConfirmAddress { link, .. }
            | Self::RecoverPassword { link, .. }
            | Self::KeyMade { link, .. }
            | Self::Invited { link, .. }
            | Self::Unusual { link, .. }
            | Self::AccountLeaves { login_link: link, .. } => vec![link],
            Self::AddressTaken { login_link, recover_link } => vec![login_link, recover_link],
            Self::PasswordChanged
            | Self::PasswordReset
            | Self::AuthenticatorOffered { .. }
            | Self::SecondFactorOn
            | Self::RecoveryCodesReplaced
            | Self::SecondFactorOff
            | Self::AuthenticatorOff
            | Self::PasskeyAdded { .. }
            | Self::PasskeyRemoved { .. }
            | Self::PasskeyCopied { .. }
            | Self::AccountStays => Vec::new(),
        }
    }
}

fn text(paragraphs: &[Paragraph]) -> String {
    let mut text = String::new();
    for paragraph in paragraphs {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        let (Paragraph::Words(piece) | Paragraph::Link(piece)) = paragraph;
        text.push_str(piece);
    }
    text.push('\n');
    text
}

/// The anomalies, each with its advice, and the first one for the subject.
fn unusual(text: Text, seen: &[Sighting]) -> Text {
    let t = &text.texts();
    let both = |one: &Sighting| format!("{}\n\n{}", one.sentence(t), one.advice(t));
    let anomalies: Vec<String> = seen.iter().map(both).collect();
    let text = text.with("anomalies", anomalies.join("\n\n")).count("count", seen.len());
    match seen.first() {
        Some(first) => text.with("site", &first.site).with("title", first.title(t)),
        None => text,
    }
}

/// `2026-11-20 (UTC)`.
fn day(at: UnixMillis) -> String {
    format!("{} (UTC)", to_timestamp(at).date())
}
