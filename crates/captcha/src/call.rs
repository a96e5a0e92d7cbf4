//! What every route receives besides its request.

use munjigi_keys::UnixMillis;

use crate::authority::Authority;
use crate::site::Site;
use crate::visit::Visit;

/// The context of one call: which keys, which site, from where, and when.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The edge's keys.
    pub authority: &'a Authority,
    /// The site that the request is for.
    pub site: &'a Site,
    /// The request as the edge sees it.
    pub visit: &'a Visit,
    /// When the edge received the request.
    pub now: UnixMillis,
}
