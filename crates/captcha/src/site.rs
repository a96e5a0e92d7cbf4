//! A site's configuration, parsed once when it is loaded; requests are checked
//! against the parsed form alone. The origin parses a configuration before it
//! publishes it, so that the owner sees a mistake and it never reaches an edge.

mod dry_run;
mod load;
mod open_below;
mod paths;
mod previews;
mod rules;

use munjigi_counters::Share;
use munjigi_counters::sorted::distinct;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Mode, PictureKind, SiteConfig, SiteState, UnderAttack, Work};

use crate::credentials::{SecretHash, Sitekey};
use crate::host::{HostPattern, Hostname, SiteHost};
use crate::list::{ListId, MAX_LISTS};
use crate::phones::{MAX_EXPECTED_SECONDS, SLOW_PHONE_HASHES_PER_SECOND};
use crate::vendor_keys::MAX_IMPORTS;
use crate::weights::{Weights, WeightsError};

pub(crate) use dry_run::Ruling;
pub use dry_run::{Prediction, SeenHost, Sighting};
pub use load::Loads;
pub use open_below::open_below;
use paths::MAX_PROTECTIONS;
pub use paths::{Guard, Match, Wanted};
pub use previews::is_link_preview;
use rules::Rule;

/// Whether the edge honours sites that ask to be exempt (for load tests).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exemption {
    /// By an edge on a developer's machine.
    Honoured,
    /// By every other edge.
    Ignored,
}

/// A parsed site, ready to check requests against.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Version of the configuration; increases with every change.
    pub version: u64,
    /// The canonical sitekey.
    pub sitekey: Sitekey,
    /// Whether the site is served.
    pub state: SiteState,
    /// How the widget behaves.
    pub mode: Mode,
    /// Bounds of the work per sub-puzzle.
    pub work: Work,
    /// Number of sub-puzzles per puzzle.
    pub count: u32,
    /// Lifetime of a token, in seconds.
    pub token_lifetime_seconds: u32,
    /// Whether browsers without WebAssembly may pass by SHA-256.
    pub fallback_allowed: bool,
    /// Kinds of picture that may be shown.
    pub pictures: Vec<PictureKind>,
    /// Whether work is always the floor and nothing is counted.
    pub exempt: bool,
    /// When the site counts as under attack.
    pub under_attack: UnderAttack,
    pub(crate) rules: Vec<Rule>,
    pub(crate) protect: Vec<Guard>,
    pub(crate) weights: Option<Weights>,
    lists: Vec<ListId>,
    expected: Vec<u32>,
    hosts: Vec<HostPattern>,
    embedders: Vec<HostPattern>,
    allow_loopback: bool,
    secrets: Vec<SecretHash>,
    aliases: Vec<String>,
}

/// Why a configuration is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// The sitekey does not have the right shape.
    #[error("sitekey is not mj_ and 26 characters")]
    Sitekey,
    /// A host is not a valid pattern.
    #[error("hosts[{0}] is not a host name or *.name, alone or after embedder:")]
    Host(usize),
    /// More hosts than a frame's header can name.
    #[error("more than 100 hosts")]
    TooManyHosts,
    /// The floor is 0 or too much for a phone, or the ceiling is below it.
    #[error(
        "work.floor must be at least 1 and with count at most 72,000,000; work.ceiling at least the floor"
    )]
    Work,
    /// The number of sub-puzzles is not within 1–64.
    #[error("count must be 1 to 64")]
    Count,
    /// The token's lifetime is not within 30–300 seconds.
    #[error("token_lifetime_seconds must be 30 to 300")]
    TokenLifetime,
    /// The expected visitors are not one number for each hour of a week.
    #[error("expected must be empty or 168 numbers")]
    Expected,
    /// A rule's host, action, country, prefix or list cannot match anything.
    #[error("rules[{0}] has a condition that is not well-formed")]
    Rule(usize),
    /// A protected path, its host or a method is not well-formed.
    #[error("protect[{0}] has a path, host or method that is not well-formed")]
    Protection(usize),
    /// More protected paths than a request should be compared with.
    #[error("more than 100 rules about paths")]
    TooManyProtections,
    /// More rules than a request should have to pass.
    #[error("more than 100 rules")]
    TooManyRules,
    /// More lists than a visitor should be looked up in.
    #[error("the rules name more than 10 lists")]
    TooManyLists,
    /// A secret's hash is not 64 lower-case hex digits.
    #[error("secrets[{0}] is not 64 lower-case hex digits")]
    Secret(usize),
    /// More secrets than rotation and imports need.
    #[error("more than 24 secrets")]
    TooManySecrets,
    /// The site's own weights are beyond their bounds.
    #[error("score_weights: {0}")]
    ScoreWeights(WeightsError),
}

