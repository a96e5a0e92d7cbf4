//! Reads a file of rules. Stricter than the wire: a condition with a misspelt
//! name would be no condition, and the rule would match everybody.

use munjigi_protocol::Rule;
use serde_json::Value;

use super::Mistake;

/// Reads a JSON array of rules, or reports everything in it that is not one.
pub fn read_rules(text: &str) -> Result<Vec<Rule>, Vec<Mistake>> {
    let items: Vec<Value> = serde_json::from_str(text)
        .map_err(|error| vec![Mistake::RulesNotAnArray { error: error.to_string() }])?;
    let mistakes: Vec<Mistake> =
        items.iter().enumerate().flat_map(|(rule, item)| wrong(rule, item)).collect();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    // Parsed from the text again, because only the text still has duplicate
    // names.
    serde_json::from_str(text)
        .map_err(|error| vec![Mistake::RulesMalformed { error: error.to_string() }])
}

fn wrong(rule: usize, item: &Value) -> Vec<Mistake> {
    // The parser would also accept an array of the fields in their order.
    if !item.is_object() || !item["match"].is_object() {
        return vec![Mistake::RuleNotAnObject { rule }];
    }
    let read: Rule = match serde_json::from_value(item.clone()) {
        Ok(read) => read,
        Err(error) => return vec![Mistake::RuleMalformed { rule, error: error.to_string() }],
    };
    let understood = serde_json::to_value(read).expect("a rule is plain data");
    let mut unknown = surplus(item, &understood);
    let nested = surplus(&item["match"], &understood["match"]);
    unknown.extend(nested.into_iter().map(|name| format!("match.{name}")));
    unknown.into_iter().map(|name| Mistake::UnknownCondition { rule, name }).collect()
}

/// Names in `given` that the parser ignored.
fn surplus(given: &Value, understood: &Value) -> Vec<String> {
    let names = given.as_object().into_iter().flat_map(|object| object.keys());
    names.filter(|name| understood.get(name.as_str()).is_none()).cloned().collect()
}
