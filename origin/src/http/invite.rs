//! Asking somebody to join an organisation, for the page and the API alike:
//! who may, how often, and with which letter. How a refusal reads is each
//! one's own.

use munjigi_domain::accounts::Account;
use munjigi_domain::accounts::{EmailAddress, Granting, Id, Role, Token, limits, session};
use munjigi_keys::UnixMillis;
use munjigi_store::audit::Actor;
use munjigi_store::limits::Taken;
use munjigi_store::organisations::{self, Membership, TeamRefused};
use munjigi_store::{StoreError, transact};

use super::App;
use super::letters;

/// Who asks whom.
#[derive(Debug)]
pub struct Invite<'a> {
    /// Where.
    pub membership: &'a Membership,
    /// Who asks.
    pub by: &'a Account,
    /// As what: a key may less than its maker.
    pub granting: &'a Granting,
    /// For the record of changes.
    pub actor: &'a Actor,
    /// Whom.
    pub email: &'a EmailAddress,
    /// As what they are to join.
    pub role: Role,
}

/// Why nobody was asked.
#[derive(Debug)]
pub enum InviteRefused {
    /// By the rules of teams.
    Team(TeamRefused),
    /// There were too many letters.
    TooOften {
        /// Until there may be another.
        seconds: u32,
    },
    /// The records cannot be reached.
    Store(StoreError),
}

impl Invite<'_> {
    /// Queues the letter with the link; the invitation's id.
    pub async fn send(&self, app: &App) -> Result<Id, InviteRefused> {
        let Self { membership, by, granting, actor, email, role } = *self;
        if !granting.may_grant(role) {
            return Err(InviteRefused::Team(TeamRefused::of(granting)));
        }
        let now = app.clock.now();
        for (limit, whom) in [
            (&limits::LETTERS_BY_ORGANISATION, membership.organisation.as_str()),
            (&limits::LETTERS_BY_ADDRESS, email.as_str()),
        ] {
            if let Taken::Wait { seconds } = app.cache.limits.take(limit, whom, now).await? {
                return Err(InviteRefused::TooOften { seconds });
            }
        }
        let (id, link) = (Id::draw(&app.entropy), Token::draw(&app.entropy));
        let letter =
            letters::invited(&app.console().config, by, &membership.name, email, role, &link);
        let unit = organisations::Invite {
            id: &id,
            link: link.hash(),
            organisation: &membership.organisation,
            email,
            role,
            letter: &letter,
            actor,
            expires: UnixMillis(now.0 + session::INVITATION_MILLIS),
            now,
        };
        transact(&app.pool, &unit).await?.map_err(InviteRefused::Team)?;
        Ok(id)
    }
}

impl From<StoreError> for InviteRefused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
