//! The origin's client for the edge: signed calls under `/internal`, and the
//! edge's health. When to call is decided in `publish`.

use std::time::Duration;

use munjigi_captcha::pictures::{PicturePack, write_pack, write_pools};
use munjigi_captcha::{ImportFilter, List};
use munjigi_domain::entropy::Entropy;
use munjigi_keys::KeyRing;
use munjigi_keys::signature::{Audience, AudienceKeys, Head, Nonce};
use munjigi_process::clock::Clock;
use munjigi_process::reasons::reasons;
use munjigi_protocol::{
    Code, Health, ListDelete, PackId, Pools, Problem, SiteDelete, SitePut, SiteverifyReply, Status,
    headers, routes,
};
use reqwest::{Client, Method, StatusCode, Url};
use tracing::Instrument as _;

use crate::telemetry;

const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// For the images of a pack, which are up to 8 MiB.
const IMAGES_TIMEOUT: Duration = Duration::from_mins(1);

const BYTES: &str = "application/octet-stream";

/// Why a call to the edge failed.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// No answer. Our fault or the network's; retry.
    #[error("the edge at {url} does not respond: {reason}")]
    Unreachable { url: Url, reason: String },
    /// The edge has a newer version of this site or list, of the pools or of the filter
    /// of imported keys, or another pack with this name.
    #[error("the edge has a newer version")]
    Stale,
    /// The edge refused; for most codes, the keys of the two sides differ.
    #[error("the edge answered {status}{}", .code.map(|code| format!(" {code}")).unwrap_or_default())]
    Refused {
        status: StatusCode,
        /// The problem's code, if the edge sent one.
        code: Option<Code>,
    },
}

impl EdgeError {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Stale => "stale",
            Self::Refused { .. } => "refused",
        }
    }
}

/// The address of an edge as people write it: `https://captcha.example`,
/// `https://shop.example/captcha`.
pub fn address(edge: &Url) -> &str {
    edge.as_str().trim_end_matches('/')
}

/// The address of a path of an edge, which may itself be below a path.
pub fn below(edge: &Url, path: &str) -> Url {
    let mut url = edge.clone();
    url.set_path(&[edge.path().trim_end_matches('/'), path].concat());
    url
}

/// A client for the edge.
#[derive(Debug, Clone)]
pub struct EdgeClient {
    http: Client,
    url: Url,
    keys: AudienceKeys,
    clock: Clock,
    entropy: Entropy,
}

impl EdgeClient {
    /// Creates a client; does not connect yet.
    pub fn new(http: Client, url: Url, internal: &KeyRing, clock: Clock, entropy: Entropy) -> Self {
        let keys = AudienceKeys::derive(internal, Audience::Edge);
        Self { http, url, keys, clock, entropy }
    }

    /// The address of the edge, with a slash at its end.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The same, as people write it.
    pub fn address(&self) -> &str {
        address(&self.url)
    }

    /// The address of a path of the edge.
    pub fn at(&self, path: &str) -> Url {
        below(&self.url, path)
    }

    /// Publishes a site.
    pub async fn put_site(&self, sitekey: &str, config: Vec<u8>) -> Result<SitePut, EdgeError> {
        let answer = self.call(Method::PUT, &site_path(sitekey), config).await?;
        answer.json().await.map_err(|error| self.unreachable(&error))
    }

