use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::contract::block_on;

fn list(entries: &[&str]) -> List {
    List::of(7, entries.iter().map(|entry| entry.parse().unwrap()))
}

fn on(list: &List, address: &str, system: u32) -> bool {
    list.contains(Address::parse(address).unwrap(), system)
}

#[test]
fn an_address_is_on_a_list_by_its_network_or_its_system() {
    let list = list(&["192.0.2.0/25", "198.51.100.7", "2001:db8:7::/48", "AS64500"]);
    for (address, system, is_on) in [
        ("192.0.2.0", 1, true),
        ("192.0.2.127", 1, true),
        ("192.0.2.128", 1, false),
        ("192.0.1.255", 1, false),
        ("198.51.100.7", 1, true),
        ("198.51.100.8", 1, false),
        ("2001:db8:7:ffff::1", 1, true),
        ("2001:db8:8::1", 1, false),
        ("::ffff:192.0.2.1", 1, true),
        ("203.0.113.1", 64_500, true),
        ("203.0.113.1", 0, false),
    ] {
        assert_eq!(on(&list, address, system), is_on, "{address} {system}");
    }
}

#[test]
fn what_touches_is_merged() {
    let halves = list(&["192.0.2.128/25", "192.0.2.0/25", "192.0.2.7/32", "AS2", "AS1", "AS2"]);
    assert_eq!(halves, list(&["192.0.2.0/24", "AS1", "AS2"]));
    assert_eq!(halves.len(), 3);
    let everything = list(&["0.0.0.0/0", "255.255.255.255/32", "::/0", "ffff::/16"]);
    assert_eq!(everything.len(), 2);
    assert!(on(&everything, "255.255.255.255", 0) && on(&everything, "ffff::1", 0));
}

#[test]
fn of_a_prefix_a_list_may_have_all_none_or_some() {
    let systems = list(&["AS64500"]);
    let networks = list(&["192.0.0.0/16", "198.51.100.7/32", "2001:db8::/32"]);
    let prefix = |text| Prefix::parse(text);
    for (list, system, prefix, holds) in [
        (&systems, Some(64_500), None, Holds::Yes),
        (&systems, Some(64_501), None, Holds::No),
        (&systems, None, prefix("192.0.2.1"), Holds::Open),
        (&networks, Some(64_500), None, Holds::Open),
        (&networks, None, prefix("192.0.2.1"), Holds::Yes),
        (&networks, None, prefix("198.51.100.1"), Holds::Open),
        (&networks, None, prefix("203.0.113.1"), Holds::No),
        (&networks, None, prefix("2001:db8:7::1"), Holds::Yes),
        (&networks, None, prefix("2001:db9::1"), Holds::No),
        (&List::default(), None, None, Holds::No),
    ] {
        assert_eq!(list.holds(system, prefix), holds, "{list:?} {system:?} {holds:?}");
    }
}

/// By hand: the format, version 7, one system, one range of IPv4, one of IPv6.
#[test]
fn its_bytes_are_those_of_the_protocol() {
    let bytes = [
        &[1][..],
        &[0, 0, 0, 0, 0, 0, 0, 7],
        &[0, 0, 0, 1],
        // AS64500
        &[0, 0, 0xfb, 0xf4],
        &[0, 0, 0, 1],
        // 192.0.2.0/24
        &[192, 0, 2, 0, 192, 0, 2, 255],
        &[0, 0, 0, 1],
        // 2001:db8::/32
        &[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0],
        &[0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0xff, 0xff],
    ];
    let list = list(&["AS64500", "192.0.2.0/24", "2001:db8::/32"]);
    assert_eq!(list.write(), bytes.concat());
    assert_eq!(List::read(&bytes.concat()), Some(list));
}

#[test]
fn what_is_no_list_is_not_read() {
    let head = |tail: &[u8]| [&[1, 0, 0, 0, 0, 0, 0, 0, 7][..], tail].concat();
    let none = [0_u8; 4];
    let one = [0_u8, 0, 0, 1];
    let two = [0_u8, 0, 0, 2];
    for (bytes, why) in [
        (vec![], "nothing"),
        (head(&[]), "no numbers"),
        (vec![2; 21], "another format"),
        (head(&[&none[..], &none, &none, &[0]].concat()), "a byte too many"),
        (head(&[&one[..], &none, &none].concat()), "half of it"),
        (head(&[&one[..], &[0; 4], &none, &none].concat()), "the unknown system"),
        (head(&[&two[..], &[0, 0, 0, 2], &[0, 0, 0, 1], &none, &none].concat()), "not in order"),
        (head(&[&two[..], &[0, 0, 0, 1], &[0, 0, 0, 1], &none, &none].concat()), "one twice"),
        (head(&[&none[..], &one, &[0, 0, 0, 2, 0, 0, 0, 1], &none].concat()), "backwards"),
        (
            head(
                &[&none[..], &two, &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3], &none]
                    .concat(),
            ),
            "ranges that touch",
        ),
        (head(&[&[0xff; 4][..], &none, &none].concat()), "more than there is"),
    ] {
        assert_eq!(List::read(&bytes), None, "{why}");
    }
    let empty = head(&[none, none, none].concat());
    assert_eq!(List::read(&empty), Some(List::default().with_version(7)));
}

