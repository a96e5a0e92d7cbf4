//! Published lists: which there are, how their files are read, and when a new
//! file may replace the last good one.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use munjigi_captcha::{Entry, List};
use serde::Deserialize;

/// A list that everybody's rules may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Published {
    /// Exits of the Tor network.
    TorExits,
    /// Networks of large clouds.
    Clouds,
    /// Networks that criminals hijacked or lease: Spamhaus's "Don't Route Or
    /// Peer", which lists no others.
    SpamhausDrop,
}

impl Published {
    pub const ALL: [Self; 3] = [Self::TorExits, Self::Clouds, Self::SpamhausDrop];

    /// Its name in rules, in rows and at the edge.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TorExits => "tor-exits",
            Self::Clouds => "clouds",
            Self::SpamhausDrop => "spamhaus-drop",
        }
    }

    /// The published list with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.as_str() == name)
    }
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a file says what is on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An address, a network or a system a line; `#` or `;` begins a comment.
    Lines,
    /// Amazon's `ip-ranges.json`.
    Aws,
    /// Google's `cloud.json`.
    Google,
    /// Microsoft's `ServiceTags_Public_….json`, of which the tag `AzureCloud` has
    /// all networks.
    Azure,
    /// Oracle's `public_ip_ranges.json`.
    Oracle,
    /// A geolocation feed (RFC 8805), as `DigitalOcean` publishes one: a network
    /// begins each line.
    Geofeed,
}

impl Format {
    const ALL: [Self; 6] =
        [Self::Lines, Self::Aws, Self::Google, Self::Azure, Self::Oracle, Self::Geofeed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Aws => "aws",
            Self::Google => "google",
            Self::Azure => "azure",
            Self::Oracle => "oracle",
            Self::Geofeed => "geofeed",
        }
    }
}

impl FromStr for Format {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(())
    }
}

/// Where a published list, or part of it, comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub list: Published,
    pub format: Format,
    pub url: String,
}

/// A published list that could not be fetched for so long is stale.
pub const STALE_AFTER: Duration = Duration::from_hours(72);

/// Why the last good file stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// Its server did not answer.
    #[error("the server does not respond: {reason}")]
    Unreachable { reason: String },
    /// Its name has an address in a private network.
    #[error("the address is not public")]
    NotPublic,
    /// It did not answer in time.
    #[error("the server did not answer within {seconds} s")]
    Timeout { seconds: u64 },
    /// It answered with another status.
    #[error("the server answered {status}")]
    Status { status: u16 },
    /// It is longer than a list may be.
    #[error("the file is longer than {most} bytes")]
    TooLong { most: usize },
    /// It is not in its format.
    #[error("the file cannot be read: {reason}")]
    Malformed { reason: String },
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// Less than half of the last good file is in it.
    #[error("the file has {after} entries, less than half of the {before} before")]
    Shrunk { before: usize, after: usize },
    /// More than twice the last good file is in it.
    #[error("the file has {after} entries, more than twice the {before} before")]
    Grown { before: usize, after: usize },
    /// A network in it is a large part of the internet.
    #[error("the file has the network {entry}, wider than /8 for IPv4 or /16 for IPv6")]
    TooWide { entry: String },
    /// The edge takes no list of this size.
    #[error("the list would have {bytes} bytes at the edge, which takes {most}")]
    TooLarge { bytes: usize, most: usize },
}

impl FetchFault {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::NotPublic => "not-public",
            Self::Timeout { .. } => "timeout",
            Self::Status { .. } => "status",
            Self::TooLong { .. } => "too-long",
            Self::Malformed { .. } => "malformed",
            Self::Empty => "empty",
            Self::Shrunk { .. } => "shrunk",
            Self::Grown { .. } => "grown",
            Self::TooWide { .. } => "too-wide",
            Self::TooLarge { .. } => "too-large",
        }
    }
}

