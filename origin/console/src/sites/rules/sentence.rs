//! A rule as a sentence.

use munjigi_protocol::{Rule, RuleMatch, Verdict};

/// Each verdict: its word, and its effect on a visitor.
pub const VERDICTS: [(Verdict, &str, &str); 4] = [
    (Verdict::Allow, "allow", "does only the minimum work, regardless of risk"),
    (Verdict::Harder, "harder", "does eight times the work"),
    (
        Verdict::Picture,
        "picture",
        "is shown a picture, or does eight times the work if the site has none",
    ),
    (Verdict::Block, "block", "is refused"),
];

pub const fn word(verdict: Verdict) -> &'static str {
    row(verdict).1
}

const fn row(verdict: Verdict) -> &'static (Verdict, &'static str, &'static str) {
    let [allow, harder, picture, block] = &VERDICTS;
    match verdict {
        Verdict::Allow => allow,
        Verdict::Harder => harder,
        Verdict::Picture => picture,
        Verdict::Block => block,
    }
}

/// Which visitors the rule matches, and what happens to them.
pub fn sentence(rule: &Rule) -> String {
    let RuleMatch { hostname, action, country, asn, prefix } = &rule.when;
    let conditions = [
        hostname.as_ref().map(|host| format!("on a page at {host}")),
        action.as_ref().map(|action| format!("with the action {action}")),
        country.as_ref().map(|country| format!("from the country {country}")),
        asn.map(|asn| format!("from the network AS{asn}")),
        prefix.as_ref().map(|prefix| format!("from {prefix}")),
    ];
    let mut sentence = "A visitor".to_owned();
    let set: Vec<String> = conditions.into_iter().flatten().collect();
    if set.is_empty() {
        "Every visitor".clone_into(&mut sentence);
    }
    for condition in set {
        sentence.push(' ');
        sentence.push_str(&condition);
    }
    let (_, _, meaning) = row(rule.verdict);
    format!("{sentence} {meaning}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_spelt_as_on_the_wire() {
        for (verdict, spelt, _) in VERDICTS {
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
        };
        assert_eq!(
            sentence(&Rule { when, verdict: Verdict::Block }),
            "A visitor on a page at *.shop.example with the action login from the country KR \
             from the network AS4766 from 192.0.2.0/24 is refused."
        );
        let everybody = Rule { when: RuleMatch::default(), verdict: Verdict::Harder };
        assert_eq!(sentence(&everybody), "Every visitor does eight times the work.");
    }
}
