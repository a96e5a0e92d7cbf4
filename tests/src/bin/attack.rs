//! `munjigi-attack`: solves sub-puzzles on every core with the interpreter, as
//! an attacker would who has only our crate, and prints the cost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use munjigi_pow::{Algorithm, EPOCH_LEN, Puzzle};

/// Solves sub-puzzles on every core and prints what it cost.
#[derive(Parser)]
struct Arguments {
    /// Threads.
    #[arg(long)]
    threads: u32,
    /// Length of the run.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Expected hashes per sub-puzzle.
    #[arg(long, default_value_t = 40_000)]
    work: u64,
    /// `hashwx` or `sha256`.
    #[arg(long, default_value = "hashwx")]
    algorithm: String,
}

#[expect(clippy::disallowed_methods, reason = "measures real time; nothing here decides by it")]
fn now() -> Instant {
    Instant::now()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let algorithm = match arguments.algorithm.as_str() {
        "hashwx" => Algorithm::HashWx,
        "sha256" => Algorithm::Sha256,
        other => return Err(format!("no algorithm {other}").into()),
    };
    let (hashes, solved) = (AtomicU64::new(0), AtomicU64::new(0));
    let start = now();
    let end = start + Duration::from_secs(arguments.seconds);
    thread::scope(|scope| {
        for thread in 0..arguments.threads {
            let (hashes, solved) = (&hashes, &solved);
            scope.spawn(move || {
                // Ids that no one else solves: one per thread, one index per sub-puzzle.
                let mut id = *b"munjigi-attack..";
                id[14..].copy_from_slice(&thread.to_le_bytes()[..2]);
                let puzzle =
                    Puzzle { algorithm, id, first: 0, count: u32::MAX, work: arguments.work };
                let mut index = 0;
                while now() < end {
                    // One epoch at a time, so that hard work does not overrun the clock.
                    match puzzle.solve_one(index, 0, EPOCH_LEN) {
                        Some(nonce) => {
                            hashes.fetch_add(nonce + 1, Ordering::Relaxed);
                            solved.fetch_add(1, Ordering::Relaxed);
                        }
                        None => {
                            hashes.fetch_add(EPOCH_LEN, Ordering::Relaxed);
                        }
                    }
                    index += 1;
                }
            });
        }
    });
    let report = serde_json::json!({
        "threads": arguments.threads,
        "hashes": hashes.into_inner(),
        "solved": solved.into_inner(),
        "seconds": start.elapsed().as_secs_f64(),
        "core_seconds": core_seconds()?,
    });
    println!("{report}");
    Ok(())
}

/// Processor time of this process, so that a busy machine does not look slow.
fn core_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("an unreadable /proc/self/stat")?;
    let mut ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    let (user, system) = ticks.next().zip(ticks.next()).ok_or("a short /proc/self/stat")?;
    Ok((user? + system?) / 100.0)
}
