//! The management API: what the console's pages do, for programs. One row of
//! the table per route; rules are in `accounts` and `settings`, rows in
//! `store`. Within `/api/v1`, responses may gain fields but never lose any. A
//! breaking change becomes a new version beside this one; the old version
//! announces its end half a year ahead (`Deprecation`, `Sunset`).

pub mod access;
mod audit;
mod body;
mod caller;
mod info;
mod jobs;
mod keys;
mod lists;
mod me;
pub mod openapi;
mod organisations;
mod refusal;
pub mod routes;
mod rules;
mod secrets;
mod session;
mod sites;
mod statistics;
mod status;
mod team;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use munjigi_app::new_key::NewKey;
use munjigi_app::{App, ConsoleApp};
use munjigi_domain::accounts::Permission;
use munjigi_domain::timestamp::from_timestamp;
use routes::{Access, BASE, Method, Route};
use time::OffsetDateTime;

pub use refusal::ApiRefused;

/// Every route.
pub fn router(app: &ConsoleApp) -> Router<ConsoleApp> {
    access::router(app, rows()).route("/api/openapi.json", get(openapi::handler))
}

/// The routes of an origin without a console: those that need neither a key nor
/// Postgres.
pub fn public_router() -> Router<Arc<App>> {
    Router::new()
        .route(&format!("{BASE}/info"), get(info::without_console))
        .route(&format!("{BASE}/status"), get(status::handler))
}

pub fn rows() -> Vec<Route> {
    let mut rows = public_rows();
    rows.extend(account_rows());
    rows.extend(site_rows());
    rows.extend(site_part_rows());
    rows.extend(list_rows());
    rows.extend(job_rows());
    rows.extend(team_rows());
    rows
}

fn public_rows() -> Vec<Route> {
    use Access::Public;
    use Method::Get;
    vec![
        Route::new(Get, "/info", Public, "Get information about the service", info::handler)
            .gives::<info::Info>(200),
        Route::new(
            Get,
            "/status",
            Public,
            "Get the status of the service and its components",
            status::handler,
        )
        .gives::<status::ServiceStatus>(200),
    ]
}

fn account_rows() -> Vec<Route> {
    use Access::{Anyone, Caller, Member, User};
    use Method::{Delete, Get, Post};
    vec![
        Route::new(Post, "/session", Anyone, "Log in", session::begin)
            .takes::<session::Credentials>()
            .gives::<session::Tokens>(201),
        Route::new(
            Post,
            "/session/refresh",
            Anyone,
            "Exchange a refresh token for new tokens",
            session::refresh,
        )
        .takes::<session::Refresh>()
        .gives::<session::Tokens>(200),
        Route::new(Delete, "/session", User, "Log out", session::end),
        Route::new(Get, "/me", Caller, "Get the current caller", me::show).gives::<me::Me>(200),
        Route::new(
            Get,
            "/organisations",
            Caller,
            "List the caller's organisations",
            organisations::list,
        )
        .gives_list::<organisations::Organisation>(),
        Route::new(
            Get,
            "/organisations/{organisation}/keys",
            Member(Permission::ChangeKeys),
            "List API keys",
            keys::list,
        )
        .gives_list::<keys::Key>(),
        Route::new(
            Post,
            "/organisations/{organisation}/keys",
            Member(Permission::ChangeKeys),
            "Create an API key; only this response contains its text",
            keys::make,
        )
        .takes::<NewKey>()
        .gives::<keys::MadeKey>(201),
        Route::new(
            Delete,
            "/organisations/{organisation}/keys/{key}",
            Member(Permission::ChangeKeys),
            "Revoke an API key",
            keys::revoke,
        ),
    ]
}

