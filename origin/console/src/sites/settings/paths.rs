//! The rows of the form that are rules about paths. A row without a path is
//! dropped, so that clearing its path removes a rule.

use std::collections::BTreeMap;

use munjigi_domain::settings::Mistake;
use munjigi_i18n::Texts;
use munjigi_protocol::{Level, Protection};
use munjigi_store::stops::Stops;
use serde::Deserialize;

/// Rows for new rules.
const EMPTY_ROWS: usize = 2;

/// The word of a path that requires nothing.
const OPEN: &str = "open";

/// Bytes of a path under which the edge counts what its rule stopped.
const MAX_COUNTED_BYTES: usize = 32;

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
    /// Requests per second, as typed; empty: always.
    pub above: String,
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
                above: text("above"),
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

    /// The rules; `None` if a row is not of our form. A number that is none is
    /// reported together with the other mistakes.
    pub fn rules(&self, unread: &mut Vec<Mistake>) -> Option<Vec<Protection>> {
        self.rows.iter().enumerate().map(|(number, row)| row.rule(number, unread)).collect()
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
    /// The number of requests that the row stopped, and that it would have
    /// stopped; the second is absent unless there are some, or it is a dry run.
    pub fn stopped(&self, stops: &[Stops]) -> (u64, Option<u64>) {
        let path = self.path.to_ascii_lowercase();
        let name = path.get(..path.floor_char_boundary(MAX_COUNTED_BYTES)).unwrap_or_default();
        let sum = |is_dry_run: bool| -> u64 {
            let its = stops.iter().filter(|stops| stops.rule == name);
            its.filter(|stops| stops.is_dry_run == is_dry_run).map(|stops| stops.count).sum()
        };
        let would_stop = sum(true);
        (sum(false), (self.dry_run || would_stop > 0).then_some(would_stop))
    }

    fn of(rule: &Protection) -> Self {
        Self {
            path: rule.path.clone(),
            level: rule.level.map_or(OPEN, Level::as_str).to_owned(),
            methods: rule.methods.join(", "),
            host: rule.host.clone().unwrap_or_default(),
            above: rule.above_per_second.map(|above| above.to_string()).unwrap_or_default(),
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
            above: String::new(),
            dry_run: false,
            no_exemptions: false,
        }
    }

    fn rule(&self, number: usize, unread: &mut Vec<Mistake>) -> Option<Protection> {
        let level = match self.level.as_str() {
            OPEN => None,
            word => Some(Level::parse(word)?),
        };
        let above = (!self.above.is_empty()).then(|| self.above.parse().ok());
        if above == Some(None) {
            unread.push(Mistake::AbovePerSecond { rule: number, typed: self.above.clone() });
        }
        let words = self.methods.split([',', ' ']).filter(|word| !word.is_empty());
        Some(Protection {
            path: self.path.clone(),
            host: (!self.host.is_empty()).then(|| self.host.clone()),
            methods: words.map(str::to_ascii_uppercase).collect(),
            level,
            dry_run: self.dry_run,
            no_exemptions: self.no_exemptions,
            above_per_second: above.flatten(),
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
        if !self.above.is_empty() {
            line.push_str(" · ");
            let above = t.get("settings-protect-above-line").with("number", &self.above);
            line.push_str(&String::from(above));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::{Exemption, Site, Wanted};
    use munjigi_domain::settings::Settings;
    use munjigi_protocol::SiteConfig;

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
            ("above-2", " 50 "),
            ("dry_run-2", "yes"),
            ("path-0", " "),
            ("level-0", "pictured"),
            ("csrf", "x"),
        ]);
        let mut unread = Vec::new();
        let rules = rows.rules(&mut unread).unwrap();
        let paths: Vec<&str> = rules.iter().map(|rule| rule.path.as_str()).collect();
        assert_eq!(paths, ["/b", "/c"]);
        assert_eq!(rules[0].methods, ["GET", "POST"]);
        assert_eq!(
            (rules[0].level, rules[0].dry_run, rules[1].level),
            (Some(Level::Worked), true, None)
        );
        assert_eq!((rules[0].above_per_second, rules[1].above_per_second), (Some(50), None));
        assert_eq!(PathRows::of(&rules).rules(&mut unread), Some(rules));
        assert_eq!(unread, []);
        assert_eq!(rows.shown().count(), 4);
    }

    #[test]
    fn a_form_without_rows_keeps_the_rules_and_a_foreign_level_is_refused() {
        assert!(!rows(&[("csrf", "x")]).is_sent);
        let cleared = rows(&[("path-0", "")]);
        assert_eq!((cleared.rules(&mut Vec::new()), cleared.is_sent), (Some(Vec::new()), true));
        for level in ["", "Worked", "none"] {
            let foreign = rows(&[("path-0", "/a"), ("level-0", level)]);
            assert_eq!(foreign.rules(&mut Vec::new()), None, "{level}");
        }
    }

    #[test]
    fn a_load_that_is_no_number_is_reported_with_its_row_and_kept() {
        for typed in ["x", "-1", "1.5", "4 000", "4294967296"] {
            let fields = [("path-0", "/a"), ("level-0", "open"), ("path-3", "/b")];
            let rows = rows(&[&fields[..], &[("level-3", "worked"), ("above-3", typed)]].concat());
            let mut unread = Vec::new();
            assert_eq!(rows.rules(&mut unread).map(|rules| rules.len()), Some(2), "{typed}");
            assert_eq!(unread, [Mistake::AbovePerSecond { rule: 1, typed: typed.to_owned() }]);
            assert!(rows.shown().any(|row| row.above == typed), "{typed}");
        }
    }

    #[test]
    fn a_row_has_the_counts_of_its_path_as_the_edge_names_it() {
        let long = "/Konto/\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}*";
        let rows = rows(&[
            ("path-0", long),
            ("level-0", "worked"),
            ("path-1", "/Dry"),
            ("level-1", "worked"),
            ("dry_run-1", "yes"),
            ("path-2", "/c"),
            ("level-2", "worked"),
        ]);
        let site = SiteConfig {
            protect: rows.rules(&mut Vec::new()).unwrap(),
            ..Settings::of_a_new_site().config("mj_00000000000000000000000000")
        };
        let site = Site::parse(&site, Exemption::Ignored).unwrap();
        let named = |path: &str| {
            let wanted = Wanted::new("GET", None, path);
            site.guards(&wanted).first().map(|found| found.guard.name().to_owned()).unwrap()
        };
        let stops = |path: &str, is_dry_run: bool, count: u64| Stops {
            rule: named(path),
            is_dry_run,
            count,
        };
        let all = [stops(long, false, 3), stops(long, true, 4), stops("/dry", false, 5)];
        let counts: Vec<_> = rows.rows.iter().map(|row| row.stopped(&all)).collect();
        assert_eq!(counts, [(3, Some(4)), (5, Some(0)), (0, None)]);
    }

    #[test]
    fn a_line_tells_the_load() {
        let fields = [("path-0", "/a"), ("level-0", "worked"), ("above-0", "50")];
        let lines = rows(&fields).lines(&Texts::default());
        assert_eq!(lines, ["/a · worked · only above 50 requests per second"]);
    }
}
