//! The site that the home page tries out: both of its keys or neither.

use std::fmt;

use munjigi_captcha::Sitekey;
use munjigi_service::config::Reader;
use zeroize::Zeroizing;

use super::variables;

/// What the home page holds as any integrator does.
#[derive(Clone)]
pub struct Demo {
    /// In the page.
    pub sitekey: Sitekey,
    /// For siteverify.
    pub secret: Zeroizing<String>,
}

/// The secret is not shown.
impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo").field("sitekey", &self.sitekey).finish_non_exhaustive()
    }
}

impl Demo {
    /// Whether there is to be one.
    pub(super) fn is_wanted(reader: &Reader) -> bool {
        reader.is_set(&variables::DEMO_SITEKEY) || reader.is_set(&variables::DEMO_SECRET)
    }

    pub(super) fn from(reader: &mut Reader) -> Option<Self> {
        let sitekey = reader.required(&variables::DEMO_SITEKEY, |text| {
            Sitekey::from_trusted(text).map_err(|_| "not a sitekey like mj_…".to_owned())
        });
        let secret = reader.required(&variables::DEMO_SECRET, |text| {
            let is_secret = text.starts_with("mjs_") && text.len() <= 100;
            if is_secret {
                Ok(Zeroizing::new(text.to_owned()))
            } else {
                Err("not a secret like mjs_…".to_owned())
            }
        });
        Some(Self { sitekey: sitekey?, secret: secret? })
    }
}
