//! `munjigi pictures refill`.

use munjigi_pictures::births;
use munjigi_pictures::policy::Policy;
use munjigi_protocol::PictureKind;
use munjigi_store::pictures::{kinds, refill};

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
    if config.pictures.gpu_urls.is_empty() {
        let why = "MUNJIGI_GPU_URL is not set";
        return Err(Fail::new(Exit::Environment, "no pack can be drawn", why)
            .fix("set it for this command and for `munjigi serve`"));
    }
    let pool = munjigi_store::pool(&config.database);
    let policy = Policy::of_this_release();
    let dealt: Vec<PictureKind> = kinds(&pool)
        .await?
        .into_iter()
        .filter(|row| {
            config.pictures.kinds.contains(&row.kind) && policy.deals(row.kind, row.switch)
        })
        .map(|row| row.kind)
        .collect();
    let mut births = births(&pool, &config.pictures, &shell.entropy).await?;
    births.retain(|birth| dealt.contains(&birth.kind));
    refill(&pool, &births, shell.clock.now()).await?;
    let names: Vec<&str> = births.iter().map(|birth| birth.kind.as_str()).collect();
    print(&format!(
        "One pack of each kind is queued for drawing: {}.\nWatch: munjigi pictures status\n",
        if names.is_empty() { "no kind".to_owned() } else { names.join(", ") }
    ))
}
