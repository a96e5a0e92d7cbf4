//! The keys of a site: its sitekey, an alias in a vendor's format if its pages
//! come from that vendor, and secrets in the same format, for clients that
//! check a key's format before they send it.

use munjigi_captcha::{KeyCheck, Secret, Vendor};
use munjigi_protocol::SiteConfig;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::entropy::Entropy;

/// Vendor whose key format a site uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Google reCAPTCHA.
    Recaptcha,
    /// hCaptcha.
    Hcaptcha,
    /// Cloudflare Turnstile.
    Turnstile,
}

impl From<Shape> for Vendor {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Recaptcha => Self::Recaptcha,
            Shape::Hcaptcha => Self::Hcaptcha,
            Shape::Turnstile => Self::Turnstile,
        }
    }
}

/// The aliases of a new site: one in a vendor's format, or none.
pub fn aliases(check: &KeyCheck, entropy: &Entropy, vendor: Option<Vendor>) -> Vec<String> {
    let draw = |vendor| entropy.with(|generator| check.mint_alias(vendor, generator)).to_string();
    vendor.map(draw).into_iter().collect()
}

/// A secret in the format of a site's secrets.
pub fn secret(check: &KeyCheck, entropy: &Entropy, aliases: &[String]) -> Secret {
    entropy.with(|generator| check.mint_secret_of(shape(aliases), generator))
}

/// The sitekey that is used in the site's pages.
pub fn public(config: &SiteConfig) -> &str {
    config.aliases.first().map_or(&config.sitekey, String::as_str)
}

/// The vendor whose format a site's keys have; `None` for ours.
pub fn shape(aliases: &[String]) -> Option<Vendor> {
    Vendor::of_sitekey(aliases.first()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_the_shape_of_the_sitekey() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let (check, entropy) = (KeyCheck::parse(key).unwrap(), Entropy::from_seed(7));
        for vendor in
            [None, Some(Vendor::Recaptcha), Some(Vendor::Hcaptcha), Some(Vendor::Turnstile)]
        {
            let aliases = aliases(&check, &entropy, vendor);
            assert_eq!(aliases.len(), usize::from(vendor.is_some()));
            assert_eq!(shape(&aliases), vendor);
            let secret = secret(&check, &entropy, &aliases);
            assert_eq!(Vendor::of_secret(&secret.reveal()), vendor);
            assert!(check.secret(&secret.reveal()).is_ok());
        }
    }
}
