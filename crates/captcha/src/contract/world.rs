//! An edge in memory: one site, one visitor, the fakes, a clock set by the test
//! and seeded randomness. Tests and benches use it to take an attempt from
//! challenge to siteverify.

use munjigi_counters::Counters;
use munjigi_keys::{KeyRing, UnixMillis};
use munjigi_pow::Puzzle;
use munjigi_protocol::{
    Algorithm, AlgorithmName, Answer, AttemptId, ChallengeReply, ChallengeRequest, Check,
    PuzzleStep, Signals, SiteConfig, SiteverifyReply, SiteverifyRequest, SolutionReply,
    SolutionRequest, Step, Trace, Want, Work,
};
use rand_core::{CryptoRng, Infallible, TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::packs::OnePack;
use super::{Admitted, MemoryPrices, MemoryRedemptions, MemorySites, block_on};
use crate::address::Address;
use crate::authority::Authority;
use crate::call::Call;
use crate::challenge::{SealedPicture, SealedStep};
use crate::credentials::{KeyCheck, Secret, Vendor};
use crate::host::Hostname;
use crate::issue::{Issued, issue};
use crate::list::Listings;
use crate::pictures::RightAnswer;
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::site::{Exemption, Site, new_site};
use crate::siteverify::{Outcome, siteverify};
use crate::software::Software;
use crate::solve::{Solved, Stores, judge, open};
use crate::visit::{AgentKind, Country, HttpVersion, TlsVersion, Visit};

/// A root key for tests: the bytes 0–31.
pub const ROOT_A: &str = "a1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A second root key for tests.
pub const ROOT_B: &str = "b2:_________________________________________-8";

/// The check key for tests: the bytes 32–63.
const KEY_CHECK: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

/// The check key for tests, parsed.
pub fn key_check() -> KeyCheck {
    KeyCheck::parse(KEY_CHECK).expect("32 bytes of base64")
}

/// An authority with these root keys.
///
/// # Panics
/// Panics when the ring does not parse.
pub fn authority(ring: &str) -> Authority {
    let ring = KeyRing::parse(ring).expect("a ring for tests is well-formed");
    Authority::new(&ring, key_check())
}

/// A site of default difficulty on `shop.example`, for tests that rarely solve;
/// [`World::new`] makes it easy.
pub fn site_config(sitekey: &str, secrets: Vec<String>) -> SiteConfig {
    SiteConfig {
        hosts: vec!["shop.example".to_owned(), "*.shop.example".to_owned()],
        secrets,
        ..new_site(sitekey)
    }
}

/// A visit by a browser with no suspicious traits.
pub const FIREFOX: Visit = Visit {
    address: Address::V4([192, 0, 2, 1]),
    country: Country::UNKNOWN,
    asn: 64_500,
    http: HttpVersion::Three,
    tls: TlsVersion::OneThree,
    agent: AgentKind::Browser,
    software: Software::numbered(1),
    handshake: None,
    listed: Listings::NONE,
};

/// Randomness from a counter: SHA-256 of a seed and a number. For tests.
#[derive(Debug)]
pub struct Seeded(u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for chunk in target.chunks_mut(32) {
            self.0 += 1;
            let block = Sha256::digest(self.0.to_le_bytes());
            for (slot, byte) in chunk.iter_mut().zip(block) {
                *slot = byte;
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// Everything that an edge has.
#[derive(Debug)]
pub struct World {
    /// The edge's keys, of [`ROOT_A`].
    pub authority: Authority,
    /// The site's parsed configuration.
    pub site: Site,
    /// The site's secret, for siteverify.
    pub secret: Secret,
    /// What the edge sees of the visitor.
    pub visit: Visit,
    /// What the widget reports.
    pub signals: Signals,
    /// The edge's clock.
    pub now: UnixMillis,
    /// The store of new attempts.
    pub store: u16,
    /// The counters of this isolate.
    pub counters: Shared<Counters>,
    /// The published pack of pictures.
    pub packs: OnePack,
    /// Rows of attempts.
    pub redemptions: MemoryRedemptions,
    /// Prices of "another way".
    pub prices: MemoryPrices,
    /// The published site.
    pub sites: MemorySites,
    rng: Seeded,
}

impl World {
    /// A world whose site requires next to no work.
    ///
    /// # Panics
    /// Never: its fixed values are well-formed.
    pub fn new() -> Self {
        let authority = authority(ROOT_A);
        let mut rng = Seeded(0);
        let sitekey = authority.check().mint_sitekey(&mut rng).to_string();
        let secret = authority.check().mint_secret(&mut rng);
        let mut config = site_config(&sitekey, vec![secret.hash().as_str().to_owned()]);
        config.work = Work { floor: 8, ceiling: 800 };
        config.count = 4;
        let site = Site::parse(&config, Exemption::Ignored).expect("the site is well-formed");
        let now = UnixMillis(1_763_623_800_250);
        let mut world = Self {
            authority,
            site,
            secret,
            visit: FIREFOX,
            signals: Signals::default(),
            now,
            store: 64,
            counters: Shared::new(Counters::new(300)),
            packs: OnePack::new(),
            redemptions: MemoryRedemptions::new(now),
            prices: MemoryPrices::new(now),
            sites: MemorySites::default(),
            rng,
        };
        world.publish();
        world
    }

    /// Publishes the site with its present configuration.
    pub fn publish(&mut self) {
        self.sites.publish(self.site.clone(), vec![self.secret.hash()]);
    }

    /// Moves every clock forward.
    pub fn pass_seconds(&mut self, seconds: u64) {
        self.now = UnixMillis(self.now.0 + seconds * 1_000);
        self.redemptions.set_clock(self.now);
        self.prices.set_clock(self.now);
    }

    /// A seeded source of randomness that continues from call to call.
    pub fn rng(&mut self) -> &mut (impl CryptoRng + use<>) {
        &mut self.rng
    }

    /// A request for a challenge.
    pub fn request(&self) -> ChallengeRequest {
        ChallengeRequest {
            sitekey: self.site.sitekey.to_string(),
            hostname: "shop.example".to_owned(),
            action: "login".to_owned(),
            cdata: "order-17".to_owned(),
            locale: "ko".to_owned(),
            widget: "0.1.0".to_owned(),
            algorithms: vec![AlgorithmName::HashWx, AlgorithmName::Sha256],
            signals: self.signals,
        }
    }

    fn call(&self) -> Call<'_> {
        Call { authority: &self.authority, site: &self.site, visit: &self.visit, now: self.now }
    }

    /// Requests a challenge for a new attempt.
    pub fn issue(&mut self, request: &ChallengeRequest) -> Result<Issued, Refusal> {
        let mut rng = Seeded(self.rng.0);
        self.rng.0 += 1_000;
        let call = self.call();
        let host = Hostname::parse(&request.hostname).ok();
        issue(&call, request, host.as_ref(), self.store, &self.counters, &mut rng)
    }

    /// Issues a challenge and expects that it is not refused.
    ///
    /// # Panics
    /// Panics when it is refused.
    pub fn challenge(&mut self) -> ChallengeReply {
        let request = self.request();
        self.issue(&request).expect("the visitor is welcome").reply
    }

    /// The request that submits the solution of a puzzle.
    ///
    /// # Panics
    /// Panics when the step is not a puzzle.
    pub fn solution(&self, challenge: &ChallengeReply) -> SolutionRequest {
        let Step::Puzzle(step) = &challenge.step else { panic!("not a puzzle") };
        let millis = step.work.saturating_mul(step.count.into()) / HASHES_PER_MILLI;
        let solve_ms = self.signals.solve_ms.or(u32::try_from(millis).ok());
        let signals = Signals { solve_ms, ..answering(step.id, self.signals) };
        SolutionRequest {
            challenge: challenge.challenge.clone(),
            nonces: Some(puzzle(step).solve()),
            answer: None,
            want: None,
            signals,
        }
    }

    /// The request that answers a picture.
    pub fn answer(&self, challenge: &ChallengeReply, cells: Vec<u8>) -> SolutionRequest {
        SolutionRequest {
            challenge: challenge.challenge.clone(),
            nonces: None,
            answer: Some(Answer::Grid { cells: vec![cells], trace: Trace::default() }),
            want: None,
            signals: self.answering(challenge),
        }
    }

    /// The request that chooses "another way" instead of a picture.
    pub fn want_work(&self, challenge: &ChallengeReply) -> SolutionRequest {
        SolutionRequest {
            challenge: challenge.challenge.clone(),
            nonces: None,
            answer: None,
            want: Some(Want::Work),
            signals: self.answering(challenge),
        }
    }

    /// The signals of a further request of an attempt, if it is one of this
    /// world.
    fn answering(&self, challenge: &ChallengeReply) -> Signals {
        let signals = self.signals;
        let request = SolutionRequest {
            challenge: challenge.challenge.clone(),
            nonces: None,
            answer: None,
            want: Some(Want::Work),
            signals,
        };
        open(&self.authority, &request)
            .map_or(signals, |opened| answering(opened.claims().id, signals))
    }

    /// The right answer to the picture of a challenge.
    ///
    /// # Panics
    /// Panics when the challenge does not open or is not a grid.
    pub fn right_cells(&self, challenge: &ChallengeReply) -> Vec<u8> {
        let request = self.want_work(challenge);
        let opened = open(&self.authority, &request).expect("a challenge of this world");
        match &opened.claims().step {
            SealedStep::Picture(SealedPicture { answer: RightAnswer::Grid(rounds), .. }) => {
                rounds.concat()
            }
            other => panic!("no grid: {other:?}"),
        }
    }

    /// Submits a solution.
    pub fn solve(&mut self, request: &SolutionRequest) -> Result<Solved, Refusal> {
        let mut rng = Seeded(self.rng.0);
        self.rng.0 += 1_000;
        let opened = open(&self.authority, request)?;
        let stores =
            Stores { redemptions: &self.redemptions, prices: &self.prices, pictures: &self.packs };
        block_on(judge(&self.call(), &opened, request, &self.counters, &stores, &mut rng))
    }

    /// Submits a solution and expects a token.
    ///
    /// # Panics
    /// Panics when it is refused or another step follows.
    pub fn token(&mut self, request: &SolutionRequest) -> String {
        match self.solve(request).map(|solved| solved.reply) {
            Ok(SolutionReply::Passed { token, .. }) => token,
            other => panic!("no token: {other:?}"),
        }
    }

    /// Submits a solution and expects another step.
    ///
    /// # Panics
    /// Panics when it passes or is refused.
    pub fn next(&mut self, request: &SolutionRequest) -> ChallengeReply {
        match self.solve(request).map(|solved| solved.reply) {
            Ok(SolutionReply::Next(reply)) => reply,
            other => panic!("nothing next: {other:?}"),
        }
    }

    /// Completes a new attempt and returns its token.
    pub fn fresh_token(&mut self) -> String {
        let challenge = self.challenge();
        let solution = self.solution(&challenge);
        self.token(&solution)
    }

    /// A siteverify request with the site's secret.
    pub fn verification(&self, token: &str) -> SiteverifyRequest {
        SiteverifyRequest {
            secret: Some(self.secret.reveal().to_string()),
            response: Some(token.to_owned()),
            ..SiteverifyRequest::default()
        }
    }

    /// Calls siteverify at our own path.
    pub fn siteverify(&mut self, request: &SiteverifyRequest) -> Outcome {
        self.siteverify_at(None, request)
    }

    /// Calls siteverify at a vendor's path.
    pub fn siteverify_at(&mut self, path: Option<Vendor>, request: &SiteverifyRequest) -> Outcome {
        let mut rng = Seeded(self.rng.0);
        self.rng.0 += 1_000;
        let edge = Admitted(&self.redemptions);
        let future =
            siteverify(&self.authority, &self.sites, &edge, (path, request), self.now, &mut rng);
        block_on(future)
    }

    /// Verifies a token with the site's secret.
    pub fn verify(&mut self, token: &str) -> SiteverifyReply {
        let request = self.verification(token);
        self.siteverify(&request).reply()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Converts the step on the wire to a puzzle.
/// How fast this world's visitors say that they solve: as a good phone does.
const HASHES_PER_MILLI: u64 = 400;

/// The signals with what every widget sends after the first challenge, where
/// they do not say otherwise: no driver, and checks that were all made and found
/// nothing.
pub fn answering(id: AttemptId, signals: Signals) -> Signals {
    let [a, b, c, d, ..] = id.0;
    let made = (1 << Check::ALL.len()) - 1;
    let agreement = signals.agreement.or(Some(made ^ u32::from_le_bytes([a, b, c, d])));
    Signals { webdriver: signals.webdriver.or(Some(false)), agreement, ..signals }
}

fn puzzle(step: &PuzzleStep) -> Puzzle {
    Puzzle {
        algorithm: match step.algorithm {
            Algorithm::HashWx => munjigi_pow::Algorithm::HashWx,
            Algorithm::Sha256 => munjigi_pow::Algorithm::Sha256,
        },
        id: step.id.0,
        first: step.first,
        count: step.count,
        work: step.work,
    }
}
