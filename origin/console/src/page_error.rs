//! Why something cannot be done: the error, its reason and what to do next.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use munjigi_domain::accounts::{MostSites, Role};
use munjigi_i18n::{Text, Texts};
use munjigi_store::DatabaseError;

use munjigi_app::authentication::Denied;
use munjigi_app::later::NotStarted;

/// Why a page cannot be shown. The access check renders it, because it alone
/// knows the frame. The texts are found by the code.
#[derive(Debug, Clone)]
pub struct PageError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) retry_after: Option<u32>,
    detail: Detail,
}

#[derive(Debug, Clone, Copy)]
enum Detail {
    None,
    Role(Role),
    MostSites(MostSites),
}

impl PageError {
    const fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, retry_after: None, detail: Detail::None }
    }

    /// No such page, site or organisation, as far as this user can see.
    pub const fn nothing_here() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }

    /// A user with another role would see the page.
    pub const fn forbidden(role: Role) -> Self {
        let detail = Detail::Role(role);
        Self { detail, ..Self::new(StatusCode::FORBIDDEN, "forbidden") }
    }

    /// The session ended after the form was shown.
    pub const fn logged_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "logged-out")
    }

    /// A form from another site, or one whose cookie is gone.
    pub const fn foreign_form() -> Self {
        Self::new(StatusCode::FORBIDDEN, "foreign-form")
    }

    /// An email's link that was already used or has expired.
    pub const fn link_gone() -> Self {
        Self::new(StatusCode::GONE, "link-gone")
    }

    /// Accounts are by invitation only.
    pub const fn closed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "sign-up-closed")
    }

    /// The organisation has reached its limit of sites.
    pub const fn too_many_sites(most: MostSites) -> Self {
        let detail = Detail::MostSites(most);
        Self { detail, ..Self::new(StatusCode::CONFLICT, "too-many-sites") }
    }

    /// Longer than any of our forms.
    pub const fn form_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large")
    }

    /// Fields are missing or malformed.
    pub const fn malformed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-request")
    }

    /// Postgres is unreachable.
    pub const fn away() -> Self {
        let retry_after = Some(5);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable") }
    }

    /// Rate limited.
    pub const fn too_often(seconds: u32) -> Self {
        let retry_after = Some(seconds);
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited") }
    }

    /// The reason, and what to do next.
    pub(super) fn what(&self, t: Texts) -> Text {
        let text = t.each("error", self.code);
        match self.detail {
            Detail::Role(role) => text.with("role", role.as_str()),
            Detail::MostSites(MostSites(most)) => text.count("most", most),
            Detail::None => match self.retry_after {
                Some(seconds) => text.count("minutes", seconds.div_ceil(60).max(1)),
                None => text,
            },
        }
    }
}

/// Every store error is our fault.
impl From<DatabaseError> for PageError {
    fn from(error: DatabaseError) -> Self {
        if error.is_passing() {
            tracing::warn!(%error, "a page is waiting for Postgres");
        } else {
            tracing::error!(%error, "a page failed");
        }
        Self::away()
    }
}

impl From<NotStarted> for PageError {
    fn from(not_started: NotStarted) -> Self {
        match not_started {
            NotStarted::Full => Self::too_often(1),
            NotStarted::Store(error) => error.into(),
        }
    }
}

impl From<Denied> for PageError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::TooOften { seconds } => Self::too_often(seconds),
            Denied::Store(error) => error.into(),
            Denied::NotHashed => Self::away(),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
