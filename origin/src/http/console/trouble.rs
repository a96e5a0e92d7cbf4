//! Why something cannot be done, for a page to say: what, why, how to go on.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::accounts::{MostSites, Role};
use crate::store::StoreError;

/// Why a page cannot be shown. The gate renders it, because only it knows
/// the frame.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) what: Cow<'static, str>,
    pub(super) retry_after: Option<u32>,
}

impl Trouble {
    const fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        what: &'static str,
    ) -> Self {
        Self { status, code, title, what: Cow::Borrowed(what), retry_after: None }
    }

    /// No such page, site or organisation, for this person.
    pub const fn nothing_here() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "There is nothing here",
            "The address is mistyped, or what was here is gone, or it belongs to an organisation that you are not a member of.",
        )
    }

    /// Another role would see it.
    pub fn forbidden(role: Role) -> Self {
        let what = format!(
            "You are {} here, and this needs another role. An owner or admin of the organisation can change yours.",
            role.with_article()
        );
        Self {
            what: what.into(),
            ..Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role does not allow this", "")
        }
    }

    /// The session ended between the form and its sending.
    pub const fn logged_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "logged-out",
            "You are logged out",
            "Nothing was changed. Log in and send the form again.",
        )
    }

    /// A form of another site, or one whose cookie is gone.
    pub const fn foreign_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "foreign-form",
            "This form cannot be taken",
            "Nothing was changed. The form was shown before you logged in or out, or cookies are off, or another site sent it. Go back, load the page again, and send it once more.",
        )
    }

    /// A link of a letter that was followed before, or too late.
    pub const fn link_gone() -> Self {
        Self::new(
            StatusCode::GONE,
            "link-gone",
            "This link no longer works",
            "It was followed before, or it is too old. If you have confirmed your address, log in; else sign up once more.",
        )
    }

    /// The operator invites people.
    pub const fn closed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "sign-up-closed",
            "Sign-up is closed here",
            "Accounts are made by invitation. Ask the operator of this service.",
        )
    }

    /// The organisation has as many sites as it may.
    pub fn too_many_sites(MostSites(most): MostSites) -> Self {
        let what = format!(
            "Nothing was changed. An organisation can have at most {most} sites here, and yours has that many. Delete a site that you no longer use, or ask the operator of this service."
        );
        Self {
            what: what.into(),
            ..Self::new(
                StatusCode::CONFLICT,
                "too-many-sites",
                "There is no room for another site",
                "",
            )
        }
    }

    /// Longer than any of ours.
    pub const fn form_too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload-too-large",
            "The form is too long",
            "Nothing was changed. A form has at most 128 KiB.",
        )
    }

    /// Fields are missing or of another form.
    pub const fn malformed() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed-request",
            "The form cannot be read",
            "Nothing was changed. Go back, load the page again, and send it once more.",
        )
    }

    /// Postgres is away.
    pub fn away() -> Self {
        Self {
            retry_after: Some(5),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The records cannot be reached",
                "Nothing was changed. Your sites go on working: visitors and siteverify need nothing from here. Try again in a moment.",
            )
        }
    }

    /// Tried too often.
    pub fn too_often(seconds: u32) -> Self {
        let minutes = seconds.div_ceil(60);
        let what = match minutes {
            0 | 1 => "Too many tries in a short time. Try again in a minute.".to_owned(),
            minutes => format!("Too many tries in a short time. Try again in {minutes} minutes."),
        };
        Self {
            what: what.into(),
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Wait a moment", "")
        }
    }

    /// Whether it was tried too often.
    pub fn is_too_often(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS
    }

    /// Seconds until another try may help.
    pub const fn wait_seconds(&self) -> Option<u32> {
        self.retry_after
    }
}

/// Every store error is ours.
impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "a page waits for Postgres");
        } else {
            tracing::error!(%error, "a page failed");
        }
        Self::away()
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
