//! The texts of the pages, in every language: one folder per language, one file
//! per group of pages. Each text is a field, so that the compiler reports
//! missing translations. Documents exist only in English.
//!
//! A text with a value in its middle is two texts, before and after the value;
//! either can be empty. Texts that contain markup have names that say so, and
//! contain no input.

mod en;
mod entry;
mod home;
mod ko;
mod mistakes;

#[cfg(test)]
mod tests;

pub use entry::{Code, Confirm, Fields, Invitation, LogIn, Recover, SignUp};
pub use home::{Attempt, Figures, Home, Point};
pub use mistakes::{of_email, of_passkey, of_password};

use munjigi_i18n::Locale;

#[derive(Debug)]
pub struct Words {
    /// The frame of every page.
    pub around: Around,
    /// `/`.
    pub home: Home,
    /// `/demo`.
    pub attempt: Attempt,
    /// `/status`.
    pub status: Status,
    /// `/docs`.
    pub docs: Docs,
    /// Fields that several forms share.
    pub fields: Fields,
    /// `/sign-up`.
    pub sign_up: SignUp,
    /// `/log-in`.
    pub log_in: LogIn,
    /// `/log-in/code`.
    pub code: Code,
    /// `/confirm`.
    pub confirm: Confirm,
    /// `/recover`.
    pub recover: Recover,
    /// `/invitation`.
    pub invitation: Invitation,
}

pub fn of(locale: Locale) -> &'static Words {
    match locale.as_str() {
        "ko" => &ko::WORDS,
        _ => &en::WORDS,
    }
}

/// Heading and text of a page that says why something cannot be done, by its
/// code; `None` if the page has texts of its own in the language.
pub fn of_trouble(locale: Locale, code: &str, seconds: Option<u32>) -> Option<[String; 2]> {
    match locale.as_str() {
        "ko" => ko::trouble(code, seconds),
        _ => None,
    }
}

/// The frame of every page.
#[derive(Debug)]
pub struct Around {
    pub brand: &'static str,
    /// Link to the content, for keyboards and screen readers.
    pub skip: &'static str,
    /// Label of the links beside the brand.
    pub account: &'static str,
    pub log_in: &'static str,
    pub sign_up: &'static str,
    pub log_out: &'static str,
    pub console: &'static str,
    /// Label of the links in the footer.
    pub about: &'static str,
    pub documentation: &'static str,
    pub status: &'static str,
    /// Before an error's code, and before a request's id.
    pub code_and_request: [&'static str; 2],
    /// Link to `/`.
    pub to_start: &'static str,
    /// Link to `/privacy/data`.
    pub kept: &'static str,
    /// The language's own name for itself.
    pub language: &'static str,
    pub unwell: Unwell,
}

/// Notices about what a degraded component means for the reader.
#[derive(Debug)]
pub struct Unwell {
    /// Emails are queued.
    pub mail: &'static str,
    /// Changes of sites are queued.
    pub edge: &'static str,
    /// Ended sessions may stay active for a moment.
    pub cache: &'static str,
}

/// `/status`.
#[derive(Debug)]
pub struct Status {
    pub title: &'static str,
    /// Status of the whole service: whether visitors are served.
    pub of_whole: States,
    /// Columns: component, status, since when.
    pub columns: [&'static str; 3],
    /// Status of a component.
    pub of_part: States,
    pub postgres: Part,
    pub edge: Part,
    pub mail: Part,
    pub cache: Part,
    pub gpu_backend: Part,
    /// Before and after the time of the check.
    pub looked_at: [&'static str; 2],
    /// Link to the status as JSON.
    pub as_json: &'static str,
}

/// The states of a component, or of the whole service.
#[derive(Debug)]
pub struct States {
    pub ok: &'static str,
    pub degraded: &'static str,
    /// Not known yet: the server started a moment ago.
    pub starting: &'static str,
    pub down: &'static str,
}

#[derive(Debug)]
pub struct Part {
    pub name: &'static str,
    /// What it is used for.
    pub purpose: &'static str,
}

/// `/docs`.
#[derive(Debug)]
pub struct Docs {
    pub title: &'static str,
    /// Before and after the version.
    pub lead: [&'static str; 2],
    /// Note for readers of another language than the documents'.
    pub language: Option<&'static str>,
    /// Above the sections of a document.
    pub contents: &'static str,
}
