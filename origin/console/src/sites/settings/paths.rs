//! The rows of the form that are rules about paths. A row without a path is
//! dropped, so that clearing its path removes a rule.

use std::collections::BTreeMap;

use munjigi_i18n::Texts;
use munjigi_protocol::{Level, Protection};
use serde::Deserialize;

/// Rows for new rules.
const EMPTY_ROWS: usize = 2;

/// The word of a path that requires nothing.
const OPEN: &str = "open";

/// What a row can require, as words of the form.
pub const LEVELS: [&str; 5] = [
    OPEN,
    Level::Waited.as_str(),
    Level::Worked.as_str(),
    Level::Pictured.as_str(),
    Level::Allowed.as_str(),
];

/// The rules as they were typed, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub struct PathRows {
    rows: Vec<PathRow>,
    /// Whether the form had any rows; one that was shown without keeps the rules.
    pub is_sent: bool,
}

/// One rule as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRow {
    pub path: String,
    /// A word of [`LEVELS`], if the form is one of ours.
    pub level: String,
    /// Separated by commas or spaces.
    pub methods: String,
    pub host: String,
    pub dry_run: bool,
    pub no_exemptions: bool,
}

/// From the fields of the form: `path-0`, `level-0` and so on.
impl From<BTreeMap<String, String>> for PathRows {
    fn from(fields: BTreeMap<String, String>) -> Self {
        let numbers = fields.keys().filter_map(|name| name.strip_prefix("path-"));
        let mut numbers: Vec<u16> = numbers.filter_map(|number| number.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let row = |number: &u16| {
            let typed = |name: &str| fields.get(&format!("{name}-{number}"));
            let text = |name| typed(name).map(|text| text.trim().to_owned()).unwrap_or_default();
            PathRow {
                path: text("path"),
                level: text("level"),
                methods: text("methods"),
                host: text("host"),
                dry_run: typed("dry_run").is_some(),
                no_exemptions: typed("no_exemptions").is_some(),
            }
        };
        let rows = numbers.iter().map(row).filter(|row| !row.path.is_empty());
        Self { rows: rows.collect(), is_sent: !numbers.is_empty() }
    }
}

impl PathRows {
    pub fn of(rules: &[Protection]) -> Self {
        Self { rows: rules.iter().map(PathRow::of).collect(), is_sent: true }
    }

    /// The rules; `None` if a row is not of our form.
    pub fn rules(&self) -> Option<Vec<Protection>> {
        self.rows.iter().map(PathRow::rule).collect()
    }

    /// The rows to show, with empty ones for new rules.
    pub fn shown(&self) -> impl Iterator<Item = PathRow> {
        let empty = std::iter::repeat_n(PathRow::empty(), EMPTY_ROWS);
        self.rows.iter().cloned().chain(empty)
    }

    /// The rules as lines of text.
    pub fn lines(&self, t: &Texts) -> Vec<String> {
        self.rows.iter().map(|row| row.line(*t)).collect()
    }
}

impl PathRow {
    fn of(rule: &Protection) -> Self {
        Self {
            path: rule.path.clone(),
            level: rule.level.map_or(OPEN, Level::as_str).to_owned(),
            methods: rule.methods.join(", "),
            host: rule.host.clone().unwrap_or_default(),
            dry_run: rule.dry_run,
            no_exemptions: rule.no_exemptions,
        }
    }

    fn empty() -> Self {
        Self {
            path: String::new(),
            level: Level::Worked.as_str().to_owned(),
            methods: String::new(),
            host: String::new(),
            dry_run: false,
            no_exemptions: false,
        }
    }

    fn rule(&self) -> Option<Protection> {
        let level = match self.level.as_str() {
            OPEN => None,
            word => Some(Level::parse(word)?),
        };
        let words = self.methods.split([',', ' ']).filter(|word| !word.is_empty());
        Some(Protection {
            path: self.path.clone(),
            host: (!self.host.is_empty()).then(|| self.host.clone()),
            methods: words.map(str::to_ascii_uppercase).collect(),
            level,
            dry_run: self.dry_run,
            no_exemptions: self.no_exemptions,
            above_per_second: None,
        })
    }

    fn line(&self, t: Texts) -> String {
        let mut line = String::new();
        if !self.methods.is_empty() {
            line.push_str(&self.methods);
            line.push(' ');
        }
        line.push_str(&self.host);
        line.push_str(&self.path);
        line.push_str(" · ");
        line.push_str(&self.level);
        for (is_set, key) in [
            (self.dry_run, "settings-protect-dry-run"),
            (self.no_exemptions, "settings-protect-no-exemptions"),
        ] {
            if is_set {
                line.push_str(" · ");
                line.push_str(&String::from(t.get(key)));
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(fields: &[(&str, &str)]) -> PathRows {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        PathRows::from(fields.collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn rows_keep_their_order_and_lose_those_without_a_path() {
        let rows = rows(&[
            ("path-10", "/c"),
            ("level-10", "open"),
            ("path-2", " /b "),
            ("level-2", "worked"),
            ("methods-2", "get, POST"),
            ("host-2", "shop.example"),
            ("dry_run-2", "yes"),
            ("path-0", " "),
            ("level-0", "pictured"),
            ("csrf", "x"),
        ]);
        let rules = rows.rules().unwrap();
        let paths: Vec<&str> = rules.iter().map(|rule| rule.path.as_str()).collect();
        assert_eq!(paths, ["/b", "/c"]);
        assert_eq!(rules[0].methods, ["GET", "POST"]);
        assert_eq!(
            (rules[0].level, rules[0].dry_run, rules[1].level),
            (Some(Level::Worked), true, None)
        );
        assert_eq!(PathRows::of(&rules).rules(), Some(rules));
        assert_eq!(rows.shown().count(), 4);
    }

    #[test]
    fn a_form_without_rows_keeps_the_rules_and_a_foreign_level_is_refused() {
        assert!(!rows(&[("csrf", "x")]).is_sent);
        let cleared = rows(&[("path-0", "")]);
        assert_eq!((cleared.rules(), cleared.is_sent), (Some(Vec::new()), true));
        for level in ["", "Worked", "none"] {
            assert_eq!(rows(&[("path-0", "/a"), ("level-0", level)]).rules(), None, "{level}");
        }
    }
}
