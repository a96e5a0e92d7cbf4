//! The words for each mistake: what is wrong, why, and how to fix it.

use munjigi_captcha::HostError;
use munjigi_i18n::{Text, Texts};

use super::{Condition, Field, Mistake};

impl Field {
    /// Member of `mistake-field`; in English, the spelling of the command's
    /// options.
    const fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Hosts => "hosts",
            Self::WorkFloor => "work-floor",
            Self::WorkCeiling => "work-ceiling",
            Self::Count => "count",
            Self::TokenLifetime => "token-lifetime",
            Self::Protect => "protect",
            Self::Whole => "site",
        }
    }
}

impl Mistake {
    pub const fn field(&self) -> Field {
        match self {
            Self::Name { .. } => Field::Name,
            Self::NoHosts
            | Self::TooManyHosts { .. }
            | Self::Host { .. }
            | Self::HostAddedAndRemoved { .. }
            | Self::NoSuchHost { .. } => Field::Hosts,
            Self::Count { .. } => Field::Count,
            Self::NoWork | Self::TooMuchWork { .. } => Field::WorkFloor,
            Self::CeilingBelowFloor { .. } => Field::WorkCeiling,
            Self::TokenLifetime { .. } => Field::TokenLifetime,
            Self::NotANumber { field, .. } => *field,
            Self::TooManyProtections { .. }
            | Self::Protection { .. }
            | Self::AbovePerSecond { .. }
            | Self::ProtectUnreadable { .. }
            | Self::ProtectMalformed { .. }
            | Self::ProtectionMalformed { .. }
            | Self::UnknownProtectionField { .. } => Field::Protect,
            Self::TooManyRules { .. }
            | Self::Condition { .. }
            | Self::UnknownList { .. }
            | Self::Weight { .. }
            | Self::NoCondition
            | Self::EverybodyWithConditions
            | Self::Asn { .. }
            | Self::RulesUnreadable { .. }
            | Self::RulesNotAnArray { .. }
            | Self::RulesMalformed { .. }
            | Self::RuleNotAnObject { .. }
            | Self::RuleMalformed { .. }
            | Self::UnknownCondition { .. }
            | Self::Refused { .. } => Field::Whole,
        }
    }

    /// In one sentence or more.
    pub fn sentence(&self, t: Texts) -> String {
        let [what, why, fix] = self.parts(t);
        sentence(t, what, why, fix)
    }

    /// For readers who see it next to its field.
    pub fn beside_its_field(&self, t: Texts) -> String {
        let [what, why, fix] = self.parts(t);
        let what = match self {
            Self::Condition { value: typed, .. }
            | Self::UnknownList { value: typed, .. }
            | Self::Weight { value: typed, .. }
            | Self::Asn { typed }
            | Self::AbovePerSecond { typed, .. }
            | Self::Protection { path: typed, .. } => quoted(typed),
            _ => self.value().unwrap_or(what),
        };
        sentence(t, what, why, fix)
    }

    /// What is wrong, why, and how to fix it.
    pub fn parts(&self, t: Texts) -> [String; 3] {
        let what = match self.value() {
            Some(value) => {
                let field = t.each("mistake-field", self.field().code());
                t.get("mistake-value").with("field", field).with("value", value)
            }
            None => self.fill(t.each("mistake-what", self.code())),
        };
        let why = self.fill(t.each("mistake-why", self.code()));
        let fix = self.fill(t.each("mistake-fix", self.code()));
        [what, why, fix].map(String::from)
    }

    /// The value, where the whole field has one and that is wrong.
    fn value(&self) -> Option<String> {
        Some(match self {
            Self::Name { name } => quoted(name),
            Self::NotANumber { typed, .. } => quoted(typed),
            Self::Count { count } => count.to_string(),
            Self::NoWork => "0".to_owned(),
            Self::TooMuchWork { floor, .. } => floor.to_string(),
            Self::CeilingBelowFloor { ceiling, .. } => ceiling.to_string(),
            Self::TokenLifetime { seconds } => seconds.to_string(),
            _ => return None,
        })
    }

