//! Every `MUNJIGI_*` variable of the whole product, once. The origin knows
//! the edge's too, so that one environment may serve both.

/// A variable.
#[derive(Debug)]
pub struct Variable {
    /// Its full name.
    pub name: &'static str,
    /// Who reads it.
    pub who: &'static [Who],
    /// Whether its value is secret. At the origin it may then come from the
    /// file that `NAME_FILE` names.
    pub secret: bool,
    /// The value where it is not set.
    pub default: Option<&'static str>,
    /// What it is for.
    pub meaning: &'static str,
}

/// Who reads a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// `munjigi`.
    Origin,
    /// The Worker.
    Edge,
    /// Scripts for building and testing.
    Tools,
}

impl Who {
    /// For the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Edge => "edge",
            Self::Tools => "tools",
        }
    }
}

pub const DATABASE_URL: Variable = Variable {
    name: "MUNJIGI_DATABASE_URL",
    who: &[Who::Origin, Who::Tools],
    secret: true,
    default: None,
    meaning: "Postgres 17: postgres://name:password@host:5432/database",
};
pub const DATABASE_CONNECTIONS: Variable = Variable {
    name: "MUNJIGI_DATABASE_CONNECTIONS",
    who: &[Who::Origin],
    secret: false,
    default: Some("10"),
    meaning: "most connections that one origin holds to Postgres",
};
pub const EDGE_URL: Variable = Variable {
    name: "MUNJIGI_EDGE_URL",
    who: &[Who::Origin],
    secret: false,
    default: None,
    meaning: "the edge's address: https://captcha.example",
};
pub const INTERNAL_KEYS: Variable = Variable {
    name: "MUNJIGI_INTERNAL_KEYS",
    who: &[Who::Origin, Who::Edge],
    secret: true,
    default: None,
    meaning: "key ring that signs calls between edge and origin (`munjigi keys generate`)",
};
pub const KEY_CHECK: Variable = Variable {
    name: "MUNJIGI_KEY_CHECK",
    who: &[Who::Origin, Who::Edge],
    secret: true,
    default: None,
    meaning: "key that marks sitekeys and secrets as ours (`munjigi keys generate`)",
};
pub const LISTEN: Variable = Variable {
    name: "MUNJIGI_LISTEN",
    who: &[Who::Origin],
    secret: false,
    default: Some("127.0.0.1:8080"),
    meaning: "address and port that the origin listens on",
};
pub const EVENT_RETENTION_DAYS: Variable = Variable {
    name: "MUNJIGI_EVENT_RETENTION_DAYS",
    who: &[Who::Origin],
    secret: false,
    default: Some("90"),
    meaning: "days that redeemed tokens and minute counts are kept; hourly roll-ups stay",
};
pub const LOG: Variable = Variable {
    name: "MUNJIGI_LOG",
    who: &[Who::Origin],
    secret: false,
    default: Some("info"),
    meaning: "what is logged: error, warn, info, debug, or a filter such as info,sqlx=warn",
};
pub const LOG_FORMAT: Variable = Variable {
    name: "MUNJIGI_LOG_FORMAT",
    who: &[Who::Origin],
    secret: false,
    default: Some("auto"),
    meaning: "json, text, or auto: text on a terminal, JSON elsewhere",
};

/// Every variable.
pub const VARIABLES: &[Variable] = &[
    DATABASE_URL,
    DATABASE_CONNECTIONS,
    EDGE_URL,
    INTERNAL_KEYS,
    KEY_CHECK,
    LISTEN,
    EVENT_RETENTION_DAYS,
    LOG,
    LOG_FORMAT,
    Variable {
        name: "MUNJIGI_PROBE_SECRET",
        who: &[Who::Origin],
        secret: false,
        default: None,
        meaning: "the secret of `munjigi probe`, so that it stays out of the process list",
    },
    Variable {
        name: "MUNJIGI_ROOT_KEYS",
        who: &[Who::Edge],
        secret: true,
        default: None,
        meaning: "key ring that seals challenges and tokens; keep it away from the origin",
    },
    Variable {
        name: "MUNJIGI_ORIGIN_URL",
        who: &[Who::Edge],
        secret: false,
        default: None,
        meaning: "where the edge delivers its events",
    },
    Variable {
        name: "MUNJIGI_SHARDS",
        who: &[Who::Edge],
        secret: false,
        default: Some("8"),
        meaning: "redemption objects; further numbers are earlier counts that still hold rows",
    },
    Variable {
        name: "MUNJIGI_COUNTER_HALF_LIFE_SECONDS",
        who: &[Who::Edge],
        secret: false,
        default: Some("300"),
        meaning: "how fast the counters of the policy forget",
    },
    Variable {
        name: "MUNJIGI_LOCAL",
        who: &[Who::Edge],
        secret: false,
        default: None,
        meaning: "1 on a developer's machine only: permits load-test sites without limits",
    },
    Variable {
        name: "MUNJIGI_BUILD",
        who: &[Who::Tools],
        secret: false,
        default: None,
        meaning: "while building: what /version says it was built from; else the commit",
    },
    Variable {
        name: "MUNJIGI_REQUIRE",
        who: &[Who::Tools],
        secret: false,
        default: None,
        meaning: "parts whose absence fails a test instead of skipping it: chromium,firefox,…",
    },
    Variable {
        name: "MUNJIGI_EDGE_PORT",
        who: &[Who::Tools],
        secret: false,
        default: Some("8787"),
        meaning: "port of the edge under `scripts/dev`",
    },
    Variable {
        name: "MUNJIGI_ORIGIN_PORT",
        who: &[Who::Tools],
        secret: false,
        default: Some("8080"),
        meaning: "port of the origin under `scripts/dev`",
    },
    Variable {
        name: "MUNJIGI_EXAMPLE_PORT",
        who: &[Who::Tools],
        secret: false,
        default: Some("8788"),
        meaning: "port of the example shop under `scripts/dev`",
    },
    Variable {
        name: "MUNJIGI_CHROMIUM",
        who: &[Who::Tools],
        secret: false,
        default: None,
        meaning: "path of the Chromium or Chrome that tests drive",
    },
    Variable {
        name: "MUNJIGI_FIREFOX",
        who: &[Who::Tools],
        secret: false,
        default: None,
        meaning: "path of the Firefox that tests drive",
    },
    Variable {
        name: "MUNJIGI_WEBKIT",
        who: &[Who::Tools],
        secret: false,
        default: None,
        meaning: "path of WebKitGTK's MiniBrowser that tests drive",
    },
    Variable {
        name: "MUNJIGI_WEBKIT_DRIVER",
        who: &[Who::Tools],
        secret: false,
        default: None,
        meaning: "path of WebKitWebDriver",
    },
    Variable {
        name: "MUNJIGI_XVFB",
        who: &[Who::Tools],
        secret: false,
        default: None,
        meaning: "path of Xvfb, the display of WebKit's tests",
    },
];
