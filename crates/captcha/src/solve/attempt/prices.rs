//! What an attempt pays for a way that costs work alone, and that it pays once.
//! `price` defines how a price rises and falls, `policy` how much work it is.

use munjigi_counters::Event;

use super::{Attempt, exhausted, not_allowed, unavailable};
use crate::policy;
use crate::ports::{Payer, PriceStore, RedemptionStore, StoreError};
use crate::price::Price;
use crate::redemption::{AnswerHash, Answered};
use crate::refusal::Refusal;
use crate::solve::Stores;

impl Attempt<'_> {
    /// The price of SHA-256. It is checked before it is raised: a visitor who
    /// is turned away neither pays nor makes it more expensive for the
    /// neighbours.
    pub async fn fallback_price<R: RedemptionStore, P: PriceStore, D>(
        &self,
        favoured: bool,
        stores: &Stores<'_, R, P, D>,
    ) -> Result<Price, Refusal> {
        let now = self.call.now;
        let paid = self.counters.with(|counters| counters.seen(&self.claims.id, Event::Fallback));
        let bound = !favoured && !paid;
        if bound {
            let price = stores.prices.read(&self.payer()).await.map_err(unpriced)?;
            policy::afford(price, now)?;
        }
        let price = self.price(&FALLBACK, stores).await?.map_err(unpriced)?;
        if bound {
            // Each of several concurrent solutions pays its own price.
            policy::afford(price, now)?;
        }
        if self.first(Event::Fallback) && !self.call.site.exempt {
            self.counters
                .with(|counters| counters.note_fallback(&self.place, &self.claims.id, now));
        }
        Ok(price)
    }

    /// The price that this attempt pays for a way that costs work alone. It is
    /// raised once per attempt, even if requests are replayed, so that no one
    /// can make it expensive for the neighbours with one solution.
    pub async fn price<R: RedemptionStore, P: PriceStore, D>(
        &self,
        way: &AnswerHash,
        stores: &Stores<'_, R, P, D>,
    ) -> Result<Result<Price, StoreError>, Refusal> {
        let payer = self.payer();
        Ok(match self.record_answer(way, stores.redemptions).await? {
            Tried::First => stores.prices.raise(&payer).await,
            Tried::Again => stores.prices.read(&payer).await.map(Price::before_last),
        })
    }

    /// Notes the answer, before it is compared.
    pub async fn record_answer<R: RedemptionStore>(
        &self,
        answer: &AnswerHash,
        redemptions: &R,
    ) -> Result<Tried, Refusal> {
        match redemptions.answer(&self.row(), answer).await.map_err(unavailable)? {
            Answered::First => Ok(Tried::First),
            Answered::Same => Ok(Tried::Again),
            Answered::Exhausted => Err(exhausted()),
            Answered::NotAllowed(why) => Err(not_allowed(why)),
        }
    }

    /// The visitor who got the challenge pays, not the one who posts it:
    /// otherwise a second network would be enough to evade the price.
    pub fn payer(&self) -> Payer {
        Payer { sitekey: self.claims.sitekey, visitor: self.claims.visitor }
    }
}

/// Whether an attempt's one answer was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// No; it is recorded now.
    First,
    /// Yes, by an earlier request.
    Again,
}

/// Recorded in the row in place of an answer: "another way" was chosen.
pub const ANOTHER_WAY: AnswerHash = AnswerHash(*b"another way\0\0\0\0\0");

/// The same for SHA-256, whose price is raised once per attempt.
const FALLBACK: AnswerHash = AnswerHash(*b"without wasm\0\0\0\0");

fn unpriced(_: StoreError) -> Refusal {
    Refusal::unavailable("the store of prices did not respond")
}
