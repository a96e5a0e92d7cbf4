//! Converts a row of `sites` into the protocol's SiteConfig, and back.

use munjigi_protocol::{
    Mode, PictureKind, Protection, Rule, SiteConfig, SiteState, UnderAttack, Work,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::OffsetDateTime;

use super::SiteRecord;
use crate::DatabaseError;

#[derive(Debug)]
pub struct SiteRow {
    pub sitekey: String,
    pub name: String,
    pub organisation: Option<String>,
    pub version: i64,
    pub state: String,
    pub hosts: Vec<String>,
    pub allow_loopback: bool,
    pub mode: String,
    pub work_floor: i64,
    pub work_ceiling: i64,
    pub puzzle_count: i32,
    pub token_lifetime_seconds: i32,
    pub fallback_allowed: bool,
    pub under_attack: String,
    pub expected: Vec<i32>,
    pub score_weights: Option<Value>,
    pub pictures: Vec<String>,
    pub rules: Value,
    pub protect: Value,
    pub aliases: Vec<String>,
    pub exempt: bool,
    pub created_at: OffsetDateTime,
    pub changed_at: OffsetDateTime,
    pub deleted_at: Option<OffsetDateTime>,
    pub published_version: Option<i64>,
    pub last_error: Option<String>,
    pub secrets: Vec<String>,
}

impl SiteRow {
    pub fn record(self) -> Result<SiteRecord, DatabaseError> {
        let sitekey = self.sitekey;
        let wrong = |column: &'static str| DatabaseError::Inconsistent {
            table: "sites",
            column,
            row: sitekey.clone(),
        };
        let config = SiteConfig {
            version: self.version.unsigned_abs(),
            state: spelt::<SiteState>(self.state).ok_or_else(|| wrong("state"))?,
            hosts: self.hosts,
            allow_loopback: self.allow_loopback,
            mode: spelt::<Mode>(self.mode).ok_or_else(|| wrong("mode"))?,
            work: Work {
                floor: self.work_floor.unsigned_abs(),
                ceiling: self.work_ceiling.unsigned_abs(),
            },
            count: self.puzzle_count.unsigned_abs(),
            token_lifetime_seconds: self.token_lifetime_seconds.unsigned_abs(),
            fallback_allowed: self.fallback_allowed,
            pictures: self
                .pictures
                .into_iter()
                .map(spelt::<PictureKind>)
                .collect::<Option<_>>()
                .ok_or_else(|| wrong("pictures"))?,
            rules: serde_json::from_value::<Vec<Rule>>(self.rules).map_err(|_| wrong("rules"))?,
            protect: serde_json::from_value::<Vec<Protection>>(self.protect)
                .map_err(|_| wrong("protect"))?,
            aliases: self.aliases,
            secrets: self.secrets,
            expected: self.expected.into_iter().map(i32::unsigned_abs).collect(),
            under_attack: spelt::<UnderAttack>(self.under_attack)
                .ok_or_else(|| wrong("under_attack"))?,
            score_weights: self
                .score_weights
                .map(serde_json::from_value)
                .transpose()
                .map_err(|_| wrong("score_weights"))?,
            exempt: self.exempt,
            sitekey: sitekey.clone(),
        };
        Ok(SiteRecord {
            name: self.name,
            organisation: self.organisation,
            config,
            created_at: self.created_at,
            changed_at: self.changed_at,
            deleted_at: self.deleted_at,
            published_version: self.published_version.map(i64::unsigned_abs),
            publish_error: self.last_error,
        })
    }
}

/// Parses a word in the protocol's own spelling.
fn spelt<T: DeserializeOwned>(word: String) -> Option<T> {
    serde_json::from_value(Value::String(word)).ok()
}

pub fn state(state: SiteState) -> &'static str {
    match state {
        SiteState::Live => "live",
        SiteState::Paused => "paused",
    }
}

pub fn pictures(pictures: &[PictureKind]) -> Vec<String> {
    pictures.iter().map(|picture| picture.as_str().to_owned()).collect()
}

pub fn rules(rules: &[Rule]) -> Value {
    serde_json::to_value(rules).expect("rules are plain data")
}

pub fn protect(protect: &[Protection]) -> Value {
    serde_json::to_value(protect).expect("rules are plain data")
}

/// The table refuses what a saturated number would mean.
pub fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
