//! The table of the deny list. What an entry means is decided in
//! `munjigi_serving::deny_list`.

use std::cell::RefCell;

use munjigi_captcha::redemption::{Denial, Redeem};
use munjigi_keys::UnixMillis;
use munjigi_serving::deny_list::{DenyList, Entry};
use munjigi_serving::ports::DenyEntry;

use super::sql::{Database, SqlError, integer, text};

/// The list, a cache of its table.
#[derive(Default)]
pub struct Denied(RefCell<DenyList>);

impl Denied {
    /// Reads the table.
    pub fn load(&self, db: &Database) -> Result<(), SqlError> {
        let found = db.run("SELECT name, version, denied, until FROM denied", &[])?;
        let entries = found.into_iter().map(|row| Entry {
            name: row.text(0),
            version: row.integer(1),
            denied: row.integer(2) == 1,
            until: row.integer(3),
        });
        self.0.replace(DenyList::new(entries.collect()));
        Ok(())
    }

    /// What the list says about a redemption.
    pub fn denial(&self, redeem: &Redeem, now: UnixMillis) -> Denial {
        self.0.borrow().denial(redeem, now)
    }

    /// Applies entries.
    pub fn apply(
        &self,
        db: &Database,
        entries: &[DenyEntry],
        now: UnixMillis,
    ) -> Result<(), SqlError> {
        for entry in entries {
            let entry = self.0.borrow().entry(entry, now);
            let Some(entry) = entry else { continue };
            db.run(
                "INSERT OR REPLACE INTO denied (name, version, denied, until) VALUES (?, ?, ?, ?)",
                &[
                    text(&entry.name),
                    integer(entry.version),
                    integer(u64::from(entry.denied)),
                    integer(entry.until),
                ],
            )?;
            self.0.borrow_mut().keep(entry);
        }
        Ok(())
    }

    /// Removes expired entries.
    pub fn sweep(&self, db: &Database, now: UnixMillis) -> Result<(), SqlError> {
        if self.0.borrow_mut().sweep(now) > 0 {
            db.run("DELETE FROM denied WHERE until <= ?", &[integer(now.0)])?;
        }
        Ok(())
    }
}
