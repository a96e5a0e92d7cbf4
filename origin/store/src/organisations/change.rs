//! Team changes. Each takes the organisation's lock, so that two at once never
//! leave it without an owner, and each is written to the audit log.

use munjigi_domain::accounts::session::INVITATION_MILLIS;
use munjigi_domain::accounts::{EmailAddress, Granting, Id, Role, TokenHash};
use munjigi_domain::audit::Action;
use munjigi_domain::email::Email;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::json;
use sqlx::PgConnection;

use crate::api_keys::{Because, revoke_all};
use crate::audit::{self, Actor, Author, Entry};
use crate::{DatabaseError, Unit, columns, mails};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TeamRefused {
    /// No such member or invitation.
    #[error("The organisation has no such member or invitation.")]
    Unknown,
    /// They are already a member.
    #[error("A member already has this email address.")]
    Member,
    /// The actor may not change someone with this role.
    #[error("Only an owner can add, change or remove an owner.")]
    TooMighty,
    /// The key has fewer permissions than the member has or would have.
    #[error(
        "A key can only invite, change and remove members whose role has no more permissions than the key, and never admins or owners."
    )]
    BeyondKey,
    /// No one would be left who can manage the organisation.
    #[error("An organisation must have at least one owner. Make another member an owner first.")]
    LastOwner,
}

impl TeamRefused {
    /// The refusal for an actor who may not grant a role.
    pub const fn of(granting: &Granting) -> Self {
        match granting {
            Granting::Member(_) => Self::TooMighty,
            Granting::Key { .. } => Self::BeyondKey,
        }
    }
}

/// Invites someone; a second invitation replaces the link of the first.
#[derive(Debug)]
pub struct Invite<'a> {
    /// The id used in forms.
    pub id: &'a Id,
    /// The hash of the link's token.
    pub link: TokenHash,
    pub organisation: &'a Id,
    pub email: &'a EmailAddress,
    pub role: Role,
    pub message: &'a Email,
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for Invite<'_> {
    type Output = Result<(), TeamRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        lock(connection, self.organisation).await?;
        // A member who was removed or demoted a moment ago can no longer
        // invite.
        let sender = role_of(connection, self.organisation, &self.actor.account).await?;
        if !sender.is_some_and(|role| role.may_grant(self.role)) {
            return Ok(Err(TeamRefused::TooMighty));
        }
        let member = sqlx::query_scalar!(
            r#"SELECT 1 AS "one!" FROM members JOIN accounts ON accounts.id = account
            WHERE organisation = $1 AND email = $2"#,
            self.organisation.as_str(),
            self.email.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        if member.is_some() {
            return Ok(Err(TeamRefused::Member));
        }
        sqlx::query!(
            "INSERT INTO invitations
                (id, hash, organisation, email, role, invited_by, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (organisation, email) DO UPDATE SET hash = EXCLUDED.hash,
                role = EXCLUDED.role, invited_by = EXCLUDED.invited_by,
                created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at",
            self.id.as_str(),
            self.link.as_bytes(),
            self.organisation.as_str(),
            self.email.as_str(),
            self.role.as_str(),
            self.actor.account.as_str(),
            to_timestamp(self.now),
            to_timestamp(UnixMillis(self.now.0 + INVITATION_MILLIS))
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: Action::TeamInvite,
            subject: self.email.as_str(),
            before: None,
            after: Some(json!({ "role": self.role.as_str() })),
        };
        audit::write(connection, &entry, self.now).await?;
        mails::queue(connection, self.message, self.now).await?;
        Ok(Ok(()))
    }
}

/// Creates an organisation whose owner is to follow a link.
#[derive(Debug)]
pub struct FoundByInvitation<'a> {
    /// The id of the organisation.
    pub organisation: &'a Id,
    pub name: &'a str,
    /// The id of the invitation, used in forms.
    pub id: &'a Id,
    /// The hash of the link's token.
    pub link: TokenHash,
    pub email: &'a EmailAddress,
    pub now: UnixMillis,
}

