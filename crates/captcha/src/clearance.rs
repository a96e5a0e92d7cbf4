//! Clearance: a cookie that opens protected paths of a site for half an hour,
//! because its holder waited, worked or answered a picture. Opening it needs no
//! store; giving it spends a token. What a request to a path needs is decided by
//! `site::paths`, where a visitor is sent and comes back to by [`errand`].

pub mod errand;
mod redeem;

use munjigi_keys::{Kid, UnixMillis, leading};
use munjigi_protocol::{Level, Signs, Verdict, base64};
use postcard::fixint;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Keys};
use crate::credentials::Sitekey;
use crate::host::Hostname;
use crate::seal::{Encrypted, NONCE_BYTES, SealError, decode, encode};
use crate::site::{Ruling, SeenHost, Sighting, Site};
use crate::software::Software;
use crate::visit::{Location, Visit};

use errand::Errand;

pub use redeem::redeem;

/// How long a clearance is good for, in seconds.
pub const SECONDS: u64 = 1_800;

/// Version of the payload.
const VERSION: u8 = 1;

/// Longest clearance that is read.
const MAX_CHARS: usize = 256;

/// Cookies of our name that are looked at. Browsers that keep cookies apart by
/// page may send one of each kind.
const MAX_COOKIES: usize = 4;

/// Who holds a clearance, as far as its copies should not be good elsewhere.
/// Never an address: phones change it, and most connections have two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The browser by its user agent alone: it sends other headers with a page
    /// than with an image or a WebSocket.
    software: Software,
    /// Whether the request comes from a player that browsers of one vendor have
    /// load their videos, with the cookies of the page and a name of its own.
    is_player: bool,
}

impl Holder {
    /// By the request's `User-Agent`.
    pub fn of(user_agent: &str) -> Self {
        Self {
            software: Software::of_headers(user_agent, &[]),
            is_player: user_agent.starts_with("AppleCoreMedia/"),
        }
    }
}

/// What a cookie states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearance {
    /// The site that it is for.
    pub sitekey: Sitekey,
    /// What the visitor has shown.
    pub level: Level,
    /// Its own id, by which a site may limit rates.
    pub id: [u8; 12],
    /// When it was given, in whole seconds.
    pub issued_at: UnixMillis,
    /// When it ends, in whole seconds.
    pub expires_at: UnixMillis,
    /// The score of the challenge, in hundredths; `None` where there was none.
    pub score: Option<u8>,
    /// What was noticed about the visit.
    pub signs: Signs,
    /// [`Holder`]'s software.
    software: u64,
    /// The network that it was given to, by a pseudonym of this site and day.
    network: [u8; 8],
}

/// The payload; the order of fields is the order of bytes.
#[derive(Serialize, Deserialize)]
struct Payload {
    version: u8,
    sitekey: Sitekey,
    level: u8,
    id: [u8; 12],
    issued_at: u64,
    expires_at: u64,
    /// 255: none.
    score: u8,
    #[serde(with = "fixint::le")]
    signs: u64,
    #[serde(with = "fixint::le")]
    software: u64,
    network: [u8; 8],
}

/// Why cookies do not open a path. Where there are several, the last of these
/// that applies is said: it came closest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// No cookie was sent.
    Missing,
    /// It was not sealed by this edge, or not with a key that it still has.
    Foreign,
    /// It is another site's.
    OtherSite,
    /// It has ended, or begins in the future.
    Ended,
    /// Another browser earned it.
    OtherSoftware,
    /// The path requires more.
    TooLittle,
}

impl Clearance {
    /// A clearance that begins now.
    pub fn new(
        authority: &Authority,
        (sitekey, level): (Sitekey, Level),
        (score, signs): (Option<u8>, Signs),
        (holder, visit): (Holder, &Visit),
        now: UnixMillis,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let mut id = [0; 12];
        rng.fill_bytes(&mut id);
        let issued_at = UnixMillis::from_seconds(now.seconds());
        Self {
            sitekey,
            level,
            id,
            issued_at,
            expires_at: UnixMillis::from_seconds(issued_at.seconds() + SECONDS),
            score,
            signs,
            software: holder.software.number(),
            network: authority.network(&sitekey, issued_at, visit.prefix()),
        }
    }

    /// Seals it with the first key.
    pub fn seal(&self, authority: &Authority) -> String {
        let keys = authority.first();
        let payload = encode(&Payload {
            version: VERSION,
            sitekey: self.sitekey,
            level: self.level as u8,
            id: self.id,
            issued_at: self.issued_at.seconds(),
            expires_at: self.expires_at.seconds(),
            score: self.score.unwrap_or(u8::MAX),
            signs: self.signs.bits(),
            software: self.software,
            network: self.network,
        });
        let nonce = nonce(keys, &[b"clearance", &payload]);
        let associated = associated(keys.kid);
        Encrypted::encrypt(keys.kid, &keys.clearance, nonce, &associated, &payload).write()
    }

    /// Opens one with the key that sealed it; whom it belongs to and whether it
    /// has ended is not asked.
    ///
    /// # Errors
    ///
    /// It is no clearance of this edge.
    pub fn open(authority: &Authority, text: &str) -> Result<Self, SealError> {
        let mut seal = Encrypted::read(text, MAX_CHARS)?;
        let keys = authority.find(seal.kid).ok_or(SealError)?;
        Self::read(seal.decrypt(&keys.clearance, &associated(keys.kid))?)
    }

