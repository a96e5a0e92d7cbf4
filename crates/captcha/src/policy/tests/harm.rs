//! That the price cannot be turned against people: for any counters, what a
//! crowd can be made to cost those it hides among.

use super::*;

proptest! {
    /// What many people share costs all of them together a tenth of their work
    /// at most, whatever an attacker pays for.
    #[test]
    fn what_people_share_costs_them_no_more_than_the_harm_budget(
        load in loads(), site_load in loads(), networks: u32, site_networks: u32, hosting: bool,
        share in 1_u16..,
    ) {
        let part = Part { load, networks, share: Some(share), prior: None };
        let fleet = Fleet { networks, share: Some(share), prior: None };
        let calm = Pressure { site: site_load, site_networks, hosting, ..CALM };
        for pressure in [
            Pressure { block: part, ..calm },
            Pressure { system: part, ..calm },
            Pressure { software: fleet, ..calm },
            Pressure { handshake: fleet, ..calm },
            Pressure { rare: fleet, ..calm },
        ] {
            let factor = pressure::factor(&pressure);
            prop_assert!(factor == pressure::ONE || factor * u64::from(share) <= 256 * 65_536 / 10);
        }
    }

    /// As long as no one knows how many of a site's people share it, four times,
    /// whatever is usual on other sites.
    #[test]
    fn what_is_unknown_costs_four_times_at_most(
        load in loads(), site_load in loads(), networks: u32, site_networks: u32, hosting: bool,
        prior: Option<u16>,
    ) {
        let part = Part { load, networks, share: None, prior };
        let fleet = Fleet { networks, share: None, prior };
        let pressure = Pressure {
            site: site_load, site_networks, hosting,
            block: part, system: part, software: fleet, handshake: fleet, rare: fleet, ..CALM
        };
        prop_assert!(pressure::factor(&pressure) <= 4 * pressure::ONE);
    }

    /// What was requested and not solved costs its own client and, up to four
    /// times, those who share its address or network.
    #[test]
    fn what_no_one_solved_costs_others_four_times_at_most(
        address in any::<u32>(), network in any::<u32>(), members: u32, own in 0_u32..=4,
    ) {
        let requested = |issued| Load { issued, ..Load::NONE };
        let pressure = Pressure {
            client: requested(own),
            address: requested(address),
            network: Crowd { load: requested(network), members },
            ..CALM
        };
        let demand = ask(&site(On::Plain), &FIREFOX, &NOTHING, &pressure).unwrap();
        prop_assert!(demand.work <= 4 * 40_000);
        let fallback = ask_for(Algorithm::Sha256, &site(On::Plain), &FIREFOX, &NOTHING, &pressure);
        prop_assert!(fallback.is_ok());
    }

    /// Those who are charged make no room for anyone.
    #[test]
    fn charged_visitors_make_no_room(
        people in 0_u32..100_000, charged in 0_u32..1_000_000, networks in 0_u32..100_000,
        share: Option<u16>,
    ) {
        let of = |charged| {
            let site = Load { solved: people + charged, charged, ..Load::NONE };
            let load = Load { solved: networks, ..Load::NONE };
            let part = Part { load, networks, share, prior: None };
            let (block, system, trace) = (part, part, networks);
            let fleet = fleet(networks, people, share);
            pressure::factor(&Pressure { site, trace, block, system, ..fleet })
        };
        prop_assert_eq!(of(0), of(charged));
    }
}
