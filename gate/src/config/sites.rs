//! Sites in the file of settings: a line each, under the sitekey.

use munjigi_captcha::{SiteEntry, SiteHost};
use munjigi_protocol::SiteConfig;
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

/// What is wrong with a site that has embedders alone.
pub const NO_PAGES: &str = "its hosts are embedders alone: add a host of its own pages";

/// Whether a site has embedders, and no page for them to embed.
pub fn lacks_pages(hosts: &[String], allow_loopback: bool) -> bool {
    !hosts.is_empty() && !allow_loopback && SiteHost::of_pages(hosts).next().is_none()
}

/// Reads the settings of a site; the error says what is wrong, and where in the
/// text if that is known.
pub(super) fn read(
    sitekey: &str,
    value: Spanned<DeValue<'_>>,
) -> Result<SiteConfig, (Option<usize>, String)> {
    let entry = SiteEntry::deserialize(ValueDeserializer::from(value)).map_err(|error| {
        (error.span().map(|span| span.start), error.message().replace('\n', "; "))
    })?;
    let mut config = entry.config(sitekey);
    for host in &mut config.hosts {
        let read = SiteHost::typed(host);
        *host = read.map_err(|error| (None, format!("the host {host}: {error}")))?.to_string();
    }
    if lacks_pages(&config.hosts, config.allow_loopback) {
        return Err((None, NO_PAGES.to_owned()));
    }
    Ok(config)
}
