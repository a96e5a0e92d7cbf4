//! What the gate serves with. Settings that are read again replace it as a whole,
//! between two requests.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::config::{Config, Settled};
use crate::native::Native;
use crate::networks::Networks;
use crate::request::Ingress;
use crate::tls::{Tls, TlsError};

/// What is needed for a request.
pub struct Public {
    pub platform: Native,
    pub ingress: Arc<Ingress>,
    /// TLS of the gate's own.
    pub tls: Option<Arc<Tls>>,
}

/// What is served now. Clones share it.
#[derive(Clone)]
pub struct Live {
    now: Arc<ArcSwap<Public>>,
    /// What cannot change while the gate runs.
    settled: Arc<Settled>,
}

impl Live {
    /// Begins with this, under these settings.
    pub fn new(public: Public, settled: Settled) -> Self {
        Self { now: Arc::new(ArcSwap::from_pointee(public)), settled: Arc::new(settled) }
    }

    pub fn now(&self) -> Arc<Public> {
        self.now.load_full()
    }

    /// Serves with other settings from the next request on. Returns the names of
    /// those that are other than they were at the start, and take effect only
    /// at the next. `tls` and `networks` have read their files.
    pub fn reconfigure(
        &self,
        config: Config,
        tls: Option<Tls>,
        networks: Networks,
    ) -> Vec<&'static str> {
        let waiting = self.settled.differs(&config.settled());
        let platform =
            self.now().platform.reconfigured(config.edge, config.limits, networks.clone());
        let ingress = Ingress::new(config.proxies, config.public, self.settled.proxy_protocol())
            .with_networks(networks);
        let (ingress, tls) = (Arc::new(ingress), tls.map(Arc::new));
        self.now.store(Arc::new(Public { platform, ingress, tls }));
        waiting
    }

    /// Whether a certificate may take the place of the one in use: one that is
    /// over may not, unless that one is over as well.
    ///
    /// # Errors
    ///
    /// It is over.
    pub fn check_successor(&self, tls: &Tls) -> Result<(), TlsError> {
        let public = self.now();
        let now = public.platform.parts().clock.now();
        let is_over = public.tls.as_ref().is_some_and(|tls| tls.check(now).is_err());
        if is_over { Ok(()) } else { tls.check(now) }
    }

    /// Uses the certificate that has been put in the place of the last one, if
    /// there is one. Returns whether there was.
    ///
    /// # Errors
    ///
    /// It cannot be used; the last one stays.
    pub fn renew_certificate(&self) -> Result<bool, TlsError> {
        let public = self.now();
        let Some(read) = public.tls.as_ref().and_then(|tls| tls.read_again()) else {
            return Ok(false);
        };
        let read = read?;
        self.check_successor(&read)?;
        let tls = Some(Arc::new(read));
        let (platform, ingress) = (public.platform.clone(), Arc::clone(&public.ingress));
        self.now.store(Arc::new(Public { platform, ingress, tls }));
        Ok(true)
    }
}
