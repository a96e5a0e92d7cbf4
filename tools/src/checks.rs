//! Every check of `scripts/test`, in an order that reports bad news early, and
//! their summary. Those that compile run beside those that wait. The modules
//! below define what a check covers.

mod apart;
mod cargo;
mod clients;
mod commits;
mod examples;
mod fuzz;
mod gpu;
pub mod history;
pub mod i18n;
mod install;
mod javascript;
mod lanes;
mod layers;
mod node_tests;
mod npm_audit;
mod programs;
pub mod since;
mod tally;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Result;

use crate::clock::{self, Stopwatch};
use crate::failures::{self, Failure};
use crate::node::Node;
use crate::project::Project;
use crate::say;
use crate::setup::browsers::Browsers;
use crate::setup::photos::Photos;
use crate::setup::require::{Part, Required};
use crate::setup::vulkan::Vulkan;

pub use lanes::run;
use tally::Tally;
pub use tree::Snapshot;

/// What checks share.
#[derive(Debug)]
pub struct Context {
    pub project: Project,
    /// Runs JavaScript.
    pub node: Node,
    /// Parts whose absence is a failure.
    pub required: Required,
    pub browsers: Browsers,
    /// `Ok` if there is what tests of the installed gate need, otherwise why not.
    pub install: Result<(), String>,
    /// `Ok` if there are PHP, Ruby and Go, otherwise why one is missing.
    pub languages: Result<(), String>,
    /// `Ok` if there are Prometheus and what goes with it, otherwise why one is
    /// missing.
    pub monitoring: Result<(), String>,
    /// `Ok` if there is a PgBouncer, otherwise why there is none.
    pub pgbouncer: Result<(), String>,
    /// Real photos and a classifier, or why there are none.
    pub photos: Result<Photos, String>,
    /// `Ok` if there are the proxies that the gate is tested behind, otherwise
    /// why one is missing.
    pub proxies: Result<(), String>,
    /// A Python with the packages of examples and client libraries, or why
    /// there is none.
    pub python: Result<PathBuf, String>,
    /// `Ok` if there is a Redis, otherwise why there is none.
    pub redis: Result<(), String>,
    /// `Ok` if there is an strace, otherwise why there is none.
    pub strace: Result<(), String>,
    /// A software adapter for the tests of the GPU half, or why there is none.
    pub vulkan: Result<Vulkan, String>,
    /// An empty database for tests that run their own migrations.
    pub database_url: String,
    /// The state of the tree before the first check.
    pub before: Snapshot,
    /// Programs of tests that were compiled, by what they test.
    pub programs: Mutex<BTreeMap<&'static str, Vec<programs::TestProgram>>>,
}

impl Context {
    /// Why a part is missing; `None` if it is there.
    fn missing(&self, part: Part) -> Option<&String> {
        match part {
            Part::Chromium | Part::Firefox | Part::Webkit => {
                let mut missing = self.browsers.missing.iter();
                missing.find(|(other, _)| *other == part).map(|(_, reason)| reason)
            }
            Part::Install => self.install.as_ref().err(),
            Part::Languages => self.languages.as_ref().err(),
            Part::Monitoring => self.monitoring.as_ref().err(),
            Part::Pgbouncer => self.pgbouncer.as_ref().err(),
            Part::Photos => self.photos.as_ref().err(),
            Part::Proxies => self.proxies.as_ref().err(),
            Part::Python => self.python.as_ref().err(),
            Part::Redis => self.redis.as_ref().err(),
            Part::Strace => self.strace.as_ref().err(),
            Part::Vulkan => self.vulkan.as_ref().err(),
        }
    }

    /// The outcome of a check whose tests all passed, except those that did not
    /// run because a part is missing.
    fn outcome(&self, parts: &[Part], tally: Tally) -> Result<Outcome> {
        let missing = |&part: &Part| Some((part, self.missing(part)?));
        let missing: Vec<(Part, &String)> = parts.iter().filter_map(missing).collect();
        settled(&self.required, &missing, tally)
    }
}

/// A missing part is a failure if it is required, otherwise a skip.
fn settled(required: &Required, missing: &[(Part, &String)], tally: Tally) -> Result<Outcome> {
    if let Some((part, reason)) = missing.iter().find(|(part, _)| required.includes(*part)) {
        anyhow::bail!("MUNJIGI_REQUIRE names {}: {reason}", part.name());
    }
    if missing.is_empty() || !tally.flaky.is_empty() {
        return Ok(tally.outcome());
    }
    let reasons = missing.iter().map(|(part, reason)| format!("{}: {reason}", part.name()));
    Ok(Outcome::Skipped(reasons.collect::<Vec<_>>().join("; ")))
}

/// How a check ended without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// These tests failed and passed on the second try.
    Flaky(Vec<Failure>),
    /// Everything passed, with a note for the person who runs it.
    Noted(String),
    /// All or part of it did not run, and why.
    Skipped(String),
}

