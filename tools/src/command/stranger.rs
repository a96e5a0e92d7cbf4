//! `munjigi-tools stranger`: which file each of the field's words leads to.

use std::process::ExitCode;

use anyhow::Result;

use crate::checks::history::git;
use crate::project::Project;
use crate::stranger;

/// Prints the table; fails if a word leads nowhere.
pub fn run(project: &Project) -> Result<ExitCode> {
    let hits = stranger::hits(project, &git(project, &["ls-files", "-z"])?)?;
    for hit in &hits {
        println!("{hit}");
    }
    let found = hits.iter().filter(|hit| hit.is_found()).count();
    println!("{found} of {} words lead to the right file", hits.len());
    Ok(if found == hits.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
