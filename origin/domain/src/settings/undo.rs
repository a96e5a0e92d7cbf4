//! The command that undoes an edit, ready to be pasted into a shell.

use std::fmt;

use munjigi_protocol::PictureKind;
use serde::Serialize;

use super::Settings;

/// A command line and its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// Its arguments, starting with `munjigi`.
    pub words: Vec<String>,
    /// The content of its stdin.
    pub stdin: Option<String>,
}

impl Undo {
    /// The command that restores the settings before an edit.
    pub fn of(sitekey: &str, before: &Settings, after: &Settings) -> Self {
        let mut words: Vec<String> = ["munjigi", "site", "set", sitekey].map(str::to_owned).into();
        let mut add = |changed: bool, option: &str, value: &dyn fmt::Display| {
            if changed {
                words.extend([option.to_owned(), value.to_string()]);
            }
        };
        add(
            before.allow_loopback != after.allow_loopback,
            "--allow-loopback",
            &on_off(before.allow_loopback),
        );
        add(before.mode != after.mode, "--mode", &before.mode.as_str());
        add(before.work.floor != after.work.floor, "--work-floor", &before.work.floor);
        add(before.work.ceiling != after.work.ceiling, "--work-ceiling", &before.work.ceiling);
        add(before.count != after.count, "--count", &before.count);
        let lifetime = before.token_lifetime_seconds;
        add(lifetime != after.token_lifetime_seconds, "--token-lifetime", &lifetime);
        add(
            before.fallback_allowed != after.fallback_allowed,
            "--fallback",
            &on_off(before.fallback_allowed),
        );
        add(
            before.under_attack != after.under_attack,
            "--under-attack",
            &before.under_attack.as_str(),
        );
        add(before.pictures != after.pictures, "--pictures", &kinds(&before.pictures));
        let rules_changed = before.rules != after.rules;
        add(rules_changed, "--rules", &"-");
        // Spelt out, because there is only one stdin.
        add(before.protect != after.protect, "--protect", &json(&before.protect));
        words.extend(hosts(before, after));
        if before.name != after.name {
            // With `=`, a name may begin with a hyphen.
            words.push(format!("--name={}", before.name));
        }
        Self { words, stdin: rules_changed.then(|| json(&before.rules)) }
    }
}

fn hosts(before: &Settings, after: &Settings) -> Vec<String> {
    if before.hosts == after.hosts {
        return Vec::new();
    }
    // A site with only loopback had none, which no `--host` can express.
    let (option, hosts) = match before.hosts.as_slice() {
        [] => ("--remove-host", &after.hosts),
        _ => ("--host", &before.hosts),
    };
    hosts.iter().flat_map(|host| [option.to_owned(), host.clone()]).collect()
}

/// Rules as `--rules` and `--protect` read them.
fn json(rules: &impl Serialize) -> String {
    serde_json::to_string(rules).expect("rules are plain data")
}

/// The value for `--pictures`.
fn kinds(pictures: &[PictureKind]) -> String {
    let words: Vec<&str> = pictures.iter().map(|kind| kind.as_str()).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(",") }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stdin) = &self.stdin {
            write!(f, "printf %s {} | ", quoted(stdin))?;
        }
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
}

/// Quotes a word so that a POSIX shell takes it literally.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