    /// Member of the families of messages.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name",
            Self::NoHosts => "no-hosts",
            Self::TooManyHosts { .. } => "too-many-hosts",
            Self::Host { .. } => "host",
            Self::HostAddedAndRemoved { .. } => "host-added-and-removed",
            Self::NoSuchHost { .. } => "no-such-host",
            Self::Count { .. } => "count",
            Self::NoWork => "no-work",
            Self::TooMuchWork { .. } => "too-much-work",
            Self::CeilingBelowFloor { .. } => "ceiling-below-floor",
            Self::TokenLifetime { .. } => "token-lifetime",
            Self::NotANumber { .. } => "not-a-number",
            Self::TooManyRules { .. } => "too-many-rules",
            Self::Condition { condition: Condition::Hostname, .. } => "hostname",
            Self::Condition { condition: Condition::Action, .. } => "action",
            Self::Condition { condition: Condition::Country, .. } => "country",
            Self::Condition { condition: Condition::Prefix, .. } => "prefix",
            Self::Condition { condition: Condition::List, .. } => "list",
            Self::Condition { condition: Condition::ScoreBelow, .. } => "score-below",
            Self::Condition { condition: Condition::Software, .. } => "software",
            Self::UnknownList { .. } => "unknown-list",
            Self::Weight { .. } => "weight",
            Self::NoCondition => "no-condition",
            Self::EverybodyWithConditions => "everybody-with-conditions",
            Self::Asn { .. } => "asn",
            Self::RulesUnreadable { .. } => "rules-unreadable",
            Self::RulesNotAnArray { .. } => "rules-not-an-array",
            Self::RulesMalformed { .. } => "rules-malformed",
            Self::RuleNotAnObject { .. } => "rule-not-an-object",
            Self::RuleMalformed { .. } => "rule-malformed",
            Self::UnknownCondition { .. } => "unknown-condition",
            Self::TooManyProtections { .. } => "too-many-protections",
            Self::Protection { .. } => "protection",
            Self::AbovePerSecond { .. } => "above-per-second",
            Self::ProtectUnreadable { .. } => "protect-unreadable",
            Self::ProtectMalformed { .. } => "protect-malformed",
            Self::ProtectionMalformed { .. } => "protection-malformed",
            Self::UnknownProtectionField { .. } => "unknown-protection-field",
            Self::Refused { .. } => "refused",
        }
    }

    fn fill(&self, text: Text) -> Text {
        match self {
            Self::TooManyHosts { count }
            | Self::TooManyRules { count }
            | Self::TooManyProtections { count } => text.with("count", count),
            Self::Host { host, reason } => {
                text.with("host", quoted(host)).with("reason", code_of_host(*reason))
            }
            Self::HostAddedAndRemoved { host } => text.with("host", quoted(host)),
            Self::NoSuchHost { host, hosts } => {
                text.with("host", quoted(host)).with("hosts", hosts.join(", "))
            }
            Self::TooMuchWork { count, most, .. } => text.with("count", count).with("most", most),
            Self::CeilingBelowFloor { floor, .. } => text.with("floor", floor),
            Self::Condition { rule, value, .. }
            | Self::UnknownList { rule, value }
            | Self::Weight { rule, value } => placed(text, *rule).with("value", quoted(value)),
            Self::Asn { typed } => text.with("value", quoted(typed)),
            Self::AbovePerSecond { rule, typed } => {
                placed(text, *rule).with("value", quoted(typed))
            }
            Self::Protection { rule, path } => placed(text, *rule).with("path", quoted(path)),
            Self::RulesUnreadable { path, error } | Self::ProtectUnreadable { path, error } => {
                text.with("path", path).with("error", error)
            }
            Self::RulesNotAnArray { error }
            | Self::RulesMalformed { error }
            | Self::ProtectMalformed { error } => text.with("error", error),
            Self::RuleNotAnObject { rule } => placed(text, *rule),
            Self::RuleMalformed { rule, error } | Self::ProtectionMalformed { rule, error } => {
                placed(text, *rule).with("error", error)
            }
            Self::UnknownCondition { rule, name } | Self::UnknownProtectionField { rule, name } => {
                placed(text, *rule).with("name", name)
            }
            Self::Refused { error } => text.with("error", error),
            Self::Name { .. }
            | Self::NoHosts
            | Self::Count { .. }
            | Self::NoWork
            | Self::TokenLifetime { .. }
            | Self::NotANumber { .. }
            | Self::NoCondition
            | Self::EverybodyWithConditions => text,
        }
    }
}

fn sentence(t: Texts, what: String, why: String, fix: String) -> String {
    t.get("mistake-sentence").with("what", what).with("why", why).with("fix", fix).into()
}

/// Names the rule: English as the wire does, from 0.
fn placed(text: Text, rule: usize) -> Text {
    text.with("index", rule).with("number", rule + 1)
}

/// In quotation marks, with control characters escaped.
fn quoted(value: &str) -> String {
    format!("{value:?}")
}

/// As the message selects by it.
const fn code_of_host(reason: HostError) -> &'static str {
    match reason {
        HostError::Empty => "empty",
        HostError::TooLong => "too-long",
        HostError::EmptyLabel => "empty-label",
        HostError::BadLabel => "bad-label",
        HostError::BadAddress => "bad-address",
        HostError::BadWildcard => "bad-wildcard",
    }
}
