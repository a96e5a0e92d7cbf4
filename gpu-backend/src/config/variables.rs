//! The variables that the gpu-backend reads; the README's table is generated
//! from here.

use std::ffi::OsString;
use std::fmt::Write;
use std::io;

use munjigi_process::config::variables::{self, Who};
use munjigi_process::config::{Environment, Known, Variable};

pub use variables::{
    GPU_BATCH_WAIT as BATCH_WAIT, GPU_LISTEN as LISTEN, GPU_POLL as POLL, GPU_QUEUE as QUEUE,
    GPU_THREADS as THREADS, INTERNAL_KEYS, LOG, LOG_FORMAT,
};

fn own() -> impl Iterator<Item = &'static Variable> {
    let own = variables::listed().filter(|(_, who)| who.contains(&Who::Gpu));
    own.map(|(variable, _)| variable)
}

/// Takes the `MUNJIGI_*` variables from `pairs`; a secret may come from a file,
/// which `read_file` reads.
pub fn environment(
    pairs: impl IntoIterator<Item = (OsString, OsString)>,
    read_file: impl Fn(&str) -> io::Result<String>,
) -> Environment {
    let own: Vec<Variable> = own().copied().collect();
    let all: Vec<&str> = variables::listed().map(|(variable, _)| variable.name).collect();
    let known = Known {
        prefix: "MUNJIGI_GPU_",
        variables: &own,
        // One environment may serve all programs.
        others: &all,
        listed: "The README lists all variables.",
    };
    Environment::new(&known, pairs, read_file)
}

/// The table in the README.
pub fn markdown() -> String {
    let mut text = String::from("| variable | default | meaning |\n| --- | --- | --- |\n");
    for variable in own() {
        let file = if variable.secret { " (or …_FILE)" } else { "" };
        let (name, default) = (variable.name, variable.default.unwrap_or("—"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{name}`{file} | {default} | {} |", variable.meaning);
    }
    text
}
