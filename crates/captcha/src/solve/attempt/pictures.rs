//! The picture of an attempt: dealing it, comparing its answer, and the
//! alternative to it.

use munjigi_keys::{UnixMillis, leading};
use munjigi_protocol::{Algorithm, Answer, Code, PackId, Signs, Step, Trace};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::prices::{ANOTHER_WAY, Tried};
use super::{Attempt, Further, Pass, Then, exhausted, not_allowed, unavailable};
use crate::challenge::{Owed, SealedPicture, SealedStep, Way};
use crate::issue::PICTURE_LIFETIME_SECONDS;
use crate::pictures::{self, Deal, Dealt, PackSource};
use crate::policy::{self, Demand, Refused};
use crate::ports::{PriceStore, RedemptionStore};
use crate::price::Price;
use crate::redemption::{AnswerHash, Stepped};
use crate::refusal::Refusal;
use crate::solve::{Solved, Stores};
use crate::tally::{PictureFate, PictureTally};

/// Upper limit on rounds, and on tiles per round, that an answer can name.
const MAX_ROUNDS: usize = 8;
const MAX_CELLS: usize = 64;

impl Attempt<'_> {
    pub async fn answer<R: RedemptionStore, P: PriceStore, D>(
        &self,
        picture: &SealedPicture,
        given: &Answer,
        stores: &Stores<'_, R, P, D>,
    ) -> Result<Solved, Refusal> {
        let SealedPicture { answer: right, algorithm, dealt_at, .. } = picture;
        let demand = self.demand_or_block(*algorithm, stores.redemptions).await?;
        let (hash, trace) = answer_hash(given)?;
        // Written before it is compared: of concurrent answers, one counts.
        let attempted = self.record_answer(&hash, stores.redemptions).await?;
        if right.accepts(given) {
            let signs = self.claims.signs.and(demand.signs);
            let shown = self.call.now.seconds().saturating_sub(*dealt_at);
            let bonus = pictures::bonus(*trace, shown, right.rounds());
            let mut solved = self.pass(&Pass {
                scored: policy::picture_score(self.call.site, signs, bonus),
                interactive: true,
                stepped: true,
                algorithm: *algorithm,
                paid: self.claims.owed.paid,
                payer: demand.payer,
            });
            solved.tally.picture = Some(fate(picture, PictureFate::Right));
            return Ok(solved);
        }
        if attempted == Tried::First {
            // The refusal stands whether or not the price could be raised.
            let _ = stores.prices.raise(&self.payer()).await;
        }
        let mut refusal = self.failed(Code::AnswerWrong, "the answer is wrong; start again");
        if let Some(tally) = &mut refusal.tally {
            tally.picture = Some(fate(picture, PictureFate::Wrong));
        }
        Err(refusal)
    }

    pub async fn another_way<R: RedemptionStore, P: PriceStore, D>(
        &self,
        picture: &SealedPicture,
        stores: &Stores<'_, R, P, D>,
    ) -> Result<Then, Refusal> {
        let SealedPicture { algorithm, next, .. } = *picture;
        let demand = self.demand_or_block(algorithm, stores.redemptions).await?;
        // Choosing it uses up the one answer, so that a wrong guess cannot be
        // followed by it, nor it by guesses. A way that is never refused costs
        // the most while its price is unknown.
        let price = self.price(&ANOTHER_WAY, stores).await?.unwrap_or(Price::HIGHEST);
        let Owed { asked, paid, puzzles, .. } = self.claims.owed;
        let site = self.call.site;
        let more = policy::another_way(site, algorithm, price)
            .max(asked.max(demand.instead_of_picture).saturating_sub(paid));
        // What the ceiling cuts off is not owed: otherwise further puzzles
        // would require it.
        let more = policy::spread(site, algorithm, more).saturating_mul(u64::from(site.count));
        let owed = Owed { asked: paid.saturating_add(more), paid, puzzles, way: Way::Another };
        let signs = self.claims.signs.and(demand.signs);
        let picture = Some(fate(picture, PictureFate::Way));
        Ok(Then::More(Further { algorithm, first: next, more, owed, signs, picture }))
    }

    /// What the policy requires of an attempt that has paid its work.
    async fn demand_or_block<R: RedemptionStore>(
        &self,
        algorithm: Algorithm,
        redemptions: &R,
    ) -> Result<Demand, Refusal> {
        match self.demand(algorithm, 0) {
            Err(Refused::Blocked) => Err(self.block(redemptions).await),
            demand => Ok(demand?),
        }
    }

    /// The attempt's picture. `None` without WebAssembly: the fallback is one
    /// small file, which has no pictures.
    pub async fn deal<D: PackSource>(&self, algorithm: Algorithm, source: &D) -> Option<Dealt> {
        if algorithm == Algorithm::Sha256 {
            return None;
        }
        let now = self.call.now;
        let deal = Deal {
            authority: self.call.authority,
            root: self.claims.root,
            id: self.claims.id.0,
            kinds: &self.call.site.pictures,
            now,
            until: UnixMillis::from_seconds(now.seconds() + PICTURE_LIFETIME_SECONDS),
        };
        pictures::deal(&deal, source).await
    }

    /// Reports to operators that a picture was due and none could be dealt. A
    /// site without kinds of picture expects none, and the fallback has none.
    pub fn missing(&self, algorithm: Algorithm) -> Option<PictureTally> {
        let kind = self.call.site.pictures.first()?;
        let due = algorithm == Algorithm::HashWx;
        due.then_some(PictureTally {
            kind: kind.picture_type(),
            pack: None,
            fate: PictureFate::Dealt,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "what a seal needs, from one place")]
    pub async fn picture<R: RedemptionStore, P, D>(
        &self,
        dealt: Dealt,
        algorithm: Algorithm,
        next: u32,
        owed: Owed,
        signs: Signs,
        stores: &Stores<'_, R, P, D>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Solved, Refusal> {
        // From here on, a token without the picture is never redeemable.
        match stores.redemptions.step(&self.row()).await.map_err(unavailable)? {
            Stepped::Recorded => {}
            Stepped::Spent => return Err(exhausted()),
            Stepped::NotAllowed(why) => return Err(not_allowed(why)),
        }
        let dealt_at = self.call.now.seconds();
        let picture =
            SealedPicture { answer: dealt.answer, algorithm, next, pack: dealt.pack.0, dealt_at };
        let told = fate(&picture, PictureFate::Dealt);
        let step = SealedStep::Picture(picture);
        let lifetime = PICTURE_LIFETIME_SECONDS;
        let mut solved = self.next(step, Step::Picture(dealt.step), lifetime, owed, signs, rng);
        solved.tally.picture = Some(told);
        Ok(solved)
    }
}

