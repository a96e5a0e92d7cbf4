//! The console's pages. Each is listed here once with the access it needs,
//! which is checked before the page's own code runs. Rules are in
//! `accounts`, rows in `store`, and the templates in `templates`.

pub mod access;
mod account;
mod anomalies;
pub mod assets;
mod audit;
pub mod benchmarks;
pub mod code;
mod confirm;
mod cookies;
mod csrf;
mod data_map;
mod defence;
mod demo;
mod docs;
mod error_page;
mod filter;
mod flash;
mod format;
pub mod frame;
mod home;
mod invitation;
mod keys;
mod language;
mod link;
mod lists;
pub mod log_in;
mod log_in_passkey;
mod log_out;
mod mailbox;
mod mistakes;
mod models;
mod next;
mod notifications;
mod overview;
mod page_error;
mod passkey;
mod password_reset;
mod photos;
mod requester;
mod sign_up;
mod sites;
mod statistics;
mod status;
mod team;
mod visitor;

use munjigi_app::ConsoleApp;
use munjigi_domain::accounts::Permission;

pub fn pages(app: &ConsoleApp) -> Pages {
    let pages = of_account(for_everybody(Pages::new(app)));
    of_operators(of_team(of_the_unusual(of_sites(pages))))
}

/// Public pages, sign-up and log-in.
fn for_everybody(pages: Pages) -> Pages {
    use Access::{Anyone, Guest, HalfWay, Public};
    pages
        .get("/", Anyone, home::show)
        .get("/demo", Public, demo::show)
        .post("/demo", Anyone, demo::submit)
        .get("/docs", Public, docs::index)
        .get("/docs/{page}", Public, docs::show)
        .get("/figures", Anyone, home::figures)
        .get("/status", Public, status::show)
        .get("/assets/{name}", Public, assets::show)
        .get("/sign-up", Guest, sign_up::show)
        .post("/sign-up", Guest, sign_up::submit)
        .get("/confirm", Guest, confirm::show)
        .post("/confirm", Guest, confirm::submit)
        .get("/log-in", Guest, log_in::show)
        .post("/log-in", Guest, log_in::submit)
        .get("/log-in/code", HalfWay, code::show)
        .post("/log-in/code", HalfWay, code::submit)
        .post("/log-in/passkey", Guest, log_in_passkey::submit)
        .post("/log-in/passkey/options", Guest, log_in_passkey::options)
        .post("/log-in/code/passkey", HalfWay, log_in_passkey::factor)
        .post("/log-in/code/passkey/options", HalfWay, log_in_passkey::factor_options)
        .get("/recover", Guest, password_reset::show)
        .post("/recover", Guest, password_reset::submit)
        .get("/recover/password", Guest, password_reset::choose)
        .post("/recover/password", Guest, password_reset::set)
        .post("/log-out", Anyone, log_out::submit)
        .get("/mailbox", Anyone, mailbox::show)
        .get("/invitation", Anyone, invitation::show)
        .post("/invitation", Anyone, invitation::submit)
        .get("/privacy/data", Anyone, data_map::show)
}

fn of_account(pages: Pages) -> Pages {
    use Access::User;
    pages
        .get("/console", User, overview::first)
        .get("/console/account", User, account::show)
        .get("/console/account/factor", User, account::factor::show)
        .post("/console/account/factor", User, account::factor::submit)
        .post("/console/account/factor/change", User, account::factor::change)
        .get("/console/account/passkeys", User, account::passkeys::show)
        .post("/console/account/passkeys", User, account::passkeys::submit)
        .post("/console/account/passkeys/options", User, account::passkeys::options)
        .post("/console/account/passkeys/codes", User, account::passkeys::codes)
        .get("/console/account/passkeys/{passkey}", User, account::passkeys::one::show)
        .post("/console/account/passkeys/{passkey}", User, account::passkeys::one::submit)
        .get("/console/account/proof", User, account::proof::show)
        .post("/console/account/proof", User, account::proof::submit)
        .post("/console/account/proof/passkey", User, account::proof::passkey)
        .post("/console/account/proof/passkey/options", User, account::proof::options)
        .get("/console/account/data", User, account::data::show)
        .post("/console/account/data/export", User, account::data::export)
        .post("/console/account/data/leave", User, account::data::leave)
        .post("/console/account/data/keep", User, account::data::keep)
        .post("/console/account/language", User, account::language::submit)
        .post("/console/account/password", User, account::password::submit)
        .post("/console/account/sessions", User, account::sessions::submit)
}

