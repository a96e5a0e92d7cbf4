//! One request's surroundings: what every endpoint is handed besides the
//! request itself.

use munjigi_captcha::{Refusal, Tally};
use munjigi_keys::UnixMillis;
use worker::{Context, Env};

use crate::answer::Answer;
use crate::entropy::{self, Generator};
use crate::packs::Packs;
use crate::report;
use crate::sites::Sites;
use crate::state::State;

/// One request's surroundings.
#[derive(Clone, Copy)]
pub struct RequestContext<'request> {
    /// Configuration and caches.
    pub isolate: &'static State,
    /// Bindings.
    pub env: &'request Env,
    /// For what goes on after the answer.
    pub context: &'request Context,
    /// When the request came.
    pub now: UnixMillis,
    /// What this request's random numbers begin with.
    pub seed: [u8; 32],
}

impl<'request> RequestContext<'request> {
    /// The published sites.
    pub const fn sites(&self) -> Sites<'request> {
        Sites::new(self.isolate, self.env, self.now)
    }

    /// The published packs of pictures.
    pub const fn packs(&self) -> Packs<'request> {
        Packs::new(self.isolate, self.env, self.now)
    }

    /// Shards for attempts that begin now.
    pub fn shards(&self) -> u16 {
        self.isolate.config.shards.first().copied().unwrap_or(1)
    }

    /// Random numbers.
    pub fn generator(&self) -> Generator {
        entropy::generator(self.seed)
    }

    /// Counts something after the answer.
    pub fn count(&self, tally: Tally) {
        report::count(self.isolate, self.env, self.context, tally, self.now);
    }

    /// Turns a refusal into an answer, and counts it where its site is known.
    pub fn refuse(&self, mut refusal: Refusal) -> Answer {
        if let Some(tally) = refusal.tally.take() {
            self.count(*tally);
        }
        refusal.into()
    }
}
