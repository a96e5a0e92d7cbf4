//! The language of a page: the one in its URL, otherwise the one chosen before,
//! otherwise the browser's first preference. A plain link to the same page
//! chooses a language.

use axum::extract::Request;
use axum::http::{Method, Uri};
use munjigi_domain::locale::Locale;

use crate::words;

/// Parameter in the query.
const FIELD: &str = "lang";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    pub locale: Locale,
    /// The language's own name for itself.
    pub name: &'static str,
    /// Only a query, so that the path stays the same.
    pub href: String,
}

/// The language in the URL.
pub fn chosen(uri: &Uri) -> Option<Locale> {
    let mut fields = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    fields.find(|(name, _)| name == FIELD)?.1.parse().ok()
}

/// The query of a page that can be requested again.
pub fn again(request: &Request) -> Option<String> {
    let is_page = request.method() == Method::GET;
    is_page.then(|| request.uri().query().unwrap_or_default().to_owned())
}

/// Links to the other languages; none for a page that cannot be requested
/// again.
pub fn switches(query: Option<&str>, here: Locale) -> Vec<Switch> {
    let Some(query) = query else { return Vec::new() };
    let others = Locale::ALL.into_iter().filter(|locale| *locale != here);
    let switch = |locale: Locale| {
        let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != FIELD);
        let mut fields = form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
        let fields = fields.extend_pairs(kept).append_pair(FIELD, locale.as_str());
        Switch { locale, name: words::of(locale).around.language, href: fields.finish() }
    };
    others.map(switch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_keeps_the_page_and_its_query() {
        let hrefs = |query| {
            let switches = switches(query, Locale::En);
            switches.into_iter().map(|switch| switch.href).collect::<Vec<_>>()
        };
        assert_eq!(hrefs(Some("")), ["?lang=ko"]);
        assert_eq!(hrefs(Some("link=a%26b&lang=en")), ["?link=a%26b&lang=ko"]);
        assert!(hrefs(None).is_empty());
        let back = switches(Some("lang=ko"), Locale::Ko);
        assert_eq!((back[0].href.as_str(), back[0].name), ("?lang=en", "English"));
    }

    #[test]
    fn an_address_names_one_of_our_languages_or_none() {
        for (uri, locale) in [
            ("/?lang=ko", Some(Locale::Ko)),
            ("/?a=b&lang=en", Some(Locale::En)),
            ("/?lang=de", None),
            ("/?lang=", None),
            ("/?language=ko", None),
            ("/", None),
        ] {
            assert_eq!(chosen(&uri.parse().unwrap()), locale, "{uri}");
        }
    }
}
