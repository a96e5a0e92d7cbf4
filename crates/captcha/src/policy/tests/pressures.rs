//! Counters as tests name them.

use munjigi_counters::{Crowd, Fleet, Load, Part, Pressure, Usual};

pub const fn load(issued: u32, solved: u32, failed: u32) -> Load {
    Load { issued, solved, failed, ..Load::NONE }
}

/// Counters of the visitor's address alone.
pub const fn address(issued: u32, solved: u32, failed: u32) -> Pressure {
    let load = load(issued, solved, failed);
    Pressure { address: load, client: load, ..CALM }
}

/// A site's people beside what is usual; the address requests 16, and passed
/// before: what a flood costs those who come with it has a table of its own.
pub const fn usual(site: u32, people: u32) -> Pressure {
    let site_usual = Some(Usual { share: Some(u16::MAX), people: Some(people) });
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

/// A share of people in thousandths, as counters have it.
pub fn permille(part: u32) -> Option<u16> {
    u16::try_from((part * 65_536 + 500) / 1_000).ok()
}

/// What a block solved, on a site where so many passed.
pub const fn block(solved: u32, site: u32, share: Option<u16>) -> Pressure {
    let site = load(site, site, 0);
    let block = Part { load: load(0, solved, 0), networks: 16, share, prior: None };
    Pressure { block, site, passed: true, ..CALM }
}

/// Networks of a system, each of which solved once.
pub const fn system(networks: u32, site_networks: u32, share: Option<u16>) -> Pressure {
    let system = Part { load: load(0, networks, 0), networks, share, prior: None };
    let site = load(0, site_networks, 0);
    Pressure { site, site_networks, system, passed: true, ..CALM }
}

/// A system with a few networks, which solved so many times.
pub const fn carrier(solved: u32, site: u32, share: Option<u16>) -> Pressure {
    let system = Part { load: load(0, solved, 0), networks: 16, share, prior: None };
    Pressure { site: load(0, site, 0), site_networks: site / 2, system, passed: true, ..CALM }
}

pub const fn subnet(solved: u32) -> Pressure {
    Pressure { subnet: load(0, solved, 0), ..CALM }
}

pub const fn rented(pressure: Pressure) -> Pressure {
    Pressure { hosting: true, ..pressure }
}

/// Networks with one software, beside those of people.
pub const fn fleet(networks: u32, site_networks: u32, share: Option<u16>) -> Pressure {
    Pressure { site_networks, software: Fleet { networks, share, prior: None }, ..CALM }
}

/// The same with other software for each visit.
pub const fn random(pressure: Pressure) -> Pressure {
    Pressure { rare: pressure.software, software: CALM.software, ..pressure }
}

/// The same, recognised by its handshake.
pub const fn handshake(pressure: Pressure) -> Pressure {
    Pressure { handshake: pressure.software, software: CALM.software, ..pressure }
}

pub const fn fallbacks(fallbacks: u32) -> Pressure {
    Pressure { fallbacks, ..CALM }
}

pub const CALM: Pressure = Pressure {
    site: Load::NONE,
    site_networks: 0,
    site_usual: None,
    address: Load::NONE,
    client: Load::NONE,
    trace: 0,
    network: Crowd { load: Load::NONE, members: 0 },
    subnet: Load::NONE,
    block: Part { load: Load::NONE, networks: 0, share: None, prior: None },
    system: Part { load: Load::NONE, networks: 0, share: None, prior: None },
    hosting: false,
    software: Fleet { networks: 0, share: None, prior: None },
    handshake: Fleet { networks: 0, share: None, prior: None },
    rare: Fleet { networks: 0, share: None, prior: None },
    fallbacks: 0,
    expected: None,
    passed: false,
    half_life_seconds: 300,
};
