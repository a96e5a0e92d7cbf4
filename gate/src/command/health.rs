//! `munjigi-gate health`: for containers, which have no other program to ask.

use super::{Fail, say};
use crate::config::{Config, local_url};
use crate::http_client;

/// Succeeds while the running gate can serve.
pub async fn run(config: &Config) -> Result<(), Fail> {
    let of_operators =
        config.operator_listen.map(|listen| format!("{}/health/ready", local_url(listen)));
    let public = || Some(format!("{}/health", config.local_url().or_else(|| config.page_url())?));
    let url = of_operators.or_else(public).ok_or_else(|| {
        Fail("set `operator_listen`: nothing else here tells whether the gate can serve".to_owned())
    })?;
    let client = http_client::own_client(&url);
    let client = client.map_err(|error| Fail(error.to_string()))?;
    let answer = client.get(&url).send().await;
    let answer = answer.map_err(|_| Fail(format!("nothing answers at {url}")))?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    if !status.is_success() {
        return Err(Fail(format!("{url} answers with {status}: {}", text.trim())));
    }
    say(text.trim())?;
    Ok(())
}
