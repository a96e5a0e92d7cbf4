//! The table of bad input: rows of `contract/bad-input.toml`, and how their
//! bodies are built from what the test prepares.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The row's name.
    pub id: String,
    /// Method and path.
    pub request: String,
    /// Content type; JSON if absent, none if empty.
    #[serde(default = "json", rename = "type")]
    pub content_type: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body as a template.
    #[serde(default)]
    pub body: String,
    /// The body in hexadecimal instead; blanks are ignored.
    #[serde(default)]
    pub hex: String,
    pub status: u16,
    /// The expected code of the problem document.
    pub code: Option<String>,
    pub codes: Option<Vec<String>>,
    /// The expected `data-error` of the frame document.
    pub page: Option<String>,
}

fn json() -> String {
    "application/json".to_owned()
}

/// A template that cannot be filled.
#[derive(Debug)]
pub struct TemplateError(String);

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such template: {}", self.0)
    }
}

impl std::error::Error for TemplateError {}

impl Case {
    /// The body's bytes.
    pub fn bytes(&self, values: &BTreeMap<&str, String>) -> Result<Vec<u8>, TemplateError> {
        if self.hex.is_empty() {
            return Ok(fill(&self.body, values)?.into_bytes());
        }
        let digits: Vec<u32> = self.hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let byte = |pair: &[u32]| pair.iter().fold(0, |byte, digit| byte * 16 + digit);
        Ok(digits.chunks(2).map(|pair| u8::try_from(byte(pair)).unwrap_or_default()).collect())
    }
}

/// Replaces every `{{…}}`.
pub fn fill(template: &str, values: &BTreeMap<&str, String>) -> Result<String, TemplateError> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, after) =
            after.split_once("}}").ok_or_else(|| TemplateError(template.to_owned()))?;
        filled.push_str(before);
        filled.push_str(&value(inside, values)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn value(inside: &str, values: &BTreeMap<&str, String>) -> Result<String, TemplateError> {
    let unknown = || TemplateError(inside.to_owned());
    if let Some(times) = inside.strip_prefix("times:") {
        let (count, text) = times.split_once(':').ok_or_else(unknown)?;
        return Ok(text.repeat(count.parse().map_err(|_| unknown())?));
    }
    let (name, change) = inside.split_once('|').unwrap_or((inside, ""));
    let seal = values.get(name).ok_or_else(unknown)?;
    Ok(match change {
        "" => seal.clone(),
        "upper" => seal.to_uppercase(),
        "truncate" => seal.chars().take(seal.len() / 2).collect(),
        "extend" => format!("{seal}AAAA"),
        "flip" => flip(seal),
        "kid" => {
            let mut parts: Vec<&str> = seal.split('.').collect();
            *parts.get_mut(1).ok_or_else(unknown)? = "nosuchkey";
            parts.join(".")
        }
        _ => {
            let other = change.strip_prefix("tail:").and_then(|other| values.get(other));
            let tail = other.and_then(|other| other.rsplit_once('.')).ok_or_else(unknown)?.1;
            let head = seal.rsplit_once('.').ok_or_else(unknown)?.0;
            format!("{head}.{tail}")
        }
    })
}

/// Changes one character in the middle to another of the same alphabet.
fn flip(seal: &str) -> String {
    let middle = seal.len() / 2;
    seal.chars()
        .enumerate()
        .map(|(index, letter)| match letter {
            letter if index != middle => letter,
            '0' => '1',
            _ => '0',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_and_changed() {
        let values = BTreeMap::from([("token", "mj1.a.payload.tag".to_owned())]);
        assert_eq!(fill("x={{token}}", &values).unwrap(), "x=mj1.a.payload.tag");
        assert_eq!(fill("{{token|kid}}", &values).unwrap(), "mj1.nosuchkey.payload.tag");
        assert_eq!(fill("{{token|truncate}}", &values).unwrap(), "mj1.a.pa");
        assert_eq!(fill("{{token|flip}}", &values).unwrap(), "mj1.a.pa0load.tag");
        assert_eq!(fill("[{{times:3:1,}}1]", &values).unwrap(), "[1,1,1,1]");
        assert!(fill("{{nothing}}", &values).is_err());
    }

    #[test]
    fn the_table_is_read_and_every_row_states_an_expectation() {
        let table: Table = toml::from_str(include_str!("../contract/bad-input.toml")).unwrap();
        assert!(table.case.len() >= 60, "{} rows", table.case.len());
        for case in &table.case {
            let wanted = [case.code.is_some(), case.codes.is_some(), case.page.is_some()];
            assert_eq!(wanted.iter().filter(|given| **given).count(), 1, "{}", case.id);
            assert!(case.status < 500, "{}: no bad input is the server's fault", case.id);
        }
        let mut names: Vec<&str> = table.case.iter().map(|case| case.id.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.case.len(), "two rows of one name");
    }
}
