//! Keys that a site keeps from another vendor. They carry no check of ours;
//! a small filter of fingerprints represents them, so that an invented key
//! costs no look-up. A fingerprint that matches by chance costs one look-up and
//! no more: the store knows which site a key belongs to. Fingerprints are
//! made with `MUNJIGI_KEY_CHECK`, so that no one can search for names that match.

use munjigi_keys::leading;

use crate::credentials::{KeyCheck, SecretHash};
use crate::host::Hostname;

/// Imports that a site may have: each takes two keys of KV.
pub const MAX_IMPORTS: usize = 20;

/// The name under which a vendor's sitekey is looked up: it means a site on
/// this host and below it, and possibly another elsewhere.
pub fn import_name(key: &str, host: &str) -> String {
    [key, "@", host].concat()
}

type Fingerprint = [u8; 4];

/// What a fingerprint is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sitekey,
    Secret,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sitekey => "sitekey",
            Self::Secret => "secret",
        }
    }
}

/// What represents a name in the filter.
fn fingerprint(check: &KeyCheck, kind: Kind, name: &str) -> Fingerprint {
    leading(&check.tag_import(kind.as_str(), name))
}

/// The byte in front of a filter, for its form.
const FORM: u8 = 2;

/// The published filter: which imported keys there may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportFilter {
    version: u64,
    fingerprints: Vec<Fingerprint>,
}

impl ImportFilter {
    /// The filter for some imports, each a name and the hash of its secret.
    pub fn of(version: u64, imports: &[(String, String)], check: &KeyCheck) -> Self {
        let both = |(name, hash): &(String, String)| {
            [(Kind::Sitekey, name), (Kind::Secret, hash)]
                .map(|(kind, text)| fingerprint(check, kind, text))
        };
        let mut fingerprints: Vec<Fingerprint> = imports.iter().flat_map(both).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        Self { version, fingerprints }
    }

    /// Reads a filter; `None` unless it is in canonical form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (&FORM, bytes) = bytes.split_first()? else { return None };
        let (version, rest) = bytes.split_first_chunk()?;
        let (fingerprints, []) = rest.as_chunks() else { return None };
        let version = u64::from_be_bytes(*version);
        let filter = Self { version, fingerprints: fingerprints.to_vec() };
        filter.fingerprints.is_sorted_by(|one, next| one < next).then_some(filter)
    }

    /// Its bytes: a 2, the version, then the fingerprints in order, all big end
    /// first.
    pub fn write(&self) -> Vec<u8> {
        [&[FORM][..], &self.version.to_be_bytes(), self.fingerprints.as_flattened()].concat()
    }

    /// Version of the filter; increases with every change.
    pub const fn version(&self) -> u64 {
        self.version
    }
}

/// The filter beside the key that its fingerprints are made with.
#[derive(Debug, Clone)]
pub struct Imports {
    filter: ImportFilter,
    check: KeyCheck,
}

impl Imports {
    /// Combines the published filter with the check key.
    pub const fn new(filter: ImportFilter, check: KeyCheck) -> Self {
        Self { filter, check }
    }

    /// Whether a secret may have been imported.
    pub fn has_secret(&self, hash: &SecretHash) -> bool {
        self.has(Kind::Secret, hash.as_str())
    }

    /// The names under which a sitekey may have been imported for a page of
    /// this host: for the host itself first, then for what is above it.
    pub fn names(&self, key: &str, page: &Hostname) -> Vec<String> {
        let mut names = Vec::new();
        let mut above = Some(page.as_str());
        while let Some(host) = above {
            let name = import_name(key, host);
            if self.has(Kind::Sitekey, &name) {
                names.push(name);
            }
            above = host.split_once('.').map(|(_, parent)| parent);
        }
        names
    }

