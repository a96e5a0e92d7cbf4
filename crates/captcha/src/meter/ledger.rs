//! The meter itself, in memory: what every adapter keeps, wherever it runs.

use munjigi_keys::UnixMillis;

use super::busy::{BusyNames, is_busy};
use super::history::History;
use super::passed::{PassedBySite, When};
use crate::counters::{
    Busy, Clock, Fresh, Kind, MAX_ROWS, Passes, Report, Row, TICKS_PER_HALF_LIFE, Tables, Total,
    Totals, window,
};

/// Counts of one part of the meter. They stay below 20 MB under any load, and
/// are lost with the process: what it forgets, the reporting processes still
/// know for themselves.
#[derive(Debug)]
pub struct Ledger {
    clock: Clock,
    tables: Tables,
    history: History,
    busy: BusyNames,
    passed: PassedBySite,
}

impl Ledger {
    /// An empty one, for processes whose counters have this half-life.
    pub fn new(half_life_seconds: u32) -> Self {
        Self {
            clock: Clock::new(half_life_seconds),
            tables: Tables::new(),
            history: History::new(half_life_seconds),
            busy: BusyNames::default(),
            passed: PassedBySite::default(),
        }
    }

    /// Adds a report and answers with what all have reported. Of a report that
    /// is too long only the first rows are read.
    pub fn add(&mut self, report: &Report, now: UnixMillis) -> Totals {
        let tick = self.clock.tick(now);
        let rows = report.rows.get(..MAX_ROWS).unwrap_or(&report.rows);
        let mut sites: Vec<u64> = rows.iter().map(|row| row.site).collect();
        sites.sort_unstable();
        sites.dedup();
        let rows = rows.iter().map(|row| self.add_row(row, tick)).collect();
        let busy = sites.iter().flat_map(|site| self.busy_of(*site, tick)).collect();
        let now = When { window: window(tick), day: now.days() };
        Totals { rows, busy, passed: self.passed(report, now) }
    }

    fn passed(&mut self, report: &Report, now: When) -> Vec<Passes> {
        for (site, _) in &report.flooded {
            self.passed.flooded(*site, now);
        }
        for Passes { site, names } in &report.earlier {
            self.passed.recall(*site, names, now);
        }
        for Passes { site, names } in &report.passed {
            self.passed.add(*site, names, now);
        }
        let mut news = Vec::new();
        for (site, told) in &report.flooded {
            if *told != Some(self.passed.count(*site, now)) {
                news.push(Passes { site: *site, names: self.passed.of(*site, now) });
            }
        }
        news
    }

    fn busy_of(&mut self, site: u64, tick: u64) -> Vec<Busy> {
        let tables = &self.tables;
        let names = self.busy.of(site, |kind, key| {
            let counted = tables.of(kind).counted(key, tick);
            is_busy(kind, &counted.load).then(|| Total::of(&counted, None))
        });
        names.into_iter().map(|(kind, key, total)| Busy { kind, key, total }).collect()
    }

    fn add_row(&mut self, row: &Row, tick: u64) -> Total {
        let Row { kind, site, key, formerly, issued, solved, failed, ref seen } = *row;
        let has_usual = matches!(kind, Kind::Site | Kind::System | Kind::Stack);
        if has_usual {
            self.finish_site(site, tick);
            self.finish_part(site, kind, key, tick);
        }
        if let Some(formerly) = formerly {
            self.finish_part(site, kind, formerly, tick);
            self.history.rename(kind, formerly, key);
        }
        let table = self.tables.change(kind);
        table.add(key, Fresh { issued, solved, failed }, seen, tick);
        let counted = table.counted(key, tick);
        let load = counted.load;
        if is_busy(kind, &load) {
            self.busy.note(site, kind, key);
        }
        let usual =
            has_usual.then(|| self.history.usual(site, kind, key, window(tick), load.issued));
        Total::of(&counted, usual)
    }

    /// Puts a site's half-life into the history when it has ended.
    fn finish_site(&mut self, site: u64, tick: u64) {
        let table = self.tables.of(Kind::Site);
        let Some((ended, networks)) = table.finished(site, tick) else { return };
        let last = (ended + 1) * TICKS_PER_HALF_LIFE - 1;
        let issued = table.counted(site, last).load.issued;
        self.history.site(site, ended, networks, issued);
    }

    /// The same for a part of a site.
    fn finish_part(&mut self, site: u64, kind: Kind, key: u64, tick: u64) {
        if let Some((ended, networks)) = self.tables.of(kind).finished(key, tick) {
            self.history.part(site, kind, key, ended, networks);
        }
    }
}
