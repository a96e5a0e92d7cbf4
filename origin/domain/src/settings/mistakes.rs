//! What can be wrong with settings and rules, as data. The words are messages
//! in `munjigi-i18n`: pages show them in the reader's language; the command,
//! the API and logs in English.

#[cfg(test)]
mod tests;
mod texts;

use std::fmt;

use munjigi_captcha::{HostError, SiteError};
use munjigi_i18n::{Locale, Texts};

/// The field that a mistake is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    Hosts,
    /// The lower bound of the work.
    WorkFloor,
    /// The upper bound of the work.
    WorkCeiling,
    Count,
    TokenLifetime,
    /// Rules about paths.
    Protect,
    /// Rules, or the settings as a whole.
    Whole,
}

/// A condition of a rule that can be malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Hostname,
    Action,
    Country,
    Prefix,
    List,
    ScoreBelow,
    Software,
}

impl Condition {
    /// In the order in which mistakes are reported.
    pub const ALL: [Self; 7] = [
        Self::Hostname,
        Self::Action,
        Self::Country,
        Self::Prefix,
        Self::List,
        Self::ScoreBelow,
        Self::Software,
    ];
}

/// One mistake. Rules are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    Name {
        name: String,
    },
    /// Neither a host nor loopback.
    NoHosts,
    TooManyHosts {
        count: usize,
    },
    Host {
        host: String,
        reason: HostError,
    },
    HostAddedAndRemoved {
        host: String,
    },
    /// Asked to remove a host that is not among the site's `hosts`.
    NoSuchHost {
        host: String,
        hosts: Vec<String>,
    },
    Count {
        count: u32,
    },
    /// A floor of 0.
    NoWork,
    TooMuchWork {
        floor: u64,
        count: u32,
        /// The highest floor that this number of sub-puzzles allows.
        most: u64,
    },
    CeilingBelowFloor {
        floor: u64,
        ceiling: u64,
    },
    TokenLifetime {
        seconds: u32,
    },
    /// Not digits, or more than can be stored.
    NotANumber {
        field: Field,
        typed: String,
    },
    TooManyRules {
        count: usize,
    },
    Condition {
        rule: usize,
        condition: Condition,
        value: String,
    },
    /// A rule names a list that is neither published nor the organisation's own.
    UnknownList {
        rule: usize,
        value: String,
    },
    /// A weight of 0, or one that is too large.
    Weight {
        rule: usize,
        value: String,
    },
    /// A rule without a condition that was not said to match everybody.
    NoCondition,
    /// A rule with conditions that was said to match everybody.
    EverybodyWithConditions,
    Asn {
        typed: String,
    },
    RulesUnreadable {
        path: String,
        error: String,
    },
    RulesNotAnArray {
        error: String,
    },
    RulesMalformed {
        error: String,
    },
    RuleNotAnObject {
        rule: usize,
    },
    RuleMalformed {
        rule: usize,
        error: String,
    },
    /// A misspelt condition, or one without a value.
    UnknownCondition {
        rule: usize,
        name: String,
    },
    TooManyProtections {
        count: usize,
    },
    /// A rule about paths with a malformed path, host or method.
    Protection {
        rule: usize,
        path: String,
    },
    /// A rule about paths whose requests per second are not digits, or too many.
    AbovePerSecond {
        rule: usize,
        typed: String,
    },
    ProtectUnreadable {
        path: String,
        error: String,
    },
    /// Not a JSON array, or one with a duplicate name.
    ProtectMalformed {
        error: String,
    },
    ProtectionMalformed {
        rule: usize,
        error: String,
    },
    /// A misspelt field, or one without a value.
    UnknownProtectionField {
        rule: usize,
        name: String,
    },
    /// Whatever else the edge refuses.
    Refused {
        error: SiteError,
    },
}

/// Every mistake found; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

/// As a sentence in English, for the API.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(ENGLISH))
    }
}

/// In English, for the command.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 mistake:")?,
            number => write!(f, "{number} mistakes:")?,
        }
        for mistake in &self.0 {
            let [what, why, fix] = mistake.parts(ENGLISH);
            write!(f, "\n  - {what}\n    cause: {why}\n    fix:   {fix}")?;
        }
        Ok(())
    }
}

const ENGLISH: Texts = Texts::of(Locale::EN);
