//! A token becomes a clearance, once.

use munjigi_keys::UnixMillis;
use munjigi_protocol::Level;
use rand_core::CryptoRng;

use super::{Clearance, Holder};
use crate::authority::Authority;
use crate::policy::{PICTURED, instead_of_picture};
use crate::ports::RedemptionStore;
use crate::site::Site;
use crate::siteverify::{Reason, spend_here};
use crate::visit::Visit;

/// Spends a token of the site and gives its holder clearance. The level is what
/// the token was earned by. Each token gives one: a browser that lost the answer
/// solves another challenge.
///
/// # Errors
///
/// Why the token was not accepted, as siteverify says it.
pub async fn redeem<R: RedemptionStore>(
    authority: &Authority,
    site: &Site,
    store: &R,
    token: &str,
    (holder, visit): (Holder, &Visit),
    now: UnixMillis,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Clearance, Reason> {
    let claims = spend_here(authority, site, store, token, now, rng).await?;
    // A site without pictures, and browsers without WebAssembly, pay instead.
    let has_paid = claims.action.as_str() == PICTURED
        && claims.paid >= instead_of_picture(site, claims.algorithm);
    let level = if claims.stepped || has_paid { Level::Pictured } else { Level::Worked };
    let shown = (Some(claims.score), claims.signs);
    Ok(Clearance::new(authority, (site.sitekey, level), shown, (holder, visit), now, rng))
}