/// Reads a file. One line or item that cannot be read fails all of it: a list
/// that lacks what its publisher wrote is not that list.
pub fn read(format: Format, bytes: &[u8]) -> Result<Vec<Entry>, FetchFault> {
    match format {
        Format::Lines => lines(bytes),
        Format::Aws => {
            let file: Aws = json(bytes)?;
            let v4 = file.prefixes.iter().map(|prefix| prefix.ip_prefix.as_str());
            let v6 = file.ipv6_prefixes.iter().map(|prefix| prefix.ipv6_prefix.as_str());
            v4.chain(v6).map(network).collect()
        }
        Format::Google => {
            let file: Google = json(bytes)?;
            let prefix = |prefix: &GooglePrefix| match (&prefix.v4, &prefix.v6) {
                (Some(text), None) | (None, Some(text)) => network(text),
                (Some(_), Some(_)) | (None, None) => {
                    Err(malformed("a prefix is neither of IPv4 nor of IPv6"))
                }
            };
            file.prefixes.iter().map(prefix).collect()
        }
        Format::Azure => {
            let file: Azure = json(bytes)?;
            let of_all = file.values.iter().find(|tag| tag.name == "AzureCloud");
            let tag = of_all.ok_or_else(|| malformed("there is no tag AzureCloud"))?;
            tag.properties.networks.iter().map(|text| network(text)).collect()
        }
        Format::Oracle => {
            let file: Oracle = json(bytes)?;
            let networks = file.regions.iter().flat_map(|region| &region.cidrs);
            networks.map(|one| network(&one.cidr)).collect()
        }
        Format::Geofeed => {
            let rows = spelt(bytes, &['#'])?;
            rows.map(|(_, line)| network(line.split(',').next().unwrap_or_default().trim()))
                .collect()
        }
    }
}

/// A file that grows less than this is never suspicious: short lists double
/// every other day.
const SMALL: usize = 1_000;

/// Whether a file may replace one with so many entries, where its list has
/// `most` bytes at the edge for it. Its publisher may have lost control of it:
/// one network that is too wide, and a rule turns everybody away.
pub fn judge(entries: &[Entry], before: Option<usize>, most: usize) -> Result<(), FetchFault> {
    let after = entries.len();
    match before {
        _ if after == 0 => return Err(FetchFault::Empty),
        Some(before) if after.saturating_mul(2) < before => {
            return Err(FetchFault::Shrunk { before, after });
        }
        Some(before) if after > before.max(SMALL).saturating_mul(2) => {
            return Err(FetchFault::Grown { before, after });
        }
        _ => {}
    }
    if let Some(entry) = entries.iter().find(|entry| !entry.is_narrow()) {
        return Err(FetchFault::TooWide { entry: entry.to_string() });
    }
    let bytes = List::of(0, entries.iter().copied()).write().len();
    if bytes > most { Err(FetchFault::TooLarge { bytes, most }) } else { Ok(()) }
}

fn lines(bytes: &[u8]) -> Result<Vec<Entry>, FetchFault> {
    let read = |(number, line): (usize, &str)| {
        let entry = match line.parse::<IpAddr>() {
            Ok(address) => Ok(Entry::host(address)),
            Err(_) => line.parse::<Entry>(),
        };
        entry.map_err(|error| malformed(&format!("line {number}: {error}")))
    };
    spelt(bytes, &['#', ';'])?.map(read).collect()
}

/// The lines of a file by their numbers, without comments and without those
/// that have nothing else.
fn spelt<'a>(
    bytes: &'a [u8],
    comment: &'a [char],
) -> Result<impl Iterator<Item = (usize, &'a str)>, FetchFault> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(&error.to_string()))?;
    let without = move |line: &'a str| line.split(comment).next().unwrap_or_default().trim();
    let lines = (1..).zip(text.lines().map(without));
    Ok(lines.filter(|(_, line)| !line.is_empty()))
}

/// A network, or an address as one; of IPv6 at most the 64 bits that are told
/// apart.
fn network(text: &str) -> Result<Entry, FetchFault> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| malformed(&format!("{:?} is not a network", short(text))))?;
    let spelt = match network {
        IpNet::V4(network) => network.trunc().to_string(),
        IpNet::V6(network) => {
            let bits = network.prefix_len().min(64);
            let network = ipnet::Ipv6Net::new(network.addr(), bits)
                .map_err(|error| malformed(&error.to_string()))?;
            network.trunc().to_string()
        }
    };
    spelt.parse().map_err(|error: munjigi_captcha::EntryError| malformed(&error.to_string()))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, FetchFault> {
    serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))
}

