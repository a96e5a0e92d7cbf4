//! Contract suites of the ports, and a platform in memory that passes them.
//! Every adapter runs the same suites, including those of `munjigi-captcha`;
//! [`answer`] runs all of them on a platform's stores.

mod control_store;
mod images;
mod memory;
mod route;
mod values;

pub use control_store::control_store;
pub use images::images;
pub use memory::{Memory, MemoryImages, MemoryRequest, MemoryStore, MemoryValues};
pub use route::{PATH, answer};
pub use values::values;

#[cfg(test)]
mod tests {
    use munjigi_captcha::contract::{At, block_on, price_store, redemption_store};
    use munjigi_keys::UnixMillis;

    use super::*;

    const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

    #[test]
    fn values_in_memory_keep_the_contract() {
        block_on(values(&MemoryValues::default(), "a"));
    }

    #[test]
    fn images_in_memory_keep_the_contract() {
        block_on(images(&MemoryImages::default(), "a"));
    }

    #[test]
    fn redemptions_in_memory_keep_all_three_contracts() {
        let (fresh, at) = (async || MemoryStore::new(NOW), At { now: NOW, store: 64 });
        block_on(redemption_store(fresh, at));
        block_on(price_store(fresh));
        block_on(control_store(fresh, at));
    }
}