#[derive(Clone, Copy)]
pub struct Check {
    /// The name on the command line.
    pub name: &'static str,
    lane: Lane,
    run: fn(&Context) -> Result<Outcome>,
}

/// What a check needs most of its time, and so what it runs beside.
#[derive(Clone, Copy)]
enum Lane {
    /// Before all others, by itself: others build on it, it is short, or its tests
    /// are many and quick.
    First,
    /// Processors, and no moment that it could miss: it compiles, at a low priority,
    /// beside those that wait.
    Cores,
    /// Little: it waits for what it has started. The function builds that before
    /// the lanes part, because Cargo compiles one thing at a time.
    Waits(fn(&Context) -> Result<()>),
    /// Next to nothing, for minutes: it runs beside all of those, and then helps those
    /// that wait, once nothing compiles. Built as they are.
    Idles(fn(&Context) -> Result<()>),
    /// After all others.
    Last,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every check, in the order of the summary and of each lane.
pub const ALL: &[Check] = &[
    Check { name: "format", lane: Lane::First, run: cargo::format },
    Check { name: "tree", lane: Lane::First, run: tree::contents },
    Check { name: "layers", lane: Lane::First, run: layers::layers },
    Check { name: "migrations", lane: Lane::First, run: history::migrations_only_grow },
    Check { name: "commits", lane: Lane::First, run: commits::none_left_to_fold },
    Check { name: "worker", lane: Lane::First, run: cargo::worker },
    Check { name: "widget", lane: Lane::First, run: javascript::widget },
    Check { name: "publish", lane: Lane::First, run: javascript::publish },
    Check { name: "types", lane: Lane::First, run: javascript::types },
    Check { name: "widget-tests", lane: Lane::First, run: javascript::widget_tests },
    Check { name: "bench-tests", lane: Lane::First, run: javascript::bench_tests },
    Check { name: "clippy", lane: Lane::Cores, run: cargo::clippy },
    Check { name: "clippy-wasm", lane: Lane::Cores, run: cargo::clippy_wasm },
    Check { name: "gpu-backend", lane: Lane::Cores, run: gpu::backend },
    Check { name: "fuzz", lane: Lane::Cores, run: fuzz::targets },
    Check { name: "dependencies", lane: Lane::Cores, run: cargo::dependencies },
    Check { name: "install", lane: Lane::Cores, run: install::installed },
    Check { name: "unit", lane: Lane::Waits(cargo::build_unit), run: cargo::unit },
    Check { name: "gate", lane: Lane::Waits(javascript::build_gate), run: javascript::gate },
    Check { name: "deploy", lane: Lane::Idles(javascript::build_deploy), run: javascript::deploy },
    Check {
        name: "journeys",
        lane: Lane::Waits(javascript::build_journeys),
        run: javascript::journeys,
    },
    Check { name: "whole", lane: Lane::Waits(cargo::build_whole), run: cargo::whole },
    Check { name: "examples", lane: Lane::Waits(examples::build), run: examples::shops },
    Check { name: "clients", lane: Lane::Waits(clients::build), run: clients::libraries },
    Check { name: "queries", lane: Lane::Last, run: cargo::queries },
    Check { name: "clean", lane: Lane::Last, run: tree::unchanged },
];

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The remaining checks do not run.
    Stop,
    /// All checks run.
    Go,
}

/// The number of checks by outcome.
#[derive(Debug, Default)]
pub struct Summary {
    /// A line of each check, and its place among them.
    lines: BTreeMap<usize, String>,
    passed: usize,
    failed: usize,
    skipped: usize,
    failures: Vec<(&'static str, Kind, Failure)>,
    /// What those that wait start, which is built before they do.
    built: Took,
    /// From the first check to the last.
    whole: Duration,
    /// The processor time of all.
    processor: Duration,
    /// Checks that failed with a full disk.
    ran_out: Vec<&'static str>,
}

/// How long a check ran.
#[derive(Debug, Clone, Copy, Default)]
struct Took {
    whole: Duration,
    /// The time of processors that its commands took.
    processor: Duration,
}

impl Took {
    /// Of a check that ran no command.
    fn of(watch: Stopwatch) -> Self {
        Self { whole: watch.elapsed(), processor: Duration::ZERO }
    }
}

/// A line of the summary: how something ended, what it was, and what it took.
fn row(word: &str, name: &str, took: Took) -> String {
    let [whole, processor] = [took.whole, took.processor].map(clock::shown);
    format!("   {word:8} {name:14} {whole:>10} {processor:>10}")
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Failed,
    Flaky,
}

impl Summary {
    /// Whether no check failed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// A failed check had no room on a disk, which says more than what failed.
    fn ran_out(&mut self, name: &'static str) {
        self.ran_out.push(name);
    }

