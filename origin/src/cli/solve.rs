//! `munjigi solve`.

use munjigi_protocol::SolutionReply;
use reqwest::Url;

use super::probe::{fail_of, visitor};
use super::{Exit, Fail, print, print_json};
use crate::config::parse_edge_url;
use crate::visitor::{AtPicture, Passed};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  TOKEN=$(munjigi solve --edge https://captcha.example --sitekey mj_… --hostname shop.example)

Where a picture is asked for, which is for people, the edge's reply is printed
as JSON and the exit code is 3.")]
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
    /// Where a picture is asked for, take the longer way instead.
    #[arg(long)]
    another_way: bool,
}

pub async fn run(arguments: &Arguments) -> Result<(), Fail> {
    let mut visitor = visitor(&arguments.edge, &arguments.sitekey, &arguments.hostname)?;
    let at_picture = if arguments.another_way { AtPicture::AnotherWay } else { AtPicture::Stop };
    match visitor.pass(at_picture).await {
        Ok(Passed::Token(token)) => print(&format!("{token}\n")),
        Ok(Passed::Picture(reply)) => {
            print_json(&SolutionReply::Next(reply))?;
            Err(Fail::new(Exit::Picture, "there is no token", "a picture is asked for")
                .mend("add --another-way to take the longer way that is open to everybody"))
        }
        Err(error) => Err(fail_of(&visitor, &error)),
    }
}
