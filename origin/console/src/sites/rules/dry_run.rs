//! Dry run of changed rules on the last day, as text.

use munjigi_domain::accounts::limits::TRIES_OF_RULES;
use munjigi_domain::dry_run::{Did, DryRun, DryRunReport, DryRunResult, VERDICTS};
use munjigi_domain::settings::warnings;
use munjigi_domain::statistics::Share;
use munjigi_i18n::{Text, Texts};
use munjigi_protocol::{Rule, SiteConfig};
use munjigi_store::dry_run::{self, BOUNDS, Redemptions, Remembered};
use munjigi_store::limits::Taken;
use munjigi_store::lists;

use super::form::RuleEdit;
use super::sentence::{sentence, word};
use crate::page_error::PageError;
use crate::requester::Asking;

/// The section of the page that shows it.
pub struct Section {
    pub title: String,
    /// Start of the last day.
    pub since: String,
    pub parts: Vec<Part>,
    /// About the proposed rules.
    pub warnings: Vec<Text>,
    pub limits: Vec<Text>,
}

/// One kind of visits.
pub struct Part {
    pub title: Text,
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

pub async fn on_last_day(
    asking: &Asking,
    config: &SiteConfig,
    step: &RuleEdit,
    proposed: &[Rule],
) -> Result<Section, PageError> {
    let (app, account) = (&asking.app, &asking.user.account.id);
    let now = app.clock.now();
    let taken = app.cache.limits.take(&TRIES_OF_RULES, account.as_str(), now).await?;
    if let Taken::Wait { seconds } = taken {
        return Err(PageError::too_often(seconds));
    }
    let ids = lists::ids(config.rules.iter().chain(proposed));
    let lists = lists::named(&app.pool, Some(asking.organisation()), ids).await?;
    let dry_run = DryRun::new(config, proposed, lists).map_err(|error| {
        tracing::error!(%error, sitekey = config.sitekey, "the stored rules are invalid");
        PageError::away()
    })?;
    let by_score = config.rules.iter().chain(proposed).any(asks_for_score);
    let redemptions = if by_score { Redemptions::Read } else { Redemptions::LeftOut };
    let sitekey = &config.sitekey;
    let remembered = dry_run::last_day(&app.pool, sitekey, redemptions, BOUNDS, now).await?;
    let came = dry_run.run(Did::Come, &remembered.visits);
    let passed = dry_run.run(Did::Pass, &remembered.visits);
    let (t, names) = (asking.t(), super::list_names(asking).await?);
    let mut parts = vec![part(t, t.get("dry-run-all"), &came)];
    // More is recorded about these visits, so fewer of them are undecided.
    if came.open > 0 {
        parts.push(part(t, t.get("dry-run-passed"), &passed));
    }
    if by_score {
        let redeemed = dry_run.run(Did::Redeem, &remembered.visits);
        parts.push(part(t, t.get("dry-run-redeemed"), &redeemed));
    }
    let title = match step {
        RuleEdit::Add(rule) => t.get("dry-run-with").with("rule", sentence(t, rule, &names)),
        RuleEdit::Remove(place) => t.get("dry-run-without").count("rule", place + 1),
        RuleEdit::Up(_) | RuleEdit::Down(_) | RuleEdit::Undo => t.get("dry-run-with-change"),
    };
    let limits = limits_of(t, config, proposed);
    let warnings = warnings(proposed).iter().map(|warning| warning.text(t)).collect();
    Ok(Section { title: title.into(), since: since(t, &remembered), parts, warnings, limits })
}

/// Whether a rule asks for what is known of redeemed tokens alone.
const fn asks_for_score(rule: &Rule) -> bool {
    rule.when.score_below.is_some() || rule.when.reason.is_some()
}

fn since(t: Texts, remembered: &Remembered) -> String {
    if remembered.is_whole {
        return t.get("dry-run-last-day").into();
    }
    let at = remembered.since.rfc3339();
    let at = at.get(..16).unwrap_or(&at).replace('T', " ");
    t.get("dry-run-since").with("at", at).into()
}

fn part(t: Texts, title: Text, report: &DryRunReport) -> Part {
    let DryRunReport { total, changed, open, .. } = *report;
    let row = |(outcome, count): &(DryRunResult, u64)| {
        let (before, after, is_changed) = words(t, *outcome);
        let share = Share::of(*count, total).map(|share| share.to_string()).unwrap_or_default();
        Row { before, after, count: *count, share, is_changed }
    };
    let named = |(name, count): &(String, u64)| {
        let is_known = !name.is_empty();
        (if is_known { name.clone() } else { t.get("dry-run-unknown").into() }, *count)
    };
    let network = |(asn, count): &(u32, u64)| {
        let name = if *asn == 0 { t.get("dry-run-unknown").into() } else { format!("AS{asn}") };
        (name, *count)
    };
    Part {
        title,
        summary: summary(t, total, changed, open),
        total,
        changed,
        rows: report.outcomes.iter().map(row).collect(),
        hosts: report.hosts.iter().map(named).collect(),
        countries: report.countries.iter().map(named).collect(),
        networks: report.networks.iter().map(network).collect(),
    }
}

fn summary(t: Texts, total: u64, changed: u64, open: u64) -> String {
    let summary = t.get("dry-run-summary").count("total", total).count("changed", changed);
    match open {
        0 => summary.into(),
        _ => format!("{summary} {}", t.get("dry-run-summary-open").count("open", open)),
    }
}

fn words(t: Texts, outcome: DryRunResult) -> (String, String, bool) {
    let said = |number: u8| match VERDICTS.get(usize::from(number)).copied().flatten() {
        Some(verdict) => word(verdict).to_owned(),
        None => t.get("dry-run-by-risk").into(),
    };
    match outcome {
        DryRunResult::Changed { before, after, unless_earlier: false } => {
            (said(before), said(after), true)
        }
        DryRunResult::Changed { before, after, unless_earlier: true } => {
            let unless = |said: String| t.get("dry-run-unless").with("verdict", said).into();
            (unless(said(before)), unless(said(after)), true)
        }
        DryRunResult::Open => {
            (t.get("dry-run-unknown").into(), t.get("dry-run-unknown").into(), false)
        }
        DryRunResult::Same { verdict: Some(verdict) } => {
            (said(verdict), t.get("dry-run-unchanged").into(), false)
        }
        DryRunResult::Same { verdict: None } => {
            (t.get("dry-run-earlier-or-risk").into(), t.get("dry-run-unchanged").into(), false)
        }
    }
}

/// What the data does not record, as far as these rules need it.
fn limits_of(t: Texts, config: &SiteConfig, proposed: &[Rule]) -> Vec<Text> {
    let has = |named: fn(&Rule) -> bool| config.rules.iter().chain(proposed).any(named);
    let is_wild = config.hosts.iter().any(|host| host.starts_with("*."));
    let limits = [
        (has(|rule| rule.when.prefix.is_some()), t.get("dry-run-limit-prefix")),
        (has(|rule| rule.when.list.is_some()), t.get("dry-run-limit-list")),
        (has(asks_for_score), t.get("dry-run-limit-score")),
        (has(|rule| rule.when.software.is_some()), t.get("dry-run-limit-software")),
        (has(|rule| rule.when.action.is_some()), t.get("dry-run-limit-action")),
        (
            has(|rule| rule.when.hostname.is_some()) && (is_wild || config.allow_loopback),
            t.get("dry-run-limit-hostname"),
        ),
        (true, t.get("dry-run-limit-counts")),
    ];
    limits.into_iter().filter_map(|(is_one, text)| is_one.then_some(text)).collect()
}
