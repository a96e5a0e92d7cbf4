//! Reads an organisation's own list: one entry a line, every mistake with its
//! line.

use munjigi_captcha::{Entry, EntryError};

/// Entries of one list.
pub const MAX_ENTRIES: usize = 5_000;

/// Mistakes that are told at once.
const TOLD: usize = 20;

/// Why a line is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is no entry of a list.
    Entry(EntryError),
    /// Its prefix is shorter than /8 or /16.
    TooWide,
    /// An earlier line says the same.
    Repeated { line: usize },
}

/// A line that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMistake {
    /// Counted from 1.
    pub line: usize,
    pub text: String,
    pub reason: Reason,
}

/// What is wrong with the entries of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryMistake {
    /// More than a list may have.
    TooMany {
        count: usize,
    },
    Line(LineMistake),
    /// There are more mistakes than these.
    More {
        count: usize,
    },
}

/// Reads the entries of a list in their order. Empty lines, and what follows a
/// `#`, are left out.
pub fn read_entries<'a>(
    lines: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Entry>, Vec<EntryMistake>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut known = std::collections::HashMap::new();
    let mut mistakes = Vec::new();
    for (number, text) in (1..).zip(lines) {
        let text = text.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        let reason = match read(text) {
            Ok(entry) => match known.insert(entry.to_string(), number) {
                None => {
                    entries.push(entry);
                    continue;
                }
                Some(line) => Reason::Repeated { line },
            },
            Err(reason) => reason,
        };
        // A pasted file may be anything.
        let text = text.chars().take(80).collect();
        mistakes.push(EntryMistake::Line(LineMistake { line: number, text, reason }));
    }
    if entries.len() > MAX_ENTRIES {
        mistakes.insert(0, EntryMistake::TooMany { count: entries.len() });
    }
    if let Some(count) = mistakes.len().checked_sub(TOLD).filter(|more| *more > 0) {
        mistakes.truncate(TOLD);
        mistakes.push(EntryMistake::More { count });
    }
    if mistakes.is_empty() { Ok(entries) } else { Err(mistakes) }
}

fn read(text: &str) -> Result<Entry, Reason> {
    let entry: Entry = text.parse().map_err(Reason::Entry)?;
    if entry.is_narrow() { Ok(entry) } else { Err(Reason::TooWide) }
}

impl Reason {
    /// Member of the families of messages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Entry(EntryError::Shape) => "shape",
            Self::Entry(EntryError::System) => "system",
            Self::Entry(EntryError::Length) => "length",
            Self::Entry(EntryError::Tail) => "tail",
            Self::Entry(EntryError::Mapped) => "mapped",
            Self::TooWide => "too-wide",
            Self::Repeated { .. } => "repeated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Result<Vec<String>, Vec<EntryMistake>> {
        let entries = read_entries(text.lines())?;
        Ok(entries.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn entries_are_read_in_their_order() {
        let text = "# our offices\n192.0.2.0/24\n\n  AS64500  # the provider\n198.51.100.7\r\n2001:db8::/48";
        let entries = ["192.0.2.0/24", "AS64500", "198.51.100.7/32", "2001:db8::/48"];
        assert_eq!(read_all(text).unwrap(), entries);
        assert_eq!(read_all(""), Ok(vec![]));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text =
            "192.0.2.0/24\nnonsense\n10.0.0.0/7\n\n2001::/15\nAS0\n192.0.2.1/24\n192.0.2.0/24";
        let lines: Vec<_> = read_all(text).unwrap_err();
        let told: Vec<_> = lines
            .iter()
            .map(|mistake| match mistake {
                EntryMistake::Line(line) => (line.line, line.reason.code()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                (2, "shape"),
                (3, "too-wide"),
                (5, "tail"),
                (6, "system"),
                (7, "tail"),
                (8, "repeated")
            ]
        );
    }

    #[test]
    fn whole_parts_of_the_internet_are_refused() {
        for text in ["0.0.0.0/0", "10.0.0.0/7", "2001::/15", "::/0"] {
            let Err(reason) = read(text) else { panic!("{text} is accepted") };
            assert!(matches!(reason, Reason::TooWide | Reason::Entry(EntryError::Tail)), "{text}");
        }
        assert_eq!(read("8.0.0.0/7"), Err(Reason::TooWide));
        assert!(read("10.0.0.0/8").is_ok());
        assert!(read("2001::/16").is_ok());
    }

    #[test]
    fn only_the_first_mistakes_of_a_pasted_file_are_told() {
        let text = ["x"; 100].join("\n");
        let mistakes = read_all(&text).unwrap_err();
        assert_eq!(mistakes.len(), TOLD + 1);
        assert_eq!(mistakes.last(), Some(&EntryMistake::More { count: 80 }));
    }

    #[test]
    fn a_list_has_at_most_five_thousand_entries() {
        let lines: Vec<String> = (1..=5_001).map(|system| format!("AS{system}")).collect();
        let (_, most) = lines.split_first().unwrap();
        let read = |lines: &[String]| read_entries(lines.iter().map(String::as_str));
        assert_eq!(read(most).unwrap().len(), 5_000);
        assert_eq!(read(&lines), Err(vec![EntryMistake::TooMany { count: 5_001 }]));
    }
}
