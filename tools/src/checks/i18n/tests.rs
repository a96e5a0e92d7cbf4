//! Each kind of mistake is planted, and reported alone.

use super::*;
use crate::project::Project;

const TEMPLATE: &str =
    "<h1>{{ t.get(\"title\") }}</h1>{{ t.html(\"lead-html\").with(\"name\", name) }}";
const CODE_FILE: &str = "fn role(t: Texts) -> Text { t\n.each(\"role\", \"owner\") }";
const ENGLISH: &str = "title = Title\nlead-html = <b>{ $name }</b>\nrole-owner = owner\n";
const KOREAN: &str = "title = 제목\nlead-html = <b>{ $name }</b> 님\nrole-owner = 소유자\n";

/// What is reported of a checkout whose file at `place` has been changed.
fn with(place: &str, change: impl Fn(&str) -> String) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("origin/templates/page.html", TEMPLATE),
        ("origin/src/role.rs", CODE_FILE),
        ("origin/i18n/locales/en/page.ftl", ENGLISH),
        ("origin/i18n/locales/ko/page.ftl", KOREAN),
        ("origin/i18n/locales/ja/page.ftl", "title = 題名\n"),
    ] {
        let text = if path.ends_with(place) { change(text) } else { text.to_owned() };
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    problems(folder.path()).unwrap()
}

/// The one thing that is reported.
fn one(problems: Vec<String>) -> String {
    let [problem] = <[String; 1]>::try_from(problems).unwrap();
    problem
}

#[test]
fn nothing_is_reported_of_translations_that_agree() {
    assert_eq!(with("nowhere", str::to_owned), Vec::<String>::new());
}

#[test]
fn the_translations_of_this_checkout_agree() {
    assert_eq!(problems(Project::here().root()).unwrap(), Vec::<String>::new());
}

#[test]
fn a_key_that_a_template_uses_and_english_lacks_is_reported() {
    let said = one(with("page.html", |text| format!("{text}{{{{ frame.t.get(\"other\") }}}}")));
    assert!(said.ends_with("page.html: en has no text other"), "{said}");
}

#[test]
fn a_key_that_rust_uses_and_english_lacks_is_reported() {
    let said = one(with("role.rs", |text| format!("{text} fn a() {{ browser.t().get(\"b\") }}")));
    assert!(said.ends_with("role.rs: en has no text b"), "{said}");
    // A map is not asked for texts.
    assert!(with("role.rs", |text| format!("{text} fn a() {{ event.get(\"b\") }}")).is_empty());
}

#[test]
fn a_family_without_a_text_is_reported() {
    let said = one(with("role.rs", |text| format!("{text} fn a() {{ t.each(\"state\", b) }}")));
    assert!(said.ends_with("role.rs: en has no text state-…"), "{said}");
}

#[test]
fn a_text_that_nothing_uses_is_reported() {
    let said = one(with("ja/page.ftl", str::to_owned)
        .into_iter()
        .chain(with("page.html", |text| text.replace("{{ t.get(\"title\") }}", "")))
        .collect());
    assert_eq!(said, "en/page.ftl: nothing uses title");
}

#[test]
fn a_text_of_another_language_that_english_lacks_is_reported() {
    let said = one(with("ja/page.ftl", |text| format!("{text}more = もっと\n")));
    assert_eq!(said, "ja/page.ftl: en has no text more");
}

#[test]
fn placeables_that_differ_are_reported() {
    let said = one(with("ko/page.ftl", |text| text.replace("$name", "$person")));
    assert!(said.starts_with("ko/page.ftl: lead-html has the placeables {\"person\"}"), "{said}");
}

#[test]
fn a_text_that_korean_lacks_is_reported_and_japanese_may_lack_it() {
    let said = one(with("ko/page.ftl", |text| text.replace("role-owner = 소유자\n", "")));
    assert_eq!(said, "ko: role-owner is not translated");
}

#[test]
fn markup_and_text_are_asked_for_as_what_they_are() {
    let said = one(with("page.html", |text| text.replace("t.html(", "t.get(")));
    assert!(said.ends_with("lead-html is markup, so ask for it with html"), "{said}");
    let said = one(with("page.html", |text| text.replace("t.get(", "t.html(")));
    assert!(said.ends_with("title is not marked as markup by -html"), "{said}");
}

#[test]
fn what_cannot_be_read_or_is_there_twice_is_reported() {
    let said = one(with("ja/page.ftl", |text| format!("{text}title = 見出し\n")));
    assert_eq!(said, "ja/page.ftl: title is also in ja/page.ftl");
    let said = one(with("ja/page.ftl", |text| format!("{text}more = {{ $\n")));
    assert!(said.starts_with("ja/page.ftl: "), "{said}");
}
