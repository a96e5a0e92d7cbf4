//! Why something cannot be done: the error, its reason and what to do next.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_domain::accounts::{MostSites, Role};
use munjigi_store::StoreError;

use munjigi_app::authentication::Denied;

/// Why a page cannot be shown. The gate renders it, because only the gate knows
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

    /// No such page, site or organisation, as far as this user can see.
    pub const fn nothing_here() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Page not found",
            "The address may be wrong, the page may have been removed, or it may belong to an organisation that you are not a member of.",
        )
    }

    /// A user with another role would see the page.
    pub fn forbidden(role: Role) -> Self {
        let what = format!(
            "You are {} here, and this requires a different role. An owner or admin of the organisation can change your role.",
            role.with_article()
        );
        Self {
            what: what.into(),
            ..Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role does not allow this", "")
        }
    }

    /// The session ended after the form was shown.
    pub const fn logged_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "logged-out",
            "You are logged out",
            "Nothing was changed. Log in and submit the form again.",
        )
    }

    /// A form from another site, or one whose cookie is gone.
    pub const fn foreign_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "foreign-form",
            "This form was not accepted",
            "Nothing was changed. Protection against CSRF refused the form: you logged in or out after you opened it, cookies are off, or another site sent it. Go back, reload the page and submit it again.",
        )
    }

    /// An email's link that was already used or has expired.
    pub const fn link_gone() -> Self {
        Self::new(
            StatusCode::GONE,
            "link-gone",
            "This link no longer works",
            "It was already used or has expired. If you have confirmed your address, log in. Otherwise, sign up again.",
        )
    }

    /// Accounts are by invitation only.
    pub const fn closed() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "sign-up-closed",
            "Sign-up is closed",
            "Accounts are created by invitation only. Ask the operator of this service.",
        )
    }

    /// The organisation has reached its limit of sites.
    pub fn too_many_sites(MostSites(most): MostSites) -> Self {
        let what = format!(
            "Nothing was changed. Your organisation has reached the limit of {most} sites. Delete a site that you no longer use, or ask the operator of this service."
        );
        Self {
            what: what.into(),
            ..Self::new(StatusCode::CONFLICT, "too-many-sites", "Site limit reached", "")
        }
    }

    /// Longer than any of our forms.
    pub const fn form_too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload-too-large",
            "The form is too large",
            "Nothing was changed. A form can have at most 128 KiB.",
        )
    }

    /// Fields are missing or malformed.
    pub const fn malformed() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed-request",
            "The form could not be read",
            "Nothing was changed. Go back, reload the page and submit the form again.",
        )
    }

    /// Postgres is unreachable.
    pub fn away() -> Self {
        Self {
            retry_after: Some(5),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The database is unavailable",
                "Nothing was changed. Your sites keep working: visitors and siteverify do not depend on this server. Try again in a moment.",
            )
        }
    }

    /// Rate limited.
    pub fn too_often(seconds: u32) -> Self {
        let minutes = seconds.div_ceil(60);
        let what = match minutes {
            0 | 1 => "Too many attempts. Try again in a minute.".to_owned(),
            minutes => format!("Too many attempts. Try again in {minutes} minutes."),
        };
        Self {
            what: what.into(),
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many attempts", "")
        }
    }
}

/// Every store error is our fault.
impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "a page is waiting for Postgres");
        } else {
            tracing::error!(%error, "a page failed");
        }
        Self::away()
    }
}

impl From<Denied> for Trouble {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::TooOften { seconds } => Self::too_often(seconds),
            Denied::Store(error) => error.into(),
            Denied::NotHashed => Self::away(),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
