//! The deny list: what was paused, deleted or rotated away while caches
//! elsewhere may still think otherwise. An entry lives for an hour; by then
//! every cache has forgotten.

use std::cell::RefCell;

use munjigi_captcha::redemption::{Denial, Redeem};
use munjigi_keys::UnixMillis;
use munjigi_serving::ports::Verdict;

use super::sql::{Database, SqlError, integer, text};

const LIFETIME_MS: u64 = 3_600_000;

/// The list, a cache of its table. Short: pauses, deletions and rotations of
/// one hour.
#[derive(Default)]
pub struct Denied(RefCell<Vec<Entry>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: String,
    version: u64,
    denied: bool,
    until: u64,
}

impl Denied {
    /// Reads the table.
    pub fn load(&self, db: &Database) -> Result<(), SqlError> {
        let found = db.run("SELECT name, version, denied, until FROM denied", &[])?;
        let mut entries = self.0.borrow_mut();
        entries.clear();
        for row in found {
            entries.push(Entry {
                name: row.text(0),
                version: row.integer(1),
                denied: row.integer(2) == 1,
                until: row.integer(3),
            });
        }
        Ok(())
    }

    /// What the list says of a redemption.
    pub fn denial(&self, redeem: &Redeem, now: UnixMillis) -> Denial {
        let entries = self.0.borrow();
        if entries.is_empty() {
            return Denial::None;
        }
        let denied = |name: &str| {
            entries.iter().any(|entry| entry.name == name && entry.denied && entry.until > now.0)
        };
        if denied(redeem.secret.as_str()) {
            Denial::Secret
        } else if denied(&redeem.facts.sitekey.to_string()) {
            Denial::Attempt
        } else {
            Denial::None
        }
    }

    /// Takes verdicts; one of an older version than the list has changes
    /// nothing.
    pub fn apply(
        &self,
        db: &Database,
        verdicts: &[Verdict],
        now: UnixMillis,
    ) -> Result<(), SqlError> {
        for verdict in verdicts {
            let entry = Entry {
                name: verdict.name.clone(),
                version: verdict.version,
                denied: verdict.denied,
                until: now.0.saturating_add(LIFETIME_MS),
            };
            let old = |entries: &[Entry]| {
                let known = entries.iter().find(|known| known.name == entry.name);
                !supersedes(known, &entry)
            };
            if old(&self.0.borrow()) {
                continue;
            }
            db.run(
                "INSERT OR REPLACE INTO denied (name, version, denied, until) VALUES (?, ?, ?, ?)",
                &[
                    text(&entry.name),
                    integer(entry.version),
                    integer(u64::from(entry.denied)),
                    integer(entry.until),
                ],
            )?;
            let mut entries = self.0.borrow_mut();
            entries.retain(|known| known.name != entry.name);
            entries.push(entry);
        }
        Ok(())
    }

    /// Forgets what is past its lifetime.
    pub fn sweep(&self, db: &Database, now: UnixMillis) -> Result<(), SqlError> {
        let mut entries = self.0.borrow_mut();
        let before = entries.len();
        entries.retain(|entry| entry.until > now.0);
        if entries.len() < before {
            db.run("DELETE FROM denied WHERE until <= ?", &[integer(now.0)])?;
        }
        Ok(())
    }
}

/// An allowing verdict about what nobody denied needs no row.
fn supersedes(known: Option<&Entry>, new: &Entry) -> bool {
    match known {
        None => new.denied,
        Some(known) => new.version >= known.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(version: u64, denied: bool) -> Entry {
        Entry { name: String::new(), version, denied, until: 1 }
    }

    #[test]
    fn an_older_verdict_changes_nothing() {
        assert!(supersedes(None, &entry(1, true)));
        assert!(!supersedes(None, &entry(1, false)));
        assert!(supersedes(Some(&entry(1, true)), &entry(2, false)));
        assert!(supersedes(Some(&entry(2, true)), &entry(2, false)));
        assert!(!supersedes(Some(&entry(2, false)), &entry(1, true)));
    }
}
