//! What operators see of the last minutes: what a challenge costs on each site,
//! and whether the site is under attack. In memory, for this process.

use std::collections::BTreeMap;

use munjigi_captcha::Shared;
use munjigi_protocol::{Count, CountBatch, CountKind, PRICE_BUCKETS, SiteConfig};

/// Minutes that are remembered. Counts arrive some ten seconds late.
const MINUTES: u64 = 5;
/// The least work in each bucket of prices, as a multiple of the site's floor.
const LEAST: [u32; PRICE_BUCKETS] = [1, 2, 4, 8, 16, 32, 64];

/// The last minutes of all sites.
#[derive(Debug, Default)]
pub struct Figures(Shared<BTreeMap<String, Site>>);

#[derive(Debug, Default)]
struct Site {
    /// Its host names, if the settings name it.
    hosts: String,
    minutes: BTreeMap<u64, Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    issued: [u32; PRICE_BUCKETS],
    flooded: u32,
    stops: BTreeMap<String, Stops>,
}

/// How many requests a rule about paths stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stops {
    /// Those that were not let through.
    pub stopped: u64,
    /// Those that would not have been, if the rule were not a dry run.
    pub would_stop: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Now {
    /// Its host names; empty if the settings do not name it.
    pub hosts: String,
    /// What most challenges of the last minutes cost at least, as a multiple of
    /// the site's floor; `None` if there were none.
    pub price: Option<u32>,
    /// What the dearest cost at least.
    pub dearest: Option<u32>,
    /// Whether challenges were issued while the site was under attack.
    pub is_under_attack: bool,
    /// What rules about paths stopped, by the start of their paths.
    pub stops: BTreeMap<String, Stops>,
}

impl Figures {
    /// Learns the names of the sites in the settings.
    pub fn name(&self, sites: &[SiteConfig]) {
        self.0.with(|all| {
            for site in all.values_mut() {
                site.hosts.clear();
            }
            for site in sites {
                all.entry(site.sitekey.clone()).or_default().hosts = site.hosts.join(", ");
            }
        });
    }

    /// Learns from what was counted.
    pub fn note(&self, batch: &CountBatch) {
        self.0.with(|all| {
            for price in &batch.prices {
                let site = all.entry(price.sitekey.clone()).or_default();
                let sums = &mut site.minute(price.minute).issued;
                for (sum, count) in sums.iter_mut().zip(price.issued) {
                    *sum = sum.saturating_add(count);
                }
            }
            for count in &batch.counts {
                let is_kept = matches!(
                    count.kind,
                    CountKind::Flooded | CountKind::Stopped | CountKind::WouldStop
                );
                if !is_kept {
                    continue;
                }
                let site = all.entry(count.sitekey.clone()).or_default();
                site.minute(count.minute).note(count);
            }
        });
    }

    /// Every site that is named or had a visitor, by sitekey.
    pub fn now(&self, minute: u64) -> BTreeMap<String, Now> {
        let since = minute.saturating_sub(MINUTES - 1);
        self.0.with(|all| {
            all.retain(|_, site| {
                site.minutes.retain(|at, _| *at >= since);
                !site.hosts.is_empty() || !site.minutes.is_empty()
            });
            all.iter().map(|(sitekey, site)| (sitekey.clone(), site.now())).collect()
        })
    }
}

impl Minute {
    fn note(&mut self, count: &Count) {
        let number = u64::from(count.count);
        if count.kind == CountKind::Flooded {
            self.flooded = self.flooded.saturating_add(count.count);
            return;
        }
        let stops = self.stops.entry(count.action.clone()).or_default();
        if count.kind == CountKind::Stopped {
            stops.stopped += number;
        } else {
            stops.would_stop += number;
        }
    }
}

impl Site {
    fn minute(&mut self, minute: u64) -> &mut Minute {
        while self.minutes.len() as u64 > MINUTES {
            self.minutes.pop_first();
        }
        self.minutes.entry(minute).or_default()
    }

