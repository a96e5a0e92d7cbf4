//! Reads a file of rules about paths. Stricter than the wire: `null` would be no
//! condition, and the rule would cover more, or open it.

use munjigi_protocol::Protection;
use serde_json::Value;

use super::Mistake;

const FIELDS: [&str; 7] =
    ["path", "host", "methods", "level", "dry_run", "no_exemptions", "above_per_second"];

/// Reads a JSON array of rules about paths, or reports everything in it that is
/// not one.
pub fn read_protections(text: &str) -> Result<Vec<Protection>, Vec<Mistake>> {
    let malformed =
        |error: serde_json::Error| vec![Mistake::ProtectMalformed { error: error.to_string() }];
    let items: Vec<Value> = serde_json::from_str(text).map_err(malformed)?;
    let mistakes: Vec<Mistake> =
        items.iter().enumerate().flat_map(|(rule, item)| wrong(rule, item)).collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    // Parsed from the text again, because only the text still has duplicate
    // names.
    serde_json::from_str(text).map_err(malformed)
}

fn wrong(rule: usize, item: &Value) -> Vec<Mistake> {
    // The parser would also accept an array of the fields in their order.
    let Some(fields) = item.as_object() else {
        let error = "it is not an object".to_owned();
        return vec![Mistake::ProtectionMalformed { rule, error }];
    };
    let unknown: Vec<Mistake> = fields
        .iter()
        .filter(|(name, value)| value.is_null() || !FIELDS.contains(&name.as_str()))
        .map(|(name, _)| Mistake::UnknownProtectionField { rule, name: name.clone() })
        .collect();
    if !unknown.is_empty() {
        return unknown;
    }
    let read = serde_json::from_value::<Protection>(item.clone());
    let error = read.err().map(|error| error.to_string());
    error.map(|error| Mistake::ProtectionMalformed { rule, error }).into_iter().collect()
}
