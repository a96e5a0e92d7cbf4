//! Counts the events of this process until they are sent. Bounded memory: the
//! process may end at any time, so counts are approximate and called so. When
//! they are sent is decided in `report`.

mod pictures;
mod prices;

use munjigi_captcha::{Country, Sitekey, Tally};
use munjigi_protocol::{
    Algorithm, Code, Count, CountKind, PictureCount, PriceCount, SOLVE_MS_BOUNDS, SOLVE_MS_BUCKETS,
};

use pictures::Pictures;
use prices::Prices;

/// Maximum number of different counts. Few enough for a linear search: there is
/// nearly always only a handful.
const MAX_COUNTS: usize = 512;
/// Maximum number of sites whose first event is remembered.
const MAX_SITES: usize = 4_096;

/// Sites and minutes whose prices go into one message: at most 96 KB.
const MAX_PRICES: usize = 64;

/// Events with equal keys are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    minute: u64,
    sitekey: Sitekey,
    hostname: String,
    action: String,
    kind: CountKind,
    code: Option<Code>,
    country: Country,
    asn: u32,
    algorithm: Option<Algorithm>,
}

/// How often, and the solve times.
#[derive(Debug, Clone, Default)]
struct Cell {
    count: u32,
    solve_ms: Option<[u32; SOLVE_MS_BUCKETS]>,
}

/// Whether a count can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// The site's first event here: its owner is probably watching.
    Now,
    /// With the next batch.
    Soon,
}

/// The counts that have not been sent.
#[derive(Debug, Default)]
pub struct Counts {
    cells: Vec<(Key, Cell)>,
    pictures: Pictures,
    prices: Prices,
    /// Sites whose first event was seen, sorted.
    sites: Vec<Sitekey>,
}

impl Counts {
    /// Counts one event in a minute since 1970.
    pub fn add(&mut self, tally: Tally, minute: u64) -> Urgency {
        let solve_ms = tally.solve_ms;
        if let Some(picture) = tally.picture {
            self.pictures.add(picture, minute);
        }
        if let Some(price) = tally.price {
            self.prices.add(tally.sitekey, price, minute);
        }
        let key = Key::of(tally, minute);
        let urgency = self.urgency(key.sitekey);
        let full = self.cells.len() >= MAX_COUNTS && self.cell(&key).is_none();
        // Visitor-chosen names must not grow the list: once it is full, an
        // event is counted without them.
        let key = if full { key.without_details() } else { key };
        if self.cell(&key).is_none() {
            if self.cells.len() >= MAX_COUNTS * 2 {
                return Urgency::Now;
            }
            self.cells.push((key.clone(), Cell::default()));
        }
        if let Some(cell) = self.cell(&key) {
            cell.add(solve_ms);
        }
        if full { Urgency::Now } else { urgency }
    }

    /// Takes everything, in groups whose JSON is at most `max_bytes` each.
    pub fn take(&mut self, max_bytes: usize) -> Vec<Vec<Count>> {
        let mut groups = Vec::new();
        let mut group: Vec<Count> = Vec::new();
        let mut bytes = 0;
        for (key, cell) in std::mem::take(&mut self.cells) {
            let size = key.json_bytes();
            if !group.is_empty() && bytes + size > max_bytes {
                groups.push(std::mem::take(&mut group));
                bytes = 0;
            }
            bytes += size;
            group.push(key.count(&cell));
        }
        if !group.is_empty() {
            groups.push(group);
        }
        groups
    }

    /// Takes the outcomes of pictures.
    pub fn take_pictures(&mut self) -> Vec<PictureCount> {
        self.pictures.take()
    }

    /// Takes what challenges cost, in groups that fit a message.
    pub fn take_prices(&mut self) -> Vec<Vec<PriceCount>> {
        self.prices.take(MAX_PRICES)
    }

    fn cell(&mut self, key: &Key) -> Option<&mut Cell> {
        // The latest are the most likely matches.
        self.cells.iter_mut().rev().find(|(other, _)| other == key).map(|(_, cell)| cell)
    }

