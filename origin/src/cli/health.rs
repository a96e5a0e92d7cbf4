//! `munjigi health`: for containers, which have no other program to ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use munjigi_delivery::http_client;

use super::{Exit, Fail, Shell, print};
use crate::config::Http;

/// Succeeds while the running origin can take in records.
pub async fn run(shell: &Shell) -> Result<(), Fail> {
    let mut listen = Http::read(&shell.environment)?.operators;
    // Where it listens everywhere, it is here as well.
    listen.set_ip(match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    });
    let url = format!("http://{listen}/health/ready");
    let client = http_client::client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    let away = |error| {
        Fail::new(Exit::Failed, format!("nothing answers at {url}"), error)
            .fix("start `munjigi serve` with the same MUNJIGI_OPERATOR_LISTEN")
    };
    let answer = client.get(&url).send().await.map_err(away)?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    if !status.is_success() {
        return Err(Fail::new(Exit::Failed, format!("the origin is not ready ({status})"), text));
    }
    print(&format!("{}\n", text.trim()))
}
