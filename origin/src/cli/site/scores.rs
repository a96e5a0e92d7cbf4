//! `munjigi site scores`: what a site learned from its outcomes, and its undo.

use munjigi_captcha::Sitekey;
use munjigi_domain::score_weights::{Course, PAUSE_MILLIS, telling};
use munjigi_domain::site_change::ChangeRefused;
use munjigi_protocol::ScoreWeights;
use munjigi_store::audit::Author;
use munjigi_store::sites::{ReadCourse, UndoLearning, Undone};
use munjigi_store::transact;
use serde_json::json;

use super::{parse_sitekey, refused};
use crate::cli::table::columns;
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site scores mj_…          the weights in force, and those that wait
  munjigi site scores mj_… --undo   restore the previous weights

From 200 outcomes of each kind on, what signs are worth is learned every night.
New weights wait a night, and are published only if they judge the outcomes that
came since better than those in force. After an undo nothing is learned for 14
days.")]
pub struct Arguments {
    /// Sitekey of the site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// Restore the weights that were published before.
    #[arg(long)]
    undo: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let sitekey = arguments.sitekey.to_string();
    let unknown = || refused(arguments.sitekey, ChangeRefused::Unknown);
    let course = if arguments.undo {
        let now = shell.clock.now();
        let unit = UndoLearning { sitekey: &sitekey, shown: None, by: Author::Command, now };
        match transact(&pool, &unit).await? {
            Undone::Done(course) => *course,
            Undone::Unknown => return Err(unknown()),
            Undone::Nothing => {
                let why = "the fixed weights are in force, and nothing was published before them";
                return Err(Fail::new(Exit::Site, "there is nothing to undo", why));
            }
        }
    } else {
        let unit = ReadCourse { sitekey: &sitekey };
        transact(&pool, &unit).await?.ok_or_else(unknown)?
    };
    if arguments.json {
        return print_json(&json!({ "score_weights": course.published(), "course": course }));
    }
    print(&people(&course, arguments.undo))
}

fn people(course: &Course, undone: bool) -> String {
    let undone = undone
        .then(|| format!("Undone; nothing is learned for {} days.\n\n", PAUSE_MILLIS / 86_400_000));
    let in_force = match course.published() {
        None => "in force: the fixed weights\n".to_owned(),
        Some(weights) => table(&weights),
    };
    let waiting = course.shadow.as_ref().map(|shadow| {
        let version = shadow.weights.version();
        format!("waiting: weights {version}, until outcomes judge them\n")
    });
    [undone.unwrap_or_default(), in_force, waiting.unwrap_or_default()].concat()
}

/// The weights, the largest first; what weighs next to nothing is left out.
fn table(weights: &ScoreWeights) -> String {
    let odds = |thousandths: i32| format!("{:+.2}", f64::from(thousandths) / 1_000.0);
    let mut rows = vec![["in force".to_owned(), format!("weights {}", weights.version)]];
    let telling = telling(weights).into_iter();
    rows.extend(telling.map(|(sign, adds)| [sign.as_str().to_owned(), odds(adds)]));
    columns(&rows)
}
