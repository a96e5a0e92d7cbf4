//! What siteverify of a gate is measured against: redemptions in the same
//! store, without HTTP and seals, from as many callers; and how long the disk
//! takes for a page. Both in a folder of their own, where temporary files go.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use munjigi_captcha::contract::{At, redeem, row};
use munjigi_captcha::ports::RedemptionStore as _;
use munjigi_captcha::redemption::Redemption;
use munjigi_gate::sqlite::Sqlite;
use munjigi_process::clock::Clock;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Callers at a time, unless the second argument says another number.
const CALLERS: usize = 32;
/// Seconds, unless the first argument says another number. A third argument is
/// a pause between waits for the disk, in milliseconds.
const SECONDS: u64 = 5;
/// Waits for the disk that are measured.
const SYNCS: usize = 500;
/// With pauses between them, so many: at 500 a minute half a minute.
const CALM_SYNCS: usize = 250;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(SECONDS), |text| text.parse())?;
    let callers = arguments.next().map_or(Ok(CALLERS), |text| text.parse())?;
    let pause = arguments.next().map(|text| text.parse().map(Duration::from_millis)).transpose()?;
    let folder = tempfile::tempdir()?;
    let mut syncs = syncs(&folder.path().join("pages"), pause)?;
    let store = Sqlite::open(&folder.path().join("gate.db"), Clock::system())?;
    let (start, number) = (Instant::now(), Arc::new(AtomicU32::new(0)));
    let end = start + Duration::from_secs(seconds);
    let calls = (0..callers).map(|_| {
        let (store, number) = (store.clone(), Arc::clone(&number));
        tokio::spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let began = Instant::now();
                let id = number.fetch_add(1, Ordering::Relaxed);
                let at = At { now: Clock::system().now(), store: store.generation() };
                let row = row(mixed(id), at);
                if store.redeem(&row, &redeem(id, id)).await? != Redemption::First {
                    return Err(format!("attempt {id} is not the first").into());
                }
                times.push(began.elapsed());
            }
            Ok::<_, Error>(times)
        })
    });
    let mut times = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        times.extend(call.await??);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let [p50, p99] = [50, 99].map(|share| percentile(&mut times, share));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let per_second = times.len() as f64 / elapsed;
    let sync = percentile(&mut syncs, 99);
    println!(
        r#"{{"per_second": {per_second:.1}, "p50_ms": {p50:.3}, "p99_ms": {p99:.3}, "sync_p99_ms": {sync:.3}}}"#
    );
    Ok(())
}

/// Ids of attempts are random; these only look so.
const fn mixed(number: u32) -> u32 {
    number.wrapping_mul(0x9e37_79b1).rotate_left(16).wrapping_mul(0x85eb_ca6b)
}

/// How long the disk takes for each of some pages that are appended, one after
/// the other or with pauses.
fn syncs(path: &std::path::Path, pause: Option<Duration>) -> Result<Vec<Duration>, Error> {
    let mut file = File::create(path)?;
    let mut times = Vec::new();
    for _ in 0..if pause.is_some() { CALM_SYNCS } else { SYNCS } {
        if let Some(pause) = pause {
            std::thread::sleep(pause);
        }
        file.write_all(&[7; 4_096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    Ok(times)
}

/// In milliseconds.
fn percentile(times: &mut [Duration], share: usize) -> f64 {
    times.sort_unstable();
    let place = (times.len() * share / 100).min(times.len().saturating_sub(1));
    times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}