fn malformed(reason: &str) -> FetchFault {
    FetchFault::Malformed { reason: reason.to_owned() }
}

#[derive(Deserialize)]
struct Aws {
    prefixes: Vec<AwsV4>,
    ipv6_prefixes: Vec<AwsV6>,
}

#[derive(Deserialize)]
struct AwsV4 {
    ip_prefix: String,
}

#[derive(Deserialize)]
struct AwsV6 {
    ipv6_prefix: String,
}

#[derive(Deserialize)]
struct Google {
    prefixes: Vec<GooglePrefix>,
}

#[derive(Deserialize)]
struct GooglePrefix {
    #[serde(rename = "ipv4Prefix")]
    v4: Option<String>,
    #[serde(rename = "ipv6Prefix")]
    v6: Option<String>,
}

#[derive(Deserialize)]
struct Azure {
    values: Vec<AzureTag>,
}

#[derive(Deserialize)]
struct AzureTag {
    name: String,
    properties: AzureProperties,
}

#[derive(Deserialize)]
struct AzureProperties {
    #[serde(rename = "addressPrefixes")]
    networks: Vec<String>,
}

#[derive(Deserialize)]
struct Oracle {
    regions: Vec<OracleRegion>,
}

#[derive(Deserialize)]
struct OracleRegion {
    cidrs: Vec<OracleNetwork>,
}

