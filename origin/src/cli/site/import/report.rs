//! The output of `munjigi site import`, for people and for machines.

use munjigi_captcha::{Hostname, Sitekey};
use munjigi_store::vendor_keys::Import;
use serde::Serialize;

use super::super::view::rfc3339;
use super::NotLive;
use crate::cli::table::columns;
use crate::cli::{Exit, Fail};
use crate::vendor_keys::proof_url;

#[derive(Debug)]
pub enum Report {
    /// It waits for its proof.
    Asked(Sitekey, Import),
    /// Waiting imports were checked.
    Proven(Sitekey, Vec<(Import, Result<(), NotLive>)>),
    /// Nothing was changed.
    Listed(Sitekey, Vec<Import>),
    /// It was removed and is refused again.
    Removed(Sitekey, Import),
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct View<'a> {
    vendor: &'a str,
    sitekey: &'a str,
    host: &'a str,
    state: &'static str,
    /// The token to publish, until the import is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// The address to publish it at.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    asked_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl<'a> View<'a> {
    fn of(import: &'a Import, state: &'static str) -> Self {
        let waits = state == "pending";
        Self {
            vendor: &import.vendor,
            sitekey: &import.key,
            host: &import.host,
            state,
            token: waits.then_some(&import.token),
            proof: waits.then(|| address(import)),
            asked_at: rfc3339(import.asked_at),
            error: None,
        }
    }
}

impl Report {
    /// For machines: a list, whatever was done.
    pub fn views(&self) -> Vec<View<'_>> {
        match self {
            Self::Asked(_, import) => vec![View::of(import, state(import))],
            Self::Removed(_, import) => vec![View::of(import, "removed")],
            Self::Listed(_, imports) => {
                imports.iter().map(|import| View::of(import, state(import))).collect()
            }
            Self::Proven(_, proven) => {
                proven.iter().map(|(import, outcome)| view(import, outcome)).collect()
            }
        }
    }

    /// For people.
    pub fn people(&self) -> String {
        match self {
            Self::Asked(site, import) => asked(*site, import),
            Self::Proven(site, proven) if proven.is_empty() => {
                format!("No import is waiting for proof.\nSee: munjigi site import {site} --list\n")
            }
            Self::Proven(_, proven) => {
                let line = |(import, outcome): &(Import, Result<(), NotLive>)| match outcome {
                    Ok(()) => format!("live     {} on {}\n", import.key, import.host),
                    Err(why) => format!("waiting  {} on {}: {why}\n", import.key, import.host),
                };
                let lines: String = proven.iter().map(line).collect();
                format!(
                    "{lines}While `munjigi serve` runs, active imports reach the edge within seconds.\n"
                )
            }
            Self::Listed(site, imports) if imports.is_empty() => {
                format!("{site} has no imports.\nSee: munjigi site import --help\n")
            }
            Self::Listed(_, imports) => {
                let heading = ["vendor", "sitekey", "host", "state", "proof"].map(str::to_owned);
                let rows = imports.iter().map(|import| {
                    let proof = match import.live_at {
                        Some(at) => rfc3339(at),
                        None => format!("{} at {}", import.token, address(import)),
                    };
                    let Import { vendor, key, host, .. } = import.clone();
                    [vendor, key, host, state(import).to_owned(), proof]
                });
                columns(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
            }
            Self::Removed(site, Import { key, host, vendor, .. }) => format!(
                "Removed {key} on {host}: it is refused everywhere within two minutes.\n\
                 Undo: munjigi site import {site} --vendor {vendor} --sitekey {key} --host {host} --secret-file FILE\n"
            ),
        }
    }

    /// Fails if an import that was checked is not live.
    pub fn fail(&self) -> Option<Fail> {
        let Self::Proven(site, proven) = self else { return None };
        let (import, why) = proven
            .iter()
            .find_map(|(import, outcome)| outcome.as_ref().err().map(|why| (import, why)))?;
        let what = format!("{} on {} is not active", import.key, import.host);
        let fix = match why {
            NotLive::Proof(_) => {
                format!("publish the line {} at {}", import.token, address(import))
            }
            NotLive::Refused(_) => format!("munjigi site import {site} --list"),
        };
        Some(Fail::new(Exit::Site, what, why).fix(fix))
    }
}

fn view<'a>(import: &'a Import, outcome: &Result<(), NotLive>) -> View<'a> {
    match outcome {
        Ok(()) => View::of(import, "live"),
        Err(why) => View { error: Some(why.to_string()), ..View::of(import, "pending") },
    }
}

fn state(import: &Import) -> &'static str {
    if import.live_at.is_some() { "live" } else { "pending" }
}

fn address(import: &Import) -> String {
    Hostname::parse(&import.host).map(|host| proof_url(&host, None)).unwrap_or_default()
}

fn asked(site: Sitekey, import: &Import) -> String {
    let Import { vendor, key, host, token, .. } = import;
    let address = address(import);
    format!(
        "\
Requested that {vendor}'s {key} stands for {site} on {host} and its subdomains.

  publish  {address}
           as text/plain, with this on a line of its own:
           {token}

Then:  munjigi site import {site} --prove
Until then, the key is refused, and anyone else can request it.
Undo:  munjigi site import {site} --remove {key} --host {host}
"
    )
}