const MAX_HOSTS: usize = 100;
const MAX_RULES: usize = 100;
/// Hours of a week.
const WEEK: usize = 168;
const MAX_SECRETS: usize = 4 + MAX_IMPORTS;

/// The configuration of a new site, before its owner changes anything: work for
/// half a core-second, 16 sub-puzzles of 40,000 expected hashes; no hosts and no
/// secrets yet.
pub fn new_site(sitekey: &str) -> SiteConfig {
    SiteConfig {
        version: 1,
        sitekey: sitekey.to_owned(),
        state: SiteState::Live,
        hosts: Vec::new(),
        allow_loopback: false,
        mode: Mode::Managed,
        work: Work { floor: 40_000, ceiling: 4_000_000 },
        count: 16,
        token_lifetime_seconds: 300,
        fallback_allowed: true,
        pictures: Vec::new(),
        rules: Vec::new(),
        aliases: Vec::new(),
        secrets: Vec::new(),
        expected: Vec::new(),
        under_attack: UnderAttack::Auto,
        score_weights: None,
        protect: Vec::new(),
        exempt: false,
    }
}

/// Expected hashes of a puzzle from which a site has its full share of what all
/// sites count in: the floor of a new site.
const FULL_SHARE: u64 = 640_000;

impl Site {
    /// What the site may take of the tables that all sites are counted in.
    pub const fn share(&self) -> Share {
        let floor = self.work.floor.saturating_mul(self.count as u64);
        if floor >= FULL_SHARE { Share::Full } else { Share::Small }
    }

    /// Parses a configuration and checks every rule for it.
    pub fn parse(config: &SiteConfig, exemption: Exemption) -> Result<Self, SiteError> {
        let sitekey = Sitekey::from_trusted(&config.sitekey).map_err(|_| SiteError::Sitekey)?;
        if config.hosts.len() > MAX_HOSTS {
            return Err(SiteError::TooManyHosts);
        }
        if config.rules.len() > MAX_RULES {
            return Err(SiteError::TooManyRules);
        }
        if config.protect.len() > MAX_PROTECTIONS {
            return Err(SiteError::TooManyProtections);
        }
        if config.secrets.len() > MAX_SECRETS {
            return Err(SiteError::TooManySecrets);
        }
        if !(1..=64).contains(&config.count) {
            return Err(SiteError::Count);
        }
        let Work { floor, ceiling } = config.work;
        let most = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND / u64::from(config.count);
        if floor == 0 || floor > most || ceiling < floor {
            return Err(SiteError::Work);
        }
        if !(30..=300).contains(&config.token_lifetime_seconds) {
            return Err(SiteError::TokenLifetime);
        }
        if ![0, WEEK].contains(&config.expected.len()) {
            return Err(SiteError::Expected);
        }
        let lists = lists_of(&config.rules);
        if lists.len() > MAX_LISTS {
            return Err(SiteError::TooManyLists);
        }
        let (mut hosts, mut embedders) = (Vec::new(), Vec::new());
        for (index, host) in config.hosts.iter().enumerate() {
            match SiteHost::parse(host).map_err(|_| SiteError::Host(index))? {
                SiteHost::Page(pattern) => hosts.push(pattern),
                SiteHost::Embedder(pattern) => embedders.push(pattern),
            }
        }
        Ok(Self {
            version: config.version,
            sitekey,
            state: config.state,
            mode: config.mode,
            work: config.work,
            count: config.count,
            token_lifetime_seconds: config.token_lifetime_seconds,
            fallback_allowed: config.fallback_allowed,
            pictures: config.pictures.clone(),
            exempt: config.exempt && exemption == Exemption::Honoured,
            under_attack: config.under_attack,
            weights: match &config.score_weights {
                Some(weights) => Some(Weights::parse(weights).map_err(SiteError::ScoreWeights)?),
                None => None,
            },
            expected: config.expected.clone(),
            rules: parse_each(&config.rules, |rule| Rule::parse(rule, &lists))
                .map_err(SiteError::Rule)?,
            protect: parse_each(&config.protect, Guard::parse).map_err(SiteError::Protection)?,
            lists,
            hosts,
            embedders,
            allow_loopback: config.allow_loopback,
            secrets: parse_each(&config.secrets, |hash| SecretHash::parse(hash))
                .map_err(SiteError::Secret)?,
            aliases: config.aliases.clone(),
        })
    }

