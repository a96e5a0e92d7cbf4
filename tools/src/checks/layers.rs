//! The layers of the code: which package may depend on which. ARCHITECTURE.md
//! says what is allowed; this module reads the code and compares.

mod crates;
mod rules;

use anyhow::{Context as _, Result, ensure};

use super::{Context, Outcome};
use crates::Packages;
use rules::{DOCUMENT, Rules};

/// Packages keep to ARCHITECTURE.md.
pub(super) fn layers(context: &Context) -> Result<Outcome> {
    let document = std::fs::read_to_string(context.project.at(DOCUMENT))
        .with_context(|| format!("read {DOCUMENT}"))?;
    let rules = Rules::parse(&document)?;
    let problems = Packages::read(context.project.root())?.problems(&rules);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(Outcome::Passed)
}
