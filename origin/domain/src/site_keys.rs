//! The keys that a site gets: its sitekey, its name in a vendor's shape where
//! its pages came from there, and secrets of the same shape, for clients that
//! look at a key before they send it.

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

/// The other names of a new site: one in a vendor's shape, or none.
pub fn aliases(check: &KeyCheck, entropy: &Entropy, vendor: Option<Vendor>) -> Vec<String> {
    let draw = |vendor| entropy.with(|generator| check.mint_alias(vendor, generator)).to_string();
    vendor.map(draw).into_iter().collect()
}

/// A secret in the shape that a site's secrets have.
pub fn secret(check: &KeyCheck, entropy: &Entropy, aliases: &[String]) -> Secret {
    entropy.with(|generator| check.mint_secret_of(shape(aliases), generator))
}

/// The sitekey that stands in the site's pages.
pub fn public(config: &SiteConfig) -> &str {
    config.aliases.first().map_or(&config.sitekey, String::as_str)
}

/// Whose shape a site's keys have; `None` for ours.
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
