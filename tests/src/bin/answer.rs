//! `munjigi-answer`: prints right and wrong answers for each challenge on
//! standard input, one per line, for journeys and benchmarks. Reads
//! `MUNJIGI_ROOT_KEYS` and `MUNJIGI_KEY_CHECK`.

use anyhow::{Context as _, Result};
use munjigi_tests::pictures::{Eyes, right, wrong};

fn main() -> Result<()> {
    let variable = |name: &str| std::env::var(name).with_context(|| name.to_owned());
    let eyes = Eyes::of(&variable("MUNJIGI_ROOT_KEYS")?, &variable("MUNJIGI_KEY_CHECK")?)?;
    for challenge in std::io::stdin().lines() {
        let seen = eyes.see(challenge?.trim())?;
        println!("{}", serde_json::json!({ "right": right(&seen), "wrong": wrong(&seen, 1) }));
    }
    Ok(())
}
