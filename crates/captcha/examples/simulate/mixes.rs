//! The days that are simulated.

use munjigi_captcha::Address;

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Its name.
    pub name: &'static str,
    /// What happens, as a sentence.
    pub what: &'static str,
    /// Isolates that serve the site.
    pub isolates: usize,
    /// Whether the site begins with the attack, so that nothing is usual there.
    pub is_new: bool,
    /// The attack; `None` on a calm day.
    pub attack: Option<Attack>,
    /// What is asked of the figures.
    pub asked: Asked,
}

/// What is asked of a day's figures, in 100ths of the floor, with an attacker of
/// 64 cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// What the attacker pays on average, at least.
    pub attacker: u32,
    /// The 95th percentile of people's work, at most.
    pub people_95: u32,
    /// The 99th, at most.
    pub people_99: u32,
}

impl Asked {
    const fn of(attacker: u32, people_95: u32) -> Self {
        Self { attacker, people_95, people_99: 400 }
    }
}

/// An attack from the eighth to the twentieth hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attack {
    /// Where attempts come from.
    pub from: From,
    /// What software they show.
    pub software: AttackSoftware,
    /// Whether each attempt reports the same recorded interaction.
    pub recorded: bool,
    /// Milliseconds between attempts, if the work allows it.
    pub every_millis: u64,
    /// What is done with a challenge.
    pub solves: Solves,
    /// When nothing is done for a while.
    pub pauses: Pauses,
}

/// What an attacker does with a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solves {
    /// Solves it.
    All,
    /// Nothing: it was requested to be counted.
    None,
}

/// When an attacker rests, and what is done before the attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pauses {
    /// Never.
    None,
    /// Five minutes of ten.
    Gaps,
    /// Never; each address passes once in the hours before.
    Primed,
}

/// Where attempts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The addresses of one /24.
    Network,
    /// Prefixes of access networks, this many, one address each.
    Residential(u32),
    /// Addresses that a carrier shares among people.
    Carrier,
    /// This many /48s of one IPv6 /32, each with a fresh /64.
    Allocation(u32),
}

/// What software attempts show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttackSoftware {
    /// The same, which no person uses.
    One,
    /// A browser of people, by its number.
    Browser(u32),
    /// Another one each time.
    Random,
    /// Spread as people's is.
    LikePeople,
}

impl From {
    /// The address and the autonomous system of an attempt.
    pub const fn place(self, number: u32) -> (Address, u32) {
        let [_, _, high, low] = number.to_be_bytes();
        match self {
            Self::Network => (Address::V4([198, 51, 100, low]), 64_496),
            Self::Residential(prefixes) => {
                let [_, _, high, low] = (number % prefixes).to_be_bytes();
                (Address::V4([100, high, low, 7]), 4_766 + (low % 4) as u32)
            }
            Self::Carrier => (Address::V4([39, 7, high & 3, low]), 9_644),
            Self::Allocation(networks) => {
                let [_, _, third, fourth] = (number % networks).to_be_bytes();
                let [_, _, fifth, sixth] = (number / networks).to_be_bytes();
                let address = [0x20, 0x01, 0x0d, 0xb8, third, fourth, fifth, sixth];
                (Address::V6(address), 64_501)
            }
        }
    }
}

/// Prefixes of access networks with software of its own, 20 attempts a second.
const FLEET: Attack = Attack {
    from: From::Residential(10_000),
    software: AttackSoftware::One,
    recorded: false,
    every_millis: 50,
    solves: Solves::All,
    pauses: Pauses::None,
};

const RESIDENTIAL: Attack = Attack { software: AttackSoftware::LikePeople, ..FLEET };
const NETWORK: Attack = Attack { from: From::Network, ..FLEET };

const fn day(name: &'static str, what: &'static str, attack: Attack, asked: Asked) -> Mix {
    Mix { name, what, isolates: 8, is_new: false, attack: Some(attack), asked }
}

