//! `munjigi archive find`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueHint;
use clap::builder::PossibleValuesParser;
use munjigi_store::housekeeping::PARTITIONED;
use time::Date;
use time::macros::format_description;

use super::super::{Exit, Fail};
use super::{NOTHING, Where};
use crate::archive::search::{self, Search, SearchError};
use crate::config::Environment;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi archive find --from 2026-08-01 --to 2026-08-31 --where sitekey=mj_… > august.csv
  munjigi archive find --in s3://shop-records/munjigi --from 2026-08-01 --to 2026-08-01 \\
    --identity key.txt --where country=KR --where interactive=t

The first line names the columns; --where compares with the text in the file.
Each day is read as a whole, one after another. Without this program, `age -d`
and `gunzip` read the files.

Exit code 0 also if no row was found; how many were is on stderr.")]
pub struct Arguments {
    #[command(flatten)]
    place: Where,
    /// The first day (UTC).
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    from: Date,
    /// The last day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    to: Date,
    /// Which records.
    #[arg(long, default_value = "redeemed", value_parser = PossibleValuesParser::new(PARTITIONED.map(|(table, _)| table)))]
    table: String,
    /// Only rows with this value in this column. Can be repeated.
    #[arg(long = "where", value_name = "COLUMN=VALUE", value_parser = condition)]
    conditions: Vec<(String, String)>,
    /// File of the secret key that `age-keygen` wrote, for encrypted days.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    identity: Option<PathBuf>,
}

pub async fn run(environment: &Environment, arguments: &Arguments) -> Result<(), Fail> {
    let Arguments { place, from, to, table, conditions, identity } = arguments;
    if from > to {
        let why = format!("{from} is after {to}");
        return Err(Fail::new(Exit::Failed, NOTHING, why).fix("exchange --from and --to"));
    }
    let shelf = place.open(environment)?;
    let search =
        Search { table: table.clone(), from: *from, to: *to, conditions: conditions.clone() };
    let found = search::find(&shelf, &search, identity.as_deref(), &mut io::stdout()).await;
    let found = match found {
        // The reader has what it wanted.
        Err(SearchError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(());
        }
        found => found?,
    };
    let _ = writeln!(io::stderr(), "{} rows of {} days", found.rows, found.days);
    Ok(())
}

impl From<SearchError> for Fail {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Archive(error) => error.into(),
            error @ SearchError::NoColumn { .. } => {
                Self::new(Exit::Failed, "archive-no-column", error).fix("name one of these")
            }
            error @ SearchError::Output(_) => {
                Self::new(Exit::Failed, "the output ended early", error)
                    .fix("free some space there, or choose another place")
            }
        }
    }
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "must be a day such as 2026-08-27".to_owned())
}

fn condition(text: &str) -> Result<(String, String), String> {
    let (column, value) =
        text.split_once('=').ok_or("must be a column, '=' and a value, such as country=KR")?;
    Ok((column.to_owned(), value.to_owned()))
}
