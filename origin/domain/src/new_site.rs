//! A new site: draws its keys and checks its settings, the same way for the
//! console, the API and the command.

use munjigi_captcha::{KeyCheck, Secret, Vendor};
use munjigi_protocol::SiteConfig;

use crate::entropy::Entropy;
use crate::settings::{Edit, Mistakes, Settings};
use crate::site_keys;

/// A site that is not stored yet.
#[derive(Debug)]
pub struct NewSite {
    pub name: String,
    /// The edge's configuration, except for version and secrets.
    pub config: SiteConfig,
    /// Its first secret, which is shown once.
    pub secret: Secret,
}

impl NewSite {
    /// Draws the keys, in a vendor's format where one is named, and applies the
    /// wishes to the defaults; refuses what the edge would refuse.
    pub fn draw(
        check: &KeyCheck,
        entropy: &Entropy,
        sitekey: &str,
        vendor: Option<Vendor>,
        wishes: &Edit,
        defaults: &Settings,
    ) -> Result<Self, Mistakes> {
        let settings = wishes.apply(sitekey, defaults)?;
        let aliases = site_keys::aliases(check, entropy, vendor);
        let secret = site_keys::secret(check, entropy, &aliases);
        let config = SiteConfig { aliases, ..settings.config(sitekey) };
        Ok(Self { name: settings.name, config, secret })
    }
}