/// Lists of networks that rules name.
fn list_rows() -> Vec<Route> {
    use Access::Member;
    use Method::{Delete, Get, Post, Put};
    use Permission::{ChangeRules, ReadSites};
    vec![
        Route::new(
            Get,
            "/organisations/{organisation}/lists",
            Member(ReadSites),
            "List the organisation's lists of networks, without their entries",
            lists::list,
        )
        .gives_list::<lists::OwnList>(),
        Route::new(
            Post,
            "/organisations/{organisation}/lists",
            Member(ChangeRules),
            "Create a list",
            lists::create,
        )
        .takes::<lists::NewList>()
        .gives::<lists::OwnList>(201),
        Route::new(
            Get,
            "/organisations/{organisation}/lists/{list}",
            Member(ReadSites),
            "Get a list with its entries",
            lists::show,
        )
        .versioned()
        .gives::<lists::OwnList>(200),
        Route::new(
            Put,
            "/organisations/{organisation}/lists/{list}",
            Member(ChangeRules),
            "Replace a list's name and entries",
            lists::replace,
        )
        .versioned()
        .takes::<lists::NewList>()
        .gives::<lists::OwnList>(200),
        Route::new(
            Delete,
            "/organisations/{organisation}/lists/{list}",
            Member(ChangeRules),
            "Delete a list that no rule names",
            lists::delete,
        ),
        Route::new(
            Get,
            "/organisations/{organisation}/published-lists",
            Member(ReadSites),
            "List the published lists, with their dates",
            lists::published,
        )
        .gives_list::<lists::PublishedList>(),
    ]
}

/// Images that models look at.
fn job_rows() -> Vec<Route> {
    use Access::Member;
    use Method::{Delete, Get, Post};
    use Permission::RunJobs;
    vec![
        Route::new(
            Post,
            "/organisations/{organisation}/jobs",
            Member(RunJobs),
            "Have a model look at an image; the response comes before it does",
            jobs::create,
        )
        .takes_image()
        .asks("model", "the model: `NAME` or `NAME@VERSION`")
        .asks("priority", "among the organisation’s jobs: `high`, `normal` (default) or `low`")
        .gives::<jobs::Job>(202),
        Route::new(
            Get,
            "/organisations/{organisation}/jobs",
            Member(RunJobs),
            "List jobs, newest first",
            jobs::list,
        )
        .in_parts()
        .gives_list::<jobs::Job>(),
        Route::new(
            Get,
            "/organisations/{organisation}/jobs/{job}",
            Member(RunJobs),
            "Get a job, with its result for 24 hours after it is finished",
            jobs::show,
        )
        .gives::<jobs::Job>(200),
        Route::new(
            Get,
            "/organisations/{organisation}/jobs/{job}/events",
            Member(RunJobs),
            "Follow a job as server-sent events: `job` whenever it changes, until it is finished",
            jobs::follow,
        ),
        Route::new(
            Delete,
            "/organisations/{organisation}/jobs/{job}",
            Member(RunJobs),
            "Delete a job with its image and result, finished or not",
            jobs::delete,
        ),
    ]
}

fn site_rows() -> Vec<Route> {
    use Access::Member;
    use Method::{Delete, Get, Patch, Post, Put};
    use Permission::{ChangeSites, ReadSites};
    vec![
        Route::new(
            Get,
            "/organisations/{organisation}/sites",
            Member(ReadSites),
            "List sites, including deleted ones",
            sites::list,
        )
        .in_parts()
        .gives_list::<sites::Site>(),
        Route::new(
            Post,
            "/organisations/{organisation}/sites",
            Member(ChangeSites),
            "Create a site; only this response contains its secret",
            sites::make,
        )
        .takes::<sites::NewSite>()
        .gives::<sites::MadeSite>(201),
        Route::new(
            Get,
            "/organisations/{organisation}/sites/{sitekey}",
            Member(ReadSites),
            "Get a site",
            sites::show,
        )
        .versioned()
        .gives::<sites::Site>(200),
        Route::new(
            Patch,
            "/organisations/{organisation}/sites/{sitekey}",
            Member(ChangeSites),
            "Update a site's settings; omitted fields keep their values",
            sites::edit,
        )
        .versioned()
        .takes::<sites::SiteChange>()
        .gives::<sites::Site>(200),
        Route::new(
            Delete,
            "/organisations/{organisation}/sites/{sitekey}",
            Member(ChangeSites),
            "Delete a site; you can restore it for 30 days",
            sites::delete,
        )
        .gives::<sites::Site>(200),
        Route::new(
            Put,
            "/organisations/{organisation}/sites/{sitekey}/state",
            Member(ChangeSites),
            "Pause, resume or restore a site",
            sites::set_state,
        )
        .takes::<sites::NewState>()
        .gives::<sites::Site>(200),
    ]
}

