//! The meter itself, in memory: what every adapter keeps, wherever it runs.

use munjigi_keys::UnixMillis;

use super::busy::{BusyNames, is_busy};
use super::history::{History, Measured};
use super::passed::{PassedBySite, When};
use crate::sorted::distinct;
use crate::{
    Busy, Clock, Flooded, Kind, Load, MAX_ROWS, Passes, Recent, Regulars, Report, Row, Share,
    Solution, TICKS_PER_HALF_LIFE, Tables, Total, Totals, window,
};

/// Attempts that are remembered, and as many again: those of ten minutes at two
/// hundred a second, longer than a challenge is accepted.
const REMEMBERED: usize = 65_536;

/// Counts of one part of the meter. They stay below 25 MB under any load, and
/// are lost with the process: what it forgets, the reporting processes still
/// know for themselves. What is usual can be kept.
#[derive(Debug)]
pub struct Ledger {
    clock: Clock,
    tables: Tables,
    /// Attempts that were counted: each counts once, whatever reports it.
    recent: Recent,
    /// The same on sites whose visits cost less, so that these make none of the
    /// others forgotten.
    recent_small: Recent,
    history: History,
    /// The half-life in which it was kept last.
    kept: Option<u64>,
    busy: BusyNames,
    passed: PassedBySite,
}

impl Ledger {
    /// An empty one, for processes whose counters have this half-life.
    pub fn new(half_life_seconds: u32) -> Self {
        Self {
            clock: Clock::new(half_life_seconds),
            tables: Tables::new(),
            recent: Recent::new(REMEMBERED),
            recent_small: Recent::new(REMEMBERED),
            history: History::new(half_life_seconds),
            kept: None,
            busy: BusyNames::default(),
            passed: PassedBySite::default(),
        }
    }

    /// An empty one that knows what was usual, as [`Self::keep`] wrote it. What is
    /// unreadable is nothing.
    pub fn resumed(half_life_seconds: u32, kept: &[u8]) -> Self {
        let history = History::resumed(half_life_seconds, kept);
        Self { history, ..Self::new(half_life_seconds) }
    }

    /// What is usual, once in a half-life in which something was added: for
    /// the caller to keep until the next process. Otherwise those who come in the
    /// hour after a deploy decide what is.
    pub fn keep(&mut self, now: UnixMillis) -> Option<Vec<u8>> {
        let window = window(self.clock.tick(now));
        if self.kept == Some(window) {
            return None;
        }
        self.kept = Some(window);
        self.history.keep(window)
    }

    /// Adds a report and answers with what all have reported. Of a report that
    /// is too long only the first rows are read.
    pub fn add(&mut self, report: &Report, now: UnixMillis) -> Totals {
        let tick = self.clock.tick(now);
        let rows = report.rows.get(..MAX_ROWS).unwrap_or(&report.rows);
        let sites = distinct(rows.iter().map(|row| row.site).collect());
        for row in rows {
            self.add_row(row, tick);
        }
        self.add_solutions(report, rows, tick);
        let rows = rows.iter().map(|row| self.total(row, tick)).collect();
        let busy = sites.iter().flat_map(|site| self.busy_of(*site, tick)).collect();
        let now = When { window: window(tick), day: now.days() };
        Totals { rows, busy, regulars: self.regulars(report, now) }
    }

    fn regulars(&mut self, report: &Report, now: When) -> Vec<Regulars> {
        for flooded in &report.flooded {
            self.passed.flooded(flooded.site, flooded.since.into(), now);
        }
        for Passes { site, names } in report.earlier.iter().chain(&report.passed) {
            self.passed.add(*site, names, now);
        }
        let mut news = Vec::new();
        for Flooded { site, told, .. } in &report.flooded {
            let names = self.passed.of(*site, now);
            if *told != u32::try_from(names.len()).ok() {
                news.push(Regulars { site: *site, names });
            }
        }
        news
    }

    fn busy_of(&mut self, site: u64, tick: u64) -> Vec<Busy> {
        let (tables, history) = (&self.tables, &self.history);
        self.busy.of(site, |(kind, key, share)| {
            let counted = tables.of(kind).counted(key, tick);
            let usual = has_usual(kind).then(|| history.usual(site, kind, key, window(tick)));
            is_busy(kind, &counted, usual).then(|| Busy {
                kind,
                key,
                share,
                total: Total::of(&counted, usual),
            })
        })
    }

