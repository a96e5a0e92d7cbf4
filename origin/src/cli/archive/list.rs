//! `munjigi archive list`.

use std::fmt::Write as _;

use super::super::{Fail, print};
use super::Where;
use crate::archive::list;
use crate::config::Environment;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi archive list
  munjigi archive list --in s3://shop-records/munjigi

Prints a line for each file: table, day, bytes, and `encrypted` if it is.")]
pub struct Arguments {
    #[command(flatten)]
    place: Where,
}

pub async fn run(environment: &Environment, arguments: &Arguments) -> Result<(), Fail> {
    let shelf = arguments.place.open(environment)?;
    let mut text = String::new();
    for put in list::list(&shelf).await? {
        let sealed = if put.is_sealed { "  encrypted" } else { "" };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{:<14}  {}  {:>12}{sealed}", put.table, put.day, put.bytes);
    }
    if text.is_empty() {
        text.push_str("nothing was put away there yet\n");
    }
    print(&text)
}
