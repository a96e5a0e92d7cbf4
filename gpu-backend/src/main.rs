//! The `munjigi-gpu-backend` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    munjigi_gpu_backend::cli::main()
}
