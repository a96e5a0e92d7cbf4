//! Counters as tests name them.

use crate::counters::{Crowd, Fleet, Load, Pressure, Usual};

pub const fn load(issued: u32, solved: u32, failed: u32) -> Load {
    Load { issued, solved, failed }
}

/// Counters of the visitor's address alone.
pub const fn address(issued: u32, solved: u32, failed: u32) -> Pressure {
    let load = load(issued, solved, failed);
    Pressure { address: load, client: load, ..CALM }
}

/// A site's load beside what is usual; the address requests 16, and passed
/// before: what a flood costs those who come with it has a table of its own.
pub const fn usual(site: u32, issued: u32) -> Pressure {
    let site_usual = Some(Usual { share: Some(1_024), issued });
    Pressure { site_usual, ..flooded(site, 16) }
}

pub const fn flooded(site: u32, address: u32) -> Pressure {
    let site = load(site, site, 0);
    Pressure { site, address: load(address, address, 0), passed: true, ..CALM }
}

/// Neighbours on this many addresses, and the visitor's own light use.
pub const fn neighbours(addresses: u32, issued: u32, own: u32) -> Pressure {
    let network = Crowd { load: load(issued, 0, issued), members: addresses };
    Pressure { network, ..address(own, own, 0) }
}

pub const fn block(issued: u32, site: u32) -> Pressure {
    let site = load(site, site, 0);
    Pressure { block: load(issued, issued, 0), site, passed: true, ..CALM }
}

pub const fn system(networks: u32, site_networks: u32, share: Option<u16>) -> Pressure {
    let system = Fleet { networks, usual: Some(Usual { share, issued: 0 }) };
    Pressure { site_networks, system, ..CALM }
}

/// The only system of a site, on which 5,000 challenges are usual.
pub const fn usual_system(networks: u32) -> Pressure {
    let usual = Some(Usual { share: Some(1_024), issued: 5_000 });
    Pressure { site_networks: networks, system: Fleet { networks, usual }, ..CALM }
}

pub const fn rented(pressure: Pressure) -> Pressure {
    Pressure { hosting: true, ..pressure }
}

pub const fn fleet(networks: u32, site_networks: u32, share: Option<u16>) -> Pressure {
    let software = Fleet { networks, usual: Some(Usual { share, issued: 0 }) };
    Pressure { site_networks, software, ..CALM }
}

/// The same, recognised by its handshake.
pub const fn handshake(pressure: Pressure) -> Pressure {
    Pressure { handshake: pressure.software, software: CALM.software, ..pressure }
}

pub const fn fallbacks(fallbacks: u32) -> Pressure {
    Pressure { fallbacks, ..CALM }
}

pub const CALM: Pressure = Pressure {
    site: load(0, 0, 0),
    site_networks: 0,
    site_usual: None,
    address: load(0, 0, 0),
    client: load(0, 0, 0),
    trace: 0,
    network: Crowd { load: load(0, 0, 0), members: 0 },
    block: load(0, 0, 0),
    system: Fleet { networks: 0, usual: None },
    hosting: false,
    software: Fleet { networks: 0, usual: None },
    handshake: Fleet { networks: 0, usual: None },
    fallbacks: 0,
    charged: 0,
    expected: None,
    passed: false,
    half_life_seconds: 300,
};
