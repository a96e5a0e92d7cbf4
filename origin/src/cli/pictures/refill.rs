//! `munjigi pictures refill`.

use munjigi_pictures::birth;
use munjigi_pictures::policy::Policy;
use munjigi_store::pictures::{Birth, kinds, refill};

use crate::cli::{Exit, Fail, Shell, print};
use crate::config::PicturesConfig;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi pictures refill

Ends the waiting time after failures. A kind whose pack is already being drawn
gets no other pack. `munjigi serve` draws the packs.")]
pub struct Arguments {}

pub async fn run(shell: &Shell, _: &Arguments) -> Result<(), Fail> {
    let config = PicturesConfig::read(&shell.environment)?;
    if config.pictures.gpu_url.is_none() {
        let why = "MUNJIGI_GPU_URL is not set";
        return Err(Fail::new(Exit::Environment, "no pack can be drawn", why)
            .fix("set it for this command and for `munjigi serve`"));
    }
    let pool = munjigi_store::pool(&config.database);
    let policy = Policy::of_this_release();
    let births: Vec<Birth> = kinds(&pool)
        .await?
        .into_iter()
        .map(|row| (row.kind, row.switch))
        .filter(|(kind, switch)| {
            config.pictures.kinds.contains(kind) && policy.deals(*kind, *switch)
        })
        .map(|(kind, _)| birth(&config.pictures, &shell.entropy, kind))
        .collect();
    refill(&pool, &births, shell.clock.now()).await?;
    let names: Vec<&str> = births.iter().map(|birth| birth.kind.as_str()).collect();
    print(&format!(
        "One pack of each kind is queued for drawing: {}.\nWatch: munjigi pictures status\n",
        if names.is_empty() { "no kind".to_owned() } else { names.join(", ") }
    ))
}
