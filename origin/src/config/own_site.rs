//! Sites that the console itself owns: the demo on the home page, and the
//! widget of its own forms. Both keys of each, or neither.

use std::fmt;

use munjigi_captcha::Sitekey;
use munjigi_process::config::{Reader, Variable};
use zeroize::Zeroizing;

/// A site of ours with its keys, like any integrator's.
#[derive(Clone)]
pub struct OwnSite {
    /// For the page.
    pub sitekey: Sitekey,
    /// For siteverify.
    pub secret: Zeroizing<String>,
}

/// The secret is not shown.
impl fmt::Debug for OwnSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnSite").field("sitekey", &self.sitekey).finish_non_exhaustive()
    }
}

impl OwnSite {
    /// The outer `None` means that its variables are wrong, the inner one that
    /// there is no such site.
    #[expect(clippy::option_option, reason = "the outer one is the reader's: mistakes were told")]
    pub(super) fn read(
        reader: &mut Reader,
        sitekey: &'static Variable,
        secret: &'static Variable,
    ) -> Option<Option<Self>> {
        if !reader.is_set(sitekey) && !reader.is_set(secret) {
            return Some(None);
        }
        let sitekey = reader.required(sitekey, |text| {
            Sitekey::from_trusted(text).map_err(|_| "must be a sitekey such as mj_…".to_owned())
        });
        let secret = reader.required(secret, |text| {
            let is_secret = text.starts_with("mjs_") && text.len() <= 100;
            if is_secret {
                Ok(Zeroizing::new(text.to_owned()))
            } else {
                Err("must be a secret such as mjs_…".to_owned())
            }
        });
        Some(Some(Self { sitekey: sitekey?, secret: secret? }))
    }
}
