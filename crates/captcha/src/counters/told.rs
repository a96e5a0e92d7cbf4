//! What the meter was told, and what it is to be told next.

use munjigi_keys::UnixMillis;

use super::passed::Passed;
use super::{Kind, MAX_ROWS, Report, Row, Tables, mix};

/// Names that are warm enough to be reported.
#[derive(Debug)]
pub struct Told {
    warm: Vec<Name>,
    next: UnixMillis,
}

/// What a row is about.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    pub site: u64,
    pub kind: Kind,
    pub key: u64,
    pub formerly: Option<u64>,
}

/// A process reports at most this often: under load, what it knows of the
/// others is never older.
const INTERVAL_MILLIS: u64 = 2_000;

/// After a report that failed the next one waits for this long.
const PAUSE_MILLIS: u64 = 30_000;

/// Names that may wait for a report.
const MOST: usize = 4_096;

/// Events of a name from which it is reported: below that, it costs nobody
/// anything yet, and a quiet site's visits would each cost a call.
const fn least(kind: Kind) -> u32 {
    match kind {
        Kind::Address | Kind::Client | Kind::Trace | Kind::Network | Kind::Fallback => 4,
        Kind::Site | Kind::Charged | Kind::Block | Kind::System | Kind::Stack => 16,
    }
}

impl Default for Told {
    fn default() -> Self {
        Self { warm: Vec::new(), next: UnixMillis(0) }
    }
}

impl Told {
    /// Notes that a name has this many events that the meter was not told, and
    /// whether it belongs to a busy network.
    pub fn note(&mut self, name: Name, fresh: u32, busy: bool) {
        let kind = name.kind;
        let least =
            if busy && matches!(kind, Kind::Address | Kind::Client) { 1 } else { least(kind) };
        // Again after as many events, in case it was dropped.
        if fresh > 0 && fresh.is_multiple_of(least) && self.warm.len() < MOST {
            self.warm.push(name);
        }
    }

    /// Whether something is to be reported now, or could be.
    pub const fn is_due(&self, more: bool, now: UnixMillis) -> bool {
        (more || !self.warm.is_empty()) && self.next.0 <= now.0
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
        tick: u64,
        now: UnixMillis,
    ) -> Vec<Report> {
        self.next = UnixMillis(now.0 + INTERVAL_MILLIS);
        let mut reports: Vec<Report> =
            (0..parts).map(|part| Report { part, ..Report::default() }).collect();
        let part = |site| mix(site) % u64::from(parts.max(1));
        for Name { site, kind, key, formerly } in core::mem::take(&mut self.warm) {
            let Some(report) = of_part(&mut reports, part(site)) else { continue };
            if tables.of(kind).fresh(key) == 0 || report.rows.len() >= MAX_ROWS {
                continue;
            }
            let (fresh, seen) = tables.change(kind).take(key, tick);
            let (issued, solved, failed) = (fresh.issued, fresh.solved, fresh.failed);
            report.rows.push(Row { kind, site, key, formerly, issued, solved, failed, seen });
        }
        for passes in passed.take() {
            if let Some(report) = of_part(&mut reports, part(passes.site)) {
                report.passed.push(passes);
            }
        }
        for passes in passed.earlier() {
            if let Some(report) = of_part(&mut reports, part(passes.site)) {
                report.earlier.push(passes);
            }
        }
        for (site, unknown) in passed.asks(now) {
            if let Some(report) = of_part(&mut reports, part(site)) {
                report.flooded.push((site, unknown));
            }
        }
        reports.retain(|report| !report.is_empty());
        reports
    }
}

fn of_part(reports: &mut [Report], part: u64) -> Option<&mut Report> {
    reports.iter_mut().find(|report| u64::from(report.part) == part)
}
