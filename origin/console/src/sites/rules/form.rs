//! The forms of the rules' page, and the change that each requests. Rules are
//! validated where the command validates them.

use munjigi_domain::settings::{Condition, Mark, Mistake};
use munjigi_protocol::{Rule, RuleMatch, ScoreReason, Verdict};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct RulesForm {
    /// Mark of the settings that the page was shown with.
    pub mark: Mark,
    change: String,
    /// Row number, from 0.
    rule: Option<usize>,
    #[serde(flatten)]
    pub typed: Typed,
}

/// A new rule as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub hostname: String,
    pub action: String,
    /// Two letters.
    pub country: String,
    /// A number, with or without `AS`.
    pub asn: String,
    pub prefix: String,
    /// A list's name or id.
    pub list: String,
    /// Hundredths.
    pub score_below: String,
    /// A reason's word on the wire.
    pub reason: String,
    pub software: String,
    /// A checkbox: the rule is meant to have no condition.
    pub everybody: String,
    /// The verdict's word in the form.
    pub verdict: String,
    /// What the verdict `weigh` adds.
    pub weight: String,
}

/// One change to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleEdit {
    /// Swaps a rule with the one before it.
    Up(usize),
    /// Swaps a rule with the one after it.
    Down(usize),
    Remove(usize),
    /// Adds a rule at the end.
    Add(Rule),
    /// Restores the previous list.
    Undo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Make the change.
    Do,
    /// Only show what the change would have done.
    Try,
}

impl RulesForm {
    /// `None` if the form is not one of ours.
    pub fn step(&self) -> Option<(Purpose, RuleEdit)> {
        Some(match self.change.as_str() {
            "up" => (Purpose::Do, RuleEdit::Up(self.rule?)),
            "down" => (Purpose::Do, RuleEdit::Down(self.rule?)),
            "remove" => (Purpose::Do, RuleEdit::Remove(self.rule?)),
            "try-without" => (Purpose::Try, RuleEdit::Remove(self.rule?)),
            "add" => (Purpose::Do, RuleEdit::Add(self.typed.rule()?)),
            "try" => (Purpose::Try, RuleEdit::Add(self.typed.rule()?)),
            "undo" => (Purpose::Do, RuleEdit::Undo),
            _ => return None,
        })
    }

    /// Mistakes in a new rule's form, besides those in the rule itself.
    pub fn mistakes(&self, step: &RuleEdit) -> Vec<Mistake> {
        let RuleEdit::Add(rule) = step else { return Vec::new() };
        let mut mistakes = Vec::new();
        let asn = &self.typed.asn;
        let is_unread = rule.when.asn.is_none() && !asn.trim().is_empty();
        if is_unread {
            mistakes.push(Mistake::Asn { typed: asn.clone() });
        }
        let score = self.typed.score_below.trim();
        if rule.when.score_below.is_none() && !score.is_empty() {
            let (condition, value) = (Condition::ScoreBelow, score.to_owned());
            mistakes.push(Mistake::Condition { rule: 0, condition, value });
        }
        let weight = self.typed.weight.trim();
        if self.typed.verdict == "weigh" && weight.parse::<i8>().is_err() {
            mistakes.push(Mistake::Weight { rule: 0, value: weight.to_owned() });
        }
        let is_ticked = !self.typed.everybody.is_empty();
        let is_of_everybody = rule.when == RuleMatch::default() && !is_unread && score.is_empty();
        if is_of_everybody && !is_ticked {
            mistakes.push(Mistake::NoCondition);
        }
        if is_ticked && !is_of_everybody {
            mistakes.push(Mistake::EverybodyWithConditions);
        }
        mistakes
    }
}

impl Typed {
    fn rule(&self) -> Option<Rule> {
        let verdict = match self.verdict.as_str() {
            "allow" => Verdict::Allow,
            "harder" => Verdict::Harder,
            "picture" => Verdict::Picture,
            "block" => Verdict::Block,
            // What is not a weight is told by `mistakes`.
            "weigh" => Verdict::Weigh(self.weight.trim().parse().unwrap_or(1)),
            _ => return None,
        };
        let text = |typed: &str| Some(typed.trim().to_owned()).filter(|text| !text.is_empty());
        let asn = self.asn.trim();
        let digits = asn.strip_prefix("AS").or(asn.strip_prefix("as")).unwrap_or(asn);
        let when = RuleMatch {
            hostname: text(&self.hostname),
            action: text(&self.action),
            country: text(&self.country),
            asn: digits.parse().ok(),
            prefix: text(&self.prefix),
            list: text(&self.list),
            score_below: self.score_below.trim().parse().ok(),
            reason: ScoreReason::ALL.into_iter().find(|reason| reason.as_str() == self.reason),
            software: text(&self.software),
        };
        Some(Rule { when, verdict })
    }
}

impl RuleEdit {
    /// The list after the change; `None` if the list has no such rule.
    pub fn apply(&self, rules: &[Rule]) -> Option<Vec<Rule>> {
        let mut rules = rules.to_vec();
        let swap = |rules: &mut Vec<Rule>, upper: usize| {
            let is_there = upper.checked_add(1).is_some_and(|lower| lower < rules.len());
            is_there.then(|| rules.swap(upper, upper + 1))
        };
        match self {
            Self::Up(index) => swap(&mut rules, index.checked_sub(1)?)?,
            Self::Down(index) => swap(&mut rules, *index)?,
            Self::Remove(index) if *index < rules.len() => drop(rules.remove(*index)),
            Self::Remove(_) | Self::Undo => return None,
            Self::Add(rule) => rules.push(rule.clone()),
        }
        Some(rules)
    }

    /// Name of the notice.
    pub const fn done(&self) -> &'static str {
        match self {
            Self::Up(_) | Self::Down(_) => "moved",
            Self::Remove(_) => "removed",
            Self::Add(_) => "added",
            Self::Undo => "undone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(country: &str) -> Rule {
        let when = RuleMatch { country: Some(country.to_owned()), ..RuleMatch::default() };
        Rule { when, verdict: Verdict::Block }
    }

    #[test]
    fn steps_beyond_the_ends_are_none() {
        let rules = [rule("KR"), rule("JP")];
        let swapped = vec![rule("JP"), rule("KR")];
        assert_eq!(RuleEdit::Up(1).apply(&rules), Some(swapped.clone()));
        assert_eq!(RuleEdit::Down(0).apply(&rules), Some(swapped));
        assert_eq!(RuleEdit::Remove(0).apply(&rules), Some(vec![rule("JP")]));
        for step in [
            RuleEdit::Up(0),
            RuleEdit::Up(2),
            RuleEdit::Up(usize::MAX),
            RuleEdit::Down(1),
            RuleEdit::Down(usize::MAX),
            RuleEdit::Remove(2),
            RuleEdit::Undo,
        ] {
            assert_eq!(step.apply(&rules), None, "{step:?}");
        }
        assert_eq!(RuleEdit::Down(0).apply(&[]), None);
    }
}
