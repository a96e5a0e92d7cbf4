//! `…/members` and `…/invitations`.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use munjigi_app::invite::{Invite, InviteRefused};
use munjigi_domain::accounts::{EmailAddress, Granting, Id, Role};
use munjigi_store::organisations::{
    self, ChangeMember, Invitation, MemberRow, TeamRefused, Withdraw,
};
use munjigi_store::{accounts, transact};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Body, List};
use super::caller::{Acting, Principal};
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberShown {
    /// Account id.
    account: String,
    /// Name.
    name: String,
    /// Email address.
    email: String,
    /// `owner`, `admin`, `analyst` or `read-only`.
    role: &'static str,
    /// Start of the membership, RFC 3339.
    since: String,
    /// Whether the account has a second factor.
    has_second_factor: bool,
}

/// A pending invitation.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationShown {
    /// Id.
    id: String,
    /// Email address of the invited person.
    email: String,
    /// Role.
    role: &'static str,
    /// Time of expiry, RFC 3339.
    expires_at: String,
}

/// The new role of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// `owner`, `admin`, `analyst` or `read-only`.
    role: String,
}

/// A new invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// Email address.
    email: String,
    /// `owner`, `admin`, `analyst` or `read-only`.
    role: String,
}

/// A created invitation. Only the email contains its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationMade {
    /// Id of the invitation.
    id: String,
}

/// `GET …/members`.
pub async fn members(acting: Acting) -> Result<Json<List<MemberShown>>, ApiRefused> {
    let members = organisations::members(&acting.app().pool, acting.organisation()).await?;
    let show = |member: MemberRow| MemberShown {
        account: member.account.to_string(),
        name: member.name,
        email: member.email,
        role: member.role.as_str(),
        since: rfc3339(member.since),
        has_second_factor: member.has_factor,
    };
    Ok(Json(List::whole(members.into_iter().map(show).collect())))
}

/// `PATCH …/members/{account}`.
pub async fn change(
    acting: Acting,
    Path((_, account)): Path<(String, String)>,
    Body(NewRole { role }): Body<NewRole>,
) -> Result<StatusCode, ApiRefused> {
    let role = read_role(&role)?;
    change_member(&acting, &account, Some(role)).await
}

/// `DELETE …/members/{account}`.
pub async fn remove(
    acting: Acting,
    Path((_, account)): Path<(String, String)>,
) -> Result<StatusCode, ApiRefused> {
    change_member(&acting, &account, None).await
}

/// `GET …/invitations`.
pub async fn invitations(acting: Acting) -> Result<Json<List<InvitationShown>>, ApiRefused> {
    let pool = &acting.app().pool;
    let invitations = organisations::invitations(pool, acting.organisation(), acting.now()).await?;
    let show = |invitation: Invitation| InvitationShown {
        id: invitation.id.to_string(),
        email: invitation.email.to_string(),
        role: invitation.role.as_str(),
        expires_at: rfc3339(invitation.expires_at),
    };
    Ok(Json(List::whole(invitations.into_iter().map(show).collect())))
}

/// `POST …/invitations`.
pub async fn invite(
    acting: Acting,
    Body(NewInvitation { email, role }): Body<NewInvitation>,
) -> Result<(StatusCode, Json<InvitationMade>), ApiRefused> {
    let role = read_role(&role)?;
    let address: EmailAddress =
        email.parse().map_err(|error| ApiRefused::invalid(vec![format!("email: {error}")]))?;
    let by = accounts::find(&acting.app().pool, acting.caller.principal.account()).await?;
    let by = by.ok_or_else(ApiRefused::nothing_here)?;
    let invite = Invite {
        membership: &acting.membership,
        by: &by,
        granting: &granting(&acting),
        actor: &acting.actor(),
        email: &address,
        role,
    };
    let id = invite.send(acting.app()).await?;
    Ok((StatusCode::CREATED, Json(InvitationMade { id: id.to_string() })))
}

/// `DELETE …/invitations/{invitation}`.
pub async fn withdraw(
    acting: Acting,
    Path((_, invitation)): Path<(String, String)>,
) -> Result<StatusCode, ApiRefused> {
    let id: Id = invitation.parse().map_err(|_| ApiRefused::nothing_here())?;
    let unit = Withdraw {
        id: &id,
        organisation: acting.organisation(),
        actor: &acting.actor(),
        now: acting.now(),
    };
    transact(&acting.app().pool, &unit).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change_member(
    acting: &Acting,
    account: &str,
    role: Option<Role>,
) -> Result<StatusCode, ApiRefused> {
    let account: Id = account.parse().map_err(|_| ApiRefused::nothing_here())?;
    let unit = ChangeMember {
        organisation: acting.organisation(),
        account: &account,
        role,
        actor: &acting.actor(),
        by: &granting(acting),
        now: acting.now(),
    };
    transact(&acting.app().pool, &unit).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The roles that the caller can give to others.
fn granting(acting: &Acting) -> Granting {
    let role = acting.membership.role;
    match &acting.caller.principal {
        Principal::User { .. } => Granting::Member(role),
        Principal::Key(key) => Granting::Key { role, scopes: key.permissions() },
    }
}

fn read_role(text: &str) -> Result<Role, ApiRefused> {
    Role::parse(text).ok_or_else(|| {
        ApiRefused::invalid(vec!["role must be owner, admin, analyst or read-only".to_owned()])
    })
}

impl From<InviteRefused> for ApiRefused {
    fn from(invite: InviteRefused) -> Self {
        match invite {
            InviteRefused::Team(team) => refused(team),
            InviteRefused::TooOften { seconds } => Self::too_often(seconds),
            InviteRefused::Store(error) => error.into(),
        }
    }
}

fn refused(refused: TeamRefused) -> ApiRefused {
    let code = match refused {
        TeamRefused::Unknown => return ApiRefused::nothing_here(),
        TeamRefused::TooMighty | TeamRefused::BeyondKey => ApiCode::Forbidden,
        TeamRefused::Member | TeamRefused::LastOwner => ApiCode::Conflict,
    };
    ApiRefused::new(code, refused.to_string())
}
