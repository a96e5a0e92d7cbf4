//! The edge's variables and secrets, parsed once per process from a lookup that
//! is passed in. Without a valid configuration nothing is served; the log names
//! every invalid variable, but never its value.

use core::fmt;

use munjigi_captcha::{Authority, KeyCheck};
use munjigi_keys::KeyRing;
use munjigi_keys::signature::{Audience, AudienceKeys, CallKeys};
use munjigi_protocol::base_path;

/// Maximum total of all shard counts: on Workers, publishing and the cron
/// trigger call the object of each shard, those for nonces and the store of
/// sites, and the platform aborts after more than 1,000 calls.
const MAX_SHARDS: u16 = 900;
/// A rotation of the shard count needs two.
const MAX_SHARD_COUNTS: usize = 4;

/// Every variable: its name, its default, and what it is for. The table in the
/// documentation is generated from this.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "MUNJIGI_ROOT_KEYS",
        default: None,
        about: "Secret. Ring `kid:base64,…` that seals challenges and tokens; the first key seals, all keys open.",
    },
    Variable {
        name: "MUNJIGI_INTERNAL_KEYS",
        default: None,
        about: "Secret. Keys that sign calls between edge and origin, `edge/kid:key,…,origin/kid:key,…`: the output of `munjigi keys derive edge`.",
    },
    Variable {
        name: "MUNJIGI_KEY_CHECK",
        default: None,
        about: "Secret. 32 bytes that identify well-formed sitekeys and secrets.",
    },
    Variable {
        name: "MUNJIGI_ORIGIN_URL",
        default: Some(""),
        about: "Scheme and host of the origin. If empty, events are queued and counts are dropped.",
    },
    Variable {
        name: "MUNJIGI_BASE_PATH",
        default: Some(""),
        about: "Path below which visitors reach the edge on a host that serves other things too: `/captcha`. Empty: at the top.",
    },
    Variable {
        name: "MUNJIGI_SHARDS",
        default: Some("8"),
        about: "Number of redemption objects. Earlier numbers whose objects still hold rows follow, separated by commas. At most 900 in total.",
    },
    Variable {
        name: "MUNJIGI_COUNTER_HALF_LIFE_SECONDS",
        default: Some("300"),
        about: "Seconds over which the counters that raise the work decay: 1 to 86400.",
    },
    Variable {
        name: "MUNJIGI_LOCAL",
        default: Some("0"),
        about: "`1` on a developer's machine only: sites with `exempt` have no limits.",
    },
    Variable {
        name: "MUNJIGI_LOG_REQUESTS",
        default: Some("0"),
        about: "`1`: a line in the log for every request, not only for failures of the service.",
    },
];

/// One variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The name of the variable.
    pub name: &'static str,
    /// The value if the variable is not set; `None`: it is required.
    pub default: Option<&'static str>,
    pub about: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Those that failed through our fault.
    Failures,
    /// Every request.
    Requests,
}

/// Whether this edge runs on a developer's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// In production.
    Production,
    /// On a developer's machine: exempt sites are honoured.
    Development,
}

pub struct Config {
    /// Derived keys of the sealing ring.
    pub authority: Authority,
    /// Keys for signatures between edge and origin.
    pub calls: Calls,
    /// Kids of the sealing ring, the one that seals first.
    pub root_kids: Vec<String>,
    /// The origin's base address, without a trailing slash; `None` if there is
    /// no origin.
    pub origin_url: Option<String>,
    /// Path below which visitors reach the edge, `/captcha`; empty at the top of
    /// its host.
    pub base_path: String,
    /// Shard counts, the current one first.
    pub shards: Vec<u16>,
    /// Half-life of the counters.
    pub counter_half_life_seconds: u32,
    pub environment: Environment,
    pub verbosity: Verbosity,
    /// The sitekey that a check of clearance means which names none: that of an
    /// edge with one site.
    pub only_site: Option<String>,
}

/// The keys of both directions.
pub struct Calls {
    /// Verify the origin's calls to us.
    pub in_keys: AudienceKeys,
    /// Sign our calls to the origin.
    pub out_keys: AudienceKeys,
    /// Whether they were derived here, from a ring that the edge does not need
    /// to have.
    pub from_ring: bool,
}

/// What is wrong with one variable. Never contains its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The name of the variable.
    pub variable: String,
    /// What is wrong and what would be valid.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.problem)
    }
}

