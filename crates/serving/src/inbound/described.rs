//! A request that its platform describes in one text, because on some platforms
//! each value that is passed separately costs as much as reading it does.

use std::borrow::Cow;

use munjigi_captcha::{Address, Country, Listings, Location};

use super::{BodyError, Connection, Source};

/// On a developer's machine there is no proxy in front of us.
const LOCAL_ADDRESS: &str = "127.0.0.1";

/// The headers that a description contains.
pub const HEADERS: [&str; 9] = [
    "content-type",
    "content-length",
    "sec-fetch-site",
    "user-agent",
    "sec-ch-ua",
    "sec-ch-ua-platform",
    "sec-ch-ua-mobile",
    "accept",
    "priority",
];

/// The parts of a request that its description does not contain.
#[expect(async_fn_in_trait, reason = "a future over a request is Send where the request is Sync")]
pub trait Rest {
    /// As in [`Source`], of the headers that are none of [`HEADERS`].
    fn header(&self, name: &str) -> Option<Cow<'_, str>>;

    /// As in [`Source`].
    fn platform_id(&self) -> Option<String>;

    /// As in [`Source`].
    async fn read(&self, stated: Option<usize>, cap: usize) -> Result<Vec<u8>, BodyError>;
}

/// A request and its description: a line each for method, URL, the client's
/// address, country, number of the autonomous system, HTTP version, TLS version,
/// digests of its TLS handshake, each of [`HEADERS`], empty if unknown, and `own`
/// where the platform itself asks. The body may follow after an empty line; otherwise it is read from the rest. No
/// line can contain a line break: no value of HTTP can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described<R> {
    text: String,
    /// Where each line ends.
    ends: [usize; LINES],
    rest: R,
}

/// A line before those of the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Method,
    Url,
    Address,
    Country,
    Asn,
    Http,
    Tls,
    Handshake,
}

const BEFORE_HEADERS: usize = Line::Handshake as usize + 1;
const OWN: usize = BEFORE_HEADERS + HEADERS.len();
const LINES: usize = OWN + 1;

impl<R> Described<R> {
    /// A request from its description.
    pub fn new(description: String, rest: R) -> Self {
        let mut ends = [description.len(); LINES];
        for (end, (at, _)) in ends.iter_mut().zip(description.match_indices('\n')) {
            *end = at;
        }
        Self { text: description, ends, rest }
    }

    fn line(&self, which: Line) -> &str {
        self.at(which as usize)
    }

    fn at(&self, line: usize) -> &str {
        let before = line.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |end| end + 1);
        let end = self.ends.get(line).copied().unwrap_or_default();
        self.text.get(start..end).unwrap_or_default()
    }
}

impl<R: Rest> Source for Described<R> {
    fn method(&self) -> &str {
        self.line(Line::Method)
    }

    fn url(&self) -> &str {
        self.line(Line::Url)
    }

    fn location(&self) -> Location {
        let address = match self.line(Line::Address) {
            "" => LOCAL_ADDRESS,
            address => address,
        };
        Location {
            // Invalid addresses are one address, so that they cannot be used
            // to have many.
            address: Address::parse(address).unwrap_or(Address::V4([0; 4])),
            country: Country::parse(self.line(Line::Country)),
            asn: self.line(Line::Asn).parse().unwrap_or_default(),
            listed: Listings::NONE,
        }
    }