#[test]
fn an_entry_is_a_network_or_a_system() {
    for (text, spelt) in [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8:0:1::/64", "2001:db8:0:1::/64"),
        ("AS64500", "AS64500"),
        ("as1", "AS1"),
    ] {
        assert_eq!(text.parse::<Entry>().map(|entry| entry.to_string()).as_deref(), Ok(spelt));
    }
    for (text, error) in [
        ("", EntryError::Shape),
        ("192.0.2", EntryError::Shape),
        ("192.0.2.0/", EntryError::Shape),
        ("192.0.2.0/+9", EntryError::Shape),
        ("AS", EntryError::Shape),
        ("AS+1", EntryError::Shape),
        ("64500", EntryError::Shape),
        ("AS0", EntryError::System),
        ("AS4294967296", EntryError::System),
        ("192.0.2.0/33", EntryError::Length),
        ("2001:db8::/65", EntryError::Length),
        ("2001:db8::1", EntryError::Length),
        ("192.0.2.1/24", EntryError::Tail),
        ("2001:db8::1/64", EntryError::Tail),
        ("::ffff:192.0.2.0/64", EntryError::Mapped),
    ] {
        assert_eq!(text.parse::<Entry>(), Err(error), "{text}");
    }
}

#[test]
fn a_list_is_named_or_has_an_id() {
    let own = "list_0123456789abcdef";
    for text in ["tor-exits", "clouds", "a", own] {
        assert_eq!(text.parse::<ListId>().map(|id| id.to_string()).as_deref(), Ok(text));
    }
    assert_eq!(own.parse::<ListId>().unwrap().own(), Some("0123456789abcdef"));
    assert_eq!("clouds".parse::<ListId>().unwrap().own(), None);
    for text in ["", "Tor", "-a", "1a", "a_b", "list_", "list_0123456789abcdei", "a/b", "a b"] {
        assert_eq!(text.parse::<ListId>(), Err(InvalidListId), "{text}");
    }
    assert!(["a"; 33].concat().parse::<ListId>().is_err());
}

struct OneList(&'static str, Arc<List>);

impl ListSource for OneList {
    async fn list(&self, id: &ListId) -> Option<Arc<List>> {
        (id.as_str() == self.0).then(|| Arc::clone(&self.1))
    }
}

#[test]
fn no_one_is_on_a_list_that_is_missing() {
    let source = OneList("clouds", Arc::new(list(&["192.0.2.0/24"])));
    let lists = ["clouds", "tor-exits"].map(|id| id.parse().unwrap());
    for (address, answers) in
        [("192.0.2.1", [Holds::Yes, Holds::No]), ("198.51.100.1", [Holds::No, Holds::No])]
    {
        let address = Address::parse(address).unwrap();
        let found = block_on(listings(&lists, &source, address, 1));
        assert_eq!([found.at(0), found.at(1)], answers);
    }
    assert_eq!(Listings::default().at(0), Holds::Open);
    assert_eq!(Listings::default().with(3, Holds::No).at(3), Holds::No);
    assert_eq!(Listings::NONE.with(9, Holds::Yes).at(9), Holds::Yes);
}

/// Networks close together, so that they overlap and touch.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = prop_oneof![
        (1_u32..9).prop_map(Entry::System),
        (0_u32..2_048, 20_u32..=32).prop_map(|(low, bits)| {
            let free = 32 - bits;
            Entry::V4 { address: (0xc000_0000 + low) >> free << free, bits }
        }),
        (0_u64..2_048, 52_u32..=64).prop_map(|(low, bits)| {
            let free = 64 - bits;
            Entry::V6 { network: (0x2001_0db8_0000_0000 + low) >> free << free, bits }
        }),
    ];
    prop::collection::vec(entry, 0..40)
}

/// Compares with every entry in turn.
fn is_on_naively(entries: &[Entry], address: IpAddr, system: u32) -> bool {
    entries.iter().any(|entry| match (*entry, address) {
        (Entry::System(number), _) => number == system,
        (Entry::V4 { address: network, bits }, IpAddr::V4(address)) => {
            (network ^ u32::from(address)).leading_zeros() >= bits
        }
        (Entry::V6 { network, bits }, IpAddr::V6(address)) => {
            let network = u128::from(network) << 64;
            (network ^ u128::from(address)).leading_zeros() >= bits
        }
        (Entry::V4 { .. }, IpAddr::V6(_)) | (Entry::V6 { .. }, IpAddr::V4(_)) => false,
    })
}

proptest! {
    #[test]
    fn membership_is_that_of_the_entries(entries in entries(), low in 0_u32..2_100, system in 0_u32..10) {
        let list = List::of(1, entries.iter().copied());
        for address in [
            IpAddr::V4(Ipv4Addr::from(0xc000_0000 + low)),
            IpAddr::V6(Ipv6Addr::from((0x2001_0db8_0000_0000_u128 + u128::from(low)) << 64 | 1)),
        ] {
            let is_on = is_on_naively(&entries, address, system);
            prop_assert_eq!(list.contains(Address::of(address), system), is_on);
            let partly = list.holds(Some(system), Some(Prefix::of(address)));
            prop_assert!(partly == Holds::of(is_on) || partly == Holds::Open);
        }
    }

    #[test]
    fn joining_is_that_of_the_entries(one in entries(), other in entries()) {
        let both = one.iter().chain(&other).copied();
        let joined = List::of(1, one.clone()).joined(List::of(2, other.clone()));
        prop_assert_eq!(joined, List::of(1, both));
    }

    #[test]
    fn what_is_written_is_read(version: u64, entries in entries()) {
        let list = List::of(version, entries);
        prop_assert_eq!(List::read(&list.write()), Some(list));
    }

    #[test]
    fn what_is_read_is_written_so(tail in prop::collection::vec(0_u8..3, 0..60)) {
        let bytes = [&[1, 0, 0, 0, 0, 0, 0, 0, 1][..], &tail].concat();
        if let Some(list) = List::read(&bytes) {
            prop_assert_eq!(list.write(), bytes);
        }
    }

    #[test]
    fn an_entry_is_read_as_it_is_spelt(entries in entries()) {
        for entry in entries {
            prop_assert_eq!(entry.to_string().parse(), Ok(entry));
        }
    }
}
