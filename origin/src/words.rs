//! What the pages for people say, in every language: one folder for each, one
//! file for each group of pages. A text is a field, so that the compiler
//! misses what a language lacks. Documents are in English alone.
//!
//! A text with something in its middle is two, before and after it; either
//! may be empty. Texts that hold markup are named so, and are ours alone.

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

use munjigi_domain::locale::Locale;

/// Every text.
#[derive(Debug)]
pub struct Words {
    /// Around every page.
    pub around: Around,
    /// `/`.
    pub home: Home,
    /// `/demo`.
    pub attempt: Attempt,
    /// `/status`.
    pub status: Status,
    /// `/docs`.
    pub docs: Docs,
    /// Of several forms.
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

/// In a language.
pub const fn of(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &en::WORDS,
        Locale::Ko => &ko::WORDS,
    }
}

/// Heading and text of a page that says why something cannot be done, by its
/// code; none where the page has words of its own for the language.
pub fn of_trouble(locale: Locale, code: &str, seconds: Option<u32>) -> Option<[String; 2]> {
    match locale {
        Locale::En => None,
        Locale::Ko => ko::trouble(code, seconds),
    }
}

/// Around every page.
#[derive(Debug)]
pub struct Around {
    /// The product's name.
    pub brand: &'static str,
    /// The first link.
    pub skip: &'static str,
    /// Of the links beside the brand.
    pub account: &'static str,
    /// To the form.
    pub log_in: &'static str,
    /// To the form.
    pub sign_up: &'static str,
    /// Ends the session.
    pub log_out: &'static str,
    /// Where who is logged in works.
    pub console: &'static str,
    /// Of the links at the end.
    pub about: &'static str,
    /// To `/docs`.
    pub documentation: &'static str,
    /// To `/status`.
    pub status: &'static str,
    /// Before a code, before a request's id.
    pub code_and_request: [&'static str; 2],
    /// To `/`.
    pub to_start: &'static str,
    /// To `/privacy/data`.
    pub kept: &'static str,
    /// The language itself, in itself.
    pub language: &'static str,
    /// What somebody should know while a part is not well.
    pub unwell: Unwell,
}

/// What a part that is not well means for who is here.
#[derive(Debug)]
pub struct Unwell {
    /// Letters wait.
    pub mail: &'static str,
    /// Changes of sites wait.
    pub edge: &'static str,
    /// Sessions that are ended may go on for a moment.
    pub cache: &'static str,
}

/// `/status`.
#[derive(Debug)]
pub struct Status {
    /// Its heading.
    pub title: &'static str,
    /// How the whole is: whether visitors are served.
    pub of_whole: States,
    /// Columns: part, how it is, since when.
    pub columns: [&'static str; 3],
    /// How a part is.
    pub of_part: States,
    /// What Postgres is for.
    pub postgres: Part,
    /// What the edge is for.
    pub edge: Part,
    /// What mail is for.
    pub mail: Part,
    /// What the cache is for.
    pub cache: Part,
    /// What the gpu-backend is for.
    pub gpu_backend: Part,
    /// Before and after the time of the look.
    pub looked_at: [&'static str; 2],
    /// To the same for programs.
    pub as_json: &'static str,
}

/// The states of a part, or of the whole.
#[derive(Debug)]
pub struct States {
    /// Well.
    pub ok: &'static str,
    /// Half well.
    pub degraded: &'static str,
    /// Not known yet: the server began a moment ago.
    pub starting: &'static str,
    /// Away.
    pub down: &'static str,
}

/// A part of the service.
#[derive(Debug)]
pub struct Part {
    /// What it is called.
    pub name: &'static str,
    /// What needs it.
    pub purpose: &'static str,
}

/// `/docs`.
#[derive(Debug)]
pub struct Docs {
    /// Its heading.
    pub title: &'static str,
    /// Before and after the version.
    pub lead: [&'static str; 2],
    /// Where the reader's language is not that of the documents.
    pub language: Option<&'static str>,
    /// Above the sections of a page.
    pub contents: &'static str,
}
