//! A rule as a sentence.

use std::collections::BTreeMap;

use munjigi_i18n::Texts;
use munjigi_protocol::{Rule, RuleMatch, Verdict};

/// Each verdict, with its word.
pub const VERDICTS: [(Verdict, &str); 4] = [
    (Verdict::Allow, "allow"),
    (Verdict::Harder, "harder"),
    (Verdict::Picture, "picture"),
    (Verdict::Block, "block"),
];

pub const fn word(verdict: Verdict) -> &'static str {
    let [allow, harder, picture, block] = VERDICTS;
    match verdict {
        Verdict::Allow => allow.1,
        Verdict::Harder => harder.1,
        Verdict::Picture => picture.1,
        Verdict::Block => block.1,
    }
}

/// Names of lists by what rules call them, for people.
pub type ListNames = BTreeMap<String, String>;

/// Which visitors the rule matches, and what happens to them.
pub fn sentence(t: Texts, rule: &Rule, lists: &ListNames) -> String {
    let RuleMatch { hostname, action, country, asn, prefix, list } = &rule.when;
    let conditions = [
        hostname.as_ref().map(|host| t.get("rule-when-hostname").with("host", host)),
        action.as_ref().map(|action| t.get("rule-when-action").with("action", action)),
        country.as_ref().map(|country| t.get("rule-when-country").with("country", country)),
        asn.map(|asn| t.get("rule-when-asn").with("asn", asn)),
        prefix.as_ref().map(|prefix| t.get("rule-when-prefix").with("prefix", prefix)),
        list.as_ref()
            .map(|list| t.get("rule-when-list").with("list", lists.get(list).unwrap_or(list))),
    ];
    let set: Vec<String> = conditions.into_iter().flatten().map(String::from).collect();
    let effect = t.each("verdict", word(rule.verdict));
    let whole = if set.is_empty() {
        t.get("rule-everybody")
    } else {
        t.get("rule-visitor").with("conditions", set.join(" "))
    };
    whole.with("effect", effect).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_spelt_as_on_the_wire() {
        for (verdict, spelt) in VERDICTS {
            assert_eq!(serde_json::to_value(verdict).unwrap(), spelt);
            assert_eq!(word(verdict), spelt);
        }
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
        };
        let lists = ListNames::new();
        assert_eq!(
            sentence(Texts::default(), &Rule { when, verdict: Verdict::Block }, &lists),
            "A visitor on a page at *.shop.example with the action login from the country KR \
             from the network AS4766 from 192.0.2.0/24 on the list tor-exits is refused."
        );
        let everybody = Rule { when: RuleMatch::default(), verdict: Verdict::Harder };
        assert_eq!(
            sentence(Texts::default(), &everybody, &lists),
            "Every visitor does eight times the work."
        );
    }
}
