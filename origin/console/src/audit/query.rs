//! Which part of the audit log a URL asks for.

use munjigi_store::audit::{AuditFilter, Search};
use serde::Deserialize;

/// Longest search text: as long as the longest text in an entry.
const MAX_TEXT_CHARS: usize = 254;

/// The query as it was sent; empty parameters are omitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Only entries older than this one.
    before: String,
    /// Only entries with this action.
    pub action: String,
    /// Only entries that contain this text.
    pub text: String,
}

impl Asked {
    pub fn part(&self) -> AuditFilter {
        AuditFilter {
            before: self.before.parse().ok(),
            action: given(&self.action),
            search: given(&self.text).map(|text| Search::new(&text)),
        }
    }

    /// Whether it differs from the first page without filters.
    pub fn is_narrowed(&self) -> bool {
        self.part() != AuditFilter::default()
    }

    /// The same query from another entry on.
    pub fn query(&self, before: Option<i64>) -> String {
        let (action, text) = (given(&self.action), given(&self.text));
        let before = before.map(|id| id.to_string());
        let pairs = [("before", before), ("action", action), ("text", text)];
        let set = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(set).finish()
    }
}

/// Text to search for, without NUL, which Postgres cannot store.
fn given(text: &str) -> Option<String> {
    let plain = text.trim().chars().filter(|c| !c.is_control()).take(MAX_TEXT_CHARS);
    Some(plain.collect::<String>()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_it_was() {
        let asked = Asked {
            before: "12".to_owned(),
            action: "site.edit".to_owned(),
            text: "a&b=c d%00\u{0}".to_owned(),
        };
        assert_eq!(asked.query(Some(12)), "before=12&action=site.edit&text=a%26b%3Dc+d%2500");
        assert_eq!(asked.query(None), "action=site.edit&text=a%26b%3Dc+d%2500");
        assert_eq!(Asked::default().query(None), "");
        let odd = Asked { before: "x".to_owned(), text: " \u{0} ".to_owned(), ..Asked::default() };
        assert!(!odd.is_narrowed());
    }
}
