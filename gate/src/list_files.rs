//! Lists of networks and systems in files of the operator's: a text file each,
//! in the form in which the Tor project and Spamhaus publish theirs.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use munjigi_captcha::{Entry, EntryError, List, ListId};
use munjigi_protocol::routes;

/// A list of the file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFile {
    pub id: ListId,
    pub path: PathBuf,
}

/// Why a file is no list.
#[derive(Debug, thiserror::Error)]
#[error("the list {id}: {path}{problem}", path = path.display())]
pub struct ListError {
    pub id: ListId,
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: ListProblem,
}

/// What is wrong with a file.
#[derive(Debug)]
pub enum ListProblem {
    /// It is missing, not readable or no text.
    Unread(io::Error),
    /// A line that is no entry.
    Line {
        /// Counted from 1.
        line: usize,
        error: EntryError,
    },
    /// A line that is a large part of the internet.
    Wide {
        /// Counted from 1.
        line: usize,
        entry: Entry,
    },
    /// It has no entries: most likely its download failed.
    Empty,
    /// The store takes no list of this size.
    Large {
        /// What it would have there.
        bytes: usize,
    },
}

/// What the routes take, too.
const MOST_BYTES: usize = routes::PUT_LIST.max_body_bytes;

impl fmt::Display for ListProblem {
    /// Goes on after the file's path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(error) => {
                write!(f, ": {error}; put it there, or take the list out of [lists]")
            }
            Self::Line { line, error } => write!(f, ":{line}: {error}"),
            Self::Wide { line, entry } => {
                write!(f, ":{line}: {entry} is wider than /8 for IPv4 or /16 for IPv6")
            }
            Self::Empty => f.write_str(
                " has no entry; fetch it again, or take the list out of [lists] if no one is on it",
            ),
            Self::Large { bytes } => {
                write!(f, " comes to {bytes} bytes, and a list may have {MOST_BYTES}")
            }
        }
    }
}

impl ListFile {
    /// Reads its file. One bad line fails all of it: a list that lacks what its
    /// publisher wrote is not that list.
    ///
    /// # Errors
    ///
    /// See [`ListProblem`].
    pub fn read(&self) -> Result<List, ListError> {
        read(&self.path).map_err(|problem| ListError {
            id: self.id.clone(),
            path: self.path.clone(),
            problem,
        })
    }
}

fn read(path: &Path) -> Result<List, ListProblem> {
    parse(&std::fs::read_to_string(path).map_err(ListProblem::Unread)?)
}

fn parse(text: &str) -> Result<List, ListProblem> {
    let lines = text.lines().map(|line| line.split(['#', ';']).next().unwrap_or_default().trim());
    let lines = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
    let entries: Vec<Entry> = lines.map(entry).collect::<Result<_, _>>()?;
    let list = List::of(0, entries);
    if list.is_empty() {
        return Err(ListProblem::Empty);
    }
    let bytes = list.write().len();
    if bytes > MOST_BYTES { Err(ListProblem::Large { bytes }) } else { Ok(list) }
}

fn entry((line, text): (usize, &str)) -> Result<Entry, ListProblem> {
    let entry = text.parse::<IpAddr>().map(Entry::host).or_else(|_| text.parse());
    let entry = entry.map_err(|error| ListProblem::Line { line, error })?;
    if entry.is_narrow() { Ok(entry) } else { Err(ListProblem::Wide { line, entry }) }
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::Address;

    use super::*;

    #[test]
    fn files_are_read_as_they_are_published() {
        let text = "; Spamhaus DROP List\n192.0.2.0/24 ; SBL1\r\n\n# exits\n198.51.100.7\n\
                    2001:db8::7\nAS64500 # a provider\n";
        let list = parse(text).unwrap();
        let on = |address| list.contains(Address::parse(address).unwrap(), 0);
        assert!(on("192.0.2.9") && on("198.51.100.7") && on("2001:db8::1"));
        assert!(!on("198.51.100.8") && !on("2001:db8:1::1"));
        assert!(list.contains(Address::parse("203.0.113.1").unwrap(), 64_500));
    }

    #[test]
    fn every_mistake_names_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.txt");
        let told = |text: &[u8]| {
            std::fs::write(&path, text).unwrap();
            let file = ListFile { id: "some".parse().unwrap(), path: path.clone() };
            file.read().unwrap_err().to_string()
        };
        let systems = (0..140_000_u32).map(|at| format!("AS{}", at * 2 + 1));
        let addresses = (0..=u16::MAX).map(|at| format!("10.{}.{}.1", at >> 8, at & 255));
        let many: Vec<String> = systems.chain(addresses).collect();
        for (text, problem) in [
            ("192.0.2.0/24\n<html>", "some.txt:2: neither a network"),
            ("192.0.2.1/24", "some.txt:1: the address has bits set"),
            ("\n0.0.0.0/0", "some.txt:2: 0.0.0.0/0 is wider than /8"),
            ("2000::/15", "some.txt:1: 2000::/15 is wider than"),
            ("8.0.0.0/7", "some.txt:1: 8.0.0.0/7 is wider than"),
            ("", "some.txt has no entry"),
            ("# nobody\n", "some.txt has no entry"),
            (&many.join("\n"), "bytes, and a list may have"),
        ] {
            let told = told(text.as_bytes());
            assert!(told.starts_with("the list some: ") && told.contains(problem), "{told}");
        }
        assert!(told(b"\xff").contains("UTF-8"));
        std::fs::remove_file(&path).unwrap();
        let file = ListFile { id: "some".parse().unwrap(), path };
        assert!(file.read().unwrap_err().to_string().contains("put it there"));
    }
}
