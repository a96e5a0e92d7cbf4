//! `POST /v1/challenges`: what a new attempt is asked to do. Nothing is stored
//! and no object is called; everything known about the attempt is sealed.

use std::sync::Arc;

use munjigi_counters::{CounterKeys, Counters, Fingerprint, Pressure};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{
    Algorithm, AlgorithmName, AttemptId, ChallengeReply, ChallengeRequest, Code, CountKind,
    PuzzleStep, Sign, SiteState, Step, UnderAttack,
};
use rand_core::CryptoRng;

use crate::authority::Authority;
use crate::call::Call;
use crate::challenge::{Began, ChallengeClaims, Owed, SealedPuzzle, SealedStep, Way};
use crate::credentials::{Alias, Sitekey, Vendor};
use crate::host::Hostname;
use crate::labels::{Action, Cdata};
use crate::naming::counter_keys_at_start;
use crate::policy::{
    Demand, DemandStep, Question, Stage, decide, fleet_by, flood_cause, is_attacked,
    puzzle_lifetime_seconds,
};
use crate::ports::{SiteSource, StoreError};
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::site::Site;
use crate::tally::{FleetTally, PriceTally, Tally};

/// How long a visitor may take for a picture, in seconds.
pub const PICTURE_LIFETIME_SECONDS: u64 = 900;

/// The longest lifetime of a token, in seconds.
pub const MAX_TOKEN_LIFETIME_SECONDS: u64 = 300;

/// The first challenge of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// The answer to send.
    pub reply: ChallengeReply,
    /// The event to count.
    pub tally: Tally,
    /// Another one, while the site is under attack.
    pub flooded: Option<Tally>,
}

/// Reads the sitekey of a request before its site is loaded, so that an
/// invented one costs no look-up.
pub fn sitekey(authority: &Authority, text: &str) -> Result<Sitekey, Refusal> {
    authority.check().sitekey(text).map_err(|_| Refusal::unknown_sitekey())
}

/// Reads the sitekey of a visitor's request, in our shape or a vendor's.
pub fn public_key(authority: &Authority, text: &str) -> Result<PublicKey, Refusal> {
    match authority.check().alias(text) {
        Ok(alias) => Ok(PublicKey::Alias(alias)),
        Err(_) if Vendor::of_sitekey(text).is_some() => Ok(PublicKey::Foreign(text.to_owned())),
        Err(_) => sitekey(authority, text).map(PublicKey::Sitekey),
    }
}

/// The public key that a page contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// The site's own; its check passed.
    Sitekey(Sitekey),
    /// An alias of a site's sitekey; its check passed.
    Alias(Alias),
    /// In a vendor's shape and without our check: imported or invented.
    Foreign(String),
}

/// The site that a key means on a page of this host. An imported key means a
/// site only on the hosts that it was imported for; an invented one costs no
/// look-up.
pub async fn site<S: SiteSource>(
    sites: &S,
    key: &PublicKey,
    page: Option<&Hostname>,
) -> Result<Arc<Site>, Refusal> {
    match find(sites, key, page).await {
        Ok(Some(site)) => Ok(site),
        Ok(None) => Err(Refusal::unknown_sitekey()),
        Err(StoreError) => {
            let detail = "the site's configuration is currently unavailable";
            Err(Refusal::unavailable(detail))
        }
    }
}

async fn find<S: SiteSource>(
    sites: &S,
    key: &PublicKey,
    page: Option<&Hostname>,
) -> Result<Option<Arc<Site>>, StoreError> {
    let names = match (key, page) {
        (PublicKey::Sitekey(sitekey), _) => return sites.by_sitekey(sitekey).await,
        (PublicKey::Alias(alias), _) => vec![alias.to_string()],
        (PublicKey::Foreign(key), Some(page)) => sites.imports().await?.names(key, page),
        (PublicKey::Foreign(_), None) => return Ok(None),
    };
    for name in &names {
        let site = sites.by_alias(name).await?;
        if site.is_some() {
            return Ok(site);
        }
    }
    Ok(None)
}

