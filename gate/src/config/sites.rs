//! Sites in the file of settings: a line each, under the sitekey.

use munjigi_captcha::new_site;
use munjigi_protocol::{Mode, PictureType, Rule, SiteConfig, SiteState, UnderAttack, Work};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

/// What an operator chooses about a site; the rest is a new site's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// Host-name patterns.
    hosts: Vec<String>,
    /// SHA-256 of each secret, 64 hex digits.
    secrets: Vec<String>,
    state: Option<SiteState>,
    #[serde(default)]
    allow_loopback: bool,
    mode: Option<Mode>,
    work: Option<Work>,
    count: Option<u32>,
    token_lifetime_seconds: Option<u32>,
    fallback_allowed: Option<bool>,
    #[serde(default)]
    pictures: Vec<PictureType>,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    under_attack: UnderAttack,
}

/// Reads the settings of a site; the error says what is wrong, and where in the
/// text if that is known.
pub(super) fn read(
    sitekey: &str,
    value: Spanned<DeValue<'_>>,
) -> Result<SiteConfig, (Option<usize>, String)> {
    let chosen = Chosen::deserialize(ValueDeserializer::from(value)).map_err(|error| {
        (error.span().map(|span| span.start), error.message().replace('\n', "; "))
    })?;
    let new = new_site(sitekey);
    Ok(SiteConfig {
        hosts: chosen.hosts,
        secrets: chosen.secrets,
        state: chosen.state.unwrap_or(new.state),
        allow_loopback: chosen.allow_loopback,
        mode: chosen.mode.unwrap_or(new.mode),
        work: chosen.work.unwrap_or(new.work),
        count: chosen.count.unwrap_or(new.count),
        token_lifetime_seconds: chosen.token_lifetime_seconds.unwrap_or(new.token_lifetime_seconds),
        fallback_allowed: chosen.fallback_allowed.unwrap_or(new.fallback_allowed),
        pictures: chosen.pictures,
        rules: chosen.rules,
        aliases: chosen.aliases,
        under_attack: chosen.under_attack,
        ..new
    })
}