    pub(crate) fn read(payload: &[u8]) -> Result<Self, SealError> {
        let payload: Payload = decode(payload)?;
        let level = Level::ALL.get(usize::from(payload.level)).copied().ok_or(SealError)?;
        let score = (payload.score != u8::MAX).then_some(payload.score);
        if payload.version != VERSION || score.is_some_and(|score| score > 100) {
            return Err(SealError);
        }
        Ok(Self {
            sitekey: payload.sitekey,
            level,
            id: payload.id,
            issued_at: UnixMillis::from_seconds(payload.issued_at),
            expires_at: UnixMillis::from_seconds(payload.expires_at),
            score,
            signs: Signs::of_bits(payload.signs),
            software: payload.software,
            network: payload.network,
        })
    }

    /// Its id, 16 characters of base64url.
    pub fn id_text(&self) -> String {
        base64::encode(&self.id)
    }

    /// The level `waited`, for an errand that has waited: always the same
    /// clearance, so that waiting once gives one, and no one else's.
    pub fn waited(
        authority: &Authority,
        errand: &Errand,
        (holder, visit): (Holder, &Visit),
        now: UnixMillis,
    ) -> Self {
        let issued_at = UnixMillis::from_seconds(now.seconds());
        Self {
            sitekey: errand.sitekey,
            level: Level::Waited,
            id: errand.id(authority),
            issued_at,
            expires_at: UnixMillis::from_seconds(errand.begun_at.seconds() + SECONDS),
            score: None,
            signs: Signs::NONE,
            software: holder.software.number(),
            network: authority.network(&errand.sitekey, issued_at, visit.prefix()),
        }
    }

    /// Whether it opens a path of this level to this request.
    fn suffices(&self, authority: &Authority, asked: &Asked<'_>, needs: Level) -> Result<(), Lack> {
        let is_same = self.software == asked.holder.software.number();
        let plays = || {
            let prefix = asked.location.address.prefix();
            asked.holder.is_player
                && authority
                    .networks(&self.sitekey, self.issued_at, prefix)
                    .any(|network| network == self.network)
        };
        if self.sitekey != asked.site.sitekey {
            Err(Lack::OtherSite)
        } else if !(self.issued_at.seconds()..self.expires_at.seconds())
            .contains(&asked.now.seconds())
        {
            Err(Lack::Ended)
        } else if !is_same && !plays() {
            Err(Lack::OtherSoftware)
        } else if self.level < needs {
            Err(Lack::TooLittle)
        } else {
            Ok(())
        }
    }
}

/// A request whose path needs a level.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The site whose path it is.
    pub site: &'a Site,
    /// Where the request came from, with the site's lists looked up.
    pub location: Location,
    /// The host that it names, for rules about visitors; `None` where none is
    /// known, or the check of a path looks at it later.
    pub host: Option<&'a Hostname>,
    /// Who asks.
    pub holder: Holder,
    /// When.
    pub now: UnixMillis,
}

/// Why a request may continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// By a clearance.
    By(Box<Clearance>),
    /// A rule of the site allows it.
    Allowed,
}

/// Why a request may not continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// A rule of the site blocks it: nothing that it shows would help.
    Blocked,
    /// No cookie suffices.
    Lacks(Lack),
}

/// Whether a request with these cookies, as [`Clearance::open`] opens them, may
/// have a path that needs this level.
/// A site's rules about visitors come first: those that name what the edge sees
/// for itself allow or block.
///
/// # Errors
///
/// It may not.
pub fn check(
    authority: &Authority,
    asked: &Asked<'_>,
    needs: Level,
    cookies: impl Iterator<Item = Result<Clearance, SealError>>,
) -> Result<Opened, Closed> {
    let ruling = ruling(asked);
    match ruling.verdict {
        Some(Verdict::Block) => return Err(Closed::Blocked),
        Some(Verdict::Allow) if ruling.vouches => return Ok(Opened::Allowed),
        _ => {}
    }
    let mut lack = Lack::Missing;
    for cookie in cookies.take(MAX_COOKIES) {
        let opened = cookie
            .map_err(|SealError| Lack::Foreign)
            .and_then(|clearance| clearance.suffices(authority, asked, needs).map(|()| clearance));
        match opened {
            Ok(clearance) => return Ok(Opened::By(Box::new(clearance))),
            Err(other) => lack = lack.max(other),
        }
    }
    Err(Closed::Lacks(lack))
}

/// Whether a rule of the site about visitors blocks a request, whatever its path
/// needs.
pub fn is_blocked(asked: &Asked<'_>) -> bool {
    ruling(asked).verdict == Some(Verdict::Block)
}

fn ruling(asked: &Asked<'_>) -> Ruling {
    let Location { address, country, asn, listed } = asked.location;
    asked.site.ruling(&Sighting {
        host: asked.host.map(SeenHost::Exact),
        country: Some(country),
        asn: Some(asn),
        prefix: Some(address.prefix()),
        listed,
        ..Sighting::default()
    })
}

/// A nonce that depends on the whole message, as in RFC 5297.
fn nonce(keys: &Keys, message: &[&[u8]]) -> [u8; NONCE_BYTES] {
    let framed = [message, &[keys.kid.as_str().as_bytes()]].concat();
    leading(&keys.token.tag_framed(&framed))
}

fn associated(kid: Kid) -> Vec<u8> {
    [b"clearance ", kid.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests;
