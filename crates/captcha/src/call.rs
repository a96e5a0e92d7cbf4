//! What every route is handed besides its request.

use munjigi_keys::UnixMillis;

use crate::authority::Authority;
use crate::site::Site;
use crate::visit::Visit;

/// One call of a route: by whose keys, of which site, from where, when.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The edge's keys.
    pub authority: &'a Authority,
    /// The site.
    pub site: &'a Site,
    /// The request as the edge sees it.
    pub visit: &'a Visit,
    /// The time.
    pub now: UnixMillis,
}
