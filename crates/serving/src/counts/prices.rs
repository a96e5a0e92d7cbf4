//! Counts what first challenges cost, by site and minute, until it is sent.
//! Bounded: fleets that there is no room for are left out.

use munjigi_captcha::{FleetTally, PriceTally, Sitekey};
use munjigi_protocol::{FleetCount, PRICE_BUCKETS, PriceCount};

/// Maximum number of sites and minutes.
const MAX_COUNTS: usize = 256;
/// Maximum number of fleets per site and minute.
const MAX_FLEETS: usize = 16;

/// The counts that have not been sent.
#[derive(Debug, Default)]
pub struct Prices(Vec<(Sitekey, PriceCount)>);

impl Prices {
    /// Counts one first challenge in a minute since 1970.
    pub fn add(&mut self, sitekey: Sitekey, price: PriceTally, minute: u64) {
        let same = |(key, count): &(Sitekey, PriceCount)| (*key, count.minute) == (sitekey, minute);
        let place = self.0.iter().rposition(same).unwrap_or(self.0.len());
        if place == self.0.len() {
            if place >= MAX_COUNTS {
                return;
            }
            let (sitekey, text) = (sitekey, sitekey.to_string());
            let issued = [0; PRICE_BUCKETS];
            let count = PriceCount { minute, sitekey: text, issued, fleets: Vec::new() };
            self.0.push((sitekey, count));
        }
        let Some((_, count)) = self.0.get_mut(place) else { return };
        let bucket = usize::try_from(price.factor.max(1).ilog2()).unwrap_or(usize::MAX);
        if let Some(number) = count.issued.get_mut(bucket.min(PRICE_BUCKETS - 1)) {
            *number = number.saturating_add(1);
        }
        if let Some(fleet) = price.fleet {
            note(&mut count.fleets, fleet);
        }
    }

    /// Takes everything, in groups of at most this many sites and minutes.
    pub fn take(&mut self, most: usize) -> Vec<Vec<PriceCount>> {
        let counts: Vec<_> =
            std::mem::take(&mut self.0).into_iter().map(|(_, count)| count).collect();
        counts.chunks(most.max(1)).map(<[PriceCount]>::to_vec).collect()
    }
}

fn note(fleets: &mut Vec<FleetCount>, fleet: FleetTally) {
    let name = format!("{:08x}", fleet.name);
    if let Some(known) = fleets.iter_mut().find(|known| known.name == name) {
        known.networks = known.networks.max(fleet.networks);
        known.issued = known.issued.saturating_add(1);
    } else if fleets.len() < MAX_FLEETS {
        fleets.push(FleetCount { name, networks: fleet.networks, issued: 1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sitekey() -> Sitekey {
        Sitekey::from_trusted("mj_00000000000000000000000000").unwrap()
    }

    fn price(factor: u64) -> PriceTally {
        PriceTally { factor, fleet: None }
    }

    #[test]
    fn prices_fall_into_doublings() {
        let mut prices = Prices::default();
        for factor in [0, 1, 2, 3, 4, 15, 16, 63, 64, u64::MAX] {
            prices.add(sitekey(), price(factor), 7);
        }
        let taken = prices.take(10).concat();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].issued, [2, 2, 1, 1, 1, 1, 2]);
        assert!(prices.take(10).is_empty());
    }

    #[test]
    fn a_fleet_is_counted_once_with_the_most_networks() {
        let mut prices = Prices::default();
        for networks in [50, 90, 70] {
            let fleet = Some(FleetTally { name: 0xab, networks });
            prices.add(sitekey(), PriceTally { factor: 8, fleet }, 7);
        }
        let fleets = prices.take(10).concat().remove(0).fleets;
        assert_eq!(fleets, [FleetCount { name: "000000ab".into(), networks: 90, issued: 3 }]);
    }

    #[test]
    fn groups_fit_a_message_however_many_there_are() {
        let mut prices = Prices::default();
        for minute in 0..1_000 {
            for name in 0..100 {
                let fleet = Some(FleetTally { name, networks: u32::MAX });
                prices.add(sitekey(), PriceTally { factor: 8, fleet }, 100_000_000 + minute);
            }
        }
        let groups = prices.take(64);
        assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), MAX_COUNTS);
        for group in groups {
            assert!(serde_json::to_string(&group).unwrap().len() < 96_000);
        }
    }
}
