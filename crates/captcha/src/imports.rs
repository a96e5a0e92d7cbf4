//! Keys that a site keeps from another vendor. They carry no check of ours;
//! a small filter of fingerprints stands for them, so that an invented key
//! costs no look-up. A fingerprint that fits by chance costs a look-up and no
//! more: which site a key belongs to is the store's to know.

use sha2::{Digest, Sha256};

use crate::derive::leading;
use crate::host::Hostname;
use crate::keys::SecretHash;

/// Imports that a site may have: each is two keys of KV to write.
pub const MAX_IMPORTS: usize = 20;

/// The name by which a vendor's sitekey is looked up: it means a site on this
/// host and under it, and something else elsewhere.
pub fn import_name(key: &str, host: &str) -> String {
    [key, "@", host].concat()
}

type Fingerprint = [u8; 4];

fn fingerprint(kind: &str, name: &str) -> Fingerprint {
    leading(&Sha256::digest([kind, "\n", name].concat().as_bytes()).into())
}

fn of_sitekey(name: &str) -> Fingerprint {
    fingerprint("sitekey", name)
}

fn of_secret(hash: &str) -> Fingerprint {
    fingerprint("secret", hash)
}

/// Which imported keys there may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportFilter {
    version: u64,
    fingerprints: Vec<Fingerprint>,
}

impl ImportFilter {
    /// The filter of some imports: the name of each and its secret's hash.
    pub fn of(version: u64, imports: &[(String, String)]) -> Self {
        let both = |(name, hash): &(String, String)| [of_sitekey(name), of_secret(hash)];
        let mut fingerprints: Vec<Fingerprint> = imports.iter().flat_map(both).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        Self { version, fingerprints }
    }

    /// Reads a filter; `None` unless it is the one spelling of one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk()?;
        let (fingerprints, []) = rest.as_chunks() else { return None };
        let filter =
            Self { version: u64::from_be_bytes(*version), fingerprints: fingerprints.to_vec() };
        filter.fingerprints.is_sorted_by(|one, next| one < next).then_some(filter)
    }

    /// Its bytes: the version, then the fingerprints in their order, all big
    /// end first.
    pub fn write(&self) -> Vec<u8> {
        [&self.version.to_be_bytes()[..], self.fingerprints.as_flattened()].concat()
    }

    /// Rises with every change.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whether a secret may have been imported.
    pub fn has_secret(&self, hash: &SecretHash) -> bool {
        self.has(of_secret(hash.as_str()))
    }

    /// The names under which a sitekey may have been imported for a page of
    /// this host: for the host itself first, then for what is above it.
    pub fn names(&self, key: &str, page: &Hostname) -> Vec<String> {
        let mut names = Vec::new();
        let mut above = Some(page.as_str());
        while let Some(host) = above {
            let name = import_name(key, host);
            if self.has(of_sitekey(&name)) {
                names.push(name);
            }
            above = host.split_once('.').map(|(_, parent)| parent);
        }
        names
    }

    fn has(&self, fingerprint: Fingerprint) -> bool {
        self.fingerprints.binary_search(&fingerprint).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "0x4AAAAAAADnPIDROrmt1Wwj";

    fn filter(imports: &[(&str, &str)]) -> ImportFilter {
        let text = |(name, hash): &(&str, &str)| ((*name).to_owned(), (*hash).to_owned());
        ImportFilter::of(7, &imports.iter().map(text).collect::<Vec<_>>())
    }

    fn names(filter: &ImportFilter, key: &str, page: &str) -> Vec<String> {
        filter.names(key, &Hostname::parse(page).unwrap())
    }

    #[test]
    fn a_key_is_known_on_its_host_and_under_it_alone() {
        let one = import_name(KEY, "shop.example");
        let hash = "ab".repeat(32);
        let filter = filter(&[(&one, &hash)]);
        for page in ["shop.example", "www.shop.example", "a.b.shop.example"] {
            assert_eq!(names(&filter, KEY, page), [one.as_str()], "{page}");
        }
        for page in ["example", "other.example", "ashop.example", "127.0.0.1", "[::1]"] {
            assert!(names(&filter, KEY, page).is_empty(), "{page}");
        }
        assert!(names(&filter, "0x4AAAAAAADnPIDROrmt1Wwk", "shop.example").is_empty());
        assert!(filter.has_secret(&SecretHash::parse(&hash).unwrap()));
        assert!(!filter.has_secret(&SecretHash::parse(&"ac".repeat(32)).unwrap()));
        assert!(names(&ImportFilter::default(), KEY, "shop.example").is_empty());
    }

    #[test]
    fn the_nearest_host_comes_first() {
        let (above, below) =
            (import_name(KEY, "shop.example"), import_name(KEY, "www.shop.example"));
        let filter = filter(&[(&above, "one"), (&below, "other")]);
        assert_eq!(names(&filter, KEY, "a.www.shop.example"), [below.as_str(), above.as_str()]);
    }

    /// printf 'sitekey\na@b' | sha256sum; printf 'secret\nc' | sha256sum
    #[test]
    fn its_bytes_are_those_of_the_protocol() {
        let bytes = filter(&[("a@b", "c")]).write();
        assert_eq!(bytes.len(), 8 + 2 * 4);
        assert_eq!(bytes[..8], [0, 0, 0, 0, 0, 0, 0, 7]);
        let mut expected = [of_sitekey("a@b"), of_secret("c")];
        expected.sort_unstable();
        assert_eq!(bytes[8..], *expected.as_flattened());
        assert_eq!(of_sitekey("a@b"), SITEKEY_A_B);
        assert_eq!(of_secret("c"), SECRET_C);
    }

    const SITEKEY_A_B: Fingerprint = [0x65, 0x58, 0xe4, 0x0a];
    const SECRET_C: Fingerprint = [0x79, 0xd3, 0x78, 0xf0];

    #[test]
    fn what_is_no_filter_is_not_read() {
        for (bytes, why) in [
            (&[][..], "no version"),
            (&[0; 7], "half a version"),
            (&[0; 11], "half a fingerprint"),
            (&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1], "not in order"),
            (&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2], "one of them twice"),
        ] {
            assert_eq!(ImportFilter::read(bytes), None, "{why}");
        }
        assert_eq!(ImportFilter::read(&[0; 8]), Some(ImportFilter::default()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(version: u64, names: Vec<(String, String)>) {
            let filter = ImportFilter::of(version, &names);
            prop_assert_eq!(ImportFilter::read(&filter.write()), Some(filter));
        }

        #[test]
        fn every_import_is_found(labels in prop::collection::vec("[a-z]{1,5}", 1..5), key in "6L[A-Z]{38}") {
            let host = labels.join(".");
            prop_assume!(host != "null");
            let name = import_name(&key, &host);
            let filter = ImportFilter::of(1, &[(name.clone(), "x".to_owned())]);
            prop_assert_eq!(names(&filter, &key, &format!("www.{host}")), vec![name]);
        }
    }
}