    fn urgency(&mut self, sitekey: Sitekey) -> Urgency {
        if self.sites.len() >= MAX_SITES {
            self.sites.clear();
        }
        match self.sites.binary_search(&sitekey) {
            Ok(_) => Urgency::Soon,
            Err(place) => {
                self.sites.insert(place, sitekey);
                Urgency::Now
            }
        }
    }
}

impl Cell {
    fn add(&mut self, solve_ms: Option<u32>) {
        self.count = self.count.saturating_add(1);
        let Some(milliseconds) = solve_ms else { return };
        let bucket = SOLVE_MS_BOUNDS.iter().take_while(|bound| milliseconds > **bound).count();
        let buckets = self.solve_ms.get_or_insert_default();
        if let Some(number) = buckets.get_mut(bucket) {
            *number = number.saturating_add(1);
        }
    }
}

impl Key {
    fn of(tally: Tally, minute: u64) -> Self {
        Self {
            minute,
            sitekey: tally.sitekey,
            hostname: tally.hostname,
            action: tally.action,
            kind: tally.kind,
            code: tally.code,
            country: tally.country,
            asn: tally.asn,
            algorithm: tally.algorithm,
        }
    }

    fn without_details(self) -> Self {
        Self {
            hostname: String::new(),
            action: String::new(),
            country: Country::UNKNOWN,
            asn: 0,
            ..self
        }
    }

    /// An upper bound: names are ASCII by their types, numbers are bounded.
    fn json_bytes(&self) -> usize {
        430 + 2 * self.hostname.len() + self.action.len()
    }

    fn count(self, cell: &Cell) -> Count {
        Count {
            minute: self.minute,
            sitekey: self.sitekey.to_string(),
            hostname: self.hostname,
            action: self.action,
            kind: self.kind,
            code: self.code,
            country: self.country.as_str().to_owned(),
            asn: self.asn,
            algorithm: self.algorithm,
            count: cell.count,
            solve_ms: cell.solve_ms.map(Vec::from).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "mj_00000000000000000000000000";
    const B: &str = "mj_0000000000000000000000000g";

    fn tally(sitekey: &str, action: &str, solve_ms: Option<u32>) -> Tally {
        Tally {
            sitekey: Sitekey::from_trusted(sitekey).unwrap(),
            hostname: "shop.example".into(),
            action: action.into(),
            kind: CountKind::Solved,
            code: None,
            country: Country::parse("KR"),
            asn: 64_500,
            algorithm: Some(Algorithm::HashWx),
            solve_ms,
            picture: None,
            price: None,
        }
    }

    #[test]
    fn a_sites_first_event_is_urgent() {
        let mut counts = Counts::default();
        assert_eq!(counts.add(tally(A, "", None), 1), Urgency::Now);
        assert_eq!(counts.add(tally(A, "", None), 1), Urgency::Soon);
        assert_eq!(counts.add(tally(B, "", None), 1), Urgency::Now);
    }

    #[test]
    fn solve_times_fall_into_their_buckets() {
        let mut counts = Counts::default();
        for milliseconds in [0, 50, 51, 60_000, 60_001] {
            counts.add(tally(A, "", Some(milliseconds)), 1);
        }
        let taken = counts.take(96_000).concat();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].count, 5);
        assert_eq!(taken[0].solve_ms, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert!(counts.take(96_000).is_empty());
    }

    #[test]
    fn invented_actions_do_not_grow_the_counts_without_bound() {
        let mut counts = Counts::default();
        for number in 0..10_000 {
            counts.add(tally(A, &number.to_string(), None), 1);
        }
        assert!(counts.cells.len() <= MAX_COUNTS + 1);
        let taken = counts.take(96_000).concat();
        assert_eq!(taken.iter().map(|count| count.count).sum::<u32>(), 10_000);
    }

    #[test]
    fn groups_keep_to_their_size() {
        let mut counts = Counts::default();
        for number in 0..1_000 {
            counts.add(tally(A, &number.to_string(), Some(1)), 1);
        }
        let groups = counts.take(96_000);
        assert!(groups.len() > 1);
        for group in groups {
            assert!(serde_json::to_string(&group).unwrap().len() <= 96_000);
        }
    }
}
