//! Which sites of an edge's own settings its origin has taken over. A note of
//! each: the origin publishes several at a time, and a list would lose some.

use munjigi_captcha::ports::StoreError;

use crate::ports::Values;

/// The key of the list of sitekeys that were published from an edge's own
/// settings.
pub const OWN_SITES_KEY: &str = "own-sites";

/// The key of the note about a site.
fn key(sitekey: &str) -> String {
    format!("handed-over:{sitekey}")
}

/// The origin is about to publish a site, or to delete it: if it came from the
/// edge's own settings, it is the origin's from now on.
///
/// # Errors
///
/// The store does not respond.
pub async fn hand_over<V: Values>(values: &V, sitekey: &str) -> Result<(), StoreError> {
    let own = values.load(OWN_SITES_KEY).await?.unwrap_or_default();
    if own.split_whitespace().any(|own| own == sitekey) {
        values.store(&key(sitekey), "").await?;
    }
    Ok(())
}

/// Whether the origin has taken a site over.
///
/// # Errors
///
/// The store does not respond.
pub async fn is_handed_over<V: Values>(values: &V, sitekey: &str) -> Result<bool, StoreError> {
    Ok(values.load(&key(sitekey)).await?.is_some())
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::contract::block_on;

    use super::*;
    use crate::contract::MemoryValues;

    #[test]
    fn only_a_site_of_the_edges_own_settings_is_noted() {
        let values = MemoryValues::default();
        block_on(values.store(OWN_SITES_KEY, "mj_a mj_b")).unwrap();
        for sitekey in ["mj_b", "mj_c"] {
            block_on(hand_over(&values, sitekey)).unwrap();
        }
        let noted =
            ["mj_a", "mj_b", "mj_c"].map(|sitekey| block_on(is_handed_over(&values, sitekey)));
        assert_eq!(noted, [Ok(false), Ok(true), Ok(false)]);
    }
}
