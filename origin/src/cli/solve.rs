//! `munjigi solve`.

use reqwest::Url;

use super::probe::{fail_of, visitor};
use super::{Fail, print};
use crate::config::parse_edge_url;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  TOKEN=$(munjigi solve --edge https://captcha.example --sitekey mj_… --hostname shop.example)")]
pub struct Arguments {
    /// The edge's address.
    #[arg(long, value_parser = parse_edge_url)]
    edge: Url,
    /// The site.
    #[arg(long)]
    sitekey: String,
    /// The page's host name; one that the site allows.
    #[arg(long, default_value = "localhost")]
    hostname: String,
}

pub async fn run(arguments: &Arguments) -> Result<(), Fail> {
    let mut visitor = visitor(&arguments.edge, &arguments.sitekey, &arguments.hostname)?;
    match visitor.pass().await {
        Ok(token) => print(&format!("{token}\n")),
        Err(error) => Err(fail_of(&visitor, &error)),
    }
}
