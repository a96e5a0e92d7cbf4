//! The `munjigi-gate` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    munjigi_gate::command::main()
}
