//! The parsed messages of every language. Nothing here chooses a language.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::Locale;

const SOURCES: &[(&str, &[&str])] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

static BUNDLES: LazyLock<HashMap<&str, FluentBundle<FluentResource>>> =
    LazyLock::new(|| SOURCES.iter().map(|(tag, sources)| (*tag, bundle(tag, sources))).collect());

fn bundle(tag: &str, sources: &[&str]) -> FluentBundle<FluentResource> {
    // The tag decides about plurals alone; a test parses every one.
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // No language here is written from right to left, and a sitekey or address
    // copied from a page would carry the invisible marks along.
    bundle.set_use_isolating(false);
    for source in sources {
        // What could be read of a broken file is kept; a test finds the rest.
        let resource = FluentResource::try_new((*source).to_owned());
        let resource = resource.unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The message in this language, otherwise in English; `None` if it has no text
/// in either.
pub fn message(
    locale: Locale,
    key: &str,
    arguments: Option<&FluentArgs<'_>>,
) -> Option<Cow<'static, str>> {
    [locale, Locale::EN].into_iter().find_map(|locale| {
        let bundle = BUNDLES.get(locale.as_str())?;
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, arguments, &mut errors);
        debug_assert!(errors.is_empty(), "{key} in {locale}: {errors:?}");
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_every_language_can_be_read() {
        for (tag, sources) in SOURCES {
            assert!(tag.parse::<LanguageIdentifier>().is_ok(), "{tag}");
            for source in *sources {
                if let Err((_, errors)) = FluentResource::try_new((*source).to_owned()) {
                    panic!("{tag}: {errors:?}");
                }
            }
        }
    }

    /// The lines of a language's files with text: no comments and no keys.
    fn texts(tag: &str) -> Vec<String> {
        let (_, sources) = SOURCES.iter().find(|(other, _)| *other == tag).unwrap();
        let lines = sources.iter().flat_map(|source| source.lines());
        let lines = lines.filter(|line| !line.starts_with('#'));
        let text = |line: &str| {
            let line = if line.starts_with(' ') {
                line.split_once("] ").map_or(line, |(_, text)| text)
            } else {
                line.split_once('=').map_or(line, |(_, text)| text)
            };
            line.trim().to_owned()
        };
        lines.map(text).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn no_text_shouts() {
        for (tag, _) in SOURCES {
            for text in texts(tag) {
                assert!(!text.contains(['!', '！']), "{tag}: {text}");
            }
        }
    }

    #[test]
    fn a_korean_text_is_korean() {
        for text in texts("ko") {
            let is_korean = text.chars().any(|char| ('가'..='힣').contains(&char));
            // Lines of placeables and selectors, and a name that is the same.
            let others = text.starts_with(['{', '}']) || text == "ASN";
            assert!(is_korean || others, "{text:?}");
        }
    }

    #[test]
    fn an_english_text_has_no_korean_but_the_name() {
        for text in texts("en") {
            let rest = text.replace("문지기", "");
            assert!(!rest.chars().any(|char| ('가'..='힣').contains(&char)), "{text:?}");
        }
    }
}
