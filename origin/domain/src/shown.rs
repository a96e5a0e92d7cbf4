//! User-chosen text as emails and messages show it: one short line, so that it
//! cannot pass for a paragraph of ours.

use std::fmt;

const MAX_CHARS: usize = 60;

/// A name or similar text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// From any text. Line breaks and other blanks become one space, characters
    /// that change the writing direction are removed, and the text is cut at 60
    /// characters.
    pub fn of(text: &str) -> Self {
        let kept = text.chars().filter(|char| !turns(*char));
        let spaced: String =
            kept.map(|char| if char.is_control() || breaks(char) { ' ' } else { char }).collect();
        let mut line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > MAX_CHARS {
            line = line.chars().take(MAX_CHARS - 1).collect();
            line.push('…');
        }
        Self(line)
    }

    /// For a greeting; `None` if the text is empty or contains something that
    /// email programs would turn into a link. Anyone can sign up with an
    /// address that is not theirs, and a name such as `Win at evil.example`
    /// would turn the email into an advertisement.
    pub fn greeting(&self) -> Option<&str> {
        let mut linked = self.0.contains(['/', '@']);
        let mut after_dot = false;
        for char in self.0.chars() {
            linked |= after_dot && char.is_alphanumeric();
            after_dot = matches!(char, '.' | '。' | '．' | '｡');
        }
        (!linked && !self.0.is_empty()).then_some(self.0.as_str())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Separators of lines and paragraphs that are not control characters.
const fn breaks(char: char) -> bool {
    matches!(char, '\u{2028}' | '\u{2029}')
}

/// Marks, embeddings and isolates of bidirectional text.
const fn turns(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        for (text, line) in [
            ("Mina", "Mina"),
            (" 김 \t 미나\n", "김 미나"),
            ("Mina\r\n\r\nYour account is closed", "Mina Your account is closed"),
            ("Mina\u{2029}Kim", "Mina Kim"),
            ("\u{202e}aniM", "aniM"),
            ("", ""),
        ] {
            assert_eq!(Shown::of(text).to_string(), line);
        }
        let long = Shown::of(&"가".repeat(100)).to_string();
        assert_eq!(long, format!("{}…", "가".repeat(59)));
    }

    #[test]
    fn no_one_is_greeted_by_the_name_of_a_site() {
        for name in ["Mina", "J. R. Kim", "Kim Jr.", "김미나", "O'Brien-Smith"] {
            assert_eq!(Shown::of(name).greeting(), Some(name));
        }
        for name in
            ["", " ", "evil.example", "Win: https://evil", "eve@evil", "가.한국", "J.R. Kim"]
        {
            assert_eq!(Shown::of(name).greeting(), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_second_line(text in any::<String>()) {
            let shown = Shown::of(&text).to_string();
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert!(shown.chars().count() <= MAX_CHARS);
            prop_assert_eq!(Shown::of(&shown).to_string(), shown);
        }
    }
}
