//! The supported languages. Accounts and browsers say which one a person wants;
//! the texts are in the templates.

use std::fmt;
use std::str::FromStr;

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
        let mut best = (Self::default(), 0);
        for range in header.split(',') {
            let (tag, quality) = range.split_once(';').unwrap_or((range, "q=1"));
            let Some(locale) = Self::of_tag(tag.trim()) else { continue };
            let quality = per_mille(quality.trim());
            // Of equals, the first.
            if quality > best.1 {
                best = (locale, quality);
            }
        }
        best.0
    }

    /// `ko`, `ko-KR`, `KO-kr`.
    fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or(tag);
        Self::ALL.into_iter().find(|locale| language.eq_ignore_ascii_case(locale.as_str()))
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

/// `q=0.8` as 800; 0, which means "not acceptable", if it is not a quality.
fn per_mille(parameter: &str) -> u16 {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    let Some((whole, part)) = value.map(|value| value.split_once('.').unwrap_or((value, "")))
    else {
        return 0;
    };
    let digits = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "0" if digits => format!("{part:0<3}").parse().unwrap_or_default(),
        "1" if digits => 1_000,
        _ => 0,
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
            ("*", Locale::En),
            ("de-DE,de;q=0.9", Locale::En),
            ("ko", Locale::Ko),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Locale::Ko),
            ("en-US,en;q=0.9,ko;q=0.8", Locale::En),
            ("en;q=0.5, KO-kr ; q=0.75", Locale::Ko),
            ("de, ko;q=0.1", Locale::Ko),
            ("ko;q=0, en;q=0.1", Locale::En),
            ("ko;q=0", Locale::En),
            ("korean", Locale::En),
            ("ko;q=high", Locale::En),
            ("en,ko", Locale::En),
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