impl Unit for FoundByInvitation<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        sqlx::query!(
            "INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)",
            self.organisation.as_str(),
            self.name,
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "INSERT INTO invitations
                (id, hash, organisation, email, role, created_at, expires_at)
            VALUES ($1, $2, $3, $4, 'owner', $5, $6)",
            self.id.as_str(),
            self.link.as_bytes(),
            self.organisation.as_str(),
            self.email.as_str(),
            to_timestamp(self.now),
            to_timestamp(UnixMillis(self.now.0 + INVITATION_MILLIS))
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry {
            by: Author::Command,
            organisation: Some(self.organisation.as_str()),
            action: Action::OrganisationFound,
            subject: self.email.as_str(),
            before: None,
            after: Some(json!({ "name": self.name })),
        };
        audit::write(connection, &entry, self.now).await
    }
}

/// Revokes an invitation.
#[derive(Debug)]
pub struct Withdraw<'a> {
    /// The id of the invitation.
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for Withdraw<'_> {
    type Output = Result<(), TeamRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        let email = sqlx::query_scalar!(
            "DELETE FROM invitations WHERE id = $1 AND organisation = $2 RETURNING email",
            self.id.as_str(),
            self.organisation.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(email) = email else { return Ok(Err(TeamRefused::Unknown)) };
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: Action::TeamWithdraw,
            subject: &email,
            before: None,
            after: None,
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(Ok(()))
    }
}

/// Accepts an invitation.
#[derive(Debug)]
pub struct Join<'a> {
    /// The hash of the link's token.
    pub link: TokenHash,
    /// The account that accepts; its address must be the invited one.
    pub actor: &'a Actor,
    pub now: UnixMillis,
}

impl Unit for Join<'_> {
    /// The organisation joined; `None` if the link is invalid or for another
    /// address.
    type Output = Option<Id>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Option<Id>, DatabaseError> {
        let invitation = sqlx::query!(
            "DELETE FROM invitations WHERE hash = $1 AND email = $2 AND expires_at > $3
            RETURNING organisation, role",
            self.link.as_bytes(),
            self.actor.email,
            to_timestamp(self.now)
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(invitation) = invitation else { return Ok(None) };
        sqlx::query!(
            "INSERT INTO members (organisation, account, role, since) VALUES ($1, $2, $3, $4)
            ON CONFLICT (organisation, account) DO NOTHING",
            invitation.organisation,
            self.actor.account.as_str(),
            invitation.role,
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        let organisation: Id = invitation.organisation.into();
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(organisation.as_str()),
            action: Action::TeamJoin,
            subject: &self.actor.email,
            before: None,
            after: Some(json!({ "role": invitation.role })),
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(Some(organisation))
    }
}

/// Changes a member's role, or removes the member.
#[derive(Debug)]
pub struct ChangeMember<'a> {
    pub organisation: &'a Id,
    pub account: &'a Id,
    /// The new role; `None` removes the member.
    pub role: Option<Role>,
    /// The actor; any member may leave.
    pub actor: &'a Actor,
    /// The roles that the actor may grant.
    pub by: &'a Granting,
    pub now: UnixMillis,
}

