//! Dry run of changed rules on the last day, as text.

use munjigi_domain::accounts::limits::TRIES_OF_RULES;
use munjigi_domain::dry_run::{Did, DryRun, Outcome, Report, VERDICTS};
use munjigi_domain::settings::warnings;
use munjigi_domain::statistics::Share;
use munjigi_protocol::{Rule, SiteConfig};
use munjigi_store::dry_run::{self, BOUNDS, Remembered};
use munjigi_store::limits::Taken;

use super::form::Step;
use super::sentence::{sentence, word};
use crate::requester::Asking;
use crate::trouble::Trouble;

/// The section of the page that shows it.
pub struct Section {
    pub title: String,
    /// Start of the last day.
    pub since: String,
    pub parts: Vec<Part>,
    /// About the proposed rules.
    pub warnings: Vec<String>,
    pub limits: Vec<&'static str>,
}

/// One kind of visits.
pub struct Part {
    pub title: &'static str,
    pub summary: String,
    pub total: u64,
    pub changed: u64,
    pub rows: Vec<Row>,
    pub hosts: Vec<(String, u64)>,
    pub countries: Vec<(String, u64)>,
    pub networks: Vec<(String, u64)>,
}

/// Visits with one outcome.
pub struct Row {
    pub before: String,
    pub after: String,
    pub count: u64,
    pub share: String,
    pub is_changed: bool,
}

const NOT_KNOWN: &str = "unknown";

pub async fn on_last_day(
    asking: &Asking,
    config: &SiteConfig,
    step: &Step,
    proposed: &[Rule],
) -> Result<Section, Trouble> {
    let (app, account) = (&asking.app, &asking.person.account.id);
    let now = app.clock.now();
    let taken = app.cache.limits.take(&TRIES_OF_RULES, account.as_str(), now).await?;
    if let Taken::Wait { seconds } = taken {
        return Err(Trouble::too_often(seconds));
    }
    let dry_run = DryRun::new(config, proposed).map_err(|error| {
        tracing::error!(%error, sitekey = config.sitekey, "the stored rules are invalid");
        Trouble::away()
    })?;
    let remembered = dry_run::last_day(&app.pool, &config.sitekey, BOUNDS, now).await?;
    let came = dry_run.run(Did::Come, &remembered.visits);
    let passed = dry_run.run(Did::Pass, &remembered.visits);
    let mut parts = vec![part("All visits", &came)];
    // More is recorded about these visits, so fewer of them are undecided.
    if came.open > 0 {
        parts.push(part("Visits that passed", &passed));
    }
    let title = match step {
        Step::Add(rule) => format!("With this rule at the end: {}", sentence(rule)),
        Step::Remove(place) => format!("Without rule {}", place + 1),
        Step::Up(_) | Step::Down(_) | Step::Undo => "With this change".to_owned(),
    };
    let limits = limits_of(config, proposed);
    let warnings = warnings(proposed);
    Ok(Section { title, since: since(&remembered), parts, warnings, limits })
}

fn since(remembered: &Remembered) -> String {
    if remembered.is_whole {
        return "the last 24 hours".to_owned();
    }
    let at = remembered.since.rfc3339();
    let at = at.get(..16).unwrap_or(&at).replace('T', " ");
    format!(
        "only the visits since {at} UTC and some of the hour before, because the last 24 hours have too many records to read while you wait"
    )
}

fn part(title: &'static str, report: &Report) -> Part {
    let Report { total, changed, open, .. } = *report;
    let row = |(outcome, count): &(Outcome, u64)| {
        let (before, after, is_changed) = words(*outcome);
        let share = Share::of(*count, total).map(|share| share.to_string()).unwrap_or_default();
        Row { before, after, count: *count, share, is_changed }
    };
    let named = |(name, count): &(String, u64)| {
        let name = if name.is_empty() { "unknown" } else { name };
        (name.to_owned(), *count)
    };
    let network = |(asn, count): &(u32, u64)| {
        let name = if *asn == 0 { "unknown".to_owned() } else { format!("AS{asn}") };
        (name, *count)
    };
    Part {
        title,
        summary: summary(total, changed, open),
        total,
        changed,
        rows: report.outcomes.iter().map(row).collect(),
        hosts: report.hosts.iter().map(named).collect(),
        countries: report.countries.iter().map(named).collect(),
        networks: report.networks.iter().map(network).collect(),
    }
}

fn summary(total: u64, changed: u64, open: u64) -> String {
    let visits = |count: u64| match count {
        1 => "1 visit".to_owned(),
        count => format!("{count} visits"),
    };
    let sentence = match changed {
        0 => format!("Of {}, none would have been treated differently", visits(total)),
        _ => format!("Of {}, {changed} would have been treated differently", visits(total)),
    };
    match open {
        0 => format!("{sentence}."),
        _ => format!("{sentence}. For {open}, the outcome is unknown."),
    }
}

fn words(outcome: Outcome) -> (String, String, bool) {
    let said = |number: u8| match VERDICTS.get(usize::from(number)).copied().flatten() {
        Some(verdict) => word(verdict).to_owned(),
        None => "by risk only".to_owned(),
    };
    match outcome {
        Outcome::Changed { before, after, unless_earlier: false } => {
            (said(before), said(after), true)
        }
        Outcome::Changed { before, after, unless_earlier: true } => {
            let unless = "unless an earlier rule matches";
            (format!("{}, {unless}", said(before)), format!("{}, {unless}", said(after)), true)
        }
        Outcome::Open => (NOT_KNOWN.to_owned(), NOT_KNOWN.to_owned(), false),
        Outcome::Same { verdict: Some(verdict) } => (said(verdict), "unchanged".to_owned(), false),
        Outcome::Same { verdict: None } => {
            ("by an earlier rule, or by risk only".to_owned(), "unchanged".to_owned(), false)
        }
    }
}

/// What the data does not record, as far as these rules need it.
fn limits_of(config: &SiteConfig, proposed: &[Rule]) -> Vec<&'static str> {
    let has = |named: fn(&Rule) -> bool| config.rules.iter().chain(proposed).any(named);
    let is_wild = config.hosts.iter().any(|host| host.starts_with("*."));
    let limits = [
        (
            has(|rule| rule.when.prefix.is_some()),
            "Prefixes are not recorded, so a dry run cannot tell whether a rule with a prefix matches.",
        ),
        (
            has(|rule| rule.when.action.is_some()),
            "The action is recorded only for visitors who passed.",
        ),
        (
            has(|rule| rule.when.hostname.is_some()) && (is_wild || config.allow_loopback),
            "Under a wildcard and on loopback, the page's host name is recorded only for visitors who passed.",
        ),
        (
            true,
            "A blocked visitor may return and is counted each time. A dry run cannot tell who would have given up because of a picture or more work. The counts are approximate.",
        ),
    ];
    limits.into_iter().filter_map(|(is_one, text)| is_one.then_some(text)).collect()
}
