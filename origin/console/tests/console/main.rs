//! The pages, on a real database.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up fails the test")]

mod access;
mod anomalies;
mod audit;
mod cache;
mod components;
mod defence;
mod dry_run;
mod factor;
mod forms;
mod journey;
mod keys;
mod korean;
mod language;
mod learning;
mod lists;
mod live;
mod lockout;
mod log_in;
mod metrics;
mod models;
mod overview;
mod own_record;
mod passkeys;
mod password_reset;
mod photos;
mod privacy;
mod public;
mod rules;
mod settings;
mod statistics;
mod team;
mod telemetry;
mod visitor;

use axum::Router;
use munjigi_app::ConsoleApp;
use munjigi_app::http::finished;

/// The console's pages, and what every origin answers.
fn routes(app: ConsoleApp) -> Router {
    let pages = munjigi_console::pages(&app).into_router().fallback(munjigi_console::nowhere);
    finished(pages.with_state(app.clone()), app.app)
}
