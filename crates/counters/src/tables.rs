//! A table for each kind of name.

use serde::{Deserialize, Serialize};

use super::sketch::{HyperLogLog, LinearCount};
use super::table::{Counts, Share, Table};
use super::{CounterEvent, Payer};

/// What a name in the counters is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A site; seen with it: networks of visitors who were not charged.
    Site,
    /// Attempts of a site that were admitted with SHA-256.
    Fallback,
    /// An address on a site.
    Address,
    /// An address with one software on a site: several people share an address
    /// where a carrier or an office translates them.
    Client,
    /// A network on a site; seen with it: addresses.
    Network,
    /// A /56 of IPv6 on a site.
    Subnet,
    /// A block of networks on a site.
    Block,
    /// An autonomous system on a site; seen with it: networks.
    System,
    /// An interaction on a site: one that was recorded looks the same again.
    Trace,
    /// The software of clients on a site, by headers or by handshake; seen with
    /// it: networks.
    Software,
}

impl Kind {
    /// Whether many people share such a name: only what was solved counts there.
    pub const fn is_shared(self) -> bool {
        !matches!(self, Self::Address | Self::Client | Self::Network)
    }
}

/// A table for each kind.
#[derive(Debug)]
pub struct Tables {
    sites: Table<HyperLogLog>,
    fallbacks: Table<()>,
    addresses: Table<()>,
    clients: Table<()>,
    traces: Table<()>,
    networks: Table<LinearCount>,
    subnets: Table<()>,
    blocks: Table<()>,
    systems: Table<HyperLogLog>,
    stacks: Table<HyperLogLog>,
}

impl Tables {
    /// Empty tables.
    pub fn new() -> Self {
        Self {
            sites: Table::new(2_048),
            fallbacks: Table::new(1_024),
            addresses: Table::new(16_384),
            clients: Table::new(16_384),
            traces: Table::new(8_192),
            networks: Table::new(16_384),
            subnets: Table::new(8_192),
            blocks: Table::new(4_096),
            systems: Table::new(2_048),
            stacks: Table::new(4_096),
        }
    }

    /// Counts an attempt that was solved, seen with the network that it came
    /// from. Returns how many events of the name no meter was told.
    pub fn note_solved(
        &mut self,
        (kind, key, share): (Kind, u64, Share),
        payer: Payer,
        network: u64,
        tick: u64,
    ) -> u32 {
        // A site's networks are those of people.
        let seen = Some(network).filter(|_| kind != Kind::Site || payer != Payer::Charged);
        self.change(kind).note(key, share, CounterEvent::Solved(payer), seen, tick)
    }

    /// The table of a kind.
    pub const fn of(&self, kind: Kind) -> &dyn Counts {
        match kind {
            Kind::Site => &self.sites,
            Kind::Fallback => &self.fallbacks,
            Kind::Address => &self.addresses,
            Kind::Client => &self.clients,
            Kind::Trace => &self.traces,
            Kind::Network => &self.networks,
            Kind::Subnet => &self.subnets,
            Kind::Block => &self.blocks,
            Kind::System => &self.systems,
            Kind::Software => &self.stacks,
        }
    }

    /// The same, to be changed.
    pub const fn change(&mut self, kind: Kind) -> &mut dyn Counts {
        match kind {
            Kind::Site => &mut self.sites,
            Kind::Fallback => &mut self.fallbacks,
            Kind::Address => &mut self.addresses,
            Kind::Client => &mut self.clients,
            Kind::Trace => &mut self.traces,
            Kind::Network => &mut self.networks,
            Kind::Subnet => &mut self.subnets,
            Kind::Block => &mut self.blocks,
            Kind::System => &mut self.systems,
            Kind::Software => &mut self.stacks,
        }
    }
}
