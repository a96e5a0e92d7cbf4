//! What operators and the origin can ask an edge about itself.

use serde::{Deserialize, Serialize};

/// Overall status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Status {
    /// Everything answers.
    #[serde(rename = "ok")]
    Ok,
    /// Visitors are served; something behind is not there.
    #[serde(rename = "degraded")]
    Degraded,
    /// Visitors are not served.
    #[serde(rename = "down")]
    Down,
}

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// The worst of the checks.
    pub status: Status,
    /// One entry per dependency.
    pub checks: Vec<HealthCheck>,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HealthCheck {
    /// Name of the dependency.
    pub name: String,
    /// How it is.
    pub status: Status,
    /// What is wrong and what to check; empty when nothing is wrong.
    pub detail: String,
}

/// The body of `GET /version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// `munjigi-edge` or `munjigi-origin`.
    pub name: String,
    /// The semantic version.
    pub version: String,
    /// The build: what it was built from.
    pub build: String,
}

/// The body of a DELETE of a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteDelete {
    /// The version of the deletion. Later versions restore the site.
    #[serde(default)]
    pub version: u64,
}

/// The answer to a PUT or DELETE of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitePut {
    /// The canonical sitekey.
    pub sitekey: String,
    /// The version that is stored now.
    pub version: u64,
}

/// The body of a DELETE of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDelete {
    /// The version of the deletion.
    pub version: u64,
}

/// The body of `GET /internal/state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalState {
    /// The running version.
    pub version: Version,
    /// Shard counts; the one in use comes first.
    pub shards: Vec<u16>,
    /// Key ids of the sealing ring; the sealing key comes first.
    pub root_kids: Vec<String>,
    /// Key ids of the internal ring; the signing key comes first.
    pub internal_kids: Vec<String>,
}
