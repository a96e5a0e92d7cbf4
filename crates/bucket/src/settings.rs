//! How to call a bucket, from the variables that all S3 tools read.

use std::net::IpAddr;

use reqwest::Url;

const REGION_UNSAID: &str = "us-east-1";

/// Where a bucket is and which key calls it.
#[derive(Debug)]
pub struct BucketSettings {
    /// The region that signatures are made for.
    pub region: String,
    /// A server other than Amazon's for the region.
    pub endpoint: Option<Url>,
    /// `None`: requests are not signed.
    pub credentials: Option<Credentials>,
}

pub struct Credentials {
    pub id: String,
    /// Signs requests.
    pub secret: String,
    /// The session token of a temporary key.
    pub token: Option<String>,
}

/// Contains secrets.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// A variable and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct WrongVariable {
    name: &'static str,
    problem: &'static str,
}

impl BucketSettings {
    /// Reads the variables, or reports everything that is wrong with them. An
    /// empty one counts as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<WrongVariable>> {
        let read = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        let mut mistake = |name, problem| wrong.push(WrongVariable { name, problem });
        let id = read("AWS_ACCESS_KEY_ID");
        let secret = read("AWS_SECRET_ACCESS_KEY");
        let credentials = match (id, secret) {
            (Some(id), Some(secret)) => {
                Some(Credentials { id, secret, token: read("AWS_SESSION_TOKEN") })
            }
            (None, None) => None,
            (Some(_), None) => {
                mistake("AWS_SECRET_ACCESS_KEY", "is missing; AWS_ACCESS_KEY_ID is set");
                None
            }
            (None, Some(_)) => {
                mistake("AWS_ACCESS_KEY_ID", "is missing; AWS_SECRET_ACCESS_KEY is set");
                None
            }
        };
        let plain_http = match read("AWS_ALLOW_HTTP").as_deref() {
            Some("true" | "1") => PlainHttp::Anywhere,
            Some("false" | "0") | None => PlainHttp::Loopback,
            Some(_) => {
                mistake("AWS_ALLOW_HTTP", "must be true or false");
                PlainHttp::Anywhere
            }
        };
        let endpoint = read("AWS_ENDPOINT_URL").and_then(|text| {
            endpoint(&text, plain_http).map_err(|problem| mistake("AWS_ENDPOINT_URL", problem)).ok()
        });
        let region = read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|| REGION_UNSAID.to_owned());
        // It becomes part of a host name.
        if !region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            mistake("AWS_REGION", "is not the name of a region");
        }
        if wrong.is_empty() { Ok(Self { region, endpoint, credentials }) } else { Err(wrong) }
    }
}

/// Where plain HTTP may go.
#[derive(Clone, Copy)]
enum PlainHttp {
    Loopback,
    Anywhere,
}

fn endpoint(text: &str, plain_http: PlainHttp) -> Result<Url, &'static str> {
    const FORM: &str = "is not an address such as https://s3.example";
    let url = Url::parse(text).map_err(|_| FORM)?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match (url.scheme(), plain_http) {
        ("https", _) | ("http", PlainHttp::Anywhere) if bare => Ok(url),
        ("http", PlainHttp::Loopback) if bare => {
            if is_loopback(&url) {
                Ok(url)
            } else {
                Err("is not encrypted: use https, or set AWS_ALLOW_HTTP=true")
            }
        }
        _ => Err(FORM),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<BucketSettings, Vec<String>> {
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        BucketSettings::read(find).map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_variables_amazon_is_called_unsigned() {
        let settings = read(&[("AWS_ENDPOINT_URL", "")]).unwrap();
        assert_eq!((settings.region.as_str(), settings.endpoint), ("us-east-1", None));
        assert!(settings.credentials.is_none());
    }

    #[test]
    fn a_key_a_region_and_an_endpoint_are_read() {
        let settings = read(&[
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_SESSION_TOKEN", "lent"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_REGION", "auto"),
            ("AWS_ENDPOINT_URL", "https://s3.example/base"),
        ])
        .unwrap();
        assert_eq!(settings.region, "auto");
        assert_eq!(settings.endpoint.as_ref().unwrap().as_str(), "https://s3.example/base");
        let Credentials { id, secret, token } = settings.credentials.as_ref().unwrap();
        assert_eq!((id.as_str(), secret.as_str(), token.as_deref()), ("id", "hush", Some("lent")));
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hush") && !shown.contains("lent"), "{shown}");
    }

    #[test]
    fn plain_http_stays_on_this_machine_unless_it_is_allowed() {
        for (url, allow, fits) in [
            ("http://127.0.0.1:9000", "", true),
            ("http://[::1]:9000/", "false", true),
            ("http://localhost:9000", "0", true),
            ("http://10.0.0.7:9000", "", false),
            ("http://localhost.example", "", false),
            ("http://127.0.0.1.example", "", false),
            ("http://10.0.0.7:9000", "true", true),
            ("https://10.0.0.7:9000", "", true),
        ] {
            let read = read(&[("AWS_ENDPOINT_URL", url), ("AWS_ALLOW_HTTP", allow)]);
            assert_eq!(read.is_ok(), fits, "{url} {allow}");
        }
    }

    #[test]
    fn every_mistake_in_the_variables_is_reported_at_once() {
        let wrong = read(&[
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_ALLOW_HTTP", "perhaps"),
            ("AWS_ENDPOINT_URL", "s3.example"),
            ("AWS_REGION", "evil.example/"),
        ]);
        assert_eq!(
            wrong.unwrap_err(),
            [
                "AWS_SECRET_ACCESS_KEY: is missing; AWS_ACCESS_KEY_ID is set",
                "AWS_ALLOW_HTTP: must be true or false",
                "AWS_ENDPOINT_URL: is not an address such as https://s3.example",
                "AWS_REGION: is not the name of a region",
            ]
        );
        for url in ["ftp://s3.example", "https://name:word@s3.example", "https://s3.example/?x"] {
            assert!(read(&[("AWS_ENDPOINT_URL", url)]).is_err(), "{url}");
        }
        assert!(read(&[("AWS_SECRET_ACCESS_KEY", "hush")]).is_err());
    }
}