    /// `place` is the check's place among all that run.
    fn record(&mut self, place: usize, name: &'static str, took: Took, result: &Result<Outcome>) {
        let (word, detail) = match result {
            Ok(Outcome::Passed) => ("passed", String::new()),
            Ok(Outcome::Flaky(tests)) => ("passed", format!("  {} at the second try", tests.len())),
            Ok(Outcome::Noted(note)) => ("passed", format!("  {note}")),
            Ok(Outcome::Skipped(reason)) => ("skipped", format!("  {reason}")),
            Err(error) => ("FAILED", format!("  {error:#}")),
        };
        match result {
            Ok(Outcome::Passed | Outcome::Flaky(_) | Outcome::Noted(_)) => self.passed += 1,
            Ok(Outcome::Skipped(_)) => self.skipped += 1,
            Err(_) => self.failed += 1,
        }
        self.processor += took.processor;
        let (kind, failures) = match result {
            Ok(Outcome::Flaky(tests)) => (Kind::Flaky, tests.clone()),
            Ok(_) => (Kind::Failed, Vec::new()),
            Err(error) => (Kind::Failed, failures::of(name, error)),
        };
        self.failures.extend(failures.into_iter().map(|failure| (name, kind, failure)));
        let [whole, processor] = [took.whole, took.processor].map(clock::shown);
        say::line(&format!("   {name}: {word} in {whole}, processors {processor}{detail}"));
        self.lines.insert(place, format!("{}{detail}", row(word, name, took)));
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (check, kind, failure) in &self.failures {
            writeln!(f, "-- {kind} {check}: {}", failure.name)?;
            writeln!(f, "{failure}")?;
        }
        writeln!(f, "{:26} {:>10} {:>10}", "", "minutes", "processor")?;
        for line in self.lines.values() {
            writeln!(f, "{line}")?;
        }
        let Self { built, whole, processor, .. } = *self;
        writeln!(f, "{}", row("built", "for the lanes", built))?;
        writeln!(
            f,
            "{}",
            row("", "in all", Took { whole, processor: processor + built.processor })
        )?;
        // Repeated by name: if many failed, these lines end the log.
        for (check, kind, failure) in &self.failures {
            writeln!(f, "   {kind} {check}: {}", failure.name)?;
        }
        for check in &self.ran_out {
            writeln!(f, "   {check} ran out of disk: see `df -h`; old builds are in target/")?;
        }
        let Self { passed, failed, skipped, .. } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Failed => "failed:",
            Self::Flaky => "flaky:",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_and_ends_with_one_plain_line() {
        let mut summary = Summary::default();
        summary.record(1, "b", Took::default(), &Ok(Outcome::Skipped("no browser".into())));
        summary.record(0, "a", Took::default(), &Ok(Outcome::Passed));
        assert!(summary.is_good());
        summary.record(2, "c", Took::default(), &Err(anyhow::anyhow!("broken")));
        assert!(!summary.is_good());
        let text = summary.to_string();
        assert!(text.ends_with("\n1 passed, 1 failed, 1 skipped"), "{text}");
        let place = |text_of: &str| text.find(text_of).unwrap();
        assert!(place("passed   a") < place("skipped  b"), "in the order of checks: {text}");
        assert!(!text.contains("disk"), "{text}");
        summary.ran_out("c");
        assert!(summary.to_string().contains("\n   c ran out of disk: "));
    }

    #[test]
    fn failed_and_flaky_tests_are_listed_at_the_end_with_their_output() {
        let mut summary = Summary::default();
        let flaky = Failure::new("it looks right", &["timed out after 90 s".to_owned()]);
        summary.record(0, "journeys", Took::default(), &Ok(Outcome::Flaky(vec![flaky])));
        assert!(summary.is_good());
        let failed = vec![Failure::new("a::one", &["left: 1".to_owned()])];
        let error = failures::Failed::new("unit tests: ended with 101".to_owned(), failed);
        summary.record(1, "unit", Took::default(), &Err(error.into()));
        assert!(!summary.is_good());
        let text = summary.to_string();
        for said in [
            "-- flaky: journeys: it looks right\n   | timed out after 90 s\n",
            "-- failed: unit: a::one\n   | left: 1\n",
            "\n   flaky: journeys: it looks right\n   failed: unit: a::one\n1 passed, 1 failed, 0 skipped",
        ] {
            assert!(text.contains(said), "{said:?} is missing in\n{text}");
        }
    }

    #[test]
    fn tests_that_did_not_run_are_skipped_and_where_required_a_failure() {
        let reason = "no driver".to_owned();
        let missing = [(Part::Vulkan, &reason)];
        let skipped = settled(&Required::default(), &missing, Tally::default()).unwrap();
        assert_eq!(skipped, Outcome::Skipped("vulkan: no driver".to_owned()));
        let required: Required = "redis,vulkan".parse().unwrap();
        let failure = settled(&required, &missing, Tally::default()).unwrap_err();
        assert_eq!(failure.to_string(), "MUNJIGI_REQUIRE names vulkan: no driver");
        assert_eq!(settled(&required, &[], Tally::default()).unwrap(), Outcome::Passed);
    }

    #[test]
    fn names_of_checks_are_distinct() {
        let mut names: Vec<_> = ALL.iter().map(|check| check.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
