//! `munjigi-bucket`: an S3 server over a folder, each folder in which is a
//! bucket, for drills. Prints its address as JSON and ends with its standard
//! input.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use munjigi_bucket::server::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("munjigi-bucket FOLDER")?.into();
    let endpoint = serve(&folder, Some(("drill", "drill-secret"))).await?;
    println!("{}", serde_json::json!({ "endpoint": endpoint }));
    let until_closed = || std::io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(until_closed).await??;
    Ok(())
}