/// All of them.
pub const MIXES: [Mix; 20] = [
    Mix {
        attack: None,
        ..day("calm", "people alone", FLEET, Asked { attacker: 0, people_95: 100, people_99: 120 })
    },
    day(
        "one network",
        "256 addresses of one /24, 20 attempts a second",
        NETWORK,
        Asked::of(1_000, 200),
    ),
    Mix {
        isolates: 50,
        ..day("fifty locations", "the same through fifty isolates", NETWORK, Asked::of(1_000, 200))
    },
    Mix {
        isolates: 300,
        ..day(
            "three hundred locations",
            "the same through three hundred isolates",
            NETWORK,
            Asked::of(1_000, 200),
        )
    },
    day(
        "residential",
        "10,000 prefixes of access networks with software spread like people's, 20 a second",
        RESIDENTIAL,
        Asked::of(300, 350),
    ),
    day(
        "primed",
        "4,000 of them; each address has passed once in the hours before",
        Attack { from: From::Residential(4_000), pauses: Pauses::Primed, ..RESIDENTIAL },
        Asked::of(300, 200),
    ),
    day(
        "with gaps",
        "10,000 prefixes again, for five minutes of every ten",
        Attack { pauses: Pauses::Gaps, ..RESIDENTIAL },
        Asked::of(200, 350),
    ),
    day(
        "slow and low",
        "1,000 prefixes of access networks, an attempt every two seconds",
        Attack { from: From::Residential(1_000), every_millis: 2_000, ..RESIDENTIAL },
        Asked::of(100, 200),
    ),
    day(
        "replayed traces",
        "2,000 prefixes of access networks, 5 a second, each with the same recorded interaction of a person",
        Attack { from: From::Residential(2_000), recorded: true, every_millis: 200, ..RESIDENTIAL },
        Asked::of(1_000, 200),
    ),
    day(
        "rare software",
        "10,000 prefixes of access networks with one software that no one else uses, 20 a second",
        FLEET,
        Asked::of(1_000, 200),
    ),
    day(
        "random software",
        "the same with other software for each attempt",
        Attack { software: AttackSoftware::Random, ..FLEET },
        Asked::of(300, 200),
    ),
    day(
        "popular software",
        "the same with the software that a quarter of people use",
        Attack { software: AttackSoftware::Browser(0), ..FLEET },
        Asked::of(300, 350),
    ),
    Mix {
        is_new: true,
        ..day(
            "a new site",
            "one software that no one else uses, on a site that began with the attack",
            FLEET,
            Asked::of(300, 400),
        )
    },
    day(
        "an IPv6 allocation",
        "64 networks of one /32, each attempt from a fresh /64, 20 a second",
        Attack { from: From::Allocation(64), ..FLEET },
        Asked::of(1_000, 200),
    ),
    day(
        "an IPv6 allocation like people",
        "the same with software spread like people's",
        Attack { from: From::Allocation(64), ..RESIDENTIAL },
        Asked::of(1_000, 200),
    ),
    day(
        "among neighbours",
        "1,024 addresses that a carrier shares among a tenth of all people, 20 a second",
        Attack { from: From::Carrier, ..FLEET },
        Asked::of(1_000, 400),
    ),
    day(
        "decoys",
        "100 challenges a second from 65,536 networks of one IPv6 /32, with other software each, and none is solved",
        Attack {
            from: From::Allocation(65_536),
            software: AttackSoftware::Random,
            every_millis: 10,
            solves: Solves::None,
            ..FLEET
        },
        Asked::of(0, 120),
    ),
    day(
        "a price-out, unsolved",
        "1,536 networks with a browser that three in a hundred people use, 5 a second, and none is solved",
        Attack {
            from: From::Residential(1_536),
            software: AttackSoftware::Browser(8),
            every_millis: 200,
            solves: Solves::None,
            ..FLEET
        },
        Asked::of(0, 120),
    ),
    day(
        "a price-out, solved",
        "the same, and each is solved",
        Attack {
            from: From::Residential(1_536),
            software: AttackSoftware::Browser(8),
            every_millis: 200,
            ..FLEET
        },
        Asked::of(300, 200),
    ),
    day(
        "two requests a second",
        "25 addresses in 7 networks, two requests a second, and none is solved",
        Attack {
            from: From::Residential(25),
            software: AttackSoftware::LikePeople,
            every_millis: 500,
            solves: Solves::None,
            ..FLEET
        },
        Asked::of(0, 120),
    ),
];

/// What any attack may be accompanied by: 60,000 networks in ten minutes that
/// solve nothing.
pub const DECOYS: Attack = Attack {
    from: From::Allocation(65_536),
    software: AttackSoftware::Random,
    every_millis: 10,
    solves: Solves::None,
    ..FLEET
};
