//! The management API: what the console's pages do, for programs. One row of
//! the table per route; rules are `accounts`' and `settings`', rows are
//! `store`'s. Within `/api/v1` answers may grow fields and nothing is taken
//! away; what breaks a caller is a new version beside this one, and the old
//! one says half a year before its end that it ends (`Deprecation`, `Sunset`).

mod audit;
mod body;
mod caller;
pub(super) mod document;
mod gate;
mod info;
mod keys;
mod me;
mod organisations;
mod refusal;
pub(super) mod routes;
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
use time::OffsetDateTime;

use super::App;
use super::new_key::NewKey;
use crate::accounts::Permission;
use crate::timestamp::from_timestamp;
use routes::{Access, Method, Route};

pub use refusal::ApiRefused;

/// Every route; without a console those that need neither key nor records.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    if app.console.is_none() {
        return gate::router(app, public_rows());
    }
    gate::router(app, rows()).route("/api/openapi.json", get(document::handler))
}

/// The table.
pub(super) fn rows() -> Vec<Route> {
    let mut rows = public_rows();
    rows.extend(account_rows());
    rows.extend(site_rows());
    rows.extend(site_part_rows());
    rows.extend(team_rows());
    rows
}

fn public_rows() -> Vec<Route> {
    use Access::Public;
    use Method::Get;
    vec![
        Route::new(Get, "/info", Public, "What service this is", info::handler)
            .gives::<info::Info>(200),
        Route::new(Get, "/status", Public, "How its parts are, and since when", status::handler)
            .gives::<status::ServiceStatus>(200),
    ]
}

fn account_rows() -> Vec<Route> {
    use Access::{Anyone, Caller, Member, Person};
    use Method::{Delete, Get, Post};
    vec![
        Route::new(Post, "/session", Anyone, "Log in", session::begin)
            .takes::<session::Credentials>()
            .gives::<session::Tokens>(201),
        Route::new(
            Post,
            "/session/refresh",
            Anyone,
            "Exchange the refresh token for new tokens",
            session::refresh,
        )
        .takes::<session::Refresh>()
        .gives::<session::Tokens>(200),
        Route::new(Delete, "/session", Person, "Log out", session::end),
        Route::new(Get, "/me", Caller, "Who is calling", me::show).gives::<me::Me>(200),
        Route::new(
            Get,
            "/organisations",
            Caller,
            "The organisations of whoever calls",
            organisations::list,
        )
        .gives_list::<organisations::Organisation>(),
        Route::new(
            Get,
            "/organisations/{organisation}/keys",
            Member(Permission::ChangeKeys),
            "Keys of the API",
            keys::list,
        )
        .gives_list::<keys::Key>(),
        Route::new(
            Post,
            "/organisations/{organisation}/keys",
            Member(Permission::ChangeKeys),
            "Make a key; its text is in this answer alone",
            keys::make,
        )
        .takes::<NewKey>()
        .gives::<keys::MadeKey>(201),
        Route::new(
            Delete,
            "/organisations/{organisation}/keys/{key}",
            Member(Permission::ChangeKeys),
            "Revoke a key",
            keys::revoke,
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
            "Sites, deleted ones included",
            sites::list,
        )
        .in_parts()
        .gives_list::<sites::Site>(),
        Route::new(
            Post,
            "/organisations/{organisation}/sites",
            Member(ChangeSites),
            "Make a site; its secret is in this answer alone",
            sites::make,
        )
        .takes::<sites::NewSite>()
        .gives::<sites::MadeSite>(201),
        Route::new(
            Get,
            "/organisations/{organisation}/sites/{sitekey}",
            Member(ReadSites),
            "One site",
            sites::show,
        )
        .versioned()
        .gives::<sites::Site>(200),
        Route::new(
            Patch,
            "/organisations/{organisation}/sites/{sitekey}",
            Member(ChangeSites),
            "Change a site's settings; what is not named stays",
            sites::edit,
        )
        .versioned()
        .takes::<sites::SiteChange>()
        .gives::<sites::Site>(200),
        Route::new(
            Delete,
            "/organisations/{organisation}/sites/{sitekey}",
            Member(ChangeSites),
            "Delete a site; it can be restored for 30 days",
            sites::delete,
        )
        .gives::<sites::Site>(200),
        Route::new(
            Put,
            "/organisations/{organisation}/sites/{sitekey}/state",
            Member(ChangeSites),
            "Pause a site, let it go on, or restore it",
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
            "A site's rules, in their order",
            rules::show,
        )
        .versioned()
        .gives::<rules::Rules>(200),
        Route::new(
            Put,
            "/organisations/{organisation}/sites/{sitekey}/rules",
            Member(ChangeRules),
            "Set a site's rules, all of them",
            rules::set,
        )
        .versioned()
        .takes::<rules::NewRules>()
        .gives::<rules::Rules>(200),
        Route::new(
            Get,
            "/organisations/{organisation}/sites/{sitekey}/secrets",
            Member(ReadSites),
            "A site's live secrets, without their texts",
            secrets::list,
        )
        .gives_list::<secrets::Secret>(),
        Route::new(
            Post,
            "/organisations/{organisation}/sites/{sitekey}/secrets",
            Member(ChangeSecrets),
            "Make a second secret; its text is in this answer alone",
            secrets::make,
        )
        .gives::<secrets::MadeSecret>(201),
        Route::new(
            Delete,
            "/organisations/{organisation}/sites/{sitekey}/secrets/{which}",
            Member(ChangeSecrets),
            "End a rotation: make the older or the newer secret void",
            secrets::revoke,
        ),
        Route::new(
            Get,
            "/organisations/{organisation}/statistics",
            Member(ReadSites),
            "Counts of all sites or of one",
            statistics::show,
        )
        .asks("period", "`24h`, `7d` or `30d`")
        .asks("sitekey", "of one site alone")
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
            "Who belongs to the organisation",
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
            "End a membership",
            team::remove,
        ),
        Route::new(
            Get,
            "/organisations/{organisation}/invitations",
            Member(ReadTeam),
            "Who was asked to join and has not answered",
            team::invitations,
        )
        .gives_list::<team::InvitationShown>(),
        Route::new(
            Post,
            "/organisations/{organisation}/invitations",
            Member(ChangeTeam),
            "Ask somebody to join, by letter",
            team::invite,
        )
        .takes::<team::NewInvitation>()
        .gives::<team::InvitationMade>(201),
        Route::new(
            Delete,
            "/organisations/{organisation}/invitations/{invitation}",
            Member(ChangeTeam),
            "Take an invitation back",
            team::withdraw,
        ),
        Route::new(
            Get,
            "/organisations/{organisation}/audit",
            Member(ReadAudit),
            "The record of changes, newest first",
            audit::list,
        )
        .in_parts()
        .asks("action", "`site.create`, `team.invite`, …")
        .asks("text", "in the actor or the subject")
        .gives_list::<audit::Change>(),
    ]
}

/// As answers spell times.
fn rfc3339(at: OffsetDateTime) -> String {
    from_timestamp(at).rfc3339()
}

#[cfg(test)]
mod tests;
