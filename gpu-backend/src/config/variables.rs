//! Every variable that the gpu-backend reads, defined once; the README's table
//! is generated from here.

use std::ffi::OsString;
use std::fmt::Write;
use std::io;

use munjigi_process::config::{Environment, Known, Variable};

pub const LISTEN: Variable =
    Variable::with_default("MUNJIGI_GPU_LISTEN", "127.0.0.1:8090", "address and port to listen on");
pub const INTERNAL_KEYS: Variable = Variable::secret(
    "MUNJIGI_INTERNAL_KEYS",
    "keys for the origin's calls, gpu/kid:key,…: the output of `munjigi keys derive gpu`",
);
pub const ENGINE: Variable = Variable::with_default(
    "MUNJIGI_GPU_ENGINE",
    "auto",
    "where to compute and draw: auto, gpu, cpu, or part of an adapter's name",
);
pub const MODELS: Variable =
    Variable::with_default("MUNJIGI_GPU_MODELS", "models", "folder of models");
pub const POLL: Variable = Variable::with_default(
    "MUNJIGI_GPU_POLL_SECONDS",
    "5",
    "seconds between two scans of the models folder; SIGHUP scans immediately",
);
pub const THREADS: Variable =
    Variable::with_default("MUNJIGI_GPU_THREADS", "auto", "threads that draw; auto: one per core");
pub const QUEUE: Variable = Variable::with_default(
    "MUNJIGI_GPU_QUEUE",
    "256",
    "maximum pictures waiting to be drawn, and maximum images waiting for a model; beyond that, 429",
);
pub const BATCH_WAIT: Variable = Variable::with_default(
    "MUNJIGI_GPU_BATCH_WAIT_MS",
    "5",
    "milliseconds that an image waits for others to form a batch",
);
pub const IN_FLIGHT: Variable = Variable::with_default(
    "MUNJIGI_GPU_CALLER_IN_FLIGHT",
    "3",
    "concurrent requests of one caller; beyond that, 429",
);
pub const HOURLY: Variable = Variable::with_default(
    "MUNJIGI_GPU_CALLER_HOURLY",
    "100",
    "requests of one caller per hour; beyond that, 429",
);
pub const UNMETERED: Variable = Variable::with_default(
    "MUNJIGI_GPU_UNMETERED",
    "factory,photos",
    "callers without a quota, always at low priority",
);
pub const LOG: Variable = Variable::with_default(
    "MUNJIGI_LOG",
    "info",
    "log level: error, warn, info, debug, or a filter such as info,wgpu=warn",
);
pub const LOG_FORMAT: Variable = Variable::with_default(
    "MUNJIGI_LOG_FORMAT",
    "auto",
    "log format: json, text, or auto (text on a terminal, JSON elsewhere)",
);

pub const VARIABLES: &[Variable] = &[
    LISTEN,
    INTERNAL_KEYS,
    ENGINE,
    MODELS,
    POLL,
    THREADS,
    QUEUE,
    BATCH_WAIT,
    IN_FLIGHT,
    HOURLY,
    UNMETERED,
    LOG,
    LOG_FORMAT,
];

const KNOWN: Known<'_> = Known {
    prefix: "MUNJIGI_GPU_",
    variables: VARIABLES,
    others: &["MUNJIGI_GPU_URL", "MUNJIGI_GPU_PORT"],
    listed: "The README lists all variables.",
};

/// Takes the `MUNJIGI_*` variables from `pairs`; a secret may come from a file,
/// which `read_file` reads.
pub fn environment(
    pairs: impl IntoIterator<Item = (OsString, OsString)>,
    read_file: impl Fn(&str) -> io::Result<String>,
) -> Environment {
    Environment::new(&KNOWN, pairs, read_file)
}

/// The table in the README.
pub fn markdown() -> String {
    let mut text = String::from("| variable | default | meaning |\n| --- | --- | --- |\n");
    for variable in VARIABLES {
        let file = if variable.secret { " (or …_FILE)" } else { "" };
        let (name, default) = (variable.name, variable.default.unwrap_or("—"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{name}`{file} | {default} | {} |", variable.meaning);
    }
    text
}
