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
    /// The attack; `None` on a calm day.
    pub attack: Option<Attack>,
}

/// An attack from the eighth to the twentieth hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attack {
    /// Where attempts come from.
    pub from: From,
    /// What software they show.
    pub software: Software,
    /// Whether each attempt reports the same recorded interaction.
    pub recorded: bool,
    /// Milliseconds between attempts, if the work allows it.
    pub every_millis: u64,
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
}

/// What software attempts show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// The same, which no person uses.
    One,
    /// Spread as people's is.
    LikePeople,
}

impl From {
    /// The address and the autonomous system of an attempt.
    pub const fn place(self, number: u32) -> (Address, u32) {
        let [_, high, middle, low] = number.to_be_bytes();
        match self {
            Self::Network => (Address::V4([198, 51, 100, low]), 64_496),
            Self::Residential(prefixes) => {
                let [_, _, high, low] = (number % prefixes).to_be_bytes();
                (Address::V4([100, high, low, middle]), 4_766 + (low % 4) as u32)
            }
            Self::Carrier => (Address::V4([39, 7, high & 3, low]), 9_644),
        }
    }
}

/// All of them.
pub const MIXES: [Mix; 8] = [
    Mix { name: "calm", what: "people alone", isolates: 8, attack: None },
    Mix {
        name: "one network",
        what: "256 addresses of one /24, 20 attempts a second",
        isolates: 8,
        attack: Some(Attack {
            from: From::Network,
            software: Software::One,
            recorded: false,
            every_millis: 50,
        }),
    },
    Mix {
        name: "fifty locations",
        what: "the same through fifty isolates",
        isolates: 50,
        attack: Some(Attack {
            from: From::Network,
            software: Software::One,
            recorded: false,
            every_millis: 50,
        }),
    },
    Mix {
        name: "residential",
        what: "10,000 prefixes of access networks with software spread like people's, 20 a second",
        isolates: 8,
        attack: Some(Attack {
            from: From::Residential(10_000),
            software: Software::LikePeople,
            recorded: false,
            every_millis: 50,
        }),
    },
    Mix {
        name: "slow and low",
        what: "1,000 prefixes of access networks, an attempt every two seconds",
        isolates: 8,
        attack: Some(Attack {
            from: From::Residential(1_000),
            software: Software::LikePeople,
            recorded: false,
            every_millis: 2_000,
        }),
    },
    Mix {
        name: "replayed traces",
        what: "2,000 prefixes of access networks, 5 a second, each with the same recorded interaction of a person",
        isolates: 8,
        attack: Some(Attack {
            from: From::Residential(2_000),
            software: Software::LikePeople,
            recorded: true,
            every_millis: 200,
        }),
    },
    Mix {
        name: "identical fleet",
        what: "10,000 prefixes of access networks with one software, 20 a second",
        isolates: 8,
        attack: Some(Attack {
            from: From::Residential(10_000),
            software: Software::One,
            recorded: false,
            every_millis: 50,
        }),
    },
    Mix {
        name: "among neighbours",
        what: "1,024 addresses that a carrier shares among a tenth of all people, 20 a second",
        isolates: 8,
        attack: Some(Attack {
            from: From::Carrier,
            software: Software::One,
            recorded: false,
            every_millis: 50,
        }),
    },
];
