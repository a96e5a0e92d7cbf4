//! Reads the file of outcomes, and refuses it as a whole at the first mistake.

use std::io::Read;
use std::path::Path;

use munjigi_protocol::{Outcome, OutcomeReason};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::cli::{Exit, Fail};

/// One outcome of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    pub id: String,
    pub outcome: Outcome,
    pub reason: Option<OutcomeReason>,
    pub key: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    outcome: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    key: Option<String>,
}

/// Reads the whole file.
pub fn read(path: &Path) -> Result<Vec<Line>, Fail> {
    let fail = |why: String| {
        Fail::new(Exit::Failed, format!("cannot read {}; nothing was sent", path.display()), why)
    };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| fail(error.to_string()))?;
    parse(&text).map_err(|why| {
        fail(why).fix(
            "the first line names the columns: id,outcome,reason,key; the last two are optional",
        )
    })
}

/// Reads the lines of a text, or says what is wrong with the first bad one.
fn parse(text: &str) -> Result<Vec<Line>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for row in reader.deserialize::<Row>() {
        let row = row.map_err(|error| error.to_string())?;
        let number = lines.len() as u64 + 2;
        let line = Line::of(number, row).map_err(|why| format!("line {number}: {why}"))?;
        lines.push(line);
    }
    Ok(lines)
}

impl Line {
    fn of(number: u64, row: Row) -> Result<Self, String> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        if row.id.is_empty() {
            return Err("id is empty".to_owned());
        }
        let outcome = Outcome::parse(&row.outcome)
            .ok_or_else(|| format!("outcome is {:?}, not legitimate or fraudulent", row.outcome))?;
        let reason = match given(row.reason) {
            None => None,
            Some(text) => {
                let reason = OutcomeReason::parse(&text);
                Some(reason.ok_or_else(|| format!("reason {text:?} is unknown"))?)
            }
        };
        let key = given(row.key).unwrap_or_else(|| own_key(&row.id, outcome, reason));
        Ok(Self { number, id: row.id, outcome, reason, key })
    }
}

/// A key that every import of the same line has.
fn own_key(id: &str, outcome: Outcome, reason: Option<OutcomeReason>) -> String {
    let reason = reason.map_or("", OutcomeReason::as_str);
    let digest = Sha256::digest([id, outcome.as_str(), reason].join("\n"));
    data_encoding::HEXLOWER.encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_come_in_any_order_and_two_may_be_missing() {
        let lines = parse("outcome, id\nlegitimate, a\nfraudulent, b\n").unwrap();
        let seen: Vec<_> = lines.iter().map(|line| (line.number, line.id.as_str())).collect();
        assert_eq!(seen, [(2, "a"), (3, "b")]);
        let all = parse("id,outcome,reason,key\na,fraudulent,spam,7\nb,legitimate,,\n").unwrap();
        assert_eq!((all[0].reason, all[0].key.as_str()), (Some(OutcomeReason::Spam), "7"));
        assert_eq!((all[1].reason, all[1].key.len()), (None, 32));
    }

    #[test]
    fn the_same_line_has_the_same_key_and_another_has_another() {
        let key = |line: &str| {
            let lines = parse(&["id,outcome,reason\n", line].concat()).unwrap();
            lines[0].key.clone()
        };
        assert_eq!(key("a,legitimate,"), key("a,legitimate,"));
        assert_ne!(key("a,legitimate,"), key("a,fraudulent,"));
        assert_ne!(key("a,legitimate,"), key("b,legitimate,"));
        assert_ne!(key("a,legitimate,"), key("a,legitimate,reviewed"));
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (text, expected) in [
            ("id,outcome\na,legitimate\nb,maybe\n", "line 3: outcome is \"maybe\""),
            ("id,outcome\n,legitimate\n", "line 2: id is empty"),
            ("id,outcome,reason\na,legitimate,because\n", "line 2: reason \"because\" is unknown"),
            ("id\na\n", "missing field `outcome`"),
            ("id,outcome\na,legitimate,x\n", "found record with 3 fields"),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
        assert_eq!(parse("id,outcome\n"), Ok(Vec::new()));
    }
}
