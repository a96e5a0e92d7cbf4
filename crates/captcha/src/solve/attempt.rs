//! One attempt whose challenge opened, is allowed and has not expired: what its
//! solution, its answer or its request for another way leads to.

mod pictures;
mod prices;

use munjigi_counters::{CounterKeys, Counters, Event, Payer, Pressure};
use munjigi_keys::UnixMillis;
use munjigi_pow::{Puzzle, SolutionError};
use munjigi_protocol::{
    Algorithm, ChallengeReply, Code, CountKind, Sign, Signals, Signs, SolutionReply, Step,
};
use rand_core::CryptoRng;

use super::{Solved, Stores};
use crate::call::Call;
use crate::challenge::{ChallengeClaims, Owed, SealedPicture, SealedPuzzle, SealedStep, Way};
use crate::issue::{MAX_TOKEN_LIFETIME_SECONDS, puzzle_step, seconds_between};
use crate::pictures::PackSource;
use crate::policy::{
    self, Demand, DemandStep, Network, Question, Refused, Scored, Stage, flood_cause,
    puzzle_lifetime_seconds, score,
};
use crate::ports::{PriceStore, RedemptionStore, RowAddress, StoreError};
use crate::redemption::{NEVER, NotAllowed, Owing};
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::tally::{PictureTally, Tally};
use crate::token::TokenClaims;

pub struct Attempt<'a> {
    pub call: Call<'a>,
    pub claims: &'a ChallengeClaims,
    pub signals: &'a Signals,
    pub counters: &'a Shared<Counters>,
    pub place: CounterKeys,
    pub network: Network,
}

/// What a token states about how it was earned.
struct Pass {
    scored: Scored,
    interactive: bool,
    stepped: bool,
    algorithm: Algorithm,
    /// Expected hashes that were proven in total.
    paid: u64,
    payer: Payer,
}

/// What a solution, or the request for another way, leads to.
pub enum Then {
    /// The outcome is final.
    Done(Solved),
    /// A further puzzle is required.
    More(Further),
}

/// A puzzle that follows another one.
pub struct Further {
    algorithm: Algorithm,
    /// Number of its first sub-puzzle.
    first: u32,
    /// Approximate number of expected hashes.
    more: u64,
    /// What the attempt owes and has paid so far.
    owed: Owed,
    signs: Signs,
    /// What to count for a picture as well.
    picture: Option<PictureTally>,
}

