//! The anchors of headings, as GitHub makes them: a link that works there works
//! here.

use std::collections::BTreeMap;

/// Anchors of one page.
#[derive(Debug, Default)]
pub struct Anchors {
    taken: BTreeMap<String, usize>,
}

impl Anchors {
    /// The anchor of the next heading.
    pub fn next(&mut self, heading: &str) -> String {
        let plain = slug(heading);
        let before = self.taken.entry(plain.clone()).or_insert(0);
        *before += 1;
        match *before {
            1 => plain,
            more => format!("{plain}-{}", more - 1),
        }
    }
}

fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|char| match char {
        ' ' => Some('-'),
        '-' | '_' => Some(char),
        char if char.is_alphanumeric() => Some(char),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_what_github_makes_of_the_heading() {
        for (heading, anchor) in [
            ("What is asked", "what-is-asked"),
            ("`malformed-request`", "malformed-request"),
            ("1. The stream", "1-the-stream"),
            ("Keys: generate, rotate & revoke", "keys-generate-rotate--revoke"),
            ("한국어 문서", "한국어-문서"),
        ] {
            assert_eq!(Anchors::default().next(heading), anchor);
        }
    }

    #[test]
    fn equal_headings_have_different_anchors() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.next("Keys"), "keys");
        assert_eq!(anchors.next("Keys"), "keys-1");
        assert_eq!(anchors.next("Keys"), "keys-2");
    }
}