    /// Counts each solution once.
    fn add_solutions(&mut self, report: &Report, rows: &[Row], tick: u64) {
        for solution in &report.solutions {
            let shared = solution.rows.iter().filter_map(|place| rows.get(usize::from(*place)));
            let is_small = shared.clone().any(|row| row.share == Share::Small);
            let recent = if is_small { &mut self.recent_small } else { &mut self.recent };
            if !recent.insert(solution.event) {
                continue;
            }
            for Row { kind, key, share, .. } in shared.filter(|row| row.kind.is_shared()) {
                let Solution { payer, network, .. } = *solution;
                self.tables.note_solved((*kind, *key, *share), payer, network, tick);
                if *kind == Kind::Site {
                    let everybody = (Kind::System, everybody(*key), *share);
                    self.tables.note_solved(everybody, payer, network, tick);
                }
            }
        }
    }

    /// Ends half-lives, and adds what was counted of a visitor.
    fn add_row(&mut self, row: &Row, tick: u64) {
        let Row { kind, site, key, share, formerly, ref seen, .. } = *row;
        if has_usual(kind) {
            self.finish_site(site, tick);
            self.finish_part(site, kind, key, tick);
        }
        if let Some(formerly) = formerly {
            self.finish_part(site, kind, formerly, tick);
            self.history.rename(kind, formerly, key);
        }
        if !kind.is_shared() {
            self.tables.change(kind).add(key, share, row.fresh(), seen, tick);
        }
    }

    /// What all have reported of a name.
    fn total(&mut self, row: &Row, tick: u64) -> Total {
        let Row { kind, site, key, share, .. } = *row;
        let counted = self.tables.of(kind).counted(key, tick);
        let usual = has_usual(kind).then(|| self.history.usual(site, kind, key, window(tick)));
        if is_busy(kind, &counted, usual) {
            self.busy.note(site, (kind, key, share), window(tick));
        }
        Total::of(&counted, usual)
    }

    /// Puts a site's half-life into the history when it has ended.
    fn finish_site(&mut self, site: u64, tick: u64) {
        let table = self.tables.of(Kind::Site);
        let Some((ended, networks)) = table.finished(site, tick) else { return };
        let load = table.counted(site, last_tick(ended)).load;
        let whole = self.measured(site, load, tick);
        // Where no one knows what is usual, people who have something in common may
        // all be charged, and would be for as long as no one learns that they do.
        let all = self.tables.of(Kind::System).finished(everybody(site), tick);
        let all = all.filter(|_| !self.history.knows_shares(site, window(tick)));
        let networks = all.map_or(networks, |(_, all)| networks.max(all));
        self.history.site(site, ended, networks, load.people(), whole);
    }

    /// The same for a part of a site.
    fn finish_part(&mut self, site: u64, kind: Kind, key: u64, tick: u64) {
        let table = self.tables.of(kind);
        if let Some((ended, _)) = table.finished(key, tick) {
            let load = table.counted(key, last_tick(ended)).load;
            let knows = self.history.knows_shares(site, window(tick));
            let mostly_charged = knows && load.charged > load.people();
            let Load { solved, charged, .. } = load;
            let measured = if mostly_charged {
                Measured::MostlyCharged { solved, charged }
            } else {
                Measured::People(self.measured(site, load, tick))
            };
            self.history.part(site, kind, key, ended, measured);
        }
    }

    /// Those by whom shares are measured.
    fn measured(&self, site: u64, load: Load, tick: u64) -> u32 {
        if self.history.knows_shares(site, window(tick)) { load.people() } else { load.solved }
    }
}

/// All visitors of a site, as if they were those of one system: the site's own
/// name sees only networks of people who were not charged.
const fn everybody(site: u64) -> u64 {
    !site
}

/// The last tick of a half-life.
const fn last_tick(window: u64) -> u64 {
    (window + 1) * TICKS_PER_HALF_LIFE - 1
}

/// Whether something is usual for names of a kind.
const fn has_usual(kind: Kind) -> bool {
    matches!(kind, Kind::Site | Kind::Block | Kind::System | Kind::Software)
}
