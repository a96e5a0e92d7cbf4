//! `…/sites/{sitekey}/settings`: everything an owner can choose, except rules.
//! The form carries the mark of the settings that it was shown with, so that a
//! concurrent change is never overwritten unseen.

mod fields;
mod paths;

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fields::{Costs, SettingsForm};
use munjigi_app::sites;
use munjigi_domain::audit::Action;
use munjigi_domain::settings::{Field, Mistake, path_warnings};
use munjigi_domain::site_change::ChangeRefused;
use munjigi_i18n::{Text, Texts};
use munjigi_protocol::Mode;
use munjigi_store::audit::Author;
use munjigi_store::sites::{EditRefused, EditSite, Intent, SiteRecord};
use munjigi_store::stops::{self, Stops};
use paths::{LEVELS, PathRow};

use super::find;
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    name: String,
    sitekey: String,
    is_deleted: bool,
    present: SettingsForm,
    typed: SettingsForm,
    costs: Costs,
    /// Whether someone changed the site after the form was shown.
    is_late: bool,
    mistakes: Vec<Told>,
    modes: [&'static str; 3],
    /// What a path can require.
    levels: [&'static str; 5],
    /// What the rules about paths stopped lately; `None` if it is not known.
    stops: Option<Vec<Stops>>,
}

/// A mistake, with the field it belongs to.
struct Told {
    /// Id of the field.
    id: String,
    label: Text,
    text: String,
}

impl Told {
    fn of(t: Texts, mistake: &Mistake) -> Self {
        let (id, label) = match mistake.field() {
            Field::Name => ("name", t.get("site-name")),
            Field::Hosts => ("hosts", t.get("site-host-names")),
            Field::WorkFloor => ("work_floor", t.get("settings-work-floor")),
            Field::WorkCeiling => ("work_ceiling", t.get("settings-work-ceiling")),
            Field::Count => ("count", t.get("settings-count")),
            Field::TokenLifetime => ("token_lifetime_seconds", t.get("settings-token-lifetime")),
            Field::Protect => ("protect", t.get("settings-protect")),
            // Mistakes about the whole form are shown at its top.
            Field::Whole => ("name", t.get("numbers-site")),
        };
        let id = match mistake {
            Mistake::Protection { rule, .. } => path_id(*rule),
            Mistake::AbovePerSecond { rule, .. } => above_id(*rule),
            _ => id.to_owned(),
        };
        Self { id, label, text: mistake.beside_its_field(t) }
    }
}

impl Page {
    /// The mistakes in a field.
    fn wrong(&self, id: &str) -> Vec<&str> {
        let of = self.mistakes.iter().filter(|mistake| mistake.id == id);
        of.map(|mistake| mistake.text.as_str()).collect()
    }

    /// The rows about paths, each with the mistakes in its path and in its load.
    fn paths(&self) -> Vec<(PathRow, Vec<&str>, Vec<&str>)> {
        let rows = self.typed.protect.shown().enumerate();
        let row =
            |(number, row)| (row, self.wrong(&path_id(number)), self.wrong(&above_id(number)));
        rows.map(row).collect()
    }

    /// What the owner should know about the rules as they are typed.
    fn path_warnings(&self) -> Vec<Text> {
        let rules = self.typed.protect.rules(&mut Vec::new()).unwrap_or_default();
        path_warnings(&rules).iter().map(|warning| warning.text(self.frame.t)).collect()
    }
}

/// Id of the field with a row's path.
fn path_id(row: usize) -> String {
    format!("path-{row}")
}

/// Id of the field with a row's requests per second.
fn above_id(row: usize) -> String {
    format!("above-{row}")
}

/// The page: a form for users who can change it.
pub async fn show(
    asking: Asking,
    Path((_, sitekey)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let site = find(&asking, &sitekey).await?;
    let page = page(&asking, &site, None).await?;
    Ok(render(&page)?.into_response())
}

/// Saves the settings, or reports every mistake.
pub async fn submit(
    asking: Asking,
    Path((organisation, sitekey)): Path<(String, String)>,
    fields: Result<Form<SettingsForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let edit = fields.edit().ok_or(PageError::malformed())?;
    let now = asking.app.clock.now();
    let unit = EditSite {
        sitekey: &sitekey,
        within: Some(asking.organisation()),
        edit: &edit,
        shown: Some(&fields.mark),
        intent: Intent::Write,
        action: Action::SiteEdit,
        by: Author::Account(&asking.actor()),
        now,
    };
    let done = match sites::write(&asking.app, &sitekey, &unit).await? {
        Ok(edited) if edited.before == edited.after => "unchanged",
        Ok(_) => "edited",
        Err(EditRefused::Site(ChangeRefused::Unknown)) => {
            return Err(PageError::nothing_here());
        }
        Err(EditRefused::Site(_)) => "deleted-already",
        Err(EditRefused::Mistakes(mistakes)) => {
            let site = find(&asking, &sitekey).await?;
            let mut page = page(&asking, &site, Some(fields)).await?;
            page.mistakes =
                mistakes.0.iter().map(|mistake| Told::of(asking.t(), mistake)).collect();
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response());
        }
        Err(EditRefused::ChangedSince) => {
            let site = find(&asking, &sitekey).await?;
            // The user has now seen the current settings and can submit again.
            let fields = SettingsForm { mark: site.settings().mark(), ..fields };
            let mut page = page(&asking, &site, Some(fields)).await?;
            page.is_late = true;
            return Ok((StatusCode::CONFLICT, render(&page)?).into_response());
        }
    };
    let place = format!("/console/{organisation}/sites/{sitekey}?done={done}");
    Ok(Redirect::to(&place).into_response())
}

async fn page(
    asking: &Asking,
    site: &SiteRecord,
    typed: Option<SettingsForm>,
) -> Result<Page, PageError> {
    let settings = site.settings();
    let present = SettingsForm::of(&settings);
    let (pool, sitekey) = (&asking.app.pool, &site.config.sitekey);
    let stops = if settings.protect.is_empty() {
        Some(Vec::new())
    } else {
        stops::last_day(pool, sitekey, asking.app.clock.now()).await?
    };
    Ok(Page {
        frame: asking.frame(asking.t().get("settings-of").with("name", &site.name), Entry::Sites),
        name: site.name.clone(),
        sitekey: site.config.sitekey.clone(),
        is_deleted: site.deleted_at.is_some(),
        typed: typed.unwrap_or_else(|| present.clone()),
        present,
        costs: Costs::of(asking.t(), &settings),
        is_late: false,
        mistakes: Vec::new(),
        levels: LEVELS,
        modes: [Mode::Managed, Mode::Invisible, Mode::Interactive].map(Mode::as_str),
        stops,
    })
}
