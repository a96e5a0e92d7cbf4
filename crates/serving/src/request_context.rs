//! The context of one request: what every endpoint gets besides the request
//! itself.

use munjigi_captcha::{Location, Refusal, Site, Tally, Visit, listings};
use munjigi_keys::UnixMillis;

use crate::answer::Answer;
use crate::entropy::{self, Generator};
use crate::lists::Lists;
use crate::packs::Packs;
use crate::platform::Platform;
use crate::sites::Sites;
use crate::state::State;
use crate::{meter, report};

/// The context of one request.
pub struct RequestContext<'request, P> {
    /// Stores, clock and log.
    pub platform: &'request P,
    /// Configuration and caches.
    pub state: &'request State,
    /// When the request arrived.
    pub now: UnixMillis,
    /// The seed of this request's random numbers.
    pub seed: [u8; 32],
}

impl<'request, P: Platform> RequestContext<'request, P> {
    pub const fn sites(&self) -> Sites<'request, P> {
        Sites::new(self.platform, self.state, self.now)
    }

    /// The published packs of pictures.
    pub const fn packs(&self) -> Packs<'request, P> {
        Packs::new(self.platform, self.state, self.now)
    }

    pub const fn lists(&self) -> Lists<'request, P> {
        Lists::new(self.platform, self.state, self.now)
    }

    /// The visit, looked up in the lists that the site's rules name.
    pub async fn listed(&self, site: &Site, visit: Visit) -> Visit {
        let Location { listed, .. } = self.looked_up(site, visit.location()).await;
        Visit { listed, ..visit }
    }

    /// The location, looked up in them.
    pub async fn looked_up(&self, site: &Site, location: Location) -> Location {
        let listed = listings(site.lists(), &self.lists(), location.address, location.asn).await;
        Location { listed, ..location }
    }

    /// Which store gets the rows of attempts that begin now.
    pub fn store(&self) -> u16 {
        let shards = || self.state.config.shards.first().copied();
        self.platform.generation().or_else(shards).unwrap_or(1)
    }

    /// Random numbers from the seed.
    pub fn generator(&self) -> Generator {
        entropy::generator(self.seed)
    }

    /// Counts an event after the answer.
    pub fn count(&self, tally: Tally) {
        report::count(self.platform, self.state, tally, self.now);
        meter::keep(self.platform, self.state, self.now);
    }

    /// Turns a refusal into an answer, and counts it if its site is known.
    pub fn refuse(&self, mut refusal: Refusal) -> Answer {
        if let Some(tally) = refusal.tally.take() {
            self.count(*tally);
        }
        refusal.into()
    }
}
