//! A site's configuration, as the origin publishes it and the edge's KV
//! keeps it.
//!
//! **sitekey**: `mj_…`, the public key of a site, in its page.
//!
//! **work**: the hashes that a puzzle is expected to take.

use serde::{Deserialize, Serialize};

use crate::words::read_by_word;
use crate::{PictureKind, Protection, ScoreReason, ScoreWeights};

/// One site. A PUT with a lower version than the one stored is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteConfig {
    /// Rises with every change.
    pub version: u64,
    /// The canonical sitekey, `mj_…`.
    pub sitekey: String,
    /// Whether the site is served.
    pub state: SiteState,
    /// Host-name patterns of the site's pages: exact, or `*.example.com`; after
    /// `embedder:`, of pages that may have them in frames.
    pub hosts: Vec<String>,
    /// Whether `localhost`, `*.localhost`, `127.0.0.0/8` and `[::1]` match.
    pub allow_loopback: bool,
    /// How the widget behaves.
    pub mode: Mode,
    /// Bounds of the work per sub-puzzle.
    pub work: Work,
    /// Sub-puzzles per puzzle, 1–64.
    pub count: u32,
    /// Lifetime of a token in seconds, 30–300.
    pub token_lifetime_seconds: u32,
    /// Whether browsers without WebAssembly may pass by SHA-256.
    pub fallback_allowed: bool,
    /// Kinds of picture that may be shown; empty: none, risk costs work.
    pub pictures: Vec<PictureKind>,
    /// The first rule that matches decides.
    pub rules: Vec<Rule>,
    /// Other sitekeys that mean this site: in vendors' shapes, and imported
    /// ones as `KEY@HOST`.
    pub aliases: Vec<String>,
    /// SHA-256 of each live secret, 64 lower-case hex digits; at most 24,
    /// imported ones included.
    pub secrets: Vec<String>,
    /// How many visitors are expected to pass in an hour, for each hour of the
    /// week in UTC from Monday 00:00 on: 168 numbers. Empty while
    /// unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<u32>,
    /// When the site counts as under attack.
    #[serde(default, skip_serializing_if = "UnderAttack::is_auto")]
    pub under_attack: UnderAttack,
    /// What signs are worth at this site. None: what they are worth everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_weights: Option<ScoreWeights>,
    /// What paths of the site's own hosts require.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protect: Vec<Protection>,
    /// No rate limits and no rising work, for load tests. Honoured only by an
    /// edge that runs locally.
    #[serde(default)]
    pub exempt: bool,
}

/// When a site counts as under attack: visitors who have not passed there today
/// then do more work, and browsers without WebAssembly have to wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UnderAttack {
    /// While it issues many more challenges than at this hour in other weeks.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Until its owner says otherwise.
    #[serde(rename = "on")]
    On,
    /// Never.
    #[serde(rename = "off")]
    Off,
}

read_by_word!(UnderAttack { "auto" => Auto, "on" => On, "off" => Off });

impl UnderAttack {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Auto, Self::On, Self::Off];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    const fn is_auto(&self) -> bool {
        matches!(self, Self::Auto)
    }
}

/// Whether a site is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SiteState {
    /// Served.
    #[serde(rename = "live")]
    Live,
    /// Refused with `site-paused`.
    #[serde(rename = "paused")]
    Paused,
}

read_by_word!(SiteState { "live" => Live, "paused" => Paused });

/// How the widget behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Mode {
    /// Starts by itself at the first interaction with the form.
    #[serde(rename = "managed")]
    Managed,
    /// Shows nothing unless a picture is needed.
    #[serde(rename = "invisible")]
    Invisible,
    /// Waits for the visitor's click.
    #[serde(rename = "interactive")]
    Interactive,
}

read_by_word!(Mode { "managed" => Managed, "invisible" => Invisible, "interactive" => Interactive });

impl Mode {
    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Invisible => "invisible",
            Self::Interactive => "interactive",
        }
    }
}

/// Bounds of the work per sub-puzzle, in expected hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Work {
    /// Required of a visitor without risk signals.
    pub floor: u64,
    /// Upper limit for any visitor.
    pub ceiling: u64,
}

/// A rule. All its conditions must match.
///
/// The client reports `hostname` and `action`, so a bot reports whatever is
/// allowed. The edge observes `country`, `asn`, `prefix` and `list`. An `allow`
/// without one of these four therefore ignores risk, but not the counters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rule {
    /// Conditions.
    #[serde(rename = "match")]
    pub when: RuleMatch,
    /// What happens to a visitor who matches.
    pub verdict: Verdict,
}

/// Conditions of a rule. An absent condition matches everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleMatch {
    /// Host name pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Exact action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// ISO 3166-1 alpha-2, upper case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Number of the autonomous system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    /// Network prefix, `192.0.2.0/24` or `2001:db8::/32`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// A list that the visitor's address is on: the name of a published one,
    /// such as `tor-exits`, or the id of one of the organisation's own,
    /// `list_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// A score of less than this, in hundredths, 1–100, once the first puzzle is
    /// solved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_below: Option<u8>,
    /// Something that speaks against the visit, once the first puzzle is solved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ScoreReason>,
    /// The client's software by its pseudonym of the day, 8 hexadecimal digits,
    /// as the console names fleets. It matches no one from the next day on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
}

/// The verdict of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// The floor, whatever risk and, where the rule names a country, system,
    /// prefix or list, the counters say.
    #[serde(rename = "allow")]
    Allow,
    /// Eight times the work that would have been asked.
    #[serde(rename = "harder")]
    Harder,
    /// A picture, where the site has any; else as `harder`.
    #[serde(rename = "picture")]
    Picture,
    /// Refused with `blocked`.
    #[serde(rename = "block")]
    Block,
    /// Adds these hundredths to the risk, −100 to 100 without 0, and goes on
    /// with the next rule.
    #[serde(rename = "weigh")]
    Weigh(i8),
}
