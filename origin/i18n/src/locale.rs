//! The supported languages. Accounts and browsers say which one a person wants.

use std::fmt;
use std::str::FromStr;

use munjigi_protocol::accept_language::preferred;

/// A language that has a folder in `locales/`, by its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Locale(&'static str);

/// Not a supported language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a supported language, such as en")]
pub struct UnknownLocale;

impl Locale {
    /// English, which is complete by definition: for everybody
    /// who reads no other one that is supported.
    pub const EN: Self = Self("en");

    /// In the order of the tags.
    pub const ALL: &[Self] = include!(concat!(env!("OUT_DIR"), "/tags.rs"));

    /// The spelling in `lang` and in the database.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The supported language that a browser's `Accept-Language` prefers;
    /// English if it lists none.
    pub fn from_accept_language(header: &str) -> Self {
        let offered: Vec<&str> = Self::ALL.iter().map(|locale| locale.as_str()).collect();
        let preferred = preferred(header, &offered).and_then(|tag| tag.parse().ok());
        preferred.unwrap_or_default()
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self::EN
    }
}

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, UnknownLocale> {
        Self::ALL.iter().find(|locale| locale.as_str() == text).copied().ok_or(UnknownLocale)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_browser_gets_its_preferred_language() {
        for (header, tag) in [
            ("", "en"),
            ("de-DE,de;q=0.9", "en"),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
            ("en-US,en;q=0.9,ko;q=0.8", "en"),
            ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ] {
            assert_eq!(Locale::from_accept_language(header).as_str(), tag, "{header}");
        }
    }

    #[test]
    fn a_name_is_spelt_in_one_way() {
        assert!(Locale::ALL.contains(&Locale::EN));
        for locale in Locale::ALL {
            assert_eq!(locale.to_string().parse(), Ok(*locale));
        }
        for text in ["", "EN", "en-US", "de", " ko"] {
            assert_eq!(text.parse::<Locale>(), Err(UnknownLocale));
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_odd(header in "\\PC*") {
            Locale::from_accept_language(&header);
        }
    }
}