#[derive(Deserialize)]
struct OracleNetwork {
    cidr: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, text: &str) -> Result<Vec<String>, FetchFault> {
        let entries = read(format, text.as_bytes())?;
        Ok(entries.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_format_is_read() {
        let lines = "# exits\n192.0.2.1\r\n\n2001:db8::1 # one\n198.51.100.0/24 ; SBL1\nAS64500\n;";
        let entries = ["192.0.2.1/32", "2001:db8::/64", "198.51.100.0/24", "AS64500"];
        assert_eq!(written(Format::Lines, lines).unwrap(), entries);
        let aws = r#"{"syncToken": "1", "createDate": "2026-11-20-12-00-00",
            "prefixes": [{"ip_prefix": "192.0.2.0/24", "region": "x", "service": "AMAZON"}],
            "ipv6_prefixes": [{"ipv6_prefix": "2001:db8:7::/56"}, {"ipv6_prefix": "2001:db8::/80"}]}"#;
        let entries = ["192.0.2.0/24", "2001:db8:7::/56", "2001:db8::/64"];
        assert_eq!(written(Format::Aws, aws).unwrap(), entries);
        let google = r#"{"syncToken": "1", "prefixes": [
            {"ipv4Prefix": "192.0.2.0/24", "service": "Google Cloud", "scope": "x"},
            {"ipv6Prefix": "2001:db8::/44"}]}"#;
        assert_eq!(written(Format::Google, google).unwrap(), ["192.0.2.0/24", "2001:db8::/44"]);
        let azure = r#"{"changeNumber": 1, "cloud": "Public", "values": [
            {"name": "ActionGroup", "properties": {"addressPrefixes": ["203.0.113.0/24"]}},
            {"name": "AzureCloud", "properties": {"region": "",
                "addressPrefixes": ["192.0.2.0/24", "2001:db8::/44"]}}]}"#;
        assert_eq!(written(Format::Azure, azure).unwrap(), ["192.0.2.0/24", "2001:db8::/44"]);
        let oracle = r#"{"last_updated_timestamp": "2026-11-20T12:00:00", "regions": [
            {"region": "x", "cidrs": [{"cidr": "192.0.2.0/24", "tags": ["OCI"]}]},
            {"region": "y", "cidrs": [{"cidr": "198.51.100.0/25", "tags": []}]}]}"#;
        assert_eq!(written(Format::Oracle, oracle).unwrap(), ["192.0.2.0/24", "198.51.100.0/25"]);
        let feed = "# prefix,country\n192.0.2.0/24,NL,NL-NH,Amsterdam,\n2001:db8::/48 ,US,,,\n\
            203.0.113.7,US,,,\n";
        let entries = ["192.0.2.0/24", "2001:db8::/48", "203.0.113.7/32"];
        assert_eq!(written(Format::Geofeed, feed).unwrap(), entries);
    }

    #[test]
    fn one_bad_item_fails_the_file() {
        for (format, text) in [
            (Format::Lines, "192.0.2.1\n<html>"),
            (Format::Aws, "192.0.2.1"),
            (Format::Aws, r#"{"prefixes": []}"#),
            (Format::Aws, r#"{"prefixes": [{"ip_prefix": "x"}], "ipv6_prefixes": []}"#),
            (Format::Google, r#"{"prefixes": [{"service": "x"}]}"#),
            (Format::Azure, r#"{"values": []}"#),
            (Format::Azure, r#"{"values": [{"name": "AzureCloud", "properties": {}}]}"#),
            (Format::Oracle, r#"{"regions": [{"cidrs": [{"cidr": "x"}]}]}"#),
            (Format::Geofeed, "192.0.2.0/24,NL\n<html>"),
            (Format::Geofeed, ",NL"),
        ] {
            let fault = written(format, text).unwrap_err();
            assert_eq!(fault.code(), "malformed", "{text}");
        }
        assert_eq!(read(Format::Lines, &[0xff]).unwrap_err().code(), "malformed");
    }

    #[test]
    fn an_empty_or_much_smaller_file_replaces_nothing() {
        let entries = |number: u32| (1..=number).map(Entry::System).collect::<Vec<_>>();
        let judge = |entries: &[Entry], before| judge(entries, before, usize::MAX);
        assert_eq!(judge(&entries(0), None), Err(FetchFault::Empty));
        assert_eq!(judge(&entries(1), None), Ok(()));
        assert_eq!(judge(&entries(50), Some(100)), Ok(()));
        let shrunk = FetchFault::Shrunk { before: 100, after: 49 };
        assert_eq!(judge(&entries(49), Some(100)), Err(shrunk));
        // Nor does one that is much larger, unless both are small.
        assert_eq!(judge(&entries(2_000), Some(2)), Ok(()));
        assert_eq!(judge(&entries(4_000), Some(2_000)), Ok(()));
        let grown = FetchFault::Grown { before: 2_000, after: 4_001 };
        assert_eq!(judge(&entries(4_001), Some(2_000)), Err(grown));
        assert_eq!(judge(&entries(4_001), None), Ok(()));
    }

    #[test]
    fn no_file_puts_the_internet_on_a_list() {
        for wide in ["0.0.0.0/0", "8.0.0.0/7", "::/0", "2000::/15"] {
            let entries = read(Format::Lines, format!("192.0.2.1\n{wide}").as_bytes()).unwrap();
            let fault = judge(&entries, None, usize::MAX).unwrap_err();
            assert_eq!(fault, FetchFault::TooWide { entry: wide.to_owned() });
        }
        let entries = read(Format::Lines, b"10.0.0.0/8\n2001::/16").unwrap();
        assert_eq!(judge(&entries, None, usize::MAX), Ok(()));
    }

    #[test]
    fn what_the_edge_would_not_take_is_a_fault_at_once() {
        let entries: Vec<_> = (1..=100).map(Entry::System).collect();
        let bytes = List::of(0, entries.iter().copied()).write().len();
        assert_eq!(judge(&entries, None, bytes), Ok(()));
        let fault = judge(&entries, None, bytes - 1);
        assert_eq!(fault, Err(FetchFault::TooLarge { bytes, most: bytes - 1 }));
    }

    #[test]
    fn published_lists_have_names_of_lists() {
        for list in Published::ALL {
            assert!(list.as_str().parse::<munjigi_captcha::ListId>().is_ok());
            assert_eq!(Published::parse(list.as_str()), Some(list));
        }
    }
}
