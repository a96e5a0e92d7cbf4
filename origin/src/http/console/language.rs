//! Which language a page is shown in: the one that its address names, else
//! the one chosen before, else what the browser wants most. Choosing is a
//! plain link to the same page.

use axum::extract::Request;
use axum::http::{Method, Uri};
use munjigi_domain::locale::Locale;

use crate::words;

/// In the query.
const FIELD: &str = "lang";

/// A link to the same page in another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Which.
    pub locale: Locale,
    /// Its own name for itself.
    pub name: &'static str,
    /// A query, which keeps the path as it is.
    pub href: String,
}

/// What the address names.
pub fn chosen(uri: &Uri) -> Option<Locale> {
    let mut fields = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    fields.find(|(name, _)| name == FIELD)?.1.parse().ok()
}

/// The query of a page that can be asked for again.
pub fn again(request: &Request) -> Option<String> {
    let is_page = request.method() == Method::GET;
    is_page.then(|| request.uri().query().unwrap_or_default().to_owned())
}

/// Links to the other languages; none where nothing can be asked for again.
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