    fn connection(&self) -> Connection<'_> {
        Connection {
            http: self.line(Line::Http),
            tls: self.line(Line::Tls),
            handshake: self.line(Line::Handshake),
        }
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let Some(place) = HEADERS.iter().position(|known| *known == name) else {
            return self.rest.header(name);
        };
        let value = self.at(BEFORE_HEADERS + place);
        (!value.is_empty()).then_some(Cow::Borrowed(value))
    }

    fn platform_id(&self) -> Option<String> {
        self.rest.platform_id()
    }

    fn is_operators(&self) -> bool {
        self.at(OWN) == "own"
    }

    fn body(&self) -> Option<&str> {
        let end = self.ends.last().copied().unwrap_or_default();
        self.text.get(end..)?.strip_prefix("\n\n")
    }

    fn read(
        &self,
        stated: Option<usize>,
        cap: usize,
    ) -> impl Future<Output = Result<Vec<u8>, BodyError>> {
        self.rest.read(stated, cap)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use munjigi_protocol::routes;

    use super::*;

    struct Nothing;
    impl Rest for Nothing {
        fn header(&self, name: &str) -> Option<Cow<'_, str>> {
            (name == "cookie").then_some("a=b".into())
        }
        fn platform_id(&self) -> Option<String> {
            None
        }
        async fn read(&self, _: Option<usize>, _: usize) -> Result<Vec<u8>, BodyError> {
            Err(BodyError::Broken)
        }
    }

    #[test]
    fn a_description_falls_into_lines() {
        let lines = "POST\nhttps://a.example/\n192.0.2.1\nKR\n7\n\nTLSv1.3\n9f 2c\n\
                     \n2\n\nagent\n\n\n\n*/*\nu=1\nown\n\n{}";
        let request = Described::new(lines.to_owned(), Nothing);
        assert_eq!((request.method(), request.url()), ("POST", "https://a.example/"));
        let Location { address, country, asn, listed } = request.location();
        assert_eq!((address, asn, listed), (Address::V4([192, 0, 2, 1]), 7, Listings::NONE));
        assert_eq!(country, Country::parse("KR"));
        let connection = Connection { http: "", tls: "TLSv1.3", handshake: "9f 2c" };
        assert_eq!(request.connection(), connection);
        for (name, value) in [
            ("content-type", None),
            ("content-length", Some("2")),
            ("sec-fetch-site", None),
            ("user-agent", Some("agent")),
            ("accept", Some("*/*")),
            ("priority", Some("u=1")),
            ("cookie", Some("a=b")),
            ("referer", None),
        ] {
            assert_eq!(request.header(name).as_deref(), value, "{name}");
        }
        assert!(request.is_operators());
        assert_eq!(request.body(), Some("{}"));
    }

    #[test]
    fn a_description_that_ends_early_says_nothing_more() {
        let request = Described::new("GET\nhttps://a.example/b".to_owned(), Nothing);
        assert_eq!((request.method(), request.url()), ("GET", "https://a.example/b"));
        assert_eq!(request.location().address, Address::V4([127, 0, 0, 1]));
        assert_eq!((request.header("accept"), request.body()), (None, None));
        assert!(!request.is_operators());
    }

    #[test]
    fn the_workers_entry_describes_a_request_in_these_lines() {
        let module = include_str!("../../../../edge/src/describe.js");
        let (_, rest) = module.split_once("const lines = `").unwrap();
        let (lines, _) = rest.split_once("`;").unwrap();
        assert_eq!(
            lines.lines().collect::<Vec<_>>(),
            [
                "${method}",
                "${url}",
                "${header(\"cf-connecting-ip\")}",
                "${country}",
                "${asn}",
                "${httpProtocol}",
                "${tlsVersion}",
                "${handshake}",
                "${HEADERS.map(header).join(\"\\n\")}",
                "${own}",
            ]
        );
    }

    /// What the Worker's JavaScript has to know of the routes and of a description.
    fn lists() -> String {
        let names: Vec<String> = HEADERS.iter().map(|name| format!("  {name:?},")).collect();
        // A path with a variable part is read by Rust, under its cap; a signed call as well,
        // after its signature.
        let is_read = |path: &str| !path.contains('{') && !path.starts_with("/internal/");
        let posts = routes::EDGE.iter().filter(|it| it.method == "POST" && is_read(it.path));
        let posts = posts.map(|it| format!("  {:?}: {},", it.path, it.max_body_bytes));
        let (names, posts) = (names.join("\n"), posts.collect::<Vec<_>>().join("\n"));
        format!(
            "// Written by `MUNJIGI_WRITE=1 cargo test -p munjigi-serving lists`; do not edit.\n\n\
             /** The headers that most routes look at. */\nexport const HEADERS = [\n{names}\n];\n\n\
             /** The routes whose body is read before Rust is asked, and its longest in bytes. */\n\
             export const POSTS = {{\n{posts}\n}};\n"
        )
    }

    #[test]
    fn the_workers_lists_are_those_of_the_routes() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../edge/src/lists.js");
        if std::env::var_os("MUNJIGI_WRITE").is_some() {
            std::fs::write(&path, lists()).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            kept,
            lists(),
            "edge/src/lists.js is out of date: its first line says how to write it"
        );
    }
}
