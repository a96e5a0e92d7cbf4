//! The language of a page: the one in its URL, otherwise the one chosen before
//! in this browser, otherwise the account's, otherwise the browser's first
//! preference. A plain link to the same page chooses a language.

use axum::extract::Request;
use axum::http::{Method, Uri};
use munjigi_i18n::{Locale, Texts};

/// Parameter in the query.
const FIELD: &str = "lang";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    pub locale: Locale,
    /// The language's own name for itself.
    pub name: String,
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
    let others = Locale::ALL.iter().copied().filter(|locale| *locale != here);
    let switch = |locale: Locale| {
        let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != FIELD);
        let mut fields = form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
        let fields = fields.extend_pairs(kept).append_pair(FIELD, locale.as_str());
        let name = Texts::of(locale).get("language-name").into();
        Switch { locale, name, href: fields.finish() }
    };
    others.map(switch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_keeps_the_page_and_its_query() {
        let ko: Locale = "ko".parse().unwrap();
        let href = |query| {
            let switches = switches(query, Locale::EN);
            assert!(switches.iter().all(|switch| switch.locale != Locale::EN));
            switches.into_iter().find(|switch| switch.locale == ko).map(|switch| switch.href)
        };
        assert_eq!(href(Some("")).unwrap(), "?lang=ko");
        assert_eq!(href(Some("link=a%26b&lang=en")).unwrap(), "?link=a%26b&lang=ko");
        assert!(switches(None, Locale::EN).is_empty());
        let back = switches(Some("lang=ko"), ko);
        assert_eq!((back[0].href.as_str(), back[0].name.as_str()), ("?lang=en", "English"));
    }

    #[test]
    fn an_address_names_one_of_our_languages_or_none() {
        for (uri, tag) in [
            ("/?lang=ko", Some("ko")),
            ("/?a=b&lang=en", Some("en")),
            ("/?lang=de", None),
            ("/?lang=", None),
            ("/?language=ko", None),
            ("/", None),
        ] {
            let locale = chosen(&uri.parse().unwrap());
            assert_eq!(locale.map(Locale::as_str), tag, "{uri}");
        }
    }
}