    fn now(&self) -> Now {
        let mut issued = [0_u64; PRICE_BUCKETS];
        for minute in self.minutes.values() {
            for (sum, count) in issued.iter_mut().zip(minute.issued) {
                *sum += u64::from(count);
            }
        }
        let mut stops = BTreeMap::<String, Stops>::new();
        for (rule, more) in self.minutes.values().flat_map(|minute| &minute.stops) {
            let sums = stops.entry(rule.clone()).or_default();
            sums.stopped += more.stopped;
            sums.would_stop += more.would_stop;
        }
        let half = issued.iter().sum::<u64>().div_ceil(2);
        let sums = issued.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        let least = LEAST.iter().zip(issued);
        Now {
            hosts: self.hosts.clone(),
            price: LEAST
                .iter()
                .zip(sums)
                .find(|(_, sum)| half > 0 && *sum >= half)
                .map(|(least, _)| *least),
            dearest: least.rev().find(|(_, count)| *count > 0).map(|(least, _)| *least),
            is_under_attack: self.minutes.values().any(|minute| minute.flooded > 0),
            stops,
        }
    }
}

/// A count without anything that it need not have, for tests.
#[cfg(test)]
pub fn count(sitekey: &str, minute: u64, kind: CountKind, count: u32) -> Count {
    Count {
        minute,
        sitekey: sitekey.to_owned(),
        hostname: String::new(),
        action: String::new(),
        kind,
        code: None,
        country: String::new(),
        asn: 0,
        algorithm: None,
        count,
        solve_ms: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{BatchId, PriceCount};

    use super::*;

    fn prices(minute: u64, issued: [u32; PRICE_BUCKETS]) -> CountBatch {
        let price = PriceCount { minute, sitekey: "mj_a".to_owned(), issued, fleets: Vec::new() };
        CountBatch {
            batch: BatchId([0; 16]),
            counts: Vec::new(),
            pictures: Vec::new(),
            prices: vec![price],
            outcomes: Vec::new(),
        }
    }

    #[test]
    fn the_price_is_what_most_paid_in_the_last_minutes() {
        let figures = Figures::default();
        figures.note(&prices(100, [0, 0, 0, 0, 0, 0, 9]));
        figures.note(&prices(104, [3, 0, 0, 0, 0, 0, 0]));
        figures.note(&prices(105, [0, 1, 2, 0, 0, 0, 0]));
        let now = |minute| figures.now(minute).remove("mj_a");
        let price = |now: Option<Now>| now.map(|now| (now.price, now.dearest));
        assert_eq!(price(now(104)), Some((Some(64), Some(64))));
        assert_eq!(price(now(105)), Some((Some(1), Some(4))));
        assert_eq!(price(now(109)), Some((Some(4), Some(4))));
        assert_eq!(now(110), None, "no one's site is forgotten");
    }

    #[test]
    fn what_rules_stopped_is_summed_over_the_last_minutes() {
        let figures = Figures::default();
        let stop = |minute, kind, action: &str, number| Count {
            action: action.to_owned(),
            ..count("mj_a", minute, kind, number)
        };
        let counts = vec![
            stop(100, CountKind::Stopped, "/a/*", 5),
            stop(103, CountKind::Stopped, "/a/*", 2),
            stop(104, CountKind::Stopped, "/a/*", 1),
            stop(104, CountKind::WouldStop, "/b", 7),
        ];
        figures.note(&CountBatch { counts, prices: Vec::new(), ..prices(104, [0; PRICE_BUCKETS]) });
        let stops = figures.now(105).remove("mj_a").unwrap().stops;
        let (a, b) = (Stops { stopped: 3, would_stop: 0 }, Stops { stopped: 0, would_stop: 7 });
        assert_eq!(stops, [("/a/*".to_owned(), a), ("/b".to_owned(), b)].into());
    }

    #[test]
    fn a_named_site_stays() {
        let figures = Figures::default();
        let site = SiteConfig {
            hosts: vec!["a.example".to_owned(), "b.example".to_owned()],
            ..munjigi_captcha::new_site("mj_a")
        };
        figures.name(std::slice::from_ref(&site));
        figures.note(&prices(100, [1, 0, 0, 0, 0, 0, 0]));
        let Now { hosts, price, .. } = figures.now(200).remove("mj_a").unwrap();
        assert_eq!((hosts.as_str(), price), ("a.example, b.example", None));
        figures.name(&[]);
        assert!(figures.now(200).is_empty());
    }
}
