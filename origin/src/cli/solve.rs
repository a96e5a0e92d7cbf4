//! `munjigi solve`.

use munjigi_protocol::SolutionReply;
use reqwest::Url;

use super::probe::{fail_of, solver};
use super::{Exit, Fail, print, print_json};
use crate::config::parse_edge_url;
use crate::solver::{AtPicture, Passed};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  TOKEN=$(munjigi solve --edge https://captcha.example --sitekey mj_… --hostname shop.example)

If a picture is required, which only a person can solve, the command prints the
edge's reply as JSON and the exit code is 3.")]
pub struct Arguments {
    /// URL of the edge.
    #[arg(long, value_parser = parse_edge_url)]
    edge: Url,
    /// Sitekey of the site.
    #[arg(long)]
    sitekey: String,
    /// Host name of the page. The site must allow it.
    #[arg(long, default_value = "localhost")]
    hostname: String,
    /// If a picture is required, do the longer puzzle instead.
    #[arg(long)]
    another_way: bool,
}

pub async fn run(arguments: &Arguments) -> Result<(), Fail> {
    let mut solver = solver(&arguments.edge, &arguments.sitekey, &arguments.hostname)?;
    let at_picture = if arguments.another_way { AtPicture::AnotherWay } else { AtPicture::Stop };
    match solver.pass(at_picture).await {
        Ok(Passed::Token(token)) => print(&format!("{token}\n")),
        Ok(Passed::Picture(reply)) => {
            print_json(&SolutionReply::Next(reply))?;
            Err(Fail::new(Exit::Picture, "no token was issued", "a picture is required")
                .fix("add --another-way to do the longer puzzle, which is open to everybody"))
        }
        Err(error) => Err(fail_of(&solver, &error)),
    }
}
