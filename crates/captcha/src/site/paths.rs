//! Which paths of a site need clearance. A rule that protects must hold for every
//! spelling of its path that a server might take for it; what is open by
//! exception must be spelt plainly.

use std::borrow::Cow;
use std::cell::OnceCell;

use munjigi_protocol::{Level, Protection};

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

/// A rule, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    path: String,
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
        (is_path && config.methods.iter().all(is_method)).then(|| Self {
            path: path.to_ascii_lowercase(),
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

    fn matches(&self, wanted: &Wanted<'_>) -> bool {
        self.is_of_host(wanted)
            && self.is_of_method(wanted.method)
            && self.is_of_path(wanted)
            && (self.no_exemptions || !wanted.is_exempt())
    }

    fn is_of_host(&self, wanted: &Wanted<'_>) -> bool {
        let Some(pattern) = &self.host else { return true };
        match wanted.hostname() {
            Some(host) => pattern.matches(host),
            // A host that is none could be any, so that no spelling of it opens
            // a path.
            None => self.level.is_some(),
        }
    }

    fn is_of_method(&self, asked: &str) -> bool {
        let is = |method: &String| {
            // Servers answer HEAD as they do GET.
            method.eq_ignore_ascii_case(asked) || (asked == "HEAD" && method == "GET")
        };
        self.methods.is_empty() || self.methods.iter().any(is)
    }

    fn is_of_path(&self, wanted: &Wanted<'_>) -> bool {
        if self.level.is_some() {
            wanted.spellings.iter().any(|path| matches(&self.path, path))
        } else {
            wanted.is_plain && matches(&self.path, &decoded(wanted.path).to_ascii_lowercase())
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
    /// The path as servers may read it, in lower case.
    spellings: Vec<Cow<'a, str>>,
    /// Whether there is nothing in it that servers read differently.
    is_plain: bool,
}

impl<'a> Wanted<'a> {
    /// A request by its method, the host that it names, and its path with or
    /// without a query.
    pub fn new(method: &'a str, host: Option<&'a str>, path: &'a str) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let is_plain = is_plain(path);
        let is_lower = !path.bytes().any(|byte| byte.is_ascii_uppercase());
        let lower = if is_lower { path.into() } else { path.to_ascii_lowercase().into() };
        let mut spellings: Vec<Cow<'_, str>> = vec![lower];
        // Most are read in one way.
        if !is_plain || path.contains('%') {
            let once = decoded(path);
            for read in [resolved(&once), resolved(&decoded(&once))] {
                let read = read.to_ascii_lowercase().into();
                if !spellings.contains(&read) {
                    spellings.push(read);
                }
            }
        }
        // Servers often take both for one page.
        let others = spellings.iter().filter_map(|path| match path.strip_suffix('/') {
            Some("") => None,
            Some(without) => Some(without.to_owned().into()),
            None => Some([path, "/"].concat().into()),
        });
        let others: Vec<_> = others.collect();
        spellings.extend(others);
        Self { method, host, hostname: OnceCell::new(), path, spellings, is_plain }
    }

    fn hostname(&self) -> Option<&Hostname> {
        let read = || Hostname::parse(&without_port(self.host?).to_ascii_lowercase()).ok();
        self.hostname.get_or_init(read).as_ref()
    }

    /// Whether the path is open unless a rule says otherwise.
    fn is_exempt(&self) -> bool {
        self.is_plain && is_exempt(self.path)
    }
}

/// Whether every server reads a path alike: no segment that points elsewhere or
/// is empty, and nothing that is decoded to a character with a meaning.
fn is_plain(path: &str) -> bool {
    let mut escapes = path.split('%').skip(1);
    let dotted = path.strip_prefix("/.well-known").unwrap_or(path);
    path.starts_with('/')
        && !path.contains([';', '\\'])
        && !path.as_bytes().windows(2).any(|two| two == b"//")
        && !dotted.as_bytes().windows(2).any(|two| two == b"/.")
        // The bytes of other scripts alone.
        && escapes.all(|rest| rest.as_bytes().first().copied().and_then(digit) >= Some(8))
}

/// What is open unless a rule says otherwise: read by programs that a site wants,
/// and nothing that a site would hide. Whole paths.
const EXEMPT: [&str; 17] = [
    "/robots.txt",
    "/sitemap.txt",
    "/favicon.ico",
    "/manifest.webmanifest",
    "/site.webmanifest",
    "/ads.txt",
    "/app-ads.txt",
    "/humans.txt",
    "/security.txt",
    "/webhook",
    "/webhooks",
    "/health",
    "/healthz",
    "/livez",
    "/readyz",
    "/ping",
    "/up",
];

/// Starts and ends of paths that are.
const EXEMPT_BETWEEN: [(&str, &str); 6] = [
    ("/.well-known/", ""),
    ("/sitemap", ".xml"),
    ("/sitemap", ".xml.gz"),
    ("/apple-touch-icon", ".png"),
    ("/webhook/", ""),
    ("/webhooks/", ""),
];

/// Names of feeds, in any folder, also with a slash behind them.
const FEEDS: [&str; 6] = ["feed", "feed.xml", "feed.json", "rss", "rss.xml", "atom.xml"];

/// Ends of their other names.
const FEED_ENDINGS: [&str; 2] = [".rss", ".atom"];

fn is_exempt(path: &str) -> bool {
    let is_between = |(start, end): &(&str, &str)| {
        path.len() >= start.len() + end.len() && path.starts_with(start) && path.ends_with(end)
    };
    let folder = path.strip_suffix('/').unwrap_or(path);
    let at = folder.rfind('/').unwrap_or_default();
    let (above, name) = (folder.get(..at).unwrap_or_default(), folder.get(at + 1..));
    let is_feed = name.is_some_and(|name| {
        FEEDS.contains(&name) || FEED_ENDINGS.iter().any(|ending| name.ends_with(ending))
    });
    // Behind a file of scripts, servers ignore the rest: `/page.php/feed`.
    is_feed && !above.contains('.')
        || EXEMPT.contains(&path)
        || EXEMPT_BETWEEN.iter().any(is_between)
        || path == "/index.xml"
        || path.split_once("/webhooks/").is_some_and(|(above, _)| !above.contains('.'))
}

impl Site {
    /// The rules about paths that a request matches, of which the first that holds
    /// now decides; see [`Loads`](super::Loads).
    pub fn guards(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = &Guard> {
        self.protect.iter().filter(|guard| guard.matches(wanted))
    }
}

/// `shop.example:8443` without its port, and without the dot that ends a name.
fn without_port(host: &str) -> &str {
    let end = host.rfind(':').filter(|at| {
        host.get(at + 1..).is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let host = host.get(..end.unwrap_or(host.len())).unwrap_or_default();
    host.strip_suffix('.').unwrap_or(host)
}

/// Percent-encoded bytes as they are, and `\` as `/`. Bytes that are no text of
/// UTF-8 are replaced.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'%', [high, low, tail @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    rest = tail;
                }
                _ => bytes.push(b'%'),
            },
            (b'\\', _) => bytes.push(b'/'),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Without empty segments, `.`, `..` and what stands behind `;` in a segment.
fn resolved(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in path.split('/') {
        let segment = segment.split(';').next().unwrap_or_default();
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut resolved = String::with_capacity(path.len() + 1);
    for segment in &kept {
        resolved.push('/');
        resolved.push_str(segment);
    }
    if ends_open || kept.is_empty() {
        resolved.push('/');
    }
    resolved
}

/// Whether a pattern covers a text; `*` stands for any characters, also none.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::SiteConfig;

    use super::*;
    use crate::contract::site_config;
    use crate::site::{Exemption, SiteError};

    fn rule(path: &str, level: Option<Level>) -> Protection {
        Protection {
            path: path.to_owned(),
            host: None,
            methods: Vec::new(),
            level,
            dry_run: false,
            no_exemptions: false,
            above_per_second: None,
        }
    }

    fn parse(protect: Vec<Protection>) -> Result<Site, SiteError> {
        let config = site_config("mj_00000000000000000000000000", Vec::new());
        Site::parse(&SiteConfig { protect, ..config }, Exemption::Ignored)
    }

    fn level(site: &Site, method: &str, host: Option<&str>, path: &str) -> Option<Level> {
        site.guards(&Wanted::new(method, host, path)).next().and_then(|guard| guard.level)
    }

    #[test]
    fn every_spelling_of_a_protected_path_is_protected() {
        let site = parse(vec![rule("/account/*", Some(Level::Worked))]).unwrap();
        for path in [
            "/account/",
            "/account",
            "/account/orders?page=2",
            "/ACCOUNT/orders",
            "//account/orders",
            "/%61ccount/orders",
            "/%2561ccount/orders",
            "/x/../account/orders",
            "/./account/a",
            "/account%2Forders",
            "/account%5corders",
            "/account;v=1/orders",
            "/x/%2e%2e/account/a",
            "\\account\\orders",
            "/account//orders",
            "/account/../account/x",
        ] {
            assert_eq!(level(&site, "GET", None, path), Some(Level::Worked), "{path}");
        }
        for path in ["/", "/accounts", "/shop", "/shop/account", "/shop?next=/account/"] {
            assert_eq!(level(&site, "GET", None, path), None, "{path}");
        }
    }

    #[test]
    fn an_exemption_holds_for_plain_paths_alone() {
        let rules = vec![rule("/api/*", None), rule("/*", Some(Level::Worked))];
        let site = parse(rules).unwrap();
        for path in [
            "/api/orders",
            "/api/",
            "/api/%EA%B0%80",
            "/robots.txt",
            "/.well-known/acme-challenge/x",
            "/blog/feed/",
            "/archive/feed.xml",
            "/archive/rss",
            "/index.xml",
            "/blog/all.atom",
            "/hooks/webhooks/x",
            "/sitemap-1.xml",
            "/webhooks/payments",
            "/healthz",
            "/%EA%B0%80/feed",
        ] {
            assert_eq!(level(&site, "GET", None, path), None, "{path}");
        }
        for path in [
            "/",
            "/api",
            "/api/../secret",
            "/api/%2e%2e/secret",
            "/api/..;/secret",
            "//api/orders",
            "/secret/..%2frobots.txt",
            "/.well-known/../secret",
            "/secret;/feed",
            "/secret%2ffeed/",
            "/webhooks/../secret",
            "/api\\..\\secret",
            "/robots.txt/secret",
            "/sitemap.xm",
            "/feed.xml/secret",
            "/feed/secret",
            "/secret.php/feed",
            "/secret.php/webhooks/x",
            "/secret.php/x/all.rss",
            "/atom.html",
            "/feeds",
        ] {
            assert_eq!(level(&site, "GET", None, path), Some(Level::Worked), "{path}");
        }
        let all = Protection { no_exemptions: true, ..rule("/*", Some(Level::Worked)) };
        let site = parse(vec![all]).unwrap();
        assert_eq!(level(&site, "GET", None, "/robots.txt"), Some(Level::Worked));
    }

    #[test]
    fn a_rule_may_name_host_and_methods_and_the_first_decides() {
        let rules = vec![
            Protection {
                host: Some("*.shop.example".to_owned()),
                methods: vec!["POST".to_owned(), "GET".to_owned()],
                ..rule("/login", Some(Level::Pictured))
            },
            rule("/login", Some(Level::Waited)),
        ];
        let site = parse(rules).unwrap();
        for (method, host, needs) in [
            ("POST", "www.shop.example", Level::Pictured),
            ("POST", "WWW.shop.example.:8443", Level::Pictured),
            ("HEAD", "www.shop.example", Level::Pictured),
            ("post", "www.shop.example", Level::Pictured),
            ("PUT", "www.shop.example", Level::Waited),
            ("POST", "other.example", Level::Waited),
            // It could be any host.
            ("POST", "shop_example", Level::Pictured),
        ] {
            assert_eq!(level(&site, method, Some(host), "/login"), Some(needs), "{method} {host}");
        }
    }

    #[test]
    fn a_rule_in_another_script_is_a_rule() {
        let site = parse(vec![rule("/계정/*", Some(Level::Worked))]).unwrap();
        let path = "/%EA%B3%84%EC%A0%95/%EC%A3%BC%EB%AC%B8";
        assert_eq!(level(&site, "GET", None, path), Some(Level::Worked));
    }

    #[test]
    fn rules_that_cannot_match_are_refused() {
        for path in ["", "login", "/a b", "/a?b", "/a%20b", "/a\\b", "/a;b", "/*/*/*/*/*"] {
            let refused = parse(vec![rule("/", None), rule(path, None)]);
            assert_eq!(refused.unwrap_err(), SiteError::Protection(1), "{path}");
        }
        let of = |methods: &[&str]| {
            let methods = methods.iter().map(|method| (*method).to_owned()).collect();
            parse(vec![Protection { methods, ..rule("/", None) }])
        };
        assert!(of(&["GET", "PROPFIND"]).is_ok());
        assert!(of(&["get"]).is_err() && of(&[""]).is_err());
        let many = vec![rule("/", None); MAX_PROTECTIONS + 1];
        assert_eq!(parse(many).unwrap_err(), SiteError::TooManyProtections);
    }
}
