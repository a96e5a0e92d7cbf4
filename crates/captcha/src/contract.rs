//! Contract suites of the ports, and fakes in memory that are held to them.
//! Every adapter runs the same suites: `redemption_store(async || …, at)`.

mod memory;
mod meter;
pub mod packs;
mod prices;
mod redemptions;
mod world;

use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::future::poll_fn;

pub use memory::{Admitted, Fault, MemoryMeter, MemoryPrices, MemoryRedemptions, MemorySites};
pub use meter::meter;
pub use prices::price_store;
pub use redemptions::{At, TOKEN_FACTS_BYTES, redeem, redemption_store, row, token_facts};
pub use world::{FIREFOX, ROOT_A, ROOT_B, World, answering, authority, site_config};

/// Runs many futures concurrently under any executor: polls each in turn until
/// all are done.
pub async fn together<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<Pin<Box<_>>> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = running.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, slot) in running.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// Runs a future of the fakes, which are always ready to be polled again.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Yields once to the other futures.
async fn give_way() {
    let mut gave = false;
    poll_fn(|context| {
        if gave {
            return Poll::Ready(());
        }
        gave = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use munjigi_keys::UnixMillis;

    const NOW: UnixMillis = UnixMillis::from_seconds(1_763_623_800);

    #[test]
    fn the_fake_keeps_the_contract_of_redemptions() {
        block_on(redemption_store(
            async || MemoryRedemptions::new(NOW),
            At { now: NOW, store: 64 },
        ));
    }

    #[test]
    fn the_fake_keeps_the_contract_of_meters() {
        block_on(meter(async || MemoryMeter::new(300, NOW), NOW));
    }

    #[test]
    fn the_fake_keeps_the_contract_of_prices() {
        block_on(price_store(async || MemoryPrices::new(NOW)));
    }
}
