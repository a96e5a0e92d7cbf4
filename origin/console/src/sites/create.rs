//! `…/new-site`: creates a site in under a minute. The sitekey is drawn when
//! the form is shown, so that a form sent twice creates one site; the secret is
//! drawn when the form is submitted, and shown only in that response.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_captcha::Vendor;
use munjigi_domain::new_site::NewSite;
use munjigi_domain::settings::{Edit, HostsEdit, Settings};
use munjigi_domain::site_keys::Shape;
use munjigi_store::audit::Author;
use munjigi_store::sites::{CreateSite, Created, Owner};
use munjigi_store::transact;
use serde::de::IntoDeserializer;
use serde::{Deserialize, Deserializer};

use super::host_lines;
use super::snippets::Snippets;
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::Asking;

#[derive(Template)]
#[template(path = "new-site.html")]
struct Page {
    frame: Frame,
    sitekey: String,
    name: String,
    hosts: String,
    allow_loopback: bool,
    shape: Option<Shape>,
    mistakes: Vec<String>,
}

impl Page {
    /// For the template: each choice, its label, and whether it is selected.
    fn shapes(&self) -> [(&'static str, String, bool); 4] {
        let is = |shape| self.shape == shape;
        [
            ("", self.frame.t.get("new-site-shape-own").into(), is(None)),
            ("recaptcha", "reCAPTCHA".to_owned(), is(Some(Shape::Recaptcha))),
            ("hcaptcha", "hCaptcha".to_owned(), is(Some(Shape::Hcaptcha))),
            ("turnstile", "Turnstile".to_owned(), is(Some(Shape::Turnstile))),
        ]
    }
}

#[derive(Template)]
#[template(path = "site-made.html")]
struct Made {
    frame: Frame,
    name: String,
    sitekey: String,
    secret: String,
    snippets: Snippets,
}

#[derive(Debug, Deserialize)]
pub struct CreateSiteForm {
    sitekey: String,
    name: String,
    hosts: String,
    allow_loopback: Option<String>,
    #[serde(default, deserialize_with = "chosen")]
    shape: Option<Shape>,
}

/// A choice whose first option is empty.
fn chosen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Shape>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    Shape::deserialize(text.into_deserializer()).map(Some)
}

pub async fn show(asking: Asking) -> Result<Response, PageError> {
    let console = &asking.app.console;
    let sitekey =
        asking.app.entropy.with(|generator| console.check.mint_sitekey(generator)).to_string();
    let (name, hosts) = (String::new(), String::new());
    let frame = asking.frame(asking.t().get("new-site-title"), Entry::Sites);
    let page = Page {
        frame,
        sitekey,
        name,
        hosts,
        allow_loopback: false,
        shape: None,
        mistakes: Vec::new(),
    };
    Ok(render(&page)?.into_response())
}

/// Creates the site, or reports every mistake.
pub async fn submit(
    asking: Asking,
    fields: Result<Form<CreateSiteForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let console = &asking.app.console;
    let sitekey = console.check.sitekey(&fields.sitekey).map_err(|_| PageError::malformed())?;
    let sitekey = sitekey.to_string();
    let frame = |title| asking.frame(title, Entry::Sites);
    let (check, entropy) = (&console.check, &asking.app.entropy);
    let (wishes, defaults) = (fields.edit(), Settings::of_a_new_site());
    let vendor = fields.shape.map(Vendor::from);
    let site = match NewSite::draw(check, entropy, &sitekey, vendor, &wishes, &defaults) {
        Ok(site) => site,
        Err(mistakes) => {
            let CreateSiteForm { sitekey, name, hosts, allow_loopback, shape } = fields;
            let allow_loopback = allow_loopback.is_some();
            let mistakes = mistakes.0.iter().map(|mistake| mistake.sentence(asking.t())).collect();
            let frame = frame(asking.t().get("new-site-title"));
            let page = Page { frame, sitekey, name, hosts, allow_loopback, shape, mistakes };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)?).into_response());
        }
    };
    let most = console.config.most_sites;
    let unit = CreateSite {
        name: &site.name,
        config: &site.config,
        secrets: &[site.secret.hash()],
        owner: Some(Owner { organisation: asking.organisation(), most }),
        by: Author::Account(&asking.actor()),
        now: asking.app.clock.now(),
    };
    match transact(&asking.app.pool, &unit).await? {
        Created::New(_) => {}
        Created::Before => {
            let place = format!("{}/sites/{sitekey}", asking.frame("", Entry::Sites).base());
            return Ok(Redirect::to(&place).into_response());
        }
        Created::TooMany => return Err(PageError::too_many_sites(most)),
    }
    let edge = asking.app.edge.address();
    let page = Made {
        frame: frame(asking.t().get("site-made-title")),
        name: site.name,
        snippets: Snippets::of(edge, &site.config),
        secret: site.secret.reveal().to_string(),
        sitekey,
    };
    Ok((StatusCode::CREATED, render(&page)?).into_response())
}

impl CreateSiteForm {
    fn edit(&self) -> Edit {
        Edit {
            name: Some(self.name.clone()),
            hosts: HostsEdit::Replace(host_lines(&self.hosts)),
            allow_loopback: Some(self.allow_loopback.is_some()),
            ..Edit::default()
        }
    }
}
