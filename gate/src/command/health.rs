//! `munjigi-gate health`: for containers, which have no other program to ask.

use super::Fail;
use crate::config::{Config, local_url};
use crate::delivery;

/// Succeeds while the running gate can serve.
pub async fn run(config: &Config) -> Result<(), Fail> {
    let url = match config.operator_listen {
        Some(listen) => format!("{}/health/ready", local_url(listen)),
        None => format!("{}/health", config.local_url()),
    };
    let client = delivery::client().map_err(|error| Fail(error.to_string()))?;
    let answer = client.get(&url).send().await;
    let answer = answer.map_err(|_| Fail(format!("nothing answers at {url}")))?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    if !status.is_success() {
        return Err(Fail(format!("{url} answers with {status}: {}", text.trim())));
    }
    println!("{}", text.trim());
    Ok(())
}
