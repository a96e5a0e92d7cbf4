//! Which paths of a site need clearance. A rule that protects must hold for every
//! spelling of its path that a server might take for it; what is open by
//! exception must be spelt plainly. What no browser sends, and servers read in
//! different ways, could be any path, method or host: it is held to every rule
//! that it could mean, and the strictest decides.

mod exempt;
mod spelling;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use munjigi_protocol::{Level, Protection};

use self::exempt::is_exempt;
use self::spelling::{Spellings, decoded, folded, is_plain, matches};
use super::Site;
use crate::host::{HostPattern, Hostname};

/// Most rules of a site.
pub const MAX_PROTECTIONS: usize = 100;

/// Longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 256;

/// Longest name of a rule where it is counted, in bytes.
const MAX_NAME_BYTES: usize = 32;

/// Most stars of a pattern.
const MAX_STARS: usize = 4;

/// The methods that servers tell apart. What is none of them, many answer as they
/// do GET.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// A rule, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Tells it from other rules, and from itself before a change.
    pub(super) id: u64,
    path: String,
    /// What a rule that protects is compared with: its path in folded letters, and what
    /// is below one that names a file, because servers run `/login.php` for
    /// `/login.php/x`.
    patterns: Vec<String>,
    host: Option<HostPattern>,
    methods: Vec<String>,
    /// What it asks for; `None`: nothing.
    pub level: Option<Level>,
    /// Whether it only counts.
    pub dry_run: bool,
    no_exemptions: bool,
    /// The requests per second above which it holds; `None`: always.
    pub above_per_second: Option<u32>,
}

/// How a request fits a rule, or a part of it a part of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    /// Some servers could take it for one that does.
    Maybe,
    Yes,
}

/// A rule that a request matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match<'a> {
    /// The rule.
    pub guard: &'a Guard,
    /// Its place among the site's rules, from 0.
    pub place: usize,
    /// Whether the rule covers the request as it is spelt. One that only could be
    /// one of the rule's is no load of its paths, and the rule holds for it in any
    /// case.
    pub is_certain: bool,
}

impl Match<'_> {
    /// The requests per second above which the rule holds for this request;
    /// `None`: it does in any case.
    pub(super) fn limit(&self) -> Option<u32> {
        self.guard.above_per_second.filter(|_| self.is_certain)
    }
}

impl Guard {
    /// Parses a rule; `None` if its path, host or a method cannot match.
    pub(crate) fn parse(config: &Protection) -> Option<Self> {
        let path = &config.path;
        let is_path = path.starts_with(['/', '*'])
            && path.len() <= MAX_PATTERN_BYTES
            && path.bytes().all(|byte| byte > b' ' && byte != 127 && !b"?#\\%;".contains(&byte))
            && path.bytes().filter(|byte| *byte == b'*').count() <= MAX_STARS;
        let is_method = |method: &String| {
            (1..=20).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase())
        };
        let host = match &config.host {
            Some(host) => Some(HostPattern::parse(host).ok()?),
            None => None,
        };
        let path = path.to_ascii_lowercase();
        let names_file =
            !path.ends_with('*') && path.rsplit('/').next().is_some_and(|last| last.contains('.'));
        let folded = folded(&path);
        let below = names_file.then(|| [&folded, "/*"].concat());
        let patterns = [folded].into_iter().chain(below).collect();
        (is_path && config.methods.iter().all(is_method)).then(|| Self {
            id: id(config),
            path,
            patterns,
            host,
            methods: config.methods.clone(),
            level: config.level,
            dry_run: config.dry_run,
            no_exemptions: config.no_exemptions,
            above_per_second: config.above_per_second,
        })
    }

    /// What it is called where it is counted: the start of its path.
    pub fn name(&self) -> &str {
        let end = self.path.floor_char_boundary(MAX_NAME_BYTES);
        self.path.get(..end).unwrap_or_default()
    }

    /// Whether it lets link previews through, a few at a time, which ask with
    /// this method.
    pub fn lets_previews_through(&self, method: &str) -> bool {
        !self.no_exemptions
            && self.level != Some(Level::Allowed)
            && ["GET", "HEAD"].contains(&method)
    }

    /// Whether it decides about all that it matches, whatever follows it.
    fn is_final(&self) -> bool {
        !self.dry_run && self.above_per_second.is_none()
    }

    fn fit(&self, wanted: &Wanted<'_>, is_foreign: bool) -> Fit {
        if !self.no_exemptions && wanted.is_exempt() {
            return Fit::No;
        }
        let fit =
            [self.fit_path(wanted), self.fit_method(wanted), self.fit_host(wanted, is_foreign)]
                .into_iter()
                .min()
                .unwrap_or(Fit::No);
        // Nothing is opened that could be something else.
        if self.level.is_none() && fit == Fit::Maybe { Fit::No } else { fit }
    }

    fn fit_host(&self, wanted: &Wanted<'_>, is_foreign: bool) -> Fit {
        match (&self.host, wanted.hostname()) {
            (None, _) => Fit::Yes,
            (Some(pattern), Some(host)) if pattern.matches(host) => Fit::Yes,
            _ if is_foreign => Fit::Maybe,
            _ => Fit::No,
        }
    }

    fn fit_method(&self, wanted: &Wanted<'_>) -> Fit {
        let asked = wanted.method;
        // Servers answer HEAD as they do GET.
        let is = |method: &String| method == asked || (asked == "HEAD" && method == "GET");
        match () {
            () if self.methods.is_empty() || self.methods.iter().any(is) => Fit::Yes,
            () if wanted.has_odd_method() => Fit::Maybe,
            () => Fit::No,
        }
    }

    fn fit_path(&self, wanted: &Wanted<'_>) -> Fit {
        if self.level.is_none() {
            let is_it =
                wanted.is_plain && matches(&self.path, &decoded(wanted.path).to_ascii_lowercase());
            return if is_it { Fit::Yes } else { Fit::No };
        }
        let is_it = |text: &str| self.patterns.iter().any(|pattern| matches(pattern, text));
        match wanted.spellings.texts.iter().any(|text| is_it(text)) {
            true => Fit::Yes,
            false if wanted.spellings.is_odd => Fit::Maybe,
            false => Fit::No,
        }
    }
}