    /// Whether there are rules about visitors.
    pub const fn judges_visitors(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The lists that the rules name, each once. Those of a visit's
    /// [`Listings`](crate::Listings) are in this order.
    pub fn lists(&self) -> &[ListId] {
        &self.lists
    }

    /// Whether a page of this host may embed the site's widget. Loopback names
    /// count only where the site allows loopback, regardless of its patterns:
    /// anyone can serve a page on their own `localhost`.
    pub fn allows(&self, host: &Hostname) -> bool {
        if host.is_loopback() {
            return self.allow_loopback;
        }
        self.hosts.iter().any(|pattern| pattern.matches(host))
    }

    /// How many visitors are expected to pass in an hour now: the most of this hour
    /// of the week and those beside it, because the change of an hour is no
    /// attack. `None` while unknown.
    pub fn expected(&self, now: UnixMillis) -> Option<u32> {
        // 1970 began on a Thursday.
        let hour = usize::try_from((now.seconds() / 3_600 + 72) % 168).unwrap_or_default();
        let beside = [hour + WEEK - 1, hour, hour + 1];
        beside.iter().filter_map(|hour| self.expected.get(hour % WEEK)).copied().max()
    }

    /// The name under which a host is counted before anything was paid for it:
    /// one that the owner wrote. Under a wildcard, and on loopback, a bot could
    /// invent any number of hosts.
    pub(crate) fn counted_as<'a>(&'a self, host: &'a Hostname) -> &'a str {
        if host.is_loopback() {
            return if self.allow_loopback { "localhost" } else { "" };
        }
        let mut base = "";
        for pattern in self.hosts.iter().filter(|pattern| pattern.matches(host)) {
            match pattern {
                HostPattern::Exact(host) => return host.as_str(),
                HostPattern::Under(name) => base = name.as_str(),
            }
        }
        base
    }

    /// The patterns for the site's own pages.
    pub fn hosts(&self) -> &[HostPattern] {
        &self.hosts
    }

    /// The patterns for pages that may have the site's pages in frames.
    pub fn embedders(&self) -> &[HostPattern] {
        &self.embedders
    }

    /// Whether loopback names are allowed, for `frame-ancestors`.
    pub const fn allows_loopback(&self) -> bool {
        self.allow_loopback
    }

    /// Whether a text is one of this site's sitekeys. An imported one is known
    /// with and without its host.
    pub fn answers_to(&self, sitekey: &str) -> bool {
        let is_it = |alias: &String| {
            let rest = alias.strip_prefix(sitekey);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
        };
        self.aliases.iter().any(is_it) || self.sitekey.to_string() == sitekey
    }

    /// Whether a secret is one of this site's live secrets.
    pub fn has_secret(&self, hash: &SecretHash) -> bool {
        self.secrets.contains(hash)
    }
}

/// The lists that rules name, each once. A malformed name fails its rule.
fn lists_of(rules: &[munjigi_protocol::Rule]) -> Vec<ListId> {
    let named = rules.iter().filter_map(|rule| rule.when.list.as_deref()?.parse().ok());
    distinct(named.collect())
}

/// Parses every item, or names the first that fails.
fn parse_each<T, U>(items: &[T], parse: impl Fn(&T) -> Option<U>) -> Result<Vec<U>, usize> {
    let mut parsed = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        parsed.push(parse(item).ok_or(index)?);
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests;