fn of_sites(pages: Pages) -> Pages {
    use Access::Member;
    use Permission::{ChangeRules, ChangeSecrets, ChangeSites, Export, ReadSites};
    pages
        .get("/console/{organisation}", Member(ReadSites), overview::show)
        .get("/console/{organisation}/overview/live", Member(ReadSites), overview::live::show)
        .get("/console/{organisation}/overview.csv", Member(Export), overview::export)
        .get("/console/{organisation}/statistics", Member(ReadSites), statistics::show)
        .get("/console/{organisation}/statistics.csv", Member(Export), statistics::export::csv)
        .get("/console/{organisation}/statistics.json", Member(Export), statistics::export::json)
        .get("/console/{organisation}/defence", Member(ReadSites), defence::show)
        .get("/console/{organisation}/lists", Member(ReadSites), lists::show)
        .post("/console/{organisation}/lists", Member(ChangeRules), lists::create)
        .get("/console/{organisation}/lists/{list}", Member(ReadSites), lists::one)
        .post("/console/{organisation}/lists/{list}", Member(ChangeRules), lists::submit)
        .get("/console/{organisation}/sites", Member(ReadSites), sites::list::show)
        .get("/console/{organisation}/new-site", Member(ChangeSites), sites::create::show)
        .post("/console/{organisation}/new-site", Member(ChangeSites), sites::create::submit)
        .get("/console/{organisation}/sites/{sitekey}", Member(ReadSites), sites::site::show)
        .get(
            "/console/{organisation}/sites/{sitekey}/settings",
            Member(ReadSites),
            sites::settings::show,
        )
        .post(
            "/console/{organisation}/sites/{sitekey}/settings",
            Member(ChangeSites),
            sites::settings::submit,
        )
        .get("/console/{organisation}/sites/{sitekey}/rules", Member(ReadSites), sites::rules::show)
        .post(
            "/console/{organisation}/sites/{sitekey}/rules",
            Member(ChangeRules),
            sites::rules::submit,
        )
        .get(
            "/console/{organisation}/sites/{sitekey}/scores",
            Member(ReadSites),
            sites::scores::show,
        )
        .post(
            "/console/{organisation}/sites/{sitekey}/scores",
            Member(ChangeSites),
            sites::scores::submit,
        )
        .post(
            "/console/{organisation}/sites/{sitekey}/change",
            Member(ChangeSites),
            sites::change::submit,
        )
        .post(
            "/console/{organisation}/sites/{sitekey}/secrets",
            Member(ChangeSecrets),
            sites::secrets::submit,
        )
}

/// Team, API keys and audit log.
fn of_team(pages: Pages) -> Pages {
    use Access::Member;
    use Permission::{ChangeKeys, ChangeTeam, ReadAudit, ReadTeam};
    pages
        .get("/console/{organisation}/team", Member(ReadTeam), team::show)
        .post("/console/{organisation}/team/invite", Member(ChangeTeam), team::invite::submit)
        .post("/console/{organisation}/team/withdraw", Member(ChangeTeam), team::invite::withdraw)
        .post("/console/{organisation}/team/change", Member(ChangeTeam), team::change::submit)
        .get("/console/{organisation}/keys", Member(ChangeKeys), keys::show)
        .post("/console/{organisation}/keys", Member(ChangeKeys), keys::make)
        .post("/console/{organisation}/keys/revoke", Member(ChangeKeys), keys::revoke)
        .get("/console/{organisation}/audit", Member(ReadAudit), audit::show)
        // Everyone who can read the audit log can export it; a test of the
        // tables checks this.
        .get("/console/{organisation}/audit.csv", Member(ReadAudit), audit::csv::show)
        .get("/console/{organisation}/audit.json", Member(ReadAudit), audit::json::show)
        // Every member can leave; whom else a member can remove is decided
        // there.
        .post("/console/{organisation}/team/remove", Member(ReadTeam), team::change::remove)
}

fn of_operators(pages: Pages) -> Pages {
    use Access::Operator;
    pages
        .get("/operations/models", Operator, models::show)
        .post("/operations/models", Operator, models::ask)
        .post("/operations/models/opinions", Operator, models::opinions::keep)
        .get("/operations/models/opinions.jsonl", Operator, models::opinions::export)
        .get("/operations/photos", Operator, photos::show)
        .post("/operations/photos", Operator, photos::decide)
        .get("/operations/photos/{photo}", Operator, photos::review::show)
        .post("/operations/photos/{photo}", Operator, photos::review::submit)
        .get("/operations/photos/{photo}/tile", Operator, photos::image::tile)
        .get("/operations/photos/{photo}/picture", Operator, photos::image::picture)
}

/// Anomalies, and who is notified of them.
fn of_the_unusual(pages: Pages) -> Pages {
    use Access::Member;
    use Permission::{ChangeNotifications, ChangeRules, ReadSites};
    pages
        .get("/console/{organisation}/anomalies", Member(ReadSites), anomalies::show)
        .post("/console/{organisation}/anomalies", Member(ChangeRules), anomalies::acknowledge)
        .get(
            "/console/{organisation}/notifications",
            Member(ChangeNotifications),
            notifications::show,
        )
        .post(
            "/console/{organisation}/notifications/add",
            Member(ChangeNotifications),
            notifications::add::submit,
        )
        .post(
            "/console/{organisation}/notifications/change",
            Member(ChangeNotifications),
            notifications::change::submit,
        )
        .post(
            "/console/{organisation}/notifications/test",
            Member(ChangeNotifications),
            notifications::test::submit,
        )
        .post(
            "/console/{organisation}/notifications/recipients",
            Member(ChangeNotifications),
            notifications::recipients::submit,
        )
}

pub use access::{Access, Pages, nowhere};
pub use page_error::PageError;
pub use requester::{Browser, User};
