//! The `munjigi` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    munjigi_origin::cli::main()
}
