//! The origin's translations. Texts are Fluent messages in
//! `locales/<tag>/*.ftl`, one folder per language, compiled in. A language is
//! supported if it has a folder. What it does not say is said in English.
//!
//! What the texts are about, and where they are shown, is decided elsewhere.
//! `munjigi-tools i18n` compares the languages with each other and with the
//! code that uses their keys.

mod bundles;
mod locale;
mod texts;

pub use locale::{Locale, UnknownLocale};
pub use texts::{Count, Html, Text, Texts};
