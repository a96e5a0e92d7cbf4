//! Tokens: what a token says and how it is sealed. Whether a token is still
//! good is decided in `siteverify` and `redemption`.

use munjigi_protocol::{Algorithm, AttemptId};

use crate::host::Hostname;
use crate::keys::Sitekey;
use crate::labels::{Action, Cdata};
use crate::time::UnixMillis;
use crate::visit::Country;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The attempt.
    pub id: AttemptId,
    /// Until when its row is kept, whole seconds.
    pub keep_until: UnixMillis,
    /// Number of shards when the attempt began.
    pub shards: u16,
    /// The site.
    pub sitekey: Sitekey,
    /// Host of the page.
    pub hostname: Hostname,
    /// What the visitor was doing.
    pub action: Action,
    /// The integrator's data.
    pub cdata: Cdata,
    /// When it was solved.
    pub solved_at: UnixMillis,
    /// From when it is too old, whole seconds.
    pub expires_at: UnixMillis,
    /// In hundredths: 0 = bot, 100 = person.
    pub score: u8,
    /// Whether a picture was answered.
    pub interactive: bool,
    /// Whether it was earned through a picture or its alternative.
    pub stepped: bool,
    /// The hash of the last puzzle.
    pub algorithm: Algorithm,
    /// The country.
    pub country: Country,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
}
