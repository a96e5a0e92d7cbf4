//! `GET /api/v1/info`: identifies this service to programs that know only its
//! URL. The same for everyone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde::Serialize;
use utoipa::ToSchema;

use munjigi_app::documents;
use munjigi_app::settings::{Console, SignUpPolicy};
use munjigi_app::{App, ConsoleApp};

/// Information about the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Info {
    /// Always `munjigi`.
    pub name: &'static str,
    /// Semantic version of the origin.
    pub version: &'static str,
    /// Version of the protocol between page, frame, edge and back end.
    pub protocol_version: u8,
    /// Base URL from which pages load the widget and to which back ends send tokens.
    pub edge_url: String,
    /// Who can sign up: `open` (anyone), `closed` (by invitation), or `none`
    /// if there are no accounts.
    pub sign_up: &'static str,
    /// Documentation pages. Empty if there is no console.
    pub documentation: Vec<Link>,
}

/// A documentation page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Link {
    /// Title.
    pub title: &'static str,
    /// URL.
    pub url: String,
}

type Cached = ([(HeaderName, &'static str); 1], Json<Info>);

pub async fn handler(State(app): State<ConsoleApp>) -> Cached {
    info(&app, Some(&app.console.config))
}

/// The same, of an origin without a console.
pub async fn without_console(State(app): State<Arc<App>>) -> Cached {
    info(&app, None)
}

fn info(app: &App, console: Option<&Console>) -> Cached {
    let link = |document: &'static documents::Document| {
        let mut url = console?.url.clone();
        url.set_path(&format!("/docs/{}", document.name));
        Some(Link { title: &document.title, url: url.into() })
    };
    let info = Info {
        name: "munjigi",
        version: env!("CARGO_PKG_VERSION"),
        protocol_version: munjigi_protocol::VERSION,
        edge_url: app.edge.address().to_owned(),
        sign_up: match console.map(|console| console.sign_up) {
            Some(SignUpPolicy::Open) => "open",
            Some(SignUpPolicy::Closed) => "closed",
            None => "none",
        },
        documentation: documents::all().iter().filter_map(link).collect(),
    };
    ([(header::CACHE_CONTROL, "public, max-age=60")], Json(info))
}
