//! Reads the keys of the sites that the console itself owns.

use munjigi_app::settings::OwnSite;
use munjigi_captcha::Sitekey;
use munjigi_process::config::{Reader, Variable};
use zeroize::Zeroizing;

/// The outer `None` means that its variables are wrong, the inner one that
/// there is no such site.
#[expect(clippy::option_option, reason = "the outer one is the reader's: mistakes were told")]
pub(super) fn read_own_site(
    reader: &mut Reader,
    sitekey: &'static Variable,
    secret: &'static Variable,
) -> Option<Option<OwnSite>> {
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
    Some(Some(OwnSite { sitekey: sitekey?, secret: secret? }))
}