impl Attempt<'_> {
    pub async fn solution<R: RedemptionStore, P: PriceStore, D: PackSource>(
        &self,
        puzzle: &SealedPuzzle,
        nonces: &[u64],
        stores: &Stores<'_, R, P, D>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Then, Refusal> {
        // Before the nonces are hashed: a visitor who is turned away for a while
        // costs no work.
        let demand = match self.demand(puzzle.algorithm, puzzle.total()) {
            Err(Refused::Blocked) if self.verify(puzzle, nonces).is_ok() => {
                return Err(self.block(stores.redemptions).await);
            }
            demand => demand?,
        };
        self.verify(puzzle, nonces)?;
        let Owed { asked, paid, puzzles, way } = self.claims.owed;
        let signs = self.claims.signs.and(demand.signs);
        let mut owed = Owed {
            asked: asked.max(demand.total()),
            paid: paid.saturating_add(puzzle.total()),
            puzzles: puzzles.saturating_add(1),
            way,
        };
        let next = puzzle.first.saturating_add(puzzle.count);

        let wants_picture = match way {
            Way::Puzzle => demand.step == DemandStep::Picture,
            Way::PictureAhead => true,
            Way::Another => false,
        };
        let mut missing = None;
        if wants_picture {
            // Paid in work where there is nothing to show, and by visitors who
            // choose another way: pictures make no risk cheaper.
            owed.asked = owed.asked.max(demand.instead_of_picture);
            if let Some(dealt) = self.deal(puzzle.algorithm, stores.pictures).await {
                let shown = self.picture(dealt, puzzle.algorithm, next, owed, signs, stores, rng);
                return shown.await.map(Then::Done);
            }
            missing = self.missing(puzzle.algorithm);
            owed.way = Way::Puzzle;
        }
        if puzzle.algorithm == Algorithm::Sha256 && puzzles == 0 {
            let price = self.fallback_price(demand.favoured, stores).await?;
            let total = policy::another_way(self.call.site, Algorithm::Sha256, price);
            owed.asked = owed.asked.max(total);
        }
        if policy::requires_more(owed.asked, owed.paid, owed.puzzles) {
            let more = owed.asked - owed.paid;
            let algorithm = puzzle.algorithm;
            let picture = missing;
            return Ok(Then::More(Further { algorithm, first: next, more, owed, signs, picture }));
        }
        let stepped = way == Way::Another;
        let alone = stepped || puzzle.algorithm == Algorithm::Sha256;
        let signs = if alone { signs.with(Sign::WorkAlone) } else { signs };
        let mut solved = self.pass(&Pass {
            scored: score(self.call.site, signs),
            interactive: false,
            stepped,
            algorithm: puzzle.algorithm,
            paid: owed.paid,
            payer: demand.payer,
        });
        solved.tally.picture = missing;
        Ok(Then::Done(solved))
    }

    /// What the policy requires now.
    fn demand(&self, algorithm: Algorithm, proven: u64) -> Result<Demand, Refused> {
        let pressure = self.pressure();
        policy::decide(&Question {
            site: self.call.site,
            hostname: &self.claims.hostname,
            action: &self.claims.action,
            visit: self.call.visit,
            signals: self.signals,
            pressure: &pressure,
            software: self.place.software_names(),
            algorithm,
            stage: Stage::Solution {
                id: self.claims.id,
                proven,
                puzzles: self.claims.owed.puzzles,
                network: self.network,
            },
        })
    }

    /// Refuses an attempt whose work was done, for good: the row says so, or the
    /// same solution could be posted with other signals until none are refused.
    pub async fn block<R: RedemptionStore>(&self, redemptions: &R) -> Refusal {
        match redemptions.owe(&self.row(), NEVER).await {
            Ok(_) => Refusal::blocked(),
            Err(error) => unavailable(error),
        }
    }

    /// The larger of the poster's pressure and that of the challenge's network.
    fn pressure(&self) -> Pressure {
        let now = self.call.now;
        self.counters.with(|counters| {
            let expected = self.call.site.expected(now);
            let mut pressure = counters.pressure(&self.place, now).expecting(expected);
            if let Some(cause) = flood_cause(self.call.site, &pressure) {
                counters.note_flood(&self.place, cause, now);
                pressure.passed = counters.passed_before(&self.place);
            }
            match self.network {
                Network::Same => pressure.without_own(),
                Network::Other => {
                    policy::larger(pressure, counters.network(self.claims.visitor, now))
                }
            }
        })
    }

    fn verify(&self, puzzle: &SealedPuzzle, nonces: &[u64]) -> Result<(), Refusal> {
        let asked = Puzzle {
            algorithm: match puzzle.algorithm {
                Algorithm::HashWx => munjigi_pow::Algorithm::HashWx,
                Algorithm::Sha256 => munjigi_pow::Algorithm::Sha256,
            },
            id: self.claims.id.0,
            first: puzzle.first,
            count: puzzle.count,
            work: puzzle.work,
        };
        let malformed = |detail| Err(Refusal::new(Code::MalformedRequest, detail));
        match asked.verify(nonces) {
            Ok(()) => Ok(()),
            Err(SolutionError::WrongCount) => {
                malformed("nonces must have one number for each sub-puzzle")
            }
            Err(SolutionError::NonceOutOfRange) => malformed("each nonce must be below 2^48"),
            Err(SolutionError::NotSolved) => {
                Err(self.failed(Code::SolutionWrong, "a nonce does not solve its sub-puzzle"))
            }
        }
    }

    /// Issues a further puzzle. From here on, the row says what the attempt
    /// owes: otherwise the cheap solution, posted again to an isolate that
    /// knows less, would earn a token.
    pub async fn further<R: RedemptionStore>(
        &self,
        further: &Further,
        redemptions: &R,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Solved, Refusal> {
        let Further { algorithm, first, more, owed, signs, picture } = *further;
        let Call { site, .. } = self.call;
        let total = policy::spread(site, algorithm, more).saturating_mul(u64::from(site.count));
        let least = owed.paid.saturating_add(total);
        let least = match redemptions.owe(&self.row(), least).await.map_err(unavailable)? {
            // More than required just now if another isolate required more
            // before.
            Owing::Recorded { owed } if owed >= NEVER => return Err(Refusal::blocked()),
            Owing::Recorded { owed } => owed,
            Owing::Spent => return Err(exhausted()),
            Owing::NotAllowed(why) => return Err(not_allowed(why)),
        };
        let work = policy::spread(site, algorithm, least.saturating_sub(owed.paid));
        let puzzle = SealedPuzzle { algorithm, first, count: site.count, work };
        let lifetime = puzzle_lifetime_seconds(algorithm, puzzle.total());
        let step = puzzle_step(self.claims.id, &puzzle);
        let mut solved = self.next(SealedStep::Puzzle(puzzle), step, lifetime, owed, signs, rng);
        solved.tally.picture = picture;
        Ok(solved)
    }

    /// The next challenge of the attempt: same id, same `keep_until`.
    fn next(
        &self,
        sealed: SealedStep,
        step: Step,
        lifetime_seconds: u64,
        owed: Owed,
        signs: Signs,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Solved {
        let now = self.call.now;
        // Leaves room for the token, so that a timely solution is never too
        // late.
        let last = self.claims.keep_until.seconds().saturating_sub(MAX_TOKEN_LIFETIME_SECONDS);
        let expires_at = UnixMillis::from_seconds((now.seconds() + lifetime_seconds).min(last));
        let step_of = self.claims.clone();
        let claims = ChallengeClaims { expires_at, step: sealed, signs, owed, ..step_of };
        let reply = SolutionReply::Next(ChallengeReply {
            challenge: claims.seal(self.call.authority, rng),
            expires_in: seconds_between(now, expires_at),
            step,
        });
        let step = match self.claims.step {
            SealedStep::Puzzle(SealedPuzzle { first, .. }) => first,
            SealedStep::Picture(SealedPicture { next, .. }) => next.wrapping_sub(1),
        };
        let repeated = !self.first(Event::Stepped(step));
        Solved { reply, tally: self.tally(CountKind::Stepped), repeated }
    }

    fn pass(&self, pass: &Pass) -> Solved {
        let Pass { scored, interactive, stepped, algorithm, paid, payer } = *pass;
        let Scored { score, signs } = scored;
        let Call { authority, site, visit, now } = self.call;
        let claims = self.claims;
        let lifetime = u64::from(site.token_lifetime_seconds).min(MAX_TOKEN_LIFETIME_SECONDS);
        let expires = (now.seconds() + lifetime).min(claims.keep_until.seconds());
        let token = TokenClaims {
            id: claims.id,
            keep_until: claims.keep_until,
            store: claims.store,
            sitekey: claims.sitekey,
            hostname: claims.hostname.clone(),
            action: claims.action.clone(),
            cdata: claims.cdata.clone(),
            solved_at: now,
            expires_at: UnixMillis::from_seconds(expires),
            score,
            interactive,
            stepped,
            algorithm,
            country: visit.country,
            asn: visit.asn,
            paid,
            signs,
        };
        let repeated = !self.first(Event::Solved);
        if !repeated {
            self.note_solved(payer);
        }
        let expires_in = seconds_between(now, token.expires_at);
        let reply = SolutionReply::Passed { token: token.seal(authority), expires_in };
        let mut tally = self.tally(CountKind::Solved);
        tally.algorithm = Some(algorithm);
        tally.solve_ms = self.signals.solve_ms;
        Solved { reply, tally, repeated }
    }

    fn row(&self) -> RowAddress {
        let claims = self.claims;
        RowAddress { id: claims.id, store: claims.store, keep_until: claims.keep_until }
    }

    /// A refusal of something wrong. However often an attempt fails, it counts
    /// as one failure: otherwise one challenge could raise the price of everyone
    /// who is counted as the same client.
    fn failed(&self, code: Code, detail: &'static str) -> Refusal {
        let refusal = Refusal::new(code, detail);
        if !self.first(Event::Failed) {
            return refusal;
        }
        if !self.call.site.exempt {
            self.counters.with(|counters| counters.note_failed(&self.place, self.call.now));
        }
        refusal.counted(self.tally(CountKind::Failed))
    }

    /// Whether this isolate sees an event of the attempt for the first time.
    pub fn first(&self, event: Event) -> bool {
        self.counters.with(|counters| counters.first(&self.claims.id, event))
    }

    /// One solution is one pass, whatever it is posted from: that of the address
    /// that the challenge went to.
    fn note_solved(&self, payer: Payer) {
        let Call { site, now, .. } = self.call;
        if site.exempt {
            return;
        }
        self.counters.with(|counters| {
            let Self { place, claims, .. } = self;
            counters.note_solved(place, &claims.id, claims.visitor, payer, now);
            if payer != Payer::Charged {
                counters.note_passed(&self.place, self.claims.began.address, now);
            }
        });
    }

    pub fn tally(&self, kind: CountKind) -> Tally {
        let mut tally = Tally::new(kind, self.claims.sitekey, self.call.visit).on(
            self.call.site,
            &self.claims.hostname,
            &self.claims.action,
        );
        tally.algorithm = Some(match &self.claims.step {
            SealedStep::Puzzle(puzzle) => puzzle.algorithm,
            SealedStep::Picture(picture) => picture.algorithm,
        });
        tally
    }
}

fn unavailable(_: StoreError) -> Refusal {
    Refusal::unavailable("the store of attempts did not respond")
}

fn exhausted() -> Refusal {
    Refusal::new(Code::AttemptsExhausted, "this attempt has ended; start again")
}

fn not_allowed(why: NotAllowed) -> Refusal {
    match why {
        NotAllowed::Late => Refusal::new(Code::ChallengeExpired, "the attempt has ended"),
        NotAllowed::Stepped
        | NotAllowed::Unpaid
        | NotAllowed::DeniedSecret
        | NotAllowed::DeniedAttempt => {
            Refusal::new(Code::ChallengeInvalid, "the attempt is no longer allowed")
        }
    }
}
