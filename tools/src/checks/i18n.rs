//! The translations of the origin: its languages say the same, and the code and
//! the texts know each other's keys. Texts are in `origin/i18n/locales`.

mod messages;
#[cfg(test)]
mod tests;
mod uses;

use std::path::Path;

use anyhow::{Context as _, Result};

use messages::Language;
use uses::Uses;

const LOCALES: &str = "origin/i18n/locales";
/// Code that uses texts. The crate of the texts has keys of its own in tests.
const CODE: &str = "origin";
/// What another language does not say is said in this one.
const REFERENCE: &str = "en";
/// Languages that must say everything that English does.
const COMPLETE: [&str; 1] = ["ko"];

/// Every mistake in a checkout's translations.
pub fn problems(root: &Path) -> Result<Vec<String>> {
    let languages = messages::read(&root.join(LOCALES)).context("read the translations")?;
    let uses = Uses::read(&root.join(CODE)).context("read what uses the translations")?;
    let mut problems: Vec<String> =
        languages.iter().flat_map(|language| language.problems.clone()).collect();
    let Some(english) = languages.iter().find(|language| language.tag == REFERENCE) else {
        problems.push(format!("{LOCALES} has no folder {REFERENCE}"));
        return Ok(problems);
    };
    problems.extend(against_code(english, &uses));
    for language in languages.iter().filter(|language| language.tag != REFERENCE) {
        problems.extend(against_english(language, english));
    }
    Ok(problems)
}

/// Keys that the code uses and English lacks, and keys that nothing uses.
fn against_code(english: &Language, uses: &Uses) -> Vec<String> {
    let mut problems = uses.problems.clone();
    for (key, place) in &uses.keys {
        if !english.messages.contains_key(key) {
            problems.push(format!("{place}: {REFERENCE} has no text {key}"));
        }
    }
    for (family, place) in &uses.families {
        if !english.messages.keys().any(|key| is_member(key, family)) {
            problems.push(format!("{place}: {REFERENCE} has no text {family}-…"));
        }
    }
    for (key, message) in &english.messages {
        let is_used = uses.words.contains(key)
            || english.referenced.contains(key)
            || uses.families.keys().any(|family| is_member(key, family));
        if !is_used {
            problems.push(format!("{}: nothing uses {key}", message.file));
        }
    }
    problems
}

/// Keys that a language should not have or should have, and placeables that
/// differ.
fn against_english(language: &Language, english: &Language) -> Vec<String> {
    let mut problems = Vec::new();
    for (key, message) in &language.messages {
        let Some(reference) = english.messages.get(key) else {
            problems.push(format!("{}: {REFERENCE} has no text {key}", message.file));
            continue;
        };
        if message.variables != reference.variables {
            problems.push(format!(
                "{}: {key} has the placeables {:?}, in {REFERENCE} {:?}",
                message.file, message.variables, reference.variables
            ));
        }
    }
    if COMPLETE.contains(&language.tag.as_str()) {
        let missing = english.messages.keys().filter(|key| !language.messages.contains_key(*key));
        problems.extend(missing.map(|key| format!("{}: {key} is not translated", language.tag)));
    }
    problems
}

fn is_member(key: &str, family: &str) -> bool {
    key.strip_prefix(family).is_some_and(|rest| rest.starts_with('-'))
}
