//! The demo sites of a stack: created with the `munjigi` command, as an
//! operator creates them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::{files, http, wait};

#[derive(Clone, Serialize, Deserialize)]
pub struct Site {
    /// For the page.
    pub sitekey: String,
    /// For the back end.
    pub secret: String,
    /// A host the site allows.
    #[serde(default)]
    pub hostname: String,
    /// The sitekey in a vendor's shape, which the page then uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("sitekey", &self.sitekey).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Sites {
    pub(super) site: Site,
    pub(super) bench_site: Site,
    pub(super) pictures_site: Site,
    /// The site that protects the console's own forms.
    pub(super) console_site: Site,
    /// Sites with keys in each vendor's shape, by the vendor's name.
    pub(super) dialects: BTreeMap<String, Site>,
}

const HOSTNAME: &str = "localhost";
const VENDORS: [&str; 3] = ["recaptcha", "hcaptcha", "turnstile"];
/// Requires a picture of every visitor.
const EVERYBODY: &str = r#"[{"match":{},"verdict":"picture"}]"#;

/// Creates all sites, with a floor of work other than the usual one if one is
/// given.
pub(super) fn create(origin: &Origin, work_floor: Option<u64>) -> Result<Sites> {
    let bounds = |floor: u64| {
        let ceiling = (100 * floor).to_string();
        ["--work-floor".to_owned(), floor.to_string(), "--work-ceiling".to_owned(), ceiling]
    };
    let of_all = work_floor.map(bounds);
    let of_all: Vec<&str> = of_all.iter().flatten().map(String::as_str).collect();
    // Tests use hundreds of its tokens.
    complete(origin, &mut BTreeMap::new(), &["--exempt"], &of_all)
}

/// Loads the sites of an earlier start and creates missing ones.
pub(super) fn kept(origin: &Origin, path: &Path) -> Result<Sites> {
    let mut known = match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| {
            format!("{} is damaged; start over with `scripts/dev --fresh`", path.display())
        })?,
        Err(_) => BTreeMap::new(),
    };
    let sites = complete(origin, &mut known, &[], &[])?;
    files::write_private(path, &serde_json::to_string_pretty(&known)?)?;
    Ok(sites)
}

fn complete(
    origin: &Origin,
    known: &mut BTreeMap<String, Site>,
    of_dialects: &[&str],
    of_all: &[&str],
) -> Result<Sites> {
    let mut site = |name: &str, special: &[&str], input: &str| {
        if let Some(site) = known.get(name) {
            return anyhow::Ok(site.clone());
        }
        let made = create_one(origin, &[special, of_all].concat(), input)?;
        known.insert(name.to_owned(), made.clone());
        Ok(made)
    };
    let pictures = "--name Pictures --mode interactive --pictures grid,area,turn --rules -";
    let pictures: Vec<&str> = pictures.split(' ').collect();
    let mut dialects = BTreeMap::new();
    for vendor in VENDORS {
        let special = [&["--name", "From another vendor", "--vendor", vendor], of_dialects];
        dialects.insert(vendor.to_owned(), site(vendor, &special.concat(), "")?);
    }
    Ok(Sites {
        dialects,
        site: site("site", &["--name", "Demo shop"], "")?,
        bench_site: site("bench_site", &["--name", "Bench", "--exempt"], "")?,
        pictures_site: site("pictures_site", &pictures, EVERYBODY)?,
        console_site: site("console_site", &["--name", "The console"], "")?,
    })
}

fn create_one(origin: &Origin, special: &[&str], input: &str) -> Result<Site> {
    let mut arguments = vec!["site", "add", "--json"];
    arguments.extend(["--host", HOSTNAME, "--allow-loopback"]);
    arguments.extend(special);
    let mut site: Site = origin.run_json_on(&arguments, input)?;
    HOSTNAME.clone_into(&mut site.hostname);
    Ok(site)
}

/// The fields of `munjigi site show --json` that matter here.
#[derive(Debug, Deserialize)]
struct Shown {
    version: u64,
    published_version: Option<u64>,
}

impl Site {
    /// The keys for the page and for the back end.
    #[must_use]
    pub fn keys(&self) -> serde_json::Value {
        let sitekey = self.alias.as_ref().unwrap_or(&self.sitekey);
        serde_json::json!({ "sitekey": sitekey, "secret": self.secret })
    }

    /// Waits until the origin has published the site to the edge.
    ///
    /// The edge itself is not asked meanwhile: it would remember for some
    /// seconds that there is no such site.
    pub async fn wait_until_published(&self, origin: &Origin, within: Duration) -> Result<()> {
        wait::until(&format!("{} to be published", self.sitekey), within, async || {
            let shown: Shown = origin.run_json(&["site", "show", "--json", &self.sitekey])?;
            Ok((shown.published_version == Some(shown.version)).then_some(()))
        })
        .await
    }

    /// Waits until the edge serves the site.
    pub async fn wait_until_served(&self, edge: &str, within: Duration) -> Result<()> {
        let sitekey = self.alias.as_ref().unwrap_or(&self.sitekey);
        let url = format!("{edge}/v1/frame/{sitekey}");
        let client = http::client();
        wait::until(&format!("the edge to serve {}", self.sitekey), within, async || {
            let request = client.get(&url).header("referer", format!("http://{HOSTNAME}/"));
            let answer = request.send().await;
            Ok(answer.is_ok_and(|answer| answer.status().is_success()).then_some(()))
        })
        .await
    }
}
