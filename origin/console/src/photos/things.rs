//! What visitors are asked for, in the words of the widget.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use munjigi_i18n::{Locale, Texts};
use serde::Deserialize;

#[derive(Deserialize)]
struct Words {
    things: BTreeMap<String, String>,
}

static ENGLISH: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| read(include_str!("../../../../widget/picture/locales/en.json")));
static KOREAN: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| read(include_str!("../../../../widget/picture/locales/ko.json")));

/// The names of things, without articles.
fn read(text: &str) -> BTreeMap<String, String> {
    let words: Words = serde_json::from_str(text).expect("a test of the widget reads these files");
    let bare = |name: &str| {
        let name = name.split('|').next().unwrap_or(name);
        let articles = ["a ", "an "];
        articles.iter().find_map(|it| name.strip_prefix(it)).unwrap_or(name).to_owned()
    };
    words.things.iter().map(|(key, name)| (key.clone(), bare(name))).collect()
}

fn names(locale: Locale) -> &'static BTreeMap<String, String> {
    if locale.as_str() == "ko" { &KOREAN } else { &ENGLISH }
}

/// The name of a thing; of one that the widget has no word for, its key.
pub(super) fn name(t: &Texts, thing: &str) -> String {
    names(t.locale()).get(thing).map_or_else(|| thing.to_owned(), Clone::clone)
}

/// Every thing that the widget has a word for: key and name, by name.
pub(super) fn all(t: &Texts) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        names(t.locale()).iter().map(|(key, name)| (key.clone(), name.clone())).collect();
    all.sort_by(|(_, a), (_, b)| a.cmp(b));
    all
}

/// Whether visitors can be asked for it.
pub(super) fn is_known(thing: &str) -> bool {
    ENGLISH.contains_key(thing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_have_names_without_articles() {
        let (english, korean) = (Texts::of(Locale::EN), Texts::of("ko".parse().unwrap()));
        assert_eq!(name(&english, "elephant"), "elephant");
        assert_eq!(name(&korean, "elephant"), "코끼리");
        assert_eq!(name(&english, "apple"), "apple");
        assert_eq!(name(&english, "spoon"), "spoon");
        assert_eq!(all(&english).len(), all(&korean).len());
        assert!(is_known("cup") && !is_known("spoon"));
    }
}
