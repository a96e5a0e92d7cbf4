//! Sites that the console itself owns: the demo on the home page, and the
//! widget of its own forms. Both keys of each, or neither.

use std::fmt;

use munjigi_captcha::Sitekey;
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
