//! A rule as a sentence.

use std::collections::BTreeMap;

use munjigi_i18n::Texts;
use munjigi_protocol::{Rule, RuleMatch, Verdict};

/// The words of verdicts, in the order of the form.
pub const VERDICTS: [&str; 5] = ["allow", "harder", "picture", "block", "weigh"];

pub const fn word(verdict: Verdict) -> &'static str {
    let [allow, harder, picture, block, weigh] = VERDICTS;
    match verdict {
        Verdict::Allow => allow,
        Verdict::Harder => harder,
        Verdict::Picture => picture,
        Verdict::Block => block,
        Verdict::Weigh(_) => weigh,
    }
}

/// Names of lists by what rules call them, for people.
pub type ListNames = BTreeMap<String, String>;

/// Which visitors the rule matches, and what happens to them.
pub fn sentence(t: Texts, rule: &Rule, lists: &ListNames) -> String {
    let RuleMatch { hostname, action, country, asn, prefix, list, score_below, reason, software } =
        &rule.when;
    let conditions = [
        hostname.as_ref().map(|host| t.get("rule-when-hostname").with("host", host)),
        action.as_ref().map(|action| t.get("rule-when-action").with("action", action)),
        country.as_ref().map(|country| t.get("rule-when-country").with("country", country)),
        asn.map(|asn| t.get("rule-when-asn").with("asn", asn)),
        prefix.as_ref().map(|prefix| t.get("rule-when-prefix").with("prefix", prefix)),
        list.as_ref()
            .map(|list| t.get("rule-when-list").with("list", lists.get(list).unwrap_or(list))),
        score_below.map(|score| t.get("rule-when-score").with("score", hundredths(score))),
        reason.map(|reason| t.get("rule-when-reason").with("reason", reason.as_str())),
        software.as_ref().map(|name| t.get("rule-when-software").with("name", name)),
    ];
    let set: Vec<String> = conditions.into_iter().flatten().map(String::from).collect();
    let effect = match rule.verdict {
        Verdict::Weigh(weight) => t.get("rule-weighs").with("weight", format!("{weight:+}")),
        verdict => t.each("verdict", word(verdict)),
    };
    let whole = if set.is_empty() {
        t.get("rule-everybody")
    } else {
        t.get("rule-visitor").with("conditions", set.join(" "))
    };
    whole.with("effect", effect).into()
}

/// A score as siteverify writes it.
fn hundredths(score: u8) -> String {
    format!("{}", f64::from(score) / 100.0)
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::ScoreReason;

    use super::*;

    #[test]
    fn every_verdict_is_spelt_as_on_the_wire() {
        let decisive = [Verdict::Allow, Verdict::Harder, Verdict::Picture, Verdict::Block];
        for (verdict, spelt) in decisive.into_iter().zip(VERDICTS) {
            assert_eq!(serde_json::to_value(verdict).unwrap(), spelt);
            assert_eq!(word(verdict), spelt);
        }
        let weigh = Verdict::Weigh(-20);
        assert_eq!(serde_json::to_value(weigh).unwrap()[word(weigh)], -20);
    }

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let when = RuleMatch {
            hostname: Some("*.shop.example".to_owned()),
            action: Some("login".to_owned()),
            country: Some("KR".to_owned()),
            asn: Some(4766),
            prefix: Some("192.0.2.0/24".to_owned()),
            list: Some("tor-exits".to_owned()),
            score_below: None,
            reason: None,
            software: None,
        };
        let lists = ListNames::new();
        assert_eq!(
            sentence(Texts::default(), &Rule { when, verdict: Verdict::Block }, &lists),
            "A visitor on a page at *.shop.example with the action login from the country KR \
             from the network AS4766 from 192.0.2.0/24 on the list tor-exits is refused."
        );
        let when = RuleMatch {
            score_below: Some(50),
            reason: Some(ScoreReason::Fleet),
            software: Some("00c0ffee".to_owned()),
            ..RuleMatch::default()
        };
        assert_eq!(
            sentence(Texts::default(), &Rule { when, verdict: Verdict::Weigh(20) }, &lists),
            "A visitor with a score below 0.5 with the reason fleet with the software 00c0ffee \
             of today has its risk changed by +20, and the next rule is tried."
        );
        let everybody = Rule { when: RuleMatch::default(), verdict: Verdict::Harder };
        assert_eq!(
            sentence(Texts::default(), &everybody, &lists),
            "Every visitor does eight times the work."
        );
    }
}
