//! Differences between two settings, field by field.

use serde::Serialize;
use serde_json::{Value, json};

use super::Settings;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    pub field: &'static str,
    pub before: Value,
    pub after: Value,
}

pub fn changes(before: &Settings, after: &Settings) -> Vec<FieldChange> {
    let pairs = fields(before).into_iter().zip(fields(after));
    pairs
        .filter(|((_, before), (_, after))| before != after)
        .map(|((field, before), (_, after))| FieldChange { field, before, after })
        .collect()
}

pub(super) fn fields(settings: &Settings) -> [(&'static str, Value); 13] {
    [
        ("name", json!(settings.name)),
        ("hosts", json!(settings.hosts)),
        ("allow_loopback", json!(settings.allow_loopback)),
        ("mode", json!(settings.mode)),
        ("work.floor", json!(settings.work.floor)),
        ("work.ceiling", json!(settings.work.ceiling)),
        ("count", json!(settings.count)),
        ("token_lifetime_seconds", json!(settings.token_lifetime_seconds)),
        ("fallback_allowed", json!(settings.fallback_allowed)),
        ("under_attack", json!(settings.under_attack)),
        ("pictures", json!(settings.pictures)),
        ("rules", json!(settings.rules)),
        ("protect", json!(settings.protect)),
    ]
}
