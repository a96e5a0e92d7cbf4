//! `munjigi outcomes import`: sends each line to the edge, as a back end would.

mod file;
mod send;

use std::path::PathBuf;

use clap::ValueHint;
use munjigi_delivery::http_client;
use reqwest::Url;
use send::{Refusal, Sender};
use serde::Serialize;

use crate::cli::{Exit, Fail, print, print_json};
use crate::config::parse_edge_url;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi outcomes import outcomes.csv --edge https://captcha.example

The file is CSV with a line of names first. `id` and `outcome` are required:
  id        metadata.id of siteverify's answer
  outcome   legitimate or fraudulent
  reason    optional: chargeback, spam, reviewed, …; docs/protocol/types.md lists all
  key       optional idempotency key; by default, made from the line

Every line is checked before the first is sent. An import can be repeated: what
was taken before changes nothing.

Exit codes:
  0   every line was taken
  1   the file is malformed; nothing was sent
  10  the edge does not respond; the lines before were taken
  15  the edge refused some lines, which are listed; the others were taken")]
pub struct Arguments {
    /// The file, or - for stdin.
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// URL of the edge.
    #[arg(long, value_parser = parse_edge_url)]
    edge: Url,
    /// Secret of the site. If you set it in the environment, it stays out of the
    /// process list.
    #[arg(long, env = "MUNJIGI_OUTCOMES_SECRET", hide_env_values = true)]
    secret: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    taken: usize,
    refused: &'a [Refusal],
}

pub async fn run(arguments: &Arguments) -> Result<(), Fail> {
    let lines = file::read(&arguments.file)?;
    let http = http_client::client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    let sender = Sender::new(&arguments.edge, http, &arguments.secret);
    let mut refused = Vec::new();
    let mut taken = 0;
    for line in &lines {
        match sender.send(line).await {
            Ok(None) => taken += 1,
            Ok(Some(refusal)) => refused.push(refusal),
            Err(why) => {
                let what = format!("{taken} of {} lines were taken", lines.len());
                return Err(Fail::new(Exit::EdgeAway, what, why)
                    .fix("run the command again: what was taken changes nothing"));
            }
        }
    }
    if arguments.json {
        print_json(&Report { taken, refused: &refused })?;
    } else {
        for Refusal { line, code } in &refused {
            print(&format!("line {line}: {code}\n"))?;
        }
        print(&format!("{taken} taken, {} refused\n", refused.len()))?;
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Fail::new(Exit::Outcomes, "not every line was taken", "the edge refused those listed")
        .fix("invalid-input-response: the id is unknown, of another site, or older than 90 days"))
}
