//! What the meter was told, and what it is to be told next.

use std::collections::BTreeMap;

use munjigi_keys::UnixMillis;

use super::name::Name;
use super::passed::Passed;
use super::table::Fresh;
use super::{Clock, Kind, MAX_ROWS, Payer, Report, Row, Share, Solution, Tables, mix, window};

/// Names that are warm enough to be reported.
#[derive(Debug)]
pub struct ReportQueue {
    warm: Vec<Name>,
    /// What was solved since the last report.
    solved: Vec<Solved>,
    next: UnixMillis,
}

/// An attempt that was solved, and what it counts for.
#[derive(Debug)]
pub struct Solved {
    pub event: u64,
    pub network: u64,
    pub payer: Payer,
    pub names: Vec<Name>,
}

impl Solved {
    fn is_small(&self) -> bool {
        self.names.first().is_some_and(|name| name.share == Share::Small)
    }
}

/// A process reports at most this often: under load, what it knows of the
/// others is never older.
const INTERVAL_MILLIS: u64 = 2_000;

/// After a report that failed the next one waits for this long.
const PAUSE_MILLIS: u64 = 30_000;

/// Names that may wait for a report, and solutions.
const MOST: usize = 4_096;
const MOST_SOLVED: usize = 1_024;

/// Events of a name from which it is reported: below that, it costs no one
/// anything yet, and a quiet site's visits would each cost a call. A fleet of a
/// thousand visits that is spread over two hundred processes is five in each.
const LEAST: u32 = 4;

impl Default for ReportQueue {
    fn default() -> Self {
        Self { warm: Vec::new(), solved: Vec::new(), next: UnixMillis(0) }
    }
}

impl ReportQueue {
    /// Adds events of a name that are not yet reported to the meter.
    pub fn note(&mut self, name: Name, fresh: u32) {
        let each = name.busy && matches!(name.kind, Kind::Address | Kind::Client);
        let least = if each { 1 } else { LEAST };
        // Again after as many events, in case it was dropped.
        if fresh > 0 && fresh.is_multiple_of(least) && self.warm.len() < MOST {
            self.warm.push(name);
        }
    }

    /// Notes what was solved. It is reported when its site has enough of it, or
    /// along with something else.
    pub fn note_solved(&mut self, solved: Solved) {
        let room = if solved.is_small() {
            // Sites whose visits cost less leave room for the others.
            self.solved.iter().filter(|it| it.is_small()).count() < MOST_SOLVED / 4
        } else {
            self.solved.len() < MOST_SOLVED
        };
        if room {
            self.solved.push(solved);
        }
    }

    /// Whether something is to be reported now, or could be.
    pub const fn is_due(&self, more: bool, now: UnixMillis) -> bool {
        (more || !self.warm.is_empty() || self.is_full()) && self.next.0 <= now.0
    }

    const fn is_full(&self) -> bool {
        self.solved.len() >= MOST_SOLVED / 2
    }

    /// Notes that a report failed.
    pub const fn failed(&mut self, now: UnixMillis) {
        self.next = UnixMillis(now.0 + PAUSE_MILLIS);
    }

    /// What is to be reported now, for a meter of this many parts.
    pub fn reports(
        &mut self,
        tables: &mut Tables,
        passed: &mut Passed,
        parts: u16,
        clock: &Clock,
        now: UnixMillis,
    ) -> Vec<Report> {
        self.next = UnixMillis(now.0 + INTERVAL_MILLIS);
        let tick = clock.tick(now);
        let window = |at| u32::try_from(window(clock.tick(at))).unwrap_or(u32::MAX);
        let mut reports: Vec<Report> =
            (0..parts).map(|part| Report { part, ..Report::default() }).collect();
        let part = |site| mix(site) % u64::from(parts.max(1));
        let mut rows = Rows { tables, tick, places: BTreeMap::new() };
        for name in core::mem::take(&mut self.warm) {
            let Some(report) = of_part(&mut reports, part(name.site)) else { continue };
            if report.rows.len() < MAX_ROWS && rows.tables.of(name.kind).fresh(name.key) > 0 {
                rows.place(report, &name);
            }
        }
        let is_full = self.is_full();
        for solved in core::mem::take(&mut self.solved) {
            let site = solved.names.first().map_or(0, |name| name.site);
            match of_part(&mut reports, part(site)) {
                Some(report)
                    if (is_full || !report.rows.is_empty())
                        && report.rows.len() + solved.names.len() <= MAX_ROWS =>
                {
                    let Solved { event, network, payer, names } = solved;
                    let rows = names.iter().map(|name| rows.place(report, name)).collect();
                    report.solutions.push(Solution { event, network, payer, rows });
                }
                _ => self.solved.push(solved),
            }
        }
        for passes in passed.take(window) {
            if let Some(report) = of_part(&mut reports, part(passes.site)) {
                report.passed.push(passes);
            }
        }
        for passes in passed.earlier(window, now) {
            if let Some(report) = of_part(&mut reports, part(passes.site)) {
                report.earlier.push(passes);
            }
        }
        for flooded in passed.asks(window, now) {
            if let Some(report) = of_part(&mut reports, part(flooded.site)) {
                report.flooded.push(flooded);
            }
        }
        reports.retain(|report| !report.is_empty());
        reports
    }
}

/// The rows of reports, one for each name.
struct Rows<'a> {
    tables: &'a mut Tables,
    tick: u64,
    places: BTreeMap<(Kind, u64), u16>,
}

impl Rows<'_> {
    /// The place of a name's row; makes it, if there is none.
    fn place(&mut self, report: &mut Report, name: &Name) -> u16 {
        let Self { tables, tick, places } = self;
        let Name { site, kind, key, share, formerly, .. } = *name;
        *places.entry((kind, key)).or_insert_with(|| {
            let (fresh, seen) = tables.change(kind).take(key, *tick);
            let Fresh { issued, solved, failed, .. } =
                if kind.is_shared() { Fresh::default() } else { fresh };
            let counts = Row { issued, solved, failed, ..Row::of(kind, site) };
            report.rows.push(Row { key, share, formerly, seen, ..counts });
            u16::try_from(report.rows.len() - 1).unwrap_or(u16::MAX)
        })
    }
}

fn of_part(reports: &mut [Report], part: u64) -> Option<&mut Report> {
    reports.iter_mut().find(|report| u64::from(report.part) == part)
}
