//! What the meter was told, and what it is to be told next.

use munjigi_keys::UnixMillis;

use super::passed::Passed;
use super::table::Fresh;
use super::{Clock, Kind, MAX_ROWS, Place, Report, Row, Share, Tables, mix, window};

/// Names that are warm enough to be reported.
#[derive(Debug)]
pub struct Told {
    warm: Vec<Name>,
    /// Software with so few events that it is reported only along with others.
    along: Vec<Name>,
    next: UnixMillis,
}

/// What a row is about.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    pub site: u64,
    pub kind: Kind,
    pub key: u64,
    pub share: Share,
    pub formerly: Option<u64>,
    /// Whether it belongs to a busy network.
    pub busy: bool,
}

impl Name {
    /// The name of a place's site.
    pub const fn of(place: &Place) -> Self {
        let Place { site, share, .. } = *place;
        Self { site, kind: Kind::Site, key: site, share, formerly: None, busy: false }
    }
}

/// A process reports at most this often: under load, what it knows of the
/// others is never older.
const INTERVAL_MILLIS: u64 = 2_000;

/// After a report that failed the next one waits for this long.
const PAUSE_MILLIS: u64 = 30_000;

/// Names that may wait for a report, and those that are reported along with it.
const MOST: usize = 4_096;
const MOST_ALONG: usize = 512;

/// Events of a name from which it is reported: below that, it costs nobody
/// anything yet, and a quiet site's visits would each cost a call. A fleet of a
/// thousand visits that is spread over two hundred processes is five in each.
const LEAST: u32 = 4;

impl Default for Told {
    fn default() -> Self {
        Self { warm: Vec::new(), along: Vec::new(), next: UnixMillis(0) }
    }
}

impl Told {
    /// Notes that a name has this many events that the meter was not told.
    pub fn note(&mut self, name: Name, fresh: u32) {
        let each = name.busy && matches!(name.kind, Kind::Address | Kind::Client);
        let least = if each { 1 } else { LEAST };
        // Again after as many events, in case it was dropped.
        if fresh > 0 && fresh.is_multiple_of(least) && self.warm.len() < MOST {
            self.warm.push(name);
        } else if fresh == 1 && name.kind == Kind::Stack && self.along.len() < MOST_ALONG {
            self.along.push(name);
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
        clock: &Clock,
        now: UnixMillis,
    ) -> Vec<Report> {
        self.next = UnixMillis(now.0 + INTERVAL_MILLIS);
        let tick = clock.tick(now);
        let window = |at| u32::try_from(window(clock.tick(at))).unwrap_or(u32::MAX);
        let mut reports: Vec<Report> =
            (0..parts).map(|part| Report { part, ..Report::default() }).collect();
        let part = |site| mix(site) % u64::from(parts.max(1));
        let names = core::mem::take(&mut self.warm).into_iter();
        let names = names.chain(core::mem::take(&mut self.along));
        for Name { site, kind, key, share, formerly, .. } in names {
            let Some(report) = of_part(&mut reports, part(site)) else { continue };
            if tables.of(kind).fresh(key) == 0 || report.rows.len() >= MAX_ROWS {
                continue;
            }
            let (fresh, seen) = tables.change(kind).take(key, tick);
            let Fresh { issued, solved, charged, regular, failed } = fresh;
            let counts = Row { issued, solved, charged, regular, failed, ..Row::of(kind, site) };
            report.rows.push(Row { key, share, formerly, seen, ..counts });
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

fn of_part(reports: &mut [Report], part: u64) -> Option<&mut Report> {
    reports.iter_mut().find(|report| u64::from(report.part) == part)
}
