//! Organisations, their members and open invitations.

mod change;

use munjigi_domain::accounts::{EmailAddress, Id, Role, TokenHash};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::{DatabaseError, columns};

pub use change::{ChangeMember, FoundByInvitation, Invite, Join, TeamRefused, Withdraw};

/// An organisation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The id used in addresses.
    pub organisation: Id,
    pub name: String,
    pub role: Role,
}

/// Creates an organisation with its first owner.
pub(super) async fn found(
    connection: &mut PgConnection,
    organisation: &Id,
    name: &str,
    owner: &Id,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let now = to_timestamp(now);
    sqlx::query!(
        "INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)",
        organisation.as_str(),
        name,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO members (organisation, account, role, since) VALUES ($1, $2, 'owner', $3)",
        organisation.as_str(),
        owner.as_str(),
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The organisations of an account, by name.
pub async fn of_account(pool: &PgPool, account: &Id) -> Result<Vec<Membership>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT organisation, name, role FROM members
            JOIN organisations ON organisations.id = members.organisation
        WHERE account = $1 ORDER BY name, organisation",
        account.as_str()
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|row| membership(row.organisation, row.name, &row.role)).collect()
}

/// The role of an account in an organisation; `None` if it is not a member.
pub async fn membership_of(
    pool: &PgPool,
    organisation: &Id,
    account: &Id,
) -> Result<Option<Membership>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT organisation, name, role FROM members
            JOIN organisations ON organisations.id = members.organisation
        WHERE organisation = $1 AND account = $2",
        organisation.as_str(),
        account.as_str()
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| membership(row.organisation, row.name, &row.role)).transpose()
}

fn membership(organisation: String, name: String, role: &str) -> Result<Membership, DatabaseError> {
    let Some(role) = Role::parse(role) else {
        return Err(DatabaseError::Inconsistent {
            table: "members",
            column: "role",
            row: organisation,
        });
    };
    Ok(Membership { organisation: organisation.into(), name, role })
}

/// A member as other members see them.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub account: Id,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// When they joined.
    pub since: OffsetDateTime,
    /// Whether their account has a second factor.
    pub has_factor: bool,
}

impl MemberRow {
    /// Whether someone who may grant these roles may change this member.
    pub fn may_be_changed(&self, grantable: &[Role]) -> bool {
        grantable.contains(&self.role)
    }
}

/// The members of an organisation, highest role first.
pub async fn members(pool: &PgPool, organisation: &Id) -> Result<Vec<MemberRow>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT members.account, name, email, role, since,
            totp_confirmed_at IS NOT NULL
                OR EXISTS(SELECT FROM passkeys WHERE passkeys.account = accounts.id)
                AS "has_factor!"
        FROM members JOIN accounts ON accounts.id = members.account
        WHERE organisation = $1
        ORDER BY array_position(ARRAY['owner', 'admin', 'analyst', 'read-only'], role), name, members.account"#,
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let role = columns::role("members", &row.account, &row.role)?;
            Ok(MemberRow {
                account: row.account.into(),
                name: row.name,
                email: row.email,
                role,
                since: row.since,
                has_factor: row.has_factor,
            })
        })
        .collect()
}

#[derive(Debug, Clone)]
pub struct Invitation {
    /// The id used in forms.
    pub id: Id,
    pub organisation: Id,
    pub organisation_name: String,
    pub email: EmailAddress,
    pub role: Role,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

struct InvitationRow {
    id: String,
    organisation: String,
    organisation_name: String,
    email: String,
    role: String,
    expires_at: OffsetDateTime,
}

impl InvitationRow {
    fn invitation(self) -> Result<Invitation, DatabaseError> {
        let email = columns::address("invitations", &self.id, &self.email)?;
        let role = columns::role("invitations", &self.id, &self.role)?;
        Ok(Invitation {
            id: self.id.into(),
            organisation: self.organisation.into(),
            organisation_name: self.organisation_name,
            email,
            role,
            expires_at: self.expires_at,
        })
    }
}

/// The invitations of an organisation that are open and have not expired.
pub async fn invitations(
    pool: &PgPool,
    organisation: &Id,
    now: UnixMillis,
) -> Result<Vec<Invitation>, DatabaseError> {
    let rows = sqlx::query_as!(
        InvitationRow,
        "SELECT invitations.id, organisation, organisations.name AS organisation_name, email,
            role, expires_at
        FROM invitations JOIN organisations ON organisations.id = organisation
        WHERE organisation = $1 AND expires_at > $2 ORDER BY email",
        organisation.as_str(),
        to_timestamp(now)
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(InvitationRow::invitation).collect()
}

/// The invitation of a link that is still valid.
pub async fn invitation(
    pool: &PgPool,
    link: TokenHash,
    now: UnixMillis,
) -> Result<Option<Invitation>, DatabaseError> {
    let row = sqlx::query_as!(
        InvitationRow,
        "SELECT invitations.id, organisation, organisations.name AS organisation_name, email,
            role, expires_at
        FROM invitations JOIN organisations ON organisations.id = organisation
        WHERE hash = $1 AND expires_at > $2",
        link.as_bytes(),
        to_timestamp(now)
    )
    .fetch_optional(pool)
    .await?;
    row.map(InvitationRow::invitation).transpose()
}