    fn has(&self, kind: Kind, name: &str) -> bool {
        let fingerprint = fingerprint(&self.check, kind, name);
        self.filter.fingerprints.binary_search(&fingerprint).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "0x4AAAAAAADnPIDROrmt1Wwj";

    fn check() -> KeyCheck {
        KeyCheck::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap()
    }

    fn filter(imports: &[(&str, &str)]) -> ImportFilter {
        let text = |(name, hash): &(&str, &str)| ((*name).to_owned(), (*hash).to_owned());
        ImportFilter::of(7, &imports.iter().map(text).collect::<Vec<_>>(), &check())
    }

    fn imports(filter: ImportFilter) -> Imports {
        Imports::new(filter, check())
    }

    fn names(imports: &Imports, key: &str, page: &str) -> Vec<String> {
        imports.names(key, &Hostname::parse(page).unwrap())
    }

    #[test]
    fn a_key_is_known_on_its_host_and_under_it_alone() {
        let one = import_name(KEY, "shop.example");
        let hash = "ab".repeat(32);
        let imported = imports(filter(&[(&one, &hash)]));
        for page in ["shop.example", "www.shop.example", "a.b.shop.example"] {
            assert_eq!(names(&imported, KEY, page), [one.as_str()], "{page}");
        }
        for page in ["example", "other.example", "ashop.example", "127.0.0.1", "[::1]"] {
            assert!(names(&imported, KEY, page).is_empty(), "{page}");
        }
        assert!(names(&imported, "0x4AAAAAAADnPIDROrmt1Wwk", "shop.example").is_empty());
        assert!(imported.has_secret(&SecretHash::parse(&hash).unwrap()));
        assert!(!imported.has_secret(&SecretHash::parse(&"ac".repeat(32)).unwrap()));
        assert!(names(&imports(ImportFilter::default()), KEY, "shop.example").is_empty());
    }

    #[test]
    fn the_nearest_host_comes_first() {
        let (above, below) =
            (import_name(KEY, "shop.example"), import_name(KEY, "www.shop.example"));
        let imported = imports(filter(&[(&above, "one"), (&below, "other")]));
        assert_eq!(names(&imported, KEY, "a.www.shop.example"), [below.as_str(), above.as_str()]);
    }

    #[test]
    fn without_the_check_key_valid_names_cannot_be_found() {
        let one = import_name(KEY, "shop.example");
        let filter = filter(&[(&one, &"ab".repeat(32))]);
        let other = KeyCheck::parse("_________________________________________-8").unwrap();
        let known = Imports::new(filter, other);
        assert!(names(&known, KEY, "shop.example").is_empty());
    }

    /// printf 'import-sitekey\na@b' | openssl mac -macopt hexkey:000102…1f
    /// -digest SHA256 HMAC, and 'import-secret\nc' in the same way: 6d055b19, 13faf1c5.
    #[test]
    fn its_bytes_are_those_of_the_protocol() {
        let bytes = filter(&[("a@b", "c")]).write();
        let expected = [
            &[2][..],
            &[0, 0, 0, 0, 0, 0, 0, 7],
            // The secret's, then the sitekey's.
            &[0x13, 0xfa, 0xf1, 0xc5],
            &[0x6d, 0x05, 0x5b, 0x19],
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn what_is_no_filter_is_not_read() {
        for (bytes, why) in [
            (&[][..], "no version"),
            (&[2], "no version"),
            (&[0; 7], "half a version"),
            (&[0; 11], "half a fingerprint"),
            (&[0; 9], "another form"),
            (&[3, 0, 0, 0, 0, 0, 0, 0, 1], "another form"),
            (&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1], "not in order"),
            (&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2], "one of them twice"),
            (&[2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1], "not in order"),
        ] {
            assert_eq!(ImportFilter::read(bytes), None, "{why}");
        }
        let empty = [2, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(ImportFilter::read(&empty), Some(ImportFilter::default()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(version: u64, names: Vec<(String, String)>) {
            let filter = ImportFilter::of(version, &names, &check());
            prop_assert_eq!(ImportFilter::read(&filter.write()), Some(filter));
        }

        #[test]
        fn what_is_read_is_written_so(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(filter) = ImportFilter::read(&bytes) {
                prop_assert_eq!(filter.write(), bytes);
            }
        }

        #[test]
        fn every_import_is_found(labels in prop::collection::vec("[a-z]{1,5}", 1..5), key in "6L[A-Z]{38}") {
            let host = labels.join(".");
            prop_assume!(host != "null");
            let name = import_name(&key, &host);
            let filter = ImportFilter::of(1, &[(name.clone(), "x".to_owned())], &check());
            prop_assert_eq!(names(&imports(filter), &key, &format!("www.{host}")), vec![name]);
        }
    }
}
