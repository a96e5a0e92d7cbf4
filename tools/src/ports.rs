//! Free loopback ports, below the range from which the kernel takes ports for
//! outgoing connections: a service that is killed under load must find its own
//! port free again.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port without a listener that this process returns only once.
///
/// Processes start at different numbers, so that parallel test binaries rarely
/// collide.
#[must_use]
pub fn free() -> u16 {
    let offset = std::process::id().wrapping_mul(97);
    loop {
        let number = offset.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if let Ok(port) = u16::try_from(FIRST + number)
            && is_free(port)
        {
            return port;
        }
    }
}

/// Whether a listener can be opened on this loopback port.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_given_out_once() {
        assert_ne!(free(), free());
    }
}
