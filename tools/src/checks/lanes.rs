//! Runs checks in lanes: one computes while the others wait.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use anyhow::Result;
use rustix::process::setpriority_process;

use super::{Check, Context, Lane, OnFailure, Outcome, Summary, Took};
use crate::clock::Stopwatch;
use crate::say::{self, Voice};

/// The lane that computes gives way to the one that waits, whose browsers and
/// servers have time-outs.
const NICE: i32 = 19;

struct Running<'a> {
    context: &'a Context,
    checks: &'a [Check],
    on_failure: OnFailure,
    summary: Mutex<Summary>,
    stopped: AtomicBool,
}

/// Runs the checks: the first, the lanes beside each other, and the last.
#[must_use]
pub fn run(context: &Context, checks: &[Check], on_failure: OnFailure) -> Summary {
    let running = Running {
        context,
        checks,
        on_failure,
        summary: Mutex::default(),
        stopped: AtomicBool::new(false),
    };
    let watch = Stopwatch::start();
    running.all();
    let mut summary = running.summary.into_inner().unwrap_or_default();
    summary.whole = watch.elapsed();
    summary
}

impl Running<'_> {
    fn all(&self) {
        let of = |wanted: fn(&Lane) -> bool| {
            let places = self.checks.iter().enumerate();
            places.filter(move |(_, check)| wanted(&check.lane)).map(|(place, _)| place)
        };
        for place in of(|lane| matches!(lane, Lane::First)) {
            self.one(place, "");
        }
        let cores: Vec<usize> = of(|lane| matches!(lane, Lane::Cores)).collect();
        let watch = Stopwatch::start();
        let built = |wanted: fn(&Lane) -> bool| -> Vec<usize> {
            of(wanted).filter(|&place| self.is_built(place)).collect()
        };
        let idles = built(|lane| matches!(lane, Lane::Idles(_)));
        let waits = built(|lane| matches!(lane, Lane::Waits(_)));
        if let Ok(mut summary) = self.summary.lock() {
            let processor = Voice::of_this_thread().spent();
            summary.built = Took { whole: watch.elapsed(), processor };
        }
        let lanes = [&cores, &waits, &idles].into_iter().filter(|lane| !lane.is_empty());
        let mark = if lanes.count() < 2 && waits.len() < 2 { "" } else { ": " };
        side_by_side(cores, waits, idles, |place| self.one(place, mark));
        for place in of(|lane| matches!(lane, Lane::Last)) {
            self.one(place, "");
        }
    }

    /// Builds what a waiting check starts; one that cannot be built has failed.
    fn is_built(&self, place: usize) -> bool {
        let Some(check) = self.checks.get(place) else { return false };
        let (Lane::Waits(build) | Lane::Idles(build)) = check.lane else { return true };
        if self.stopped.load(Ordering::Relaxed) {
            return false;
        }
        let watch = Stopwatch::start();
        match build(self.context) {
            Ok(()) => true,
            Err(error) => {
                self.ended(place, Took::of(watch), &Err(error));
                false
            }
        }
    }

    /// Runs a check, unless one has failed whose failure stops all. `mark` stands
    /// behind the check's name before each of its lines; none stands there if
    /// nothing else runs.
    fn one(&self, place: usize, mark: &str) {
        let Some(check) = self.checks.get(place) else { return };
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        let before = if mark.is_empty() { String::new() } else { format!("{}{mark}", check.name) };
        let log = self.log(check);
        let watch = Stopwatch::start();
        match Voice::new(before, &log) {
            Ok(voice) => voice.clone().speaking(|| {
                say::heading(check.name);
                let result = (check.run)(self.context);
                self.ended(
                    place,
                    Took { whole: watch.elapsed(), processor: voice.spent() },
                    &result,
                );
            }),
            Err(error) => self.ended(place, Took::of(watch), &Err(error)),
        }
    }

    fn log(&self, check: &Check) -> PathBuf {
        self.context.project.state().join(format!("logs/checks/{}.log", check.name))
    }

    fn ended(&self, place: usize, took: Took, result: &Result<Outcome>) {
        if result.is_err() && self.on_failure == OnFailure::Stop {
            self.stopped.store(true, Ordering::Relaxed);
        }
        let name = self.checks.get(place).map_or("", |check| check.name);
        let ran_out = result.is_err()
            && self.checks.get(place).is_some_and(|check| ran_out(&self.log(check)));
        if let Ok(mut summary) = self.summary.lock() {
            summary.record(place, name, took, result);
            if ran_out {
                summary.ran_out(name);
            }
        }
    }
}

/// Runs three lanes beside each other, the first at a low priority. Once that has
/// ended, the third helps the second from its end.
fn side_by_side(
    cores: Vec<usize>,
    waits: Vec<usize>,
    idles: Vec<usize>,
    one: impl Fn(usize) + Sync,
) {
    let waits = Mutex::new(VecDeque::from(waits));
    let next = |from: fn(&mut VecDeque<usize>) -> Option<usize>| {
        waits.lock().ok().and_then(|mut waits| from(&mut waits))
    };
    let (computing, computed) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let (one, next) = (&one, &next);
        scope.spawn(move || {
            // Of this thread alone, and of all that it starts.
            if let Err(error) = setpriority_process(None, NICE) {
                say::line(&format!("   at the usual priority: {error}"));
            }
            cores.into_iter().for_each(one);
            drop(computing);
        });
        scope.spawn(move || {
            idles.into_iter().for_each(one);
            if computed.recv().is_err() {
                while let Some(place) = next(VecDeque::pop_back) {
                    one(place);
                }
            }
        });
        while let Some(place) = next(VecDeque::pop_front) {
            one(place);
        }
    });
}

/// How the system, Node and Postgres say that a disk is full.
const FULL: [&str; 2] = ["No space left on device", "ENOSPC"];

/// Whether a check's log says that a disk was full.
fn ran_out(log: &Path) -> bool {
    // What programs print need not be text.
    let printed = std::fs::read(log).unwrap_or_default();
    let printed = String::from_utf8_lossy(&printed);
    FULL.iter().any(|words| printed.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_that_has_ended_helps_the_one_that_waits_and_nothing_runs_twice() {
        let (tell, told) = mpsc::channel();
        let told = Mutex::new(told);
        let ran = Mutex::new(Vec::new());
        side_by_side(vec![0], vec![1, 2, 3], vec![4], |place| {
            // The first that waits ends only once another lane has done the last.
            match place {
                1 => told.lock().unwrap().recv().unwrap(),
                3 => tell.send(()).unwrap(),
                _ => {}
            }
            ran.lock().unwrap().push((place, thread::current().id()));
        });
        let mut ran = ran.into_inner().unwrap();
        ran.sort_by_key(|(place, _)| *place);
        let places: Vec<usize> = ran.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [0, 1, 2, 3, 4]);
        let thread = |place: usize| ran[place].1;
        assert_eq!((thread(1), thread(3)), (thread::current().id(), thread(4)));
        assert_ne!(thread(0), thread(4));
    }

    #[test]
    fn a_full_disk_is_found_in_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("unit.log");
        assert!(!ran_out(&log));
        std::fs::write(&log, b"ok\xff\n").unwrap();
        assert!(!ran_out(&log));
        std::fs::write(
            &log,
            b"\xff\nerror: could not write: No space left on device (os error 28)\n",
        )
        .unwrap();
        assert!(ran_out(&log));
    }
}
