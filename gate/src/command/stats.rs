//! `munjigi-gate stats`: what happened, as the page of figures shows it.

use munjigi_process::clock::Clock;

use super::{Fail, say};
use crate::config::Config;
use crate::sqlite::days_in;

/// Prints the last days, the latest first.
pub fn run(config: &Config, days: u64) -> Result<(), Fail> {
    let found = days_in(&config.data, Clock::system().now(), days);
    let found = found.map_err(|error| Fail(error.to_string()))?;
    if found.is_empty() {
        say(format_args!("Nothing happened in the last {days} days."))?;
        return Ok(());
    }
    let head = ["day (UTC)", "issued", "solved", "redeemed", "failed", "refused"];
    let [day, numbers @ ..] = head.map(str::to_owned);
    say(line(&day, numbers, "site"))?;
    for day in found {
        let sums = day.sums;
        let numbers = [sums.issued, sums.solved, sums.redeemed, sums.failed, sums.refused];
        let site = config.sites.iter().find(|site| site.config.sitekey == day.sitekey);
        let hosts = site.map(|site| format!(" ({})", site.config.hosts.join(", ")));
        let site = day.sitekey.clone() + &hosts.unwrap_or_default();
        say(line(&day.date(), numbers.map(|number| number.to_string()), &site))?;
    }
    Ok(())
}

fn line(day: &str, numbers: [String; 5], site: &str) -> String {
    let numbers = numbers.map(|number| format!("{number:>9}")).join(" ");
    format!("{day:<10} {numbers}  {site}")
}
