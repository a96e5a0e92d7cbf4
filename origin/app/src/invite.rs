//! Invites a person to an organisation, for both the page and the API:
//! permissions, rate limits and the email. Each of the two words refusals in
//! its own way.

use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::{EmailAddress, Granting, Id, Role, Token, limits};
use munjigi_store::audit::Actor;
use munjigi_store::limits::Taken;
use munjigi_store::organisations::{self, Membership, TeamRefused};
use munjigi_store::{DatabaseError, transact};

use crate::ConsoleApp;
use crate::emails;

#[derive(Debug)]
pub struct Invite<'a> {
    /// The inviter's membership in the organisation.
    pub membership: &'a Membership,
    pub by: &'a Account,
    /// Limits the role: a key's permissions can be narrower than its creator's.
    pub granting: &'a Granting,
    /// For the audit log.
    pub actor: &'a Actor,
    /// Address of the invited person.
    pub email: &'a EmailAddress,
    /// The role that the person will have.
    pub role: Role,
}

/// Why no invitation was sent.
#[derive(Debug)]
pub enum InviteRefused {
    /// The rules of teams forbid it.
    Team(TeamRefused),
    /// Too many emails were sent.
    TooOften {
        /// Seconds to wait before a retry.
        seconds: u32,
    },
    /// Postgres is unreachable.
    Store(DatabaseError),
}

impl Invite<'_> {
    /// Queues the email with the link; returns the invitation's id.
    pub async fn send(&self, app: &ConsoleApp) -> Result<Id, InviteRefused> {
        let Self { membership, by, granting, actor, email, role } = *self;
        if !granting.may_grant(role) {
            return Err(InviteRefused::Team(TeamRefused::of(granting)));
        }
        let now = app.clock.now();
        let both = format!("{email} {}", membership.organisation);
        for (limit, whom) in [
            (&limits::EMAILS_BY_ADDRESS_AND_SENDER, both.as_str()),
            (&limits::EMAILS_BY_ORGANISATION, membership.organisation.as_str()),
            (&limits::EMAILS_BY_ADDRESS, email.as_str()),
        ] {
            if let Taken::Wait { seconds } = app.cache.limits.take(limit, whom, now).await? {
                return Err(InviteRefused::TooOften { seconds });
            }
        }
        let (id, link) = (Id::draw(&app.entropy), Token::draw(&app.entropy));
        let message =
            emails::invited(&app.console.config, by, &membership.name, email, role, &link);
        let unit = organisations::Invite {
            id: &id,
            link: link.hash(),
            organisation: &membership.organisation,
            email,
            role,
            message: &message,
            actor,
            now,
        };
        transact(&app.pool, &unit).await?.map_err(InviteRefused::Team)?;
        Ok(id)
    }
}

impl From<DatabaseError> for InviteRefused {
    fn from(error: DatabaseError) -> Self {
        Self::Store(error)
    }
}
