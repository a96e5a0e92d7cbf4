//! The origin's translations. Texts are Fluent messages in
//! `locales/<tag>/*.ftl`, one folder per language, compiled in. A language is
//! supported if it has a folder. Messages that it lacks are shown in English.
//!
//! Callers decide where texts are shown.
//! `munjigi-tools i18n` compares the languages with each other and with the
//! code that uses their keys.
//!
//! **i18n**: the translations of the origin's pages; the widget has its own.

mod bundles;
mod locale;
mod texts;

pub use locale::{Locale, UnknownLocale};
pub use texts::{Count, Html, Text, Texts};
