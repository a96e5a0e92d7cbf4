//! Which part of the record an address asks for.

use munjigi_store::audit::{Part, Search};
use serde::Deserialize;

/// Longest text that is looked for: the longest that an entry has.
const MAX_TEXT_CHARS: usize = 254;

/// As the address says it. What says nothing is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Only older than this entry.
    before: String,
    /// Only this action.
    pub action: String,
    /// Only where these words are.
    pub text: String,
}

impl Asked {
    /// The part of the record.
    pub fn part(&self) -> Part {
        Part {
            before: self.before.parse().ok(),
            action: given(&self.action),
            search: given(&self.text).map(|text| Search::new(&text)),
        }
    }

    /// Whether it is not the newest of all.
    pub fn is_narrowed(&self) -> bool {
        self.part() != Part::default()
    }

    /// The same with another beginning, as a query.
    pub fn query(&self, before: Option<i64>) -> String {
        let (action, text) = (given(&self.action), given(&self.text));
        let before = before.map(|id| id.to_string());
        let pairs = [("before", before), ("action", action), ("text", text)];
        let set = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(set).finish()
    }
}

/// What can be looked for: Postgres has no text with a NUL in it.
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