/// Begins an attempt. `host` is the request's host name, `None` if it is none;
/// `store` is that of rows of attempts that begin now; see
/// [`RowAddress`](crate::ports::RowAddress).
pub fn issue(
    call: &Call<'_>,
    request: &ChallengeRequest,
    host: Option<&Hostname>,
    store: u16,
    counters: &Shared<Counters>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Issued, Refusal> {
    let page =
        Page::read(call, request, host).map_err(|refusal| call.count_refusal(refusal, None))?;
    issue_to(call, &page, request, store, counters, rng)
        .map_err(|refusal| call.count_refusal(refusal, Some(&page.hostname)))
}

/// What a request says about the page, parsed and allowed.
struct Page {
    hostname: Hostname,
    action: Action,
    cdata: Cdata,
}

impl Page {
    fn read(
        call: &Call<'_>,
        request: &ChallengeRequest,
        host: Option<&Hostname>,
    ) -> Result<Self, Refusal> {
        let hostname = host.cloned().ok_or_else(not_allowed)?;
        call.admit(&hostname)?;
        let malformed = |detail| Refusal::new(Code::MalformedRequest, detail);
        let action = Action::parse(&request.action).map_err(|_| {
            malformed("action must be at most 32 characters from A-Z, a-z, 0-9, _, / and -")
        })?;
        let cdata = Cdata::parse(&request.cdata)
            .map_err(|_| malformed("cdata is longer than 255 bytes"))?;
        Ok(Self { hostname, action, cdata })
    }
}

fn issue_to(
    call: &Call<'_>,
    page: &Page,
    request: &ChallengeRequest,
    store: u16,
    counters: &Shared<Counters>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Issued, Refusal> {
    let Call { authority, site, visit, now } = *call;
    let algorithm = algorithm(call, &request.algorithms)?;
    let (place, pressure, demand) =
        counters.with(|counters| demand(call, page, request, algorithm, counters))?;

    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    let issued_at = UnixMillis::from_seconds(now.seconds());
    let lifetime = puzzle_lifetime_seconds(algorithm, demand.total());
    let keep = lifetime + PICTURE_LIFETIME_SECONDS + MAX_TOKEN_LIFETIME_SECONDS;
    let root = authority.first().kid;
    let puzzle = SealedPuzzle { algorithm, first: 0, count: demand.count, work: demand.work };
    let claims = ChallengeClaims {
        id: AttemptId(id),
        root,
        keep_until: UnixMillis::from_seconds(issued_at.seconds() + keep),
        store: store.max(1),
        sitekey: site.sitekey,
        hostname: page.hostname.clone(),
        action: page.action.clone(),
        cdata: page.cdata.clone(),
        issued_at,
        expires_at: UnixMillis::from_seconds(issued_at.seconds() + lifetime),
        step: SealedStep::Puzzle(puzzle),
        visitor: place.visitor(),
        began: Began { address: place.address(), trace: place.trace() },
        signs: demand.signs,
        owed: Owed {
            asked: demand.total(),
            paid: 0,
            puzzles: 0,
            way: match demand.step {
                DemandStep::Puzzle => Way::Puzzle,
                DemandStep::Picture => Way::PictureAhead,
            },
        },
    };
    let mut tally =
        Tally::new(CountKind::Issued, site.sitekey, visit).on(site, &page.hostname, &page.action);
    tally.algorithm = Some(algorithm);
    tally.price = (!site.exempt).then(|| price(&demand, site, &place, &pressure));
    // Owners who decided it need not be told.
    let told = !site.exempt && site.under_attack == UnderAttack::Auto;
    let flooded = (told && is_attacked(site, &pressure)).then(|| Tally {
        kind: CountKind::Flooded,
        price: None,
        ..tally.clone()
    });
    let reply = ChallengeReply {
        challenge: claims.seal(authority, rng),
        expires_in: seconds_between(now, claims.expires_at),
        step: puzzle_step(claims.id, &puzzle),
    };
    Ok(Issued { reply, tally, flooded })
}

/// What is asked of the visitor, and why. Everybody else waits meanwhile.
fn demand(
    call: &Call<'_>,
    page: &Page,
    request: &ChallengeRequest,
    algorithm: Algorithm,
    counters: &mut Counters,
) -> Result<(CounterKeys, Pressure, Demand), Refusal> {
    let Call { authority, site, visit, now } = *call;
    let place =
        counter_keys_at_start(counters, authority, &site.sitekey, visit, &request.signals, now);
    let place = place.sharing(site.share());
    let mut pressure = counters.pressure(&place, now).expecting(site.expected(now));
    if let Some(cause) = flood_cause(site, &pressure) {
        counters.note_flood(&place, cause, now);
        pressure.passed = counters.passed_before(&place);
    }
    let demand = decide(&Question {
        site,
        hostname: &page.hostname,
        action: &page.action,
        visit,
        signals: &request.signals,
        pressure: &pressure,
        software: place.software_names(),
        algorithm,
        stage: Stage::Start,
    })?;
    if !site.exempt {
        counters.note_issued(&place, now);
    }
    Ok((place, pressure, demand))
}

/// What the challenge costs, and the fleet that it goes to.
fn price(demand: &Demand, site: &Site, place: &CounterKeys, pressure: &Pressure) -> PriceTally {
    let by = fleet_by(pressure);
    let networks = match by {
        Fingerprint::Headers => pressure.software.networks,
        Fingerprint::Handshake => pressure.handshake.networks,
        Fingerprint::Rarity => pressure.rare.networks,
    };
    let is_fleet = demand.signs.has(Sign::Fleet);
    PriceTally {
        factor: (demand.work / site.work.floor.max(1)).max(1),
        fleet: is_fleet.then(|| FleetTally { name: place.software(by), networks }),
    }
}

/// The first offered algorithm that we know and the site accepts.
fn algorithm(call: &Call<'_>, offered: &[AlgorithmName]) -> Result<Algorithm, Refusal> {
    // HashWX wherever it is offered: SHA-256 is never the better choice.
    if offered.contains(&AlgorithmName::HashWx) {
        return Ok(Algorithm::HashWx);
    }
    if !offered.contains(&AlgorithmName::Sha256) {
        let detail = "algorithms contains none that this edge supports";
        return Err(Refusal::new(Code::MalformedRequest, detail));
    }
    if call.site.fallback_allowed {
        Ok(Algorithm::Sha256)
    } else {
        let detail = "this site does not accept visitors without WebAssembly";
        Err(Refusal::new(Code::Blocked, detail))
    }
}

impl Call<'_> {
    /// Checks that the site is served and allows this host.
    pub(crate) fn admit(&self, hostname: &Hostname) -> Result<(), Refusal> {
        match self.site.state {
            SiteState::Live => {}
            SiteState::Paused => {
                return Err(Refusal::new(Code::SitePaused, "the site's owner has paused it"));
            }
        }
        if self.site.allows(hostname) { Ok(()) } else { Err(not_allowed()) }
    }

    /// A refusal with its count, for use once the site is known.
    pub(crate) fn count_refusal(&self, refusal: Refusal, hostname: Option<&Hostname>) -> Refusal {
        let mut tally = Tally::new(CountKind::Refused, self.site.sitekey, self.visit);
        if let Some(hostname) = hostname {
            tally = tally.on(self.site, hostname, &Action::default());
        }
        tally.code = Some(refusal.code);
        refusal.counted(tally)
    }
}

fn not_allowed() -> Refusal {
    let detail = "the page's host is empty, contradictory, or not one of the site's";
    Refusal::new(Code::HostnameNotAllowed, detail)
}

/// A puzzle as the visitor's browser receives it.
pub(crate) const fn puzzle_step(id: AttemptId, puzzle: &SealedPuzzle) -> Step {
    Step::Puzzle(PuzzleStep {
        algorithm: puzzle.algorithm,
        id,
        first: puzzle.first,
        count: puzzle.count,
        work: puzzle.work,
        epoch_len: munjigi_pow::EPOCH_LEN,
    })
}

/// Whole seconds from now to a later instant.
pub(crate) fn seconds_between(now: UnixMillis, later: UnixMillis) -> u32 {
    u32::try_from(later.seconds().saturating_sub(now.seconds())).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
