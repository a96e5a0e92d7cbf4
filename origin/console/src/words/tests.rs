use super::*;

/// Every text of a language, in order, as `Debug` prints it.
fn texts(locale: Locale) -> Vec<String> {
    let printed = format!("{:?}", of(locale)).replace("\\\"", "”");
    printed.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_text_says_something() {
    for locale in Locale::ALL.iter().copied() {
        let texts = texts(locale);
        assert!(texts.len() > 130, "{locale}: {}", texts.len());
        for text in &texts {
            assert_eq!(text.trim().is_empty(), text.is_empty(), "{locale}: {text:?}");
            assert!(!text.contains('!'), "no exclamation marks: {text}");
        }
    }
}

#[test]
fn a_korean_text_is_korean() {
    // Names, codes and punctuation around a value.
    let others = ["", ".", "JSON"];
    for text in texts("ko".parse().unwrap()) {
        let hangul = text.chars().any(|char| ('가'..='힣').contains(&char));
        assert!(hangul || others.contains(&text.as_str()), "{text:?}");
    }
}

#[test]
fn an_english_text_has_no_korean_but_the_name() {
    for text in texts(Locale::EN) {
        let rest = text.replace("문지기", "");
        assert!(!rest.chars().any(|char| ('가'..='힣').contains(&char)), "{text:?}");
    }
}

#[test]
fn what_somebody_may_meet_before_log_in_is_told_in_korean() {
    for code in [
        "not-found",
        "logged-out",
        "foreign-form",
        "link-gone",
        "sign-up-closed",
        "payload-too-large",
        "malformed-request",
        "unavailable",
        "rate-limited",
    ] {
        assert!(of_trouble("ko".parse().unwrap(), code, Some(90)).is_some(), "{code}");
        // The page's own texts are in English.
        assert_eq!(of_trouble(Locale::EN, code, None), None);
    }
    let [_, what] = of_trouble("ko".parse().unwrap(), "rate-limited", Some(90)).unwrap();
    assert!(what.contains("2분"), "{what}");
}
