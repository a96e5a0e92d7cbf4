//! `GET /errors/{code}`: what a code means, for the visitor, the integrator
//! and the operator, in English or Korean.

use munjigi_protocol::Code;

use crate::answer::{Answer, CacheRule};

/// Codes of the widget's own, which no answer of ours carries.
const WIDGET: [&str; 3] = ["offline", "timeout", "unsupported"];

/// A paragraph for each code: the code, its title, and a line each for who
/// filled in a form, who built it, and who runs the service.
const ENGLISH: &str = include_str!("errors/en.txt");
const KOREAN: &str = include_str!("errors/ko.txt");

/// A language that the pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Korean,
}

/// The code in words, as problem documents title it.
pub fn title(code: Code) -> &'static str {
    texts(code.as_str(), ENGLISH)[0]
}

/// The code of this name that there is a page for.
pub fn named(name: &str) -> Option<&'static str> {
    codes().find(|code| *code == name)
}

fn codes() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().map(|code| code.as_str()).chain(WIDGET)
}

/// Title and three readers' texts.
fn texts(code: &str, all: &'static str) -> [&'static str; 4] {
    let mut lines = all.lines().skip_while(|line| *line != code).skip(1);
    [(); 4].map(|()| lines.next().unwrap_or_default())
}

/// Answers with the page in the first language of `Accept-Language` that
/// there is.
pub fn answer(code: &str, accept_language: Option<&str>) -> Answer {
    let language = Language::choose(accept_language.unwrap_or_default());
    Answer::html(200, page(code, language), CacheRule::Public { seconds: 3_600 })
        .with_header("Vary", "Accept-Language".into())
        .with_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'".into(),
        )
}

impl Language {
    /// Browsers list the best first, so weights need no reading, except that
    /// zero means "not this one".
    fn choose(accept_language: &str) -> Self {
        accept_language
            .split(',')
            .filter(|range| !range.trim_end().ends_with("q=0"))
            .find_map(|range| {
                let tag = range.split(';').next().unwrap_or_default().trim();
                match tag.split('-').next().unwrap_or_default() {
                    "ko" => Some(Self::Korean),
                    "en" => Some(Self::English),
                    _ => None,
                }
            })
            .unwrap_or(Self::English)
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1.25rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0}\
h2{font-size:1rem;margin:2rem 0 .25rem}\
p{margin:0}\
code{font-family:ui-monospace,monospace;font-size:.9em}\
.code{opacity:.75;margin-bottom:.5rem}";

fn page(code: &str, language: Language) -> String {
    let (tag, all, headings) = match language {
        Language::English => {
            ("en", ENGLISH, ["If you filled in a form", "If you built it", "If you run it"])
        }
        Language::Korean => {
            ("ko", KOREAN, ["양식을 작성하던 분께", "양식을 만든 분께", "서비스를 운영하는 분께"])
        }
    };
    let [title, readers @ ..] = texts(code, all);
    let mut page = [
        "<!doctype html><html lang=\"",
        tag,
        "\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
        title,
        " · Munjigi</title><style>",
        STYLE,
        "</style><main><p class=\"code\"><code>",
        code,
        "</code></p><h1>",
        title,
        "</h1>",
    ]
    .concat();
    for (heading, text) in headings.into_iter().zip(readers) {
        page.push_str("<h2>");
        page.push_str(heading);
        page.push_str("</h2><p>");
        push_text(&mut page, text);
        page.push_str("</p>");
    }
    page.push_str("</main></html>");
    page
}

/// Our own texts, in which every second part between backquotes is code.
fn push_text(page: &mut String, text: &str) {
    for (position, part) in text.split('`').enumerate() {
        if position % 2 == 1 {
            page.push_str("<code>");
            page.push_str(part);
            page.push_str("</code>");
        } else {
            page.push_str(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_first_that_there_is() {
        for (header, language) in [
            ("", Language::English),
            ("ko", Language::Korean),
            ("ko-KR,ko;q=0.9,en-US;q=0.8", Language::Korean),
            ("de, ko;q=0.5, en;q=0.4", Language::Korean),
            ("en-GB,ko;q=0.5", Language::English),
            ("ko;q=0,en", Language::English),
            ("fr,*;q=0.1", Language::English),
        ] {
            assert_eq!(Language::choose(header), language, "{header}");
        }
    }

    #[test]
    fn every_code_has_its_texts_and_no_markup_in_them() {
        for code in codes() {
            for all in [ENGLISH, KOREAN] {
                for text in texts(code, all) {
                    assert!(!text.is_empty() && !text.contains(['<', '&', '>']), "{code}: {text}");
                    assert_eq!(text.matches('`').count() % 2, 0, "{code}: {text}");
                }
            }
        }
        for all in [ENGLISH, KOREAN] {
            assert_eq!(all.lines().count(), codes().count() * 6 - 1);
        }
    }

    #[test]
    fn a_page_names_its_code_and_language() {
        let page = page("rate-limited", Language::Korean);
        assert!(page.starts_with("<!doctype html><html lang=\"ko\">"));
        assert!(page.contains("<code>rate-limited</code>"));
        assert!(page.contains("<code>Retry-After</code>"));
    }

    #[test]
    fn the_widgets_own_codes_have_pages_too() {
        for code in WIDGET {
            assert_eq!(named(code), Some(code));
        }
        assert_eq!(named("rate-limited"), Some("rate-limited"));
        assert_eq!(named("invented"), None);
    }
}
