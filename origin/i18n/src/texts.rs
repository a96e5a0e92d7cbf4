//! Messages by key, with their arguments. Templates escape a `Text`. `Html` is
//! a message with markup, whose key ends in `-html`: it is written as it is,
//! and its arguments are escaped here.

use std::borrow::Cow;
use std::fmt;

use askama::filters::{Escaper as _, HtmlSafe};
use fluent_bundle::{FluentArgs, FluentValue};

use crate::{Locale, bundles};

/// The texts of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Texts(Locale);

impl Texts {
    /// The texts in a language.
    pub const fn of(locale: Locale) -> Self {
        Self(locale)
    }

    /// The language that the texts are asked for in.
    pub const fn locale(self) -> Locale {
        self.0
    }

    /// A message without markup.
    pub fn get(self, key: &'static str) -> Text {
        debug_assert!(!key.ends_with("-html"), "{key} is markup");
        Text(Message { locale: self.0, key: key.into(), arguments: None })
    }

    /// A message of a family: `each("role", "owner")` is `role-owner`.
    pub fn each(self, family: &'static str, member: impl fmt::Display) -> Text {
        let key = format!("{family}-{member}").into();
        Text(Message { locale: self.0, key, arguments: None })
    }

    pub fn html(self, key: &'static str) -> Html {
        debug_assert!(key.ends_with("-html"), "{key} is not marked as markup");
        Html(Message { locale: self.0, key: key.into(), arguments: None })
    }
}

/// A number that can choose between singular and plural.
pub trait Count {
    /// As Fluent sees it.
    fn to_argument(&self) -> FluentValue<'static>;
}

macro_rules! count {
    ($($number:ty)*) => { $(impl Count for $number {
        fn to_argument(&self) -> FluentValue<'static> {
            FluentValue::from(*self)
        }
    })* };
}
count!(i32 i64 u8 u16 u32 u64 usize);

impl<T: Count> Count for &T {
    fn to_argument(&self) -> FluentValue<'static> {
        T::to_argument(self)
    }
}

#[derive(Debug)]
struct Message {
    locale: Locale,
    key: Cow<'static, str>,
    arguments: Option<FluentArgs<'static>>,
}

impl Message {
    fn set(&mut self, name: &'static str, value: FluentValue<'static>) {
        self.arguments.get_or_insert_default().set(name, value);
    }

    /// A key that has no text stands for itself; tests fail instead.
    fn text(&self) -> Cow<'_, str> {
        let text = bundles::message(self.locale, &self.key, self.arguments.as_ref());
        debug_assert!(text.is_some(), "no text has the key {}", self.key);
        text.unwrap_or(Cow::Borrowed(&*self.key))
    }
}

/// A message without markup.
#[derive(Debug)]
pub struct Text(Message);

impl Text {
    /// The texts of the same language.
    pub const fn texts(&self) -> Texts {
        Texts(self.0.locale)
    }

    /// Sets a placeable of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.set(name, value.to_string().into());
        self
    }

    /// Sets a number, which the message can select by.
    #[must_use]
    pub fn count(mut self, name: &'static str, number: impl Count) -> Self {
        self.0.set(name, number.to_argument());
        self
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.to_string()
    }
}

#[derive(Debug)]
pub struct Html(Message);

impl Html {
    /// Sets a placeable of the message, escaped.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        let mut escaped = String::new();
        // A String takes everything.
        let _ = askama::filters::Html.write_escaped_str(&mut escaped, &value.to_string());
        self.0.set(name, escaped.into());
        self
    }

    /// Sets a number, which the message can select by.
    #[must_use]
    pub fn count(mut self, name: &'static str, number: impl Count) -> Self {
        self.0.set(name, number.to_argument());
        self
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text())
    }
}

impl HtmlSafe for Html {}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tag: &str) -> Texts {
        Texts::of(tag.parse().unwrap())
    }

    #[test]
    fn a_language_says_it_in_its_own_words() {
        assert_eq!(texts("en").get("language-name").to_string(), "English");
        assert_eq!(texts("ko").get("language-name").to_string(), "한국어");
    }

    #[test]
    fn what_a_language_lacks_is_said_in_english() {
        let ja = texts("ja");
        assert_eq!(ja.get("language-name").to_string(), "日本語");
        assert_eq!(ja.get("home-headline").to_string(), "People pass. Bots pay.");
    }

    #[test]
    fn a_number_chooses_the_plural() {
        let minutes =
            |count: u32| texts("en").get("error-rate-limited").count("minutes", count).to_string();
        assert_eq!(minutes(1), "Too many attempts. Try again in a minute.");
        assert_eq!(minutes(2), "Too many attempts. Try again in 2 minutes.");
    }

    #[test]
    fn only_markup_of_the_message_itself_is_markup() {
        let text = texts("en").html("confirm-lead-html").with("email", "<script>&").to_string();
        assert!(text.contains("<b>&#60;script&#62;&#38;</b>"), "{text}");
    }

    #[test]
    #[should_panic(expected = "no text has the key nonsense")]
    fn a_key_without_a_text_fails_tests() {
        let _ = texts("ko").get("nonsense").to_string();
    }
}
