//! What the environment of the origin may contain. It also knows the variables
//! of the other programs, so that one environment may serve all.

use std::ffi::OsString;
use std::io;

use munjigi_process::config::{Environment, Known, Variable};

pub use munjigi_process::config::variables::*;

/// Takes the `MUNJIGI_*` variables of `pairs`; a secret may come from a file,
/// which `read_file` reads.
pub fn environment(
    pairs: impl IntoIterator<Item = (OsString, OsString)>,
    read_file: impl Fn(&str) -> io::Result<String>,
) -> Environment {
    let variables: Vec<Variable> = listed().map(|(variable, _)| *variable).collect();
    let known = Known {
        prefix: "MUNJIGI_",
        variables: &variables,
        others: &[],
        listed: "`munjigi config` lists all variables.",
    };
    Environment::new(&known, pairs, read_file)
}
