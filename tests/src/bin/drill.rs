//! What an operator fears, done to a real gate: a line for each, or what broke.

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "munjigi-drill")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Kills, stores that are restored, disks that fail; needs root, to mount
    Gate {
        /// How often it is killed
        #[arg(long, default_value_t = 100)]
        kills: u32,
        /// Ages of the copies that are restored, in seconds, ascending
        #[arg(long, value_delimiter = ',', default_values_t = [90, 600])]
        ages: Vec<u64>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().what {
        What::Gate { kills, ages } => munjigi_tests::drill::run(kills, &ages).await,
    }
}