/// Identifies an answer within its attempt. The trace is left out: a widget
/// that repeats an answer may report a longer one.
fn answer_hash(answer: &Answer) -> Result<(AnswerHash, &Trace), Refusal> {
    let malformed = |detail| Err(Refusal::new(Code::MalformedRequest, detail));
    let mut hash = Sha256::new();
    let (rounds, trace) = match answer {
        Answer::Grid { cells, trace } => {
            hash.update([0]);
            for round in cells.iter().take(MAX_ROUNDS) {
                let Some(length) =
                    u8::try_from(round.len()).ok().filter(|_| round.len() <= MAX_CELLS)
                else {
                    return malformed("cells has too many tiles");
                };
                hash.update([length]);
                hash.update(round);
            }
            (cells.len(), trace)
        }
        Answer::Area { points, trace } => {
            hash.update([1]);
            for [x, y] in points.iter().take(MAX_ROUNDS) {
                hash.update(x.to_le_bytes());
                hash.update(y.to_le_bytes());
            }
            (points.len(), trace)
        }
        Answer::Turn { views, trace } => {
            hash.update([2]);
            hash.update(views.get(..MAX_ROUNDS.min(views.len())).unwrap_or_default());
            (views.len(), trace)
        }
    };
    if rounds > MAX_ROUNDS {
        return malformed("the answer has too many rounds");
    }
    Ok((AnswerHash(leading(&hash.finalize().into())), trace))
}

fn fate(picture: &SealedPicture, fate: PictureFate) -> PictureTally {
    PictureTally { kind: picture.answer.kind(), pack: Some(PackId(picture.pack)), fate }
}