impl Unit for ChangeMember<'_> {
    type Output = Result<(), TeamRefused>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        lock(connection, self.organisation).await?;
        let row = sqlx::query!(
            "SELECT role, email FROM members JOIN accounts ON accounts.id = account
            WHERE organisation = $1 AND account = $2",
            self.organisation.as_str(),
            self.account.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(Err(TeamRefused::Unknown)) };
        let before = columns::role("members", self.account.as_str(), &row.role)?;
        // A member who was removed or demoted a moment ago can no longer change
        // others.
        let by = role_of(connection, self.organisation, &self.actor.account).await?;
        let Some(by) = by else { return Ok(Err(TeamRefused::of(self.by))) };
        if let Err(refused) = self.allow(connection, &self.by.with_role(by), before).await? {
            return Ok(Err(refused));
        }
        match self.role {
            Some(role) => {
                sqlx::query!(
                    "UPDATE members SET role = $3 WHERE organisation = $1 AND account = $2",
                    self.organisation.as_str(),
                    self.account.as_str(),
                    role.as_str()
                )
                .execute(&mut *connection)
                .await?;
            }
            None => {
                sqlx::query!(
                    "DELETE FROM members WHERE organisation = $1 AND account = $2",
                    self.organisation.as_str(),
                    self.account.as_str()
                )
                .execute(&mut *connection)
                .await?;
            }
        }
        self.withdraw(connection).await?;
        if self.role.is_none() {
            let why = (Because::Removal, self.actor);
            let organisation = Some(self.organisation);
            revoke_all(connection, self.account, organisation, why, self.now).await?;
        }
        let entry = Entry {
            by: Author::Account(self.actor),
            organisation: Some(self.organisation.as_str()),
            action: if self.role.is_some() { Action::TeamChange } else { Action::TeamRemove },
            subject: &row.email,
            before: Some(json!({ "role": before.as_str() })),
            after: self.role.map(|role| json!({ "role": role.as_str() })),
        };
        audit::write(connection, &entry, self.now).await?;
        Ok(Ok(()))
    }
}

impl ChangeMember<'_> {
    /// Revokes the invitations that the member sent and could not send now.
    async fn withdraw(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let grants = |role: Role| self.role.is_some_and(|own| own.may_grant(role));
        let still: Vec<String> = Role::ALL
            .into_iter()
            .filter(|role| grants(*role))
            .map(|role| role.as_str().to_owned())
            .collect();
        let withdrawn = sqlx::query!(
            "DELETE FROM invitations
            WHERE organisation = $1 AND invited_by = $2 AND role <> ALL ($3)
            RETURNING email, role",
            self.organisation.as_str(),
            self.account.as_str(),
            &still
        )
        .fetch_all(&mut *connection)
        .await?;
        for row in withdrawn {
            let entry = Entry {
                by: Author::Account(self.actor),
                organisation: Some(self.organisation.as_str()),
                action: Action::TeamWithdraw,
                subject: &row.email,
                before: Some(json!({ "role": row.role })),
                after: None,
            };
            audit::write(&mut *connection, &entry, self.now).await?;
        }
        Ok(())
    }

    async fn allow(
        &self,
        connection: &mut PgConnection,
        by: &Granting,
        before: Role,
    ) -> Result<Result<(), TeamRefused>, DatabaseError> {
        let is_person = matches!(by, Granting::Member(_));
        let leaves = self.role.is_none() && is_person && *self.account == self.actor.account;
        let mighty = by.may_grant(before) && self.role.is_none_or(|role| by.may_grant(role));
        if !leaves && !mighty {
            return Ok(Err(TeamRefused::of(by)));
        }
        if before != Role::Owner || self.role == Some(Role::Owner) {
            return Ok(Ok(()));
        }
        let others = sqlx::query_scalar!(
            r#"SELECT count(*) AS "others!" FROM members
            WHERE organisation = $1 AND role = 'owner' AND account <> $2
                AND NOT EXISTS (SELECT FROM departures WHERE departures.account = members.account)"#,
            self.organisation.as_str(),
            self.account.as_str()
        )
        .fetch_one(connection)
        .await?;
        Ok(if others == 0 { Err(TeamRefused::LastOwner) } else { Ok(()) })
    }
}

/// The current role of an account in an organisation.
async fn role_of(
    connection: &mut PgConnection,
    organisation: &Id,
    account: &Id,
) -> Result<Option<Role>, DatabaseError> {
    let role = sqlx::query_scalar!(
        "SELECT role FROM members WHERE organisation = $1 AND account = $2",
        organisation.as_str(),
        account.as_str()
    )
    .fetch_optional(connection)
    .await?;
    role.map(|role| columns::role("members", account.as_str(), &role)).transpose()
}

async fn lock(connection: &mut PgConnection, organisation: &Id) -> Result<(), DatabaseError> {
    sqlx::query_scalar!(
        "SELECT id FROM organisations WHERE id = $1 FOR UPDATE",
        organisation.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(())
}
