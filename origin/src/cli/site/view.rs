//! Sites as commands print them.

use munjigi_protocol::{Protection, SiteConfig};
use munjigi_store::sites::SiteRecord;
use serde::Serialize;
use time::OffsetDateTime;

#[derive(Debug, Serialize)]
pub struct View<'a> {
    name: &'a str,
    #[serde(flatten)]
    config: &'a SiteConfig,
    /// The configuration omits an empty list, but `site set --protect` reads an
    /// array.
    #[serde(rename = "protect", skip_serializing_if = "Option::is_none")]
    no_protect: Option<[Protection; 0]>,
    created_at: String,
    changed_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
    published_version: Option<u64>,
    publish_error: Option<&'a str>,
}

impl<'a> View<'a> {
    pub fn of(site: &'a SiteRecord) -> Self {
        Self {
            name: &site.name,
            config: &site.config,
            no_protect: site.config.protect.is_empty().then_some([]),
            created_at: rfc3339(site.created_at),
            changed_at: rfc3339(site.changed_at),
            deleted_at: site.deleted_at.map(rfc3339),
            published_version: site.published_version,
            publish_error: site.publish_error.as_deref(),
        }
    }
}

/// Whether the edge has what it should have.
pub fn edge(site: &SiteRecord) -> String {
    match (site.published_version, &site.publish_error) {
        (_, Some(error)) => format!("waiting: {error}"),
        (Some(version), None) if version == site.config.version => "up to date".to_owned(),
        (_, None) => "waiting for `munjigi serve`".to_owned(),
    }
}

/// The hosts in one line.
pub fn hosts(config: &SiteConfig) -> String {
    let loopback = config.allow_loopback.then_some("loopback");
    let hosts: Vec<&str> = config.hosts.iter().map(String::as_str).chain(loopback).collect();
    hosts.join(", ")
}

/// For people and machines alike.
pub fn rfc3339(at: OffsetDateTime) -> String {
    munjigi_domain::timestamp::from_timestamp(at).rfc3339()
}
