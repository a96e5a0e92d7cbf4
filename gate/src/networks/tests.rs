use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

/// 1 October 2026, when `fixtures/make.py` says that they were built.
const BUILT: UnixMillis = UnixMillis::from_seconds(1_790_812_800);

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/networks/fixtures").join(name)
}

fn networks(names: &[&str]) -> Networks {
    let paths: Vec<PathBuf> = names.iter().map(|name| fixture(name)).collect();
    Networks::open(&paths).unwrap()
}

/// Country and system, empty and 0 where they are unknown.
fn place<'a>(networks: &'a Networks, address: &str) -> (&'a str, u32) {
    let Lookup { country, system } = networks.lookup(address.parse().unwrap());
    (country.unwrap_or_default(), system.unwrap_or_default())
}

#[test]
fn each_half_comes_from_the_file_that_has_it() {
    for names in [["country.mmdb", "asn.mmdb"], ["asn.mmdb", "country.mmdb"]] {
        let networks = networks(&names);
        for (address, known) in [
            ("203.0.113.7", ("KR", 64_500)),
            ("::ffff:203.0.113.7", ("KR", 64_500)),
            ("2001:db8::7", ("DE", 64_501)),
            // The users' country is unknown, but not that of the registration.
            ("198.51.100.7", ("JP", 0)),
            // No code of a country, though the file says so.
            ("192.0.2.7", ("", 0)),
            ("8.8.8.8", ("", 0)),
            // In the file, but everybody has one.
            ("10.0.0.7", ("", 0)),
        ] {
            assert_eq!(place(&networks, address), known, "{address}");
        }
    }
}

#[test]
fn the_layout_of_ipinfo_is_read_too() {
    let networks = networks(&["ipinfo.mmdb"]);
    assert_eq!(place(&networks, "203.0.113.7"), ("KR", 64_500));
    assert_eq!(place(&networks, "198.51.100.7"), ("JP", 0));
    assert_eq!(place(&networks, "192.0.2.7"), ("KR", 0));
}

#[test]
fn without_a_file_nothing_is_known() {
    let none = Networks::default();
    assert_eq!(place(&none, "203.0.113.7"), ("", 0));
    assert!(none.told(BUILT).starts_with("no database of networks"));
}

#[test]
fn operators_are_told_what_there_is_and_what_is_old() {
    let networks = networks(&["country.mmdb", "asn.mmdb"]);
    let fresh = "GeoLite2-Country of 2026-10-01, GeoLite2-ASN of 2026-10-01";
    assert_eq!(networks.told(BUILT), fresh);
    assert_eq!(networks.told(UnixMillis(BUILT.0 + 90 * DAY_MS)), fresh);
    let old = networks.told(UnixMillis(BUILT.0 + 91 * DAY_MS));
    assert_eq!(old.matches("older than 90 days").count(), 2, "{old}");
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: PathBuf| Networks::open(&[path]).unwrap_err().to_string();
    let missing = error(folder.path().join("none.mmdb"));
    assert!(missing.contains("none.mmdb: ") && missing.contains("put it there"), "{missing}");
    let whole = std::fs::read(fixture("asn.mmdb")).unwrap();
    let half = &whole[..whole.len() / 2];
    for bytes in [b"".as_slice(), b"no database", half, &[0; 4_096]] {
        let path = folder.path().join("some.mmdb");
        std::fs::write(&path, bytes).unwrap();
        let told = error(path);
        assert!(told.contains("some.mmdb is no database"), "{told}");
        assert!(told.contains("download it again"), "{told}");
    }
}

#[test]
fn a_file_that_is_overwritten_disturbs_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("asn.mmdb");
    std::fs::copy(fixture("asn.mmdb"), &path).unwrap();
    let networks = Networks::open(std::slice::from_ref(&path)).unwrap();
    std::fs::write(&path, "").unwrap();
    assert_eq!(place(&networks, "203.0.113.7"), ("", 64_500));
}

proptest! {
    #[test]
    fn no_address_panics(v4: [u8; 4], v6: [u8; 16]) {
        let networks = networks(&["country.mmdb", "asn.mmdb", "ipinfo.mmdb"]);
        for address in [Ipv4Addr::from(v4).into(), Ipv6Addr::from(v6).into()] {
            let country = networks.lookup(address).country.unwrap_or("AA");
            prop_assert!(is_country(country));
        }
    }

    /// A damaged file gives no answers, and harms nothing.
    #[test]
    fn no_damage_panics(at in 0..1_200_usize, byte: u8, v4: [u8; 4]) {
        let mut bytes = std::fs::read(fixture("asn.mmdb")).unwrap();
        if let Some(damaged) = bytes.get_mut(at) {
            *damaged = byte;
        }
        let Ok(reader) = Reader::from_source(bytes) else { return Ok(()) };
        let networks = Networks([Database(reader)].into());
        for address in [Ipv4Addr::from(v4), Ipv4Addr::new(203, 0, 113, 7)] {
            networks.lookup(address.into());
        }
    }
}