/// A request, as rules about paths see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    method: &'a str,
    host: Option<&'a str>,
    /// The host, read once a rule asks for it; `None` if it is none.
    hostname: OnceCell<Option<Hostname>>,
    path: &'a str,
    spellings: Spellings<'a>,
    /// Whether there is nothing in the path that servers read differently.
    is_plain: bool,
}

impl<'a> Wanted<'a> {
    /// A request by its method, the host that it names, and its path with or
    /// without a query.
    pub fn new(method: &'a str, host: Option<&'a str>, path: &'a str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let spellings = Spellings::of(path);
        let is_plain = is_plain(path);
        Self { method, host, hostname: OnceCell::new(), path, spellings, is_plain }
    }

    /// The host, if it is one.
    pub fn hostname(&self) -> Option<&Hostname> {
        let read = || Hostname::parse(&without_port(self.host?).to_ascii_lowercase()).ok();
        self.hostname.get_or_init(read).as_ref()
    }

    fn has_odd_method(&self) -> bool {
        !METHODS.contains(&self.method)
    }

    /// Whether the path is open unless a rule says otherwise.
    pub fn is_exempt(&self) -> bool {
        self.is_plain && is_exempt(self.path)
    }
}

impl Site {
    /// The rules about paths that a request matches, in the order in which they
    /// decide: the first that holds now does; see [`Loads`](super::Loads). None is
    /// left out that could. Those that are tried decide nothing.
    pub fn guards(&self, wanted: &Wanted<'_>) -> Vec<Match<'_>> {
        // A host that no visitor of the site asks for could be any of its.
        let is_foreign = self.protect.iter().any(|guard| guard.host.is_some())
            && !wanted.hostname().is_some_and(|host| self.allows(host));
        let is_odd = is_foreign || wanted.spellings.is_odd || wanted.has_odd_method();
        let mut found = Vec::new();
        for (place, guard) in self.protect.iter().enumerate() {
            let fit = guard.fit(wanted, is_foreign);
            if fit == Fit::No || (guard.dry_run && guard.level.is_none()) {
                continue;
            }
            found.push(Match { guard, place, is_certain: fit == Fit::Yes });
            if guard.is_final() && (guard.level.is_none() || !is_odd) {
                break;
            }
        }
        if !is_odd {
            return found;
        }
        // A sort would be larger than all of this.
        let mut sorted = Vec::with_capacity(found.len());
        for level in Level::ALL.map(Some).iter().rev().chain(&[None]) {
            sorted.extend(found.iter().filter(|found| found.guard.level == *level));
        }
        sorted
    }
}

/// A number of everything that a rule says: FNV-1a, because its owner alone writes
/// it (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>).
fn id(config: &Protection) -> u64 {
    let level = config.level.map_or(0, |level| 1 + level as u8);
    let marks = [level, config.dry_run.into(), config.no_exemptions.into()];
    let above = config.above_per_second.map_or([0; 5], |above| {
        let [a, b, c, d] = above.to_le_bytes();
        [1, a, b, c, d]
    });
    let host = config.host.as_deref().unwrap_or_default();
    let methods = config.methods.iter().flat_map(|method| method.bytes().chain([b' ']));
    let texts = config.path.bytes().chain([b' ']).chain(host.bytes()).chain([b' ']);
    let all = marks.into_iter().chain(above).chain(texts).chain(methods);
    all.fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// `shop.example:8443` without its port, and without the dot that ends a name.
fn without_port(host: &str) -> &str {
    let end = host.rfind(':').filter(|at| {
        host.get(at + 1..).is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let host = host.get(..end.unwrap_or(host.len())).unwrap_or_default();
    host.strip_suffix('.').unwrap_or(host)
}
