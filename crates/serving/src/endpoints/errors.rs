//! `GET /errors/{code}`: what a code means, for the visitor, the integrator and
//! the operator, in English or Korean. The pages are assets that the widget's
//! build generates from `widget/errors`; this endpoint selects one.

use munjigi_protocol::Code;
use munjigi_protocol::accept_language::preferred;

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
    let language = preferred(accept_language.unwrap_or_default(), &["en", "ko"]).unwrap_or("en");
    let path = ["/_errors/", code, ".", language, ".html"].concat();
    let Some(page) = edge.platform.asset(&path).await else { return no_page() };
    Answer::html(200, page, CacheRule::Public { seconds: 3_600 })
        .with_header("Vary", "Accept-Language")
        .with_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
}

fn no_page() -> Answer {
    Answer::problem(Code::Unavailable, "the page is not among the assets").with_retry_after(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../../../widget/errors/en.txt");
    const KOREAN: &str = include_str!("../../../../widget/errors/ko.txt");

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
