//! `GET /errors/{code}`: what a code means, for the visitor, the integrator and
//! the operator, in English or Korean. The pages are assets that the widget's
//! build generates from `widget/errors`; this endpoint selects one.

use munjigi_protocol::Code;

use crate::answer::{Answer, CacheRule};
use crate::platform::Platform;
use crate::request_context::RequestContext;

/// Codes of the widget itself, which no answer of ours carries.
const WIDGET: [&str; 3] = ["offline", "timeout", "unsupported"];

/// The code with this name, if there is a page for it.
pub fn named(name: &str) -> Option<&'static str> {
    codes().find(|code| *code == name)
}

fn codes() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().map(|code| code.as_str()).chain(WIDGET)
}

/// Answers with the page in the first supported language of `Accept-Language`.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    code: &str,
    accept_language: Option<&str>,
) -> Answer {
    let language = language(accept_language.unwrap_or_default());
    let path = ["/_errors/", code, ".", language, ".html"].concat();
    let Some(page) = edge.platform.asset(&path).await else { return no_page() };
    Answer::html(200, page, CacheRule::Public { seconds: 3_600 })
        .with_header("Vary", "Accept-Language".into())
        .with_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'".into(),
        )
}

fn no_page() -> Answer {
    Answer::problem(Code::Unavailable, "the page is not among the assets").with_retry_after(2)
}

/// Browsers list the preferred language first, so weights can be ignored,
/// except that zero means "not this one".
fn language(accept_language: &str) -> &'static str {
    accept_language
        .split(',')
        .filter(|range| !range.trim_end().ends_with("q=0"))
        .find_map(|range| {
            let tag = range.split(';').next().unwrap_or_default().trim();
            match tag.split('-').next().unwrap_or_default() {
                "ko" => Some("ko"),
                "en" => Some("en"),
                _ => None,
            }
        })
        .unwrap_or("en")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../../../widget/errors/en.txt");
    const KOREAN: &str = include_str!("../../../../widget/errors/ko.txt");

    #[test]
    fn the_first_supported_language_is_chosen() {
        for (header, wanted) in [
            ("", "en"),
            ("ko", "ko"),
            ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
            ("de, ko;q=0.5, en;q=0.4", "ko"),
            ("en-GB,ko;q=0.5", "en"),
            ("ko;q=0,en", "en"),
            ("fr,*;q=0.1", "en"),
        ] {
            assert_eq!(language(header), wanted, "{header}");
        }
    }

    #[test]
    fn every_code_has_its_texts_in_both_languages_and_no_other_has() {
        for all in [ENGLISH, KOREAN] {
            let mut written: Vec<&str> =
                all.trim().split("\n\n").filter_map(|texts| texts.lines().next()).collect();
            let mut known: Vec<&str> = codes().collect();
            written.sort_unstable();
            known.sort_unstable();
            assert_eq!(written, known);
        }
    }

    #[test]
    fn problem_documents_are_titled_as_the_pages_are() {
        for code in Code::ALL {
            let mut lines = ENGLISH.lines().skip_while(|line| *line != code.as_str());
            assert_eq!(lines.nth(1), Some(code.title()), "{code}");
        }
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
