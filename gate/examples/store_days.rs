//! How large the store becomes: days of redemptions, as fast as they can be
//! written, under a clock that passes as fast; by default ten million a day for
//! three days, and no origin that takes them, so that as much waits as may.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use munjigi_captcha::contract::{At, redeem, row};
use munjigi_captcha::ports::RedemptionStore as _;
use munjigi_captcha::redemption::Redemption;
use munjigi_gate::sqlite::Sqlite;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_serving::ports::ControlStore as _;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Redemptions a day and days, unless the arguments say other numbers.
const DEFAULT: [u64; 2] = [10_000_000, 3];
/// The clock goes on in steps of this length.
const STEP_MS: u64 = 5_000;
const STEPS_OF_A_DAY: u64 = 86_400_000 / STEP_MS;
/// A sweep is due as often as in a gate: once a minute.
const STEPS_OF_A_SWEEP: u64 = 12;
const STEPS_OF_AN_HOUR: u64 = 720;
/// Callers at a time.
const CALLERS: usize = 64;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |otherwise| arguments.next().map_or(Ok(otherwise), |text| text.parse::<u64>());
    let [a_day, days] = [number(DEFAULT[0])?, number(DEFAULT[1])?];
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("gate.db");
    let now = Arc::new(AtomicU64::new(1_795_000_000_000));
    let read = Arc::clone(&now);
    let store = Sqlite::open(&path, Clock::of(move || UnixMillis(read.load(Ordering::Relaxed))))?;
    let (began, a_step) = (Instant::now(), a_day.div_ceil(STEPS_OF_A_DAY));
    let (mut spent, mut lost, mut largest) = (0, 0, Vec::new());
    for step in 0..STEPS_OF_A_DAY * days {
        spend(&store, UnixMillis(now.load(Ordering::Relaxed)), spent, a_step).await?;
        spent += a_step;
        now.fetch_add(STEP_MS, Ordering::Relaxed);
        if step % STEPS_OF_A_SWEEP == 0 {
            lost += store.sweep().await?;
        }
        let day = usize::try_from(step / STEPS_OF_A_DAY)?;
        largest.resize(day + 1, 0);
        if let Some(largest) = largest.get_mut(day) {
            *largest = size(&path).max(*largest);
        }
        if step % STEPS_OF_AN_HOUR == 0 {
            eprintln!(
                "hour {}: {spent} spent, {} MB, {:.0} s",
                step / STEPS_OF_AN_HOUR,
                size(&path) / 1_000_000,
                began.elapsed().as_secs_f64()
            );
        }
    }
    let waiting = store.backlog().await?;
    store.close().await;
    let largest: Vec<_> = largest.iter().map(|bytes| bytes / 1_000_000).collect();
    println!(
        r#"{{"spent": {spent}, "waiting": {waiting}, "given_up": {lost}, "largest_mb_by_day": {largest:?}, "closed_mb": {}}}"#,
        size(&path) / 1_000_000
    );
    Ok(())
}

/// Spends so many attempts, numbered from `first` on.
async fn spend(store: &Sqlite, now: UnixMillis, first: u64, count: u64) -> Result<(), Error> {
    let at = At { now, store: store.generation() };
    let calls = (0..CALLERS).map(|caller| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in (first..first + count).skip(caller).step_by(CALLERS) {
                let id = u32::try_from(number)?.wrapping_mul(0x9e37_79b1).rotate_left(16);
                let row = row(id, at);
                if store.redeem(&row, &redeem(id, id)).await? != Redemption::First {
                    return Err(format!("attempt {number} is not the first").into());
                }
            }
            Ok::<_, Error>(())
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await??;
    }
    Ok(())
}

/// Bytes of the file and its log.
fn size(path: &Path) -> u64 {
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    bytes(path) + bytes(&path.with_extension("db-wal"))
}