fn site_part_rows() -> Vec<Route> {
    use Access::Member;
    use Method::{Delete, Get, Post, Put};
    use Permission::{ChangeRules, ChangeSecrets, ReadSites};
    vec![
        Route::new(
            Get,
            "/organisations/{organisation}/sites/{sitekey}/rules",
            Member(ReadSites),
            "Get a site's rules, in order",
            rules::show,
        )
        .versioned()
        .gives::<rules::Rules>(200),
        Route::new(
            Put,
            "/organisations/{organisation}/sites/{sitekey}/rules",
            Member(ChangeRules),
            "Replace all rules of a site",
            rules::set,
        )
        .versioned()
        .takes::<rules::NewRules>()
        .gives::<rules::Rules>(200),
        Route::new(
            Get,
            "/organisations/{organisation}/sites/{sitekey}/secrets",
            Member(ReadSites),
            "List a site's active secrets, without their texts",
            secrets::list,
        )
        .gives_list::<secrets::Secret>(),
        Route::new(
            Post,
            "/organisations/{organisation}/sites/{sitekey}/secrets",
            Member(ChangeSecrets),
            "Create a second secret; only this response contains its text",
            secrets::make,
        )
        .gives::<secrets::MadeSecret>(201),
        Route::new(
            Delete,
            "/organisations/{organisation}/sites/{sitekey}/secrets/{which}",
            Member(ChangeSecrets),
            "End a rotation: revoke the older or the newer secret",
            secrets::revoke,
        ),
        Route::new(
            Get,
            "/organisations/{organisation}/statistics",
            Member(ReadSites),
            "Get statistics for all sites or for one",
            statistics::show,
        )
        .asks("period", "`24h`, `7d` or `30d`")
        .asks("sitekey", "only this site")
        .gives::<statistics::Statistics>(200),
    ]
}

fn team_rows() -> Vec<Route> {
    use Access::Member;
    use Method::{Delete, Get, Patch, Post};
    use Permission::{ChangeTeam, ReadAudit, ReadTeam};
    vec![
        Route::new(
            Get,
            "/organisations/{organisation}/members",
            Member(ReadTeam),
            "List the organisation's members",
            team::members,
        )
        .gives_list::<team::MemberShown>(),
        Route::new(
            Patch,
            "/organisations/{organisation}/members/{account}",
            Member(ChangeTeam),
            "Change a member's role",
            team::change,
        )
        .takes::<team::NewRole>(),
        Route::new(
            Delete,
            "/organisations/{organisation}/members/{account}",
            Member(ChangeTeam),
            "Remove a member",
            team::remove,
        ),
        Route::new(
            Get,
            "/organisations/{organisation}/invitations",
            Member(ReadTeam),
            "List pending invitations",
            team::invitations,
        )
        .gives_list::<team::InvitationShown>(),
        Route::new(
            Post,
            "/organisations/{organisation}/invitations",
            Member(ChangeTeam),
            "Invite someone by email",
            team::invite,
        )
        .takes::<team::NewInvitation>()
        .gives::<team::InvitationMade>(201),
        Route::new(
            Delete,
            "/organisations/{organisation}/invitations/{invitation}",
            Member(ChangeTeam),
            "Revoke an invitation",
            team::withdraw,
        ),
        Route::new(
            Get,
            "/organisations/{organisation}/audit",
            Member(ReadAudit),
            "List the audit log, newest first",
            audit::list,
        )
        .in_parts()
        .asks("action", "`site.create`, `team.invite`, …")
        .asks("text", "text to find in the actor or the subject")
        .gives_list::<audit::Change>(),
    ]
}

/// The format of times in responses.
fn rfc3339(at: OffsetDateTime) -> String {
    from_timestamp(at).rfc3339()
}
