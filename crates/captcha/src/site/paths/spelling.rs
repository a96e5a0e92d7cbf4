//! One path, read as servers read it. They agree about most paths. They differ in
//! how often they decode, in what a backslash and a semicolon are, and in the
//! order in which they drop empty segments, `.` and `..`: RFC 3986, the URL
//! standard, nginx and Python's servers make four different paths of
//! `/x/../a//../b`. So nothing here resolves such a path; it is treated as if it
//! could be any path.

use std::borrow::Cow;

/// How often a path is decoded: some servers do it behind a proxy that has.
const DECODED: usize = 2;

/// A path as servers may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spellings<'a> {
    /// Each in folded letters, once with and once without a slash at its end.
    pub texts: Vec<Cow<'a, str>>,
    /// Whether servers read still others: a browser sends no such path, except
    /// from a broken link.
    pub is_odd: bool,
}

impl<'a> Spellings<'a> {
    /// The spellings of a path without its query.
    pub(super) fn of(path: &'a str) -> Self {
        let is_lower = !path.bytes().any(|byte| byte.is_ascii_uppercase());
        let lower = if is_lower { path.into() } else { path.to_ascii_lowercase().into() };
        let mut all = Self { texts: vec![lower], is_odd: !path.starts_with('/') };
        // Nothing in it that could be read twice.
        if has(path, b"%\\;#") || !path.is_ascii() || has_dots(path) || has_controls(path) {
            all.add_others(path);
        }
        // Servers often take both for one page.
        let others = all.texts.iter().filter_map(|path| match path.strip_suffix('/') {
            Some("") => None,
            Some(without) => Some(without.to_owned().into()),
            None => Some([path, "/"].concat().into()),
        });
        let others: Vec<_> = others.collect();
        all.texts.extend(others);
        all
    }

    fn add_others(&mut self, path: &str) {
        // Escapes that are none, `\`, and what begins a fragment: each server has
        // its own idea of these.
        self.is_odd |= has(path, b"\\#") || Escapes::of(path).are_broken;
        let mut text = path.to_owned();
        for times in 0..=DECODED {
            if times > 0 {
                text = decoded(&text);
            }
            self.add_reading(&text, times > 0);
            if !has(&text, b"%") {
                return;
            }
        }
        self.is_odd |= Escapes::of(&text).are_some;
    }

    /// Adds one reading, and what servers cut off it.
    fn add_reading(&mut self, text: &str, is_decoded: bool) {
        let slash = |letter| if letter == '\\' { '/' } else { letter };
        let slashed: String = text.chars().map(slash).collect();
        self.is_odd |= has_dots(&slashed) || has_controls(text);
        // Behind a decoded `?`, a second parser finds a query.
        let ends: &[u8] = if is_decoded { b";?#" } else { b";" };
        for text in [text, &slashed] {
            self.add(text);
            self.add(until(text, ends));
            self.add(&without_parameters(text));
        }
    }

    fn add(&mut self, text: &str) {
        let text = folded(text);
        if !self.texts.iter().any(|other| *other == text) {
            self.texts.push(text.into());
        }
    }
}

/// A text with the letters of ASCII in lower case, also the four that Unicode's rules of
/// case take for one of them
/// (<https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt>).
pub(super) fn folded(text: &str) -> String {
    let letter = |letter| match letter {
        'ſ' => 's',
        '\u{212a}' => 'k',
        'ı' | 'İ' => 'i',
        _ => letter.to_ascii_lowercase(),
    };
    text.chars().map(letter).collect()
}

/// Whether every server reads a path alike: no segment that points elsewhere or
/// is empty, and nothing that is decoded to a character with a meaning.
pub(super) fn is_plain(path: &str) -> bool {
    let dotted = path.strip_prefix("/.well-known").unwrap_or(path);
    let escapes = Escapes::of(path);
    path.starts_with('/')
        && !has(path, b";\\#")
        && !path.as_bytes().windows(2).any(|two| two == b"//")
        && !dotted.as_bytes().windows(2).any(|two| two == b"/.")
        && !has_controls(path)
        // The bytes of other scripts alone.
        && !escapes.are_broken
        && !escapes.are_letters
}

/// Whether a segment is `.`, `..` or, unless it is the last one, empty, before
/// its parameters.
fn has_dots(path: &str) -> bool {
    let mut rest = path.get(until(path, b"/").len()..).unwrap_or_default();
    while let Some(segments) = rest.get(1..) {
        let segment = until(segments, b"/");
        rest = segments.get(segment.len()..).unwrap_or_default();
        let name = until(segment, b";");
        let is_end = rest.is_empty() && segment.is_empty();
        if name == "." || name == ".." || name.is_empty() && !is_end {
            return true;
        }
    }
    false
}

fn has_controls(path: &str) -> bool {
    path.bytes().any(|byte| byte < b' ' || byte == 0x7f)
}

// By bytes: searches for characters would take twice the room in the Worker.

fn has(text: &str, any: &[u8]) -> bool {
    text.bytes().any(|byte| any.contains(&byte))
}

/// A text up to the first of these, which are ASCII.
fn until<'t>(text: &'t str, any: &[u8]) -> &'t str {
    let end = text.bytes().position(|byte| any.contains(&byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// What is encoded in a path.
#[derive(Debug, Default)]
struct Escapes {
    /// Something.
    are_some: bool,
    /// A `%` that begins no escape is among them.
    are_broken: bool,
    /// ASCII is among them.
    are_letters: bool,
}

impl Escapes {
    fn of(path: &str) -> Self {
        let mut found = Self::default();
        for three in path.as_bytes().windows(3) {
            if let [b'%', high, low] = three {
                match (digit(*high), digit(*low)) {
                    (Some(high), Some(_)) => {
                        found.are_some = true;
                        found.are_letters |= high < 8;
                    }
                    _ => found.are_broken = true,
                }
            }
        }
        let end = path.as_bytes().get(path.len().saturating_sub(2)..).unwrap_or_default();
        found.are_broken |= end.contains(&b'%');
        found
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Percent-encoded bytes as they are. Bytes that are no text of UTF-8 are
/// replaced.
pub(super) fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(*first);
        if let (b'%', [high, low, tail @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            bytes.pop();
            bytes.push(high * 16 + low);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Without what stands behind `;` in each segment.
fn without_parameters(path: &str) -> String {
    let mut is_name = true;
    let of_name = |letter: &char| {
        is_name = *letter == '/' || (is_name && *letter != ';');
        is_name
    };
    path.chars().filter(of_name).collect()
}

/// Whether a pattern covers a text; `*` stands for any characters, also none.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
