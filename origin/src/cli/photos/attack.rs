//! `munjigi photos attack`.

use munjigi_pictures::photos::{Attack, Attacked};

use super::import::fail;
use super::model::{ModelArguments, gpu};
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::PicturesConfig;

const NOTHING: &str = "nothing was measured";
/// A kind that programs pass more often is off, if it is drawn.
const THRESHOLD: f64 = 0.5;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi photos attack --model efficientnet-lite0 --labels imagenet-1k

Grids are made of the accepted photos as visitors get them. The program chooses
the tiles on which the model is surest of the thing, three to five of them. What
other programs reach may be more.")]
pub struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// Grids to try.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(10..))]
    grids: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = PicturesConfig::read(&shell.environment)?;
    let gpu = gpu(shell, &config.pictures, NOTHING)?;
    let labels = arguments.model.labels(NOTHING)?;
    let pool = munjigi_store::pool(&config.database);
    let attack = Attack { pool: &pool, gpu: &gpu, model: &arguments.model.model, labels: &labels };
    let seeds: Vec<[u8; 32]> = (0..arguments.grids).map(|_| shell.entropy.bytes()).collect();
    let attacked = attack.run(&seeds).await.map_err(|error| fail(NOTHING, error))?;
    let Some(attacked) = attacked else {
        let why = "a grid needs three accepted photos of one thing and six of others";
        return Err(Fail::new(Exit::Failed, NOTHING, why).fix("accept more: /operations/photos"));
    };
    if arguments.json { print_json(&attacked) } else { print(&people(&attacked)) }
}

fn people(attacked: &Attacked) -> String {
    let Attacked { model, photos, passed, tried, interval: [low, high] } = attacked;
    let advice = if *low > THRESHOLD {
        "A program passes more than half of them: photo-grid asks more of people than of programs. Leave it off, or use things that this model does not know."
    } else {
        "A program passes less than half of them, so each pass costs it two puzzles or more."
    };
    format!(
        "{model}, {photos} accepted photos: {passed} of {tried} grids passed, {:.1} % ({:.1} to {:.1} %)\n{advice}\n",
        100.0 * attacked.rate(),
        100.0 * low,
        100.0 * high
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_from_the_lower_end() {
        let attacked = |low| Attacked {
            model: "a@1".to_owned(),
            photos: 54,
            passed: 510,
            tried: 1_000,
            interval: [low, 0.6],
        };
        assert!(people(&attacked(0.48)).contains("less than half"));
        let text = people(&attacked(0.51));
        assert!(
            text.contains("51.0 % (51.0 to 60.0 %)") && text.contains("Leave it off"),
            "{text}"
        );
    }
}
