//! Clearance: what a visitor has shown before a path of a site is open, and the
//! site's rules about its paths.
//!
//! **clearance**: a sealed cookie that opens protected paths of a site for half
//! an hour.

use serde::{Deserialize, Serialize};

use crate::words::read_by_word;

/// What a visitor has shown, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Level {
    /// Waited, without a script.
    #[serde(rename = "waited")]
    Waited,
    /// Paid for a challenge.
    #[serde(rename = "worked")]
    Worked,
    /// Answered a picture, or paid its alternative.
    #[serde(rename = "pictured")]
    Pictured,
    /// A rule of the site allows the visitor.
    #[serde(rename = "allowed")]
    Allowed,
}

read_by_word!(Level { "waited" => Waited, "worked" => Worked, "pictured" => Pictured, "allowed" => Allowed });

impl Level {
    /// All levels, the least first.
    pub const ALL: [Self; 4] = [Self::Waited, Self::Worked, Self::Pictured, Self::Allowed];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waited => "waited",
            Self::Worked => "worked",
            Self::Pictured => "pictured",
            Self::Allowed => "allowed",
        }
    }

    /// The level of this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// A rule about paths of a site. Where all conditions match, the first rule
/// decides; a path that no rule matches is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Protection {
    /// The whole path, without a query; `*` stands for any characters:
    /// `/account/*`.
    pub path: String,
    /// Host name pattern; absent: every host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// HTTP methods in capitals; empty: every method.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// What a visitor must have shown; absent: nothing, the path is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether the rule only counts, and refuses no one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// Whether the rule also covers what is usually open: feeds, webhooks,
    /// `/.well-known/`, `robots.txt`, sitemaps and health checks.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_exemptions: bool,
    /// The rule holds only while the edge gets more requests per second than this
    /// for its paths, and a minute longer; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_per_second: Option<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

/// What a program needs to earn clearance where a request was refused: part of
/// the problem `clearance-required`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClearanceWanted {
    /// What the visitor must show.
    pub level: Level,
    /// The page that gives clearance, as a path of the same host. It may be
    /// framed by pages of that host.
    pub page: String,
}

/// What the page of clearance sends once it has a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClearanceRequest {
    /// Where the visitor came from, as the page's address has it.
    pub to: String,
    /// The token.
    pub token: String,
    /// Whether the page is in a frame of another site, where browsers keep
    /// cookies apart, or was sent a form by one.
    #[serde(default)]
    pub framed: bool,
}

/// The answer, with the cookie in a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClearanceReply {
    /// Where the visitor was going, on the same host.
    pub path: String,
}

/// The cookie's name. Its prefix makes browsers accept it from this host alone,
/// over HTTPS, for every path.
pub const CLEARANCE_COOKIE: &str = "__Host-munjigi-clearance";

/// How often clearance was given lately, so that a loop ends.
pub const CLEARANCE_ROUNDS_COOKIE: &str = "__Host-munjigi-rounds";

/// Where a protected host has the routes of the edge.
pub const WELL_KNOWN: &str = "/.well-known/munjigi";
