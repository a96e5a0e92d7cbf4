//! The supported languages. Accounts and browsers say which one a person wants;
//! the texts are in the templates.

use std::fmt;
use std::str::FromStr;

use munjigi_protocol::accept_language::preferred;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// English, also for people who read neither.
    #[default]
    En,
    Ko,
}

/// Not a supported language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be en or ko")]
pub struct UnknownLocale;

impl Locale {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// The spelling in `lang` and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The supported language that a browser's `Accept-Language` prefers;
    /// English if it lists neither.
    pub fn from_accept_language(header: &str) -> Self {
        let offered = Self::ALL.map(Self::as_str);
        let preferred = preferred(header, &offered).and_then(|tag| tag.parse().ok());
        preferred.unwrap_or_default()
    }
}

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, UnknownLocale> {
        Self::ALL.into_iter().find(|locale| locale.as_str() == text).ok_or(UnknownLocale)
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
        for (header, locale) in [
            ("", Locale::En),
            ("de-DE,de;q=0.9", Locale::En),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Locale::Ko),
            ("en-US,en;q=0.9,ko;q=0.8", Locale::En),
        ] {
            assert_eq!(Locale::from_accept_language(header), locale, "{header}");
        }
    }

    #[test]
    fn a_name_is_spelt_in_one_way() {
        for locale in Locale::ALL {
            assert_eq!(locale.to_string().parse(), Ok(locale));
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
