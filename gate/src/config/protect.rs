//! Rules about paths in the file of settings: a table `[[protect]]` each, added
//! to a site's own.

use std::borrow::Borrow;

use munjigi_captcha::{Exemption, Site, SiteError, SiteHost, new_site};
use munjigi_protocol::{Protection, SiteConfig};
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

/// The setting of a rule that names its site.
const SITE: &str = "site";

/// A rule, and the sitekey that it names.
type Read = (Option<String>, Protection);

/// Reads a rule; the error says what is wrong, and where in the text if that is
/// known.
pub(super) fn read(mut value: Spanned<DeValue<'_>>) -> Result<Read, (Option<usize>, String)> {
    let form = || (None, "must be a table: `[[protect]]`, then `path = \"/account/*\"`".to_owned());
    let DeValue::Table(table) = value.get_mut() else { return Err(form()) };
    let site = match table.remove(SITE).map(Spanned::into_inner) {
        None => None,
        Some(DeValue::String(sitekey)) => Some(sitekey.into_owned()),
        Some(_) => return Err((None, "site must be a sitekey".to_owned())),
    };
    let rule = Protection::deserialize(ValueDeserializer::from(value)).map_err(|error| {
        (error.span().map(|span| span.start), error.message().replace('\n', "; "))
    })?;
    Ok((site, rule))
}

/// Adds a rule to the site that it names, or to the only one that is not for
/// pages on this machine alone.
pub(super) fn add<'a>(
    named: Option<&str>,
    rule: Protection,
    sites: impl Iterator<Item = &'a mut SiteConfig>,
) -> Result<(), String> {
    let site = site_of(named, sites)?;
    let alone = SiteConfig { protect: vec![rule.clone()], ..new_site(&site.sitekey) };
    if let Err(SiteError::Protection(_)) = Site::parse(&alone, Exemption::Ignored) {
        return Err("its path, host or a method is not well-formed".to_owned());
    }
    site.protect.push(rule);
    Ok(())
}

fn site_of<'a>(
    named: Option<&str>,
    mut sites: impl Iterator<Item = &'a mut SiteConfig>,
) -> Result<&'a mut SiteConfig, String> {
    if let Some(named) = named {
        let found = sites.find(|site| site.sitekey == named);
        return found.ok_or_else(|| format!("no site of this file is {named}"));
    }
    only(sites).ok_or_else(|| "say which site it is about: `site = \"mj_…\"`".to_owned())
}

/// The site that is meant where none is named: the only one, or the only one that
/// is not for pages on this machine alone.
pub(super) fn only<S: Borrow<SiteConfig>>(sites: impl Iterator<Item = S>) -> Option<S> {
    let mut sites: Vec<_> = sites.collect();
    if sites.len() > 1 {
        sites.retain(|site| {
            !SiteHost::of_pages(&site.borrow().hosts).all(|host| host == "localhost")
        });
    }
    sites.pop().filter(|_| sites.is_empty())
}