impl Config {
    /// Parses everything and reports every mistake. `names` are the variables
    /// in the environment.
    pub fn parse(
        lookup: impl Fn(&str) -> Option<String>,
        names: impl IntoIterator<Item = String>,
    ) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        for name in names {
            let known = VARIABLES.iter().any(|variable| variable.name == name);
            if name.starts_with("MUNJIGI_") && !known {
                let problem = "unknown variable; is it misspelt?".to_owned();
                mistakes.push(Mistake { variable: name, problem });
            }
        }
        let mut reader = Reader { lookup, mistakes };
        let root = reader.read("MUNJIGI_ROOT_KEYS", KeyRing::parse);
        let calls = reader.read("MUNJIGI_INTERNAL_KEYS", calls);
        let check = reader.read("MUNJIGI_KEY_CHECK", KeyCheck::parse);
        let origin_url = reader.read("MUNJIGI_ORIGIN_URL", origin);
        let base_path = reader.read("MUNJIGI_BASE_PATH", base_path);
        let shards = reader.read("MUNJIGI_SHARDS", shards);
        let half_life = reader.read("MUNJIGI_COUNTER_HALF_LIFE_SECONDS", half_life);
        let environment = reader.read("MUNJIGI_LOCAL", environment);
        let verbosity = reader.read("MUNJIGI_LOG_REQUESTS", verbosity);
        match (root, calls, check, origin_url, base_path, shards, half_life, environment, verbosity)
        {
            (
                Some(root),
                Some(calls),
                Some(check),
                Some(origin_url),
                Some(base_path),
                Some(shards),
                Some(counter_half_life_seconds),
                Some(environment),
                Some(verbosity),
            ) if reader.mistakes.is_empty() => Ok(Self {
                root_kids: root.kids().map(|kid| kid.to_string()).collect(),
                authority: Authority::new(&root, check),
                calls,
                origin_url,
                base_path,
                shards,
                counter_half_life_seconds,
                environment,
                verbosity,
                only_site: None,
            }),
            _ => Err(reader.mistakes),
        }
    }
}

struct Reader<L> {
    lookup: L,
    mistakes: Vec<Mistake>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn read<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let default = VARIABLES.iter().find(|variable| variable.name == name)?.default;
        let result = match ((self.lookup)(name), default) {
            (Some(text), _) => parse(&text).map_err(|error| error.to_string()),
            (None, Some(default)) => parse(default).map_err(|error| error.to_string()),
            (None, None) => Err("is not set".to_owned()),
        };
        result
            .map_err(|problem| self.mistakes.push(Mistake { variable: name.into(), problem }))
            .ok()
    }
}

fn calls(text: &str) -> Result<Calls, String> {
    let keys = CallKeys::parse(text).map_err(|error| error.to_string())?;
    let of = |audience: Audience| {
        let keys = keys.of(audience).cloned();
        keys.ok_or_else(|| format!("no entry starts with {}/", audience.as_str()))
    };
    Ok(Calls {
        in_keys: of(Audience::Edge)?,
        out_keys: of(Audience::Origin)?,
        from_ring: keys.is_ring(),
    })
}

fn origin(text: &str) -> Result<Option<String>, &'static str> {
    const RULE: &str = "must be http:// or https:// and a host, without a path; or empty";
    if text.is_empty() {
        return Ok(None);
    }
    let base = text.strip_suffix('/').unwrap_or(text);
    let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    let host = host.filter(|host| !host.is_empty()).ok_or(RULE)?;
    // Only the characters of host and port: no credentials, no path.
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    if plain { Ok(Some(base.to_owned())) } else { Err(RULE) }
}

fn shards(text: &str) -> Result<Vec<u16>, &'static str> {
    const RULE: &str = "must be numbers of at least 1 with commas, each once, at most four";
    const SUM: &str = "must be at most 900 objects, those of earlier counts included";
    let mut counts = Vec::new();
    for part in text.split(',') {
        let count: u16 = part.trim().parse().map_err(|_| RULE)?;
        let repeated = counts.contains(&count);
        if count == 0 || repeated || counts.len() == MAX_SHARD_COUNTS {
            return Err(RULE);
        }
        counts.push(count);
    }
    let objects: u32 = counts.iter().copied().map(u32::from).sum();
    if objects > u32::from(MAX_SHARDS) { Err(SUM) } else { Ok(counts) }
}

fn half_life(text: &str) -> Result<u32, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    seconds.ok_or("must be a number of seconds from 1 to 86400")
}

fn environment(text: &str) -> Result<Environment, &'static str> {
    match text {
        "" | "0" => Ok(Environment::Production),
        "1" => Ok(Environment::Development),
        _ => Err("must be 0 or 1"),
    }
}

fn verbosity(text: &str) -> Result<Verbosity, &'static str> {
    match text {
        "" | "0" => Ok(Verbosity::Failures),
        "1" => Ok(Verbosity::Requests),
        _ => Err("must be 0 or 1"),
    }
}

#[cfg(test)]
mod tests;