    /// Removes a site from the edge. Succeeds if the edge does not have it.
    pub async fn delete_site(&self, sitekey: &str, version: u64) -> Result<(), EdgeError> {
        let body = serde_json::json!(SiteDelete { version }).to_string().into_bytes();
        match self.call(Method::DELETE, &site_path(sitekey), body).await {
            Ok(_) | Err(EdgeError::Refused { code: Some(Code::UnknownSitekey), .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Uploads a pack's images into the bucket.
    pub async fn put_pack_images(&self, pack: PackId, images: Vec<u8>) -> Result<(), EdgeError> {
        let path = pack_path(routes::PUT_PACK_IMAGES.path, pack);
        self.send(Outgoing {
            method: Method::PUT,
            path: &path,
            content_type: BYTES,
            body: images,
            timeout: IMAGES_TIMEOUT,
        })
        .await
        .map(drop)
    }

    /// Publishes a pack whose images are uploaded.
    pub async fn put_pack(&self, pack: &PicturePack) -> Result<(), EdgeError> {
        let path = pack_path(routes::PUT_PACK.path, pack.id());
        self.send(Outgoing {
            method: Method::PUT,
            path: &path,
            content_type: BYTES,
            body: write_pack(pack.pack()),
            timeout: CALL_TIMEOUT,
        })
        .await
        .map(drop)
    }

    /// Removes a pack and its images from the edge. Succeeds if the edge does
    /// not have it.
    pub async fn delete_pack(&self, pack: PackId) -> Result<(), EdgeError> {
        let path = pack_path(routes::DELETE_PACK.path, pack);
        match self.call(Method::DELETE, &path, Vec::new()).await {
            Ok(_) | Err(EdgeError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sets the packs to deal from.
    pub async fn put_pools(&self, pools: &Pools) -> Result<(), EdgeError> {
        self.send(Outgoing {
            method: Method::PUT,
            path: routes::PUT_POOLS.path,
            content_type: BYTES,
            body: write_pools(pools),
            timeout: CALL_TIMEOUT,
        })
        .await
        .map(drop)
    }

    /// Sets the filter of imported keys.
    pub async fn put_imports(&self, filter: &ImportFilter) -> Result<(), EdgeError> {
        self.send(Outgoing {
            method: Method::PUT,
            path: routes::PUT_IMPORTS.path,
            content_type: BYTES,
            body: filter.write(),
            timeout: CALL_TIMEOUT,
        })
        .await
        .map(drop)
    }

    /// Publishes a list that rules name.
    pub async fn put_list(&self, id: &str, list: &List) -> Result<(), EdgeError> {
        self.send(Outgoing {
            method: Method::PUT,
            path: &list_path(id),
            content_type: BYTES,
            body: list.write(),
            timeout: CALL_TIMEOUT,
        })
        .await
        .map(drop)
    }

    /// Removes a list from the edge. Succeeds if the edge does not have it.
    pub async fn delete_list(&self, id: &str, version: u64) -> Result<(), EdgeError> {
        let body = serde_json::json!(ListDelete { version }).to_string().into_bytes();
        self.call(Method::DELETE, &list_path(id), body).await.map(drop)
    }

    /// The edge's own health report.
    pub async fn health(&self) -> Result<Status, EdgeError> {
        let url = self.at(routes::HEALTH.path);
        let answer = self.http.get(url).send().await.map_err(|error| self.unreachable(&error))?;
        // A degraded edge may answer 503 with a body; the body counts.
        let status = answer.status();
        match answer.json::<Health>().await {
            Ok(health) => Ok(health.status),
            Err(_) => Err(EdgeError::Refused { status, code: None }),
        }
    }

    /// Whether the edge knows the site: anyone may request its frame.
    pub async fn knows(&self, sitekey: &str) -> Result<bool, EdgeError> {
        let url = self.at(&routes::FRAME.path.replace("{sitekey}", sitekey));
        let answer = self.http.get(url).send().await.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(EdgeError::Refused { status, code: None });
        }
        Ok(status != StatusCode::NOT_FOUND)
    }

    /// Siteverify's verdict on a token, requested as a customer would.
    pub async fn siteverify(
        &self,
        secret: &str,
        token: &str,
    ) -> Result<SiteverifyReply, EdgeError> {
        let form = [("secret", secret), ("response", token)];
        let asked = self.http.post(self.at(routes::SITEVERIFY.path)).form(&form);
        let answer = asked.send().await.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(EdgeError::Refused { status, code: None });
        }
        answer.json().await.map_err(|error| self.unreachable(&error))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<reqwest::Response, EdgeError> {
        let content_type = "application/json";
        self.send(Outgoing { method, path, content_type, body, timeout: CALL_TIMEOUT }).await
    }

    async fn send(&self, call: Outgoing<'_>) -> Result<reqwest::Response, EdgeError> {
        let Outgoing { method, path, content_type, body, timeout } = call;
        let head = Head { method: method.as_str(), path, query: "" };
        let nonce = Nonce(self.entropy.bytes());
        let signature = self.keys.sign(&head, &body, self.clock.now(), nonce);
        let name = format!("{method} to the edge");
        let span = tracing::info_span!("edge", otel.name = %name, otel.kind = "client");
        let answer = self
            .http
            .request(method, self.at(path))
            .timeout(timeout)
            .headers(telemetry::handed_on(&span))
            .header(headers::SIGNATURE, signature)
            .header("content-type", content_type)
            .body(body)
            .send()
            .instrument(span)
            .await
            .map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        match answer.json::<Problem>().await.ok().map(|problem| problem.code) {
            Some(Code::StaleVersion) => Err(EdgeError::Stale),
            code => Err(EdgeError::Refused { status, code }),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> EdgeError {
        EdgeError::Unreachable { url: self.url.clone(), reason: reasons(error) }
    }
}

/// A signed call.
struct Outgoing<'a> {
    method: Method,
    path: &'a str,
    content_type: &'static str,
    body: Vec<u8>,
    timeout: Duration,
}

fn list_path(id: &str) -> String {
    routes::PUT_LIST.path.replace("{list}", id)
}

fn site_path(sitekey: &str) -> String {
    routes::PUT_SITE.path.replace("{sitekey}", sitekey)
}

fn pack_path(path: &str, pack: PackId) -> String {
    path.replace("{id}", &pack.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_an_edge_is_below_its_own() {
        for (edge, url) in [
            ("https://captcha.example/", "https://captcha.example/v1/api.js"),
            ("https://shop.example/captcha/", "https://shop.example/captcha/v1/api.js"),
        ] {
            assert_eq!(below(&edge.parse().unwrap(), "/v1/api.js").as_str(), url);
        }
    }
}
