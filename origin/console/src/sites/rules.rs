//! `…/sites/{sitekey}/rules`: visitors who are treated differently. Each button
//! makes one change to the list that was shown, and the last change can be
//! undone while nothing else has changed since. A dry run shows what a change
//! would have done on the last day.

mod dry_run;
mod form;
mod sentence;

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use dry_run::Section;
use form::{Purpose, RuleEdit, RulesForm, Typed};
use munjigi_app::sites;
use munjigi_domain::accounts::Permission;
use munjigi_domain::audit::Action;
use munjigi_domain::lists::Published;
use munjigi_domain::settings::{Condition, Edit, Mark, Mistake, warnings};
use munjigi_domain::site_change::ChangeRefused;
use munjigi_i18n::{Text, Texts};
use munjigi_protocol::{Rule, ScoreReason};
use munjigi_store::audit::{self, Author};
use munjigi_store::lists;
use munjigi_store::sites::{EditRefused, EditSite, Intent, SiteRecord};
use sentence::{ListNames, VERDICTS, sentence, word};

use super::find;
use crate::flash::Flash;
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;

/// The action of changed rules in the audit log.
const ACTION: Action = Action::SiteRules;

#[derive(Template)]
#[template(path = "rules.html")]
struct Page {
    frame: Frame,
    name: String,
    sitekey: String,
    mark: Mark,
    rows: Vec<Row>,
    /// Lists that a rule can name, with their labels.
    lists: Vec<(String, String)>,
    may_change: bool,
    is_deleted: bool,
    /// Whether the last change can be undone.
    can_undo: bool,
    typed: Typed,
    verdicts: Vec<&'static str>,
    /// Reasons that a rule can name, and what they mean.
    reasons: Vec<(&'static str, Text)>,
    notice: Option<Text>,
    /// About the current rules, and the published lists that they name.
    warnings: Vec<Text>,
    mistakes: Vec<Told>,
    dry_run: Option<Section>,
}

/// A mistake, with the id and label of the field it belongs to, if there is one.
struct Told {
    field: Option<(&'static str, Text)>,
    text: String,
}

impl Told {
    fn of(t: Texts, mistake: &Mistake) -> Self {
        let field = match mistake {
            Mistake::Condition { condition, .. } => match condition {
                Condition::Hostname => ("hostname", t.each("by", "host")),
                Condition::Action => ("action", t.each("by", "action")),
                Condition::Country => ("country", t.each("by", "country")),
                Condition::Prefix => ("prefix", t.get("rules-column-prefix")),
                Condition::List => ("list", t.get("rules-column-list")),
                Condition::ScoreBelow => ("score_below", t.get("rules-score")),
                Condition::Software => ("software", t.get("rules-software")),
            },
            Mistake::Weight { .. } => ("weight", t.get("rules-weight")),
            Mistake::UnknownList { .. } => ("list", t.get("rules-column-list")),
            Mistake::Asn { .. } => ("asn", t.get("rules-asn")),
            _ => return Self { field: None, text: mistake.sentence(t) },
        };
        Self { field: Some(field), text: mistake.beside_its_field(t) }
    }
}

struct Row {
    verdict: &'static str,
    sentence: String,
}

pub async fn show(
    asking: Asking,
    Path((_, sitekey)): Path<(String, String)>,
    Flash(done): Flash,
) -> Result<Response, PageError> {
    let site = find(&asking, &sitekey).await?;
    let mut page = page(&asking, &site).await?;
    let done = done.unwrap_or_default();
    page.notice = notice(asking.t(), &done);
    if matches!(done.as_str(), "added" | "moved" | "removed") {
        page.can_undo = page.may_change && previous(&asking, &site).await?.is_some();
    }
    Ok(render(&page)?.into_response())
}

/// Makes one change to the list.
pub async fn submit(
    asking: Asking,
    Path((_, sitekey)): Path<(String, String)>,
    fields: Result<Form<RulesForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let site = find(&asking, &sitekey).await?;
    // A change applies to the list that was shown, or not at all.
    if site.settings().mark() != fields.mark {
        return changed_since(&asking, &site, fields.typed).await;
    }
    let (purpose, step) = fields.step().ok_or(PageError::malformed())?;
    let rules = match &step {
        RuleEdit::Undo => match previous(&asking, &site).await? {
            Some(rules) => rules,
            None => return changed_since(&asking, &site, fields.typed).await,
        },
        step => step.apply(&site.config.rules).ok_or(PageError::malformed())?,
    };
    let edit = Edit { rules: Some(rules), unread: fields.mistakes(&step), ..Edit::default() };
    let now = asking.app.clock.now();
    let intent = match purpose {
        Purpose::Do => Intent::Write,
        Purpose::Try => Intent::Look,
    };
    let unit = EditSite {
        sitekey: &sitekey,
        within: Some(asking.organisation()),
        edit: &edit,
        shown: Some(&fields.mark),
        intent,
        action: ACTION,
        by: Author::Account(&asking.actor()),
        now,
    };
    match sites::write(&asking.app, &sitekey, &unit).await? {
        Ok(edited) if purpose == Purpose::Try => {
            let dry_run =
                dry_run::on_last_day(&asking, &site.config, &step, &edited.after.rules).await?;
            let mut page = page(&asking, &site).await?;
            (page.typed, page.dry_run) = (fields.typed, Some(dry_run));
            Ok(render(&page)?.into_response())
        }
        Ok(edited) if edited.before == edited.after => Ok(back(&asking, &sitekey, "unchanged")),
        Ok(_) => Ok(back(&asking, &sitekey, step.done())),
        Err(EditRefused::Site(ChangeRefused::Unknown)) => Err(PageError::nothing_here()),
        Err(EditRefused::Site(_)) => Ok(back(&asking, &sitekey, "deleted-already")),
        Err(EditRefused::Mistakes(mistakes)) => {
            let mut page = page(&asking, &site).await?;
            page.typed = fields.typed;
            page.mistakes =
                mistakes.0.iter().map(|mistake| Told::of(asking.t(), mistake)).collect();
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response())
        }
        Err(EditRefused::ChangedSince) => {
            let site = find(&asking, &sitekey).await?;
            changed_since(&asking, &site, fields.typed).await
        }
    }
}

/// The list before the last change, if that was made here and nothing changed
/// since.
async fn previous(asking: &Asking, site: &SiteRecord) -> Result<Option<Vec<Rule>>, PageError> {
    let (app, organisation) = (&asking.app, asking.organisation());
    let newest = audit::newest(&app.pool, organisation, ACTION, &site.config.sitekey).await?;
    let Some(newest) = newest else { return Ok(None) };
    let rules = |side: Option<serde_json::Value>| -> Option<Vec<Rule>> {
        serde_json::from_value(side?.get_mut("rules")?.take()).ok()
    };
    let is_last = rules(newest.after).is_some_and(|rules| rules == site.config.rules);
    Ok(rules(newest.before).filter(|_| is_last))
}

async fn changed_since(
    asking: &Asking,
    site: &SiteRecord,
    typed: Typed,
) -> Result<Response, PageError> {
    let mut page = page(asking, site).await?;
    page.typed = typed;
    let text = asking.t().get("rules-changed-since").into();
    page.mistakes = vec![Told { field: None, text }];
    Ok((StatusCode::CONFLICT, render(&page)?).into_response())
}

fn back(asking: &Asking, sitekey: &str, done: &str) -> Response {
    let organisation = asking.organisation();
    let place = format!("/console/{organisation}/sites/{sitekey}/rules?done={done}");
    Redirect::to(&place).into_response()
}

/// What the organisation calls its lists.
async fn list_names(asking: &Asking) -> Result<ListNames, PageError> {
    let own = lists::names(&asking.app.pool, asking.organisation()).await?;
    Ok(own.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

/// Which published lists the rules name in vain, or as they were days ago.
async fn about_lists(asking: &Asking, rules: &[Rule]) -> Result<Vec<Text>, PageError> {
    let named = rules.iter().filter_map(|rule| Published::parse(rule.when.list.as_deref()?));
    let named: BTreeSet<_> = named.collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let (t, now) = (asking.t(), asking.app.clock.now());
    let known = lists::published(&asking.app.pool).await?;
    let told = |list: &Published| {
        let record = known.iter().find(|record| record.name == list.as_str());
        let text = match record.filter(|record| record.entries > 0) {
            None => t.get("rules-list-missing"),
            Some(record) if record.is_stale(now) => t.get("rules-list-stale"),
            Some(_) => return None,
        };
        Some(text.with("list", list))
    };
    Ok(named.iter().filter_map(told).collect())
}

async fn page(asking: &Asking, site: &SiteRecord) -> Result<Page, PageError> {
    let mut about = about_lists(asking, &site.config.rules).await?;
    about.extend(warnings(&site.config.rules).iter().map(|warning| warning.text(asking.t())));
    let (t, names) = (asking.t(), list_names(asking).await?);
    let rows = site
        .config
        .rules
        .iter()
        .map(|rule| Row { verdict: word(rule.verdict), sentence: sentence(t, rule, &names) });
    let reasons = ScoreReason::ALL.map(ScoreReason::as_str).into_iter();
    let reasons = reasons.map(|reason| (reason, t.each("reason", reason)));
    let published = Published::ALL.map(|list| {
        let meaning = t.each("list", list);
        (list.to_string(), format!("{list}: {meaning}"))
    });
    let is_deleted = site.deleted_at.is_some();
    Ok(Page {
        frame: asking.frame(t.get("rules-of").with("name", &site.name), Entry::Sites),
        name: site.name.clone(),
        sitekey: site.config.sitekey.clone(),
        mark: site.settings().mark(),
        rows: rows.collect(),
        lists: published.into_iter().chain(names).collect(),
        may_change: asking.role().may(Permission::ChangeRules) && !is_deleted,
        is_deleted,
        can_undo: false,
        typed: Typed::default(),
        verdicts: VERDICTS.to_vec(),
        reasons: reasons.collect(),
        notice: None,
        warnings: about,
        mistakes: Vec::new(),
        dry_run: None,
    })
}

fn notice(t: Texts, done: &str) -> Option<Text> {
    Some(match done {
        "added" => t.get("rules-done-added"),
        "moved" => t.get("rules-done-moved"),
        "removed" => t.get("rules-done-removed"),
        "undone" => t.get("rules-done-undone"),
        "unchanged" => t.get("site-done-unchanged"),
        "deleted-already" => t.get("site-done-deleted-already"),
        _ => return None,
    })
}
