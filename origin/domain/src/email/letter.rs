//! What letters say. The words stand in `origin/domain/templates/letters`, one file
//! for each language with all letters: the first line of each is its subject,
//! and paragraphs stand between empty lines. The HTML is made of the same
//! paragraphs, so that both halves of a letter always say the same.

#[cfg(test)]
mod tests;

use std::fmt;

use askama::Template;
use munjigi_keys::UnixMillis;
use url::Url;

use super::{EmailAddress, Subject};
use crate::anomalies::Sighting;
use crate::locale::Locale;
use crate::shown::Shown;
use crate::timestamp::to_timestamp;

/// A letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Whom it is for.
    pub to: EmailAddress,
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub text: String,
    /// The same for programs that show HTML.
    pub html: Option<String>,
}

/// Letters hold addresses, and links that let their reader in.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter")
    }
}

/// Every letter that is ever sent. Links are built by us, lead to us, and may
/// let in whoever has them.
#[derive(Clone, PartialEq)]
pub enum LetterKind {
    /// To somebody who signed up.
    ConfirmAddress {
        /// As the person wrote it, who may be anybody: left out of the
        /// greeting where it looks like an address of a site.
        name: Shown,
        /// Where to confirm.
        link: Url,
        /// How long the link works.
        hours: u16,
    },
    /// To somebody who has an account and whose address was signed up with
    /// again. The page says the same in both cases; only this letter tells.
    AddressTaken {
        /// Where to log in.
        login_link: Url,
        /// Where to ask for a new password.
        recover_link: Url,
    },
    /// To somebody who forgot the password.
    RecoverPassword {
        /// Where to choose a new one.
        link: Url,
        /// How long the link works.
        minutes: u16,
    },
    /// Once it was changed, by who knew the last one.
    PasswordChanged,
    /// Once it was changed by the link of a letter.
    PasswordReset,
    /// There is a new key of the API.
    KeyMade {
        /// What its maker calls it.
        name: Shown,
        /// Whose it is.
        organisation: Shown,
        /// Where all of them are listed.
        link: Url,
    },
    /// The key of an authenticator app was shown.
    AuthenticatorOffered {
        /// How long it can be taken into use.
        minutes: u16,
    },
    /// Logging in takes a code from now on.
    SecondFactorOn,
    /// There are other recovery codes; the earlier ones no longer work.
    RecoveryCodesReplaced,
    /// Logging in takes no code any more.
    SecondFactorOff,
    /// Logging in takes a passkey from now on, and no code of an app.
    AuthenticatorOff,
    /// There is one more passkey.
    PasskeyAdded {
        /// What its owner calls it.
        name: Shown,
    },
    /// There is one less.
    PasskeyRemoved {
        /// What its owner called it.
        name: Shown,
        /// Second factors that are left.
        left: usize,
    },
    /// The counter of one went back.
    PasskeyCopied {
        /// What its owner calls it.
        name: Shown,
    },
    /// To somebody who may join an organisation.
    Invited {
        /// Who invites.
        by: Shown,
        /// Into which organisation.
        organisation: Shown,
        /// As what, in the letter's language.
        role: Shown,
        /// Where to accept.
        link: Url,
        /// How long the link works.
        days: u16,
    },
    /// To members who asked to be told.
    Unusual {
        /// What, the worst first.
        seen: Vec<Sighting>,
        /// Where all of it is listed.
        link: Url,
    },
    /// An account is going to be erased, as its owner asked.
    AccountLeaves {
        /// When.
        when: UnixMillis,
        /// Where to log in, to keep it.
        login_link: Url,
    },
    /// It is not.
    AccountStays,
    /// Somebody logged in from where nobody did before.
    NewLogIn {
        /// When.
        when: UnixMillis,
        /// Program and place, as far as they are known.
        where_from: Shown,
    },
}

/// Links let their reader in.
impl fmt::Debug for LetterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LetterKind")
    }
}

#[derive(Template)]
#[template(path = "letters/en.txt")]
struct English<'a> {
    kind: &'a LetterKind,
}

#[derive(Template)]
#[template(path = "letters/ko.txt")]
struct Korean<'a> {
    kind: &'a LetterKind,
}

#[derive(Template)]
#[template(path = "letters/letter.html")]
struct Html<'a> {
    locale: Locale,
    subject: &'a str,
    paragraphs: &'a [Paragraph<'a>],
}

enum Paragraph<'a> {
    Words(&'a str),
    Link(&'a str),
}

impl LetterKind {
    /// The letter in a language.
    #[expect(clippy::missing_panics_doc, reason = "templates are ours and rendered in tests")]
    pub fn letter(&self, to: EmailAddress, locale: Locale) -> Letter {
        let whole = match locale {
            Locale::En => English { kind: self }.render(),
            Locale::Ko => Korean { kind: self }.render(),
        };
        let whole = whole.expect("writing to a String does not fail");
        let mut pieces = whole.split("\n\n").map(str::trim).filter(|piece| !piece.is_empty());
        let subject = pieces.next().unwrap_or_default();
        let links = self.links();
        let paragraphs: Vec<Paragraph> = pieces
            .map(|piece| {
                let link = links.iter().any(|link| link.as_str() == piece);
                if link { Paragraph::Link(piece) } else { Paragraph::Words(piece) }
            })
            .collect();
        let html = Html { locale, subject, paragraphs: &paragraphs }.render();
        Letter {
            to,
            subject: subject.parse().expect("each template begins with a subject of our own"),
            text: text(&paragraphs),
            html: Some(html.expect("writing to a String does not fail")),
        }
    }

    /// In the order in which they stand in the letter.
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
            | Self::AccountStays
            | Self::NewLogIn { .. } => Vec::new(),
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

/// `1 hour`, `24 hours`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
fn counted(number: &u16, unit: &str) -> String {
    if *number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// `2026-11-20 (UTC)`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
fn day(at: &UnixMillis) -> String {
    format!("{} (UTC)", to_timestamp(*at).date())
}

/// `2026-11-20 12:00 (UTC)`: whoever reads it may be anywhere.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
fn minute(at: &UnixMillis) -> String {
    let at = to_timestamp(*at);
    format!("{} {:02}:{:02} (UTC)", at.date(), at.hour(), at.minute())
}
