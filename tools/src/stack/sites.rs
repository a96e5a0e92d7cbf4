//! The two demo sites of a stack: made by the `munjigi` command, as an
//! operator makes them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::origin::Origin;
use crate::{files, http, wait};

/// What an integrator holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Site {
    /// In the page.
    pub sitekey: String,
    /// In the back end.
    pub secret: String,
    /// A host the site allows.
    #[serde(default)]
    pub hostname: String,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("sitekey", &self.sitekey).finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sites {
    pub(super) site: Site,
    pub(super) bench_site: Site,
}

const HOSTNAME: &str = "localhost";

/// Makes both.
pub(super) fn create(origin: &Origin) -> Result<Sites> {
    Ok(Sites {
        site: create_one(origin, &["--name", "Demo shop"])?,
        bench_site: create_one(origin, &["--name", "Bench", "--exempt"])?,
    })
}

/// The two of an earlier start, else fresh ones.
pub(super) fn kept(origin: &Origin, path: &Path) -> Result<Sites> {
    if let Ok(text) = std::fs::read_to_string(path) {
        return serde_json::from_str(&text).with_context(|| {
            format!("{} is damaged; start over with `scripts/dev --fresh`", path.display())
        });
    }
    let sites = create(origin)?;
    files::write_private(path, &serde_json::to_string_pretty(&sites)?)?;
    Ok(sites)
}

fn create_one(origin: &Origin, special: &[&str]) -> Result<Site> {
    let mut arguments = vec!["site", "create", "--json"];
    arguments.extend(["--host", HOSTNAME, "--allow-loopback"]);
    arguments.extend(special);
    let mut site: Site = origin.run_json(&arguments)?;
    HOSTNAME.clone_into(&mut site.hostname);
    Ok(site)
}

/// As much of `munjigi site show --json` as matters here.
#[derive(Debug, Deserialize)]
struct Shown {
    version: u64,
    published_version: Option<u64>,
}

impl Site {
    /// Waits until the edge has been told of the site.
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
        let url = format!("{edge}/v1/frame/{}", self.sitekey);
        let client = http::client();
        wait::until(&format!("the edge to serve {}", self.sitekey), within, async || {
            let request = client.get(&url).header("referer", format!("http://{HOSTNAME}/"));
            let answer = request.send().await;
            Ok(answer.is_ok_and(|answer| answer.status().is_success()).then_some(()))
        })
        .await
    }
}
