//! The bodies of the fuzz targets in `fuzz/`, one per function that takes bytes
//! from outside. Each asserts that re-encoding a decoded value gives the same
//! bytes. The same bodies run as bounded property tests here.

use munjigi_keys::signature::{Audience, AudienceKeys, Head};
use munjigi_keys::{KeyRing, Kid, UnixMillis};
use munjigi_protocol::{Level, Protection, SiteConfig, SiteverifyRequest};

use crate::authority::Authority;
use crate::challenge::{ChallengeClaims, SealedStep};
use crate::clearance::Clearance;
use crate::clearance::errand::Errand;
use crate::contract::{ROOT_A, authority, site_config};
use crate::credentials::{Sitekey, Vendor};
use crate::host::{Hostname, SiteHost};
use crate::list::{Entry, List};
use crate::pictures::{PictureName, PicturePack, read_pools, write_pack, write_pools};
use crate::site::{Exemption, Site, Wanted};
use crate::siteverify::present;
use crate::token::TokenClaims;
use crate::vendor_keys::ImportFilter;

fn keys() -> Authority {
    authority(ROOT_A)
}

/// Reads bytes as a token, and as the payload of a token whose tag is right:
/// the decoder behind the tag must be safe too.
///
/// # Panics
/// Panics when a token is accepted that encodes differently.
pub fn open_token(data: &[u8]) {
    let authority = keys();
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(claims) = TokenClaims::open(&authority, text)
    {
        let again = claims.seal(&authority);
        assert_eq!(TokenClaims::open(&authority, &again).as_ref(), Ok(&claims));
    }
    if let Ok(claims) = TokenClaims::read(data) {
        let again = claims.payload();
        assert!(same_but_for_signs(&again, data));
        assert_eq!(TokenClaims::read(&again), Ok(claims));
    }
}

/// Bits of signs that this release does not know are dropped: only eight bytes
/// in a row may differ.
fn same_but_for_signs(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).enumerate().filter(|(_, (one, other))| one != other);
    let places: Vec<usize> = differing.map(|(place, _)| place).collect();
    let width = places.last().zip(places.first()).map_or(0, |(last, first)| last - first);
    one.len() == other.len() && width < 8
}

/// Reads bytes as a challenge, and as the plaintext of one.
///
/// # Panics
/// Panics when a challenge is accepted that encodes differently.
pub fn open_challenge(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data) {
        // A fuzzer cannot find a text that opens; if one does, every part is
        // ours.
        if let Ok(claims) = ChallengeClaims::open(&keys(), text) {
            assert!(ChallengeClaims::read(&claims.payload()).is_ok());
        }
    }
    if let Ok(claims) = ChallengeClaims::read(data) {
        let again = claims.payload();
        let is_picture = matches!(claims.step, SealedStep::Picture(_));
        let is_same = same_but_for_signs(&again, data);
        // A mask's unused bits are dropped.
        assert!(is_same || is_picture);
        assert_eq!(ChallengeClaims::read(&again), Ok(claims));
    }
}

/// Reads bytes as the name of a picture, as a pack and as pools.
///
/// # Panics
/// Panics when something is accepted that encodes differently.
pub fn read_pictures(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data) {
        // A fuzzer cannot find a name that opens; what matters is that the call
        // returns.
        let _ = PictureName::open(&keys(), text);
    }
    if let Ok(pack) = PicturePack::read(data) {
        assert_eq!(write_pack(pack.pack()), data);
        assert!((1..=3).contains(&pack.rounds()));
    }
    if let Ok(pools) = read_pools(data) {
        assert_eq!(write_pools(&pools), data);
    }
}

/// Reads bytes as the filter of imported keys.
///
/// # Panics
/// Panics when a filter is accepted that encodes differently.
pub fn read_imports(data: &[u8]) {
    if let Some(filter) = ImportFilter::read(data) {
        assert_eq!(filter.write(), data);
    }
}

/// Reads bytes as a list, and as one of its entries.
///
/// # Panics
/// Panics when a list is accepted that encodes differently.
pub fn read_list(data: &[u8]) {
    if let Some(list) = List::read(data) {
        assert_eq!(list.write(), data);
    }
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(entry) = text.parse::<Entry>()
    {
        assert_eq!(entry.to_string().parse(), Ok(entry));
    }
}

/// Reads bytes as the header of a signed request.
///
/// # Panics
/// Panics when a header is accepted that we would not have written.
pub fn verify_signature(data: &[u8]) {
    let ring = KeyRing::parse(ROOT_A).expect("the ring of the tests");
    let Ok(header) = core::str::from_utf8(data) else { return };
    let now = UnixMillis::from_seconds(1_763_623_800);
    let keys = AudienceKeys::derive(&ring, Audience::Edge);
    let head = Head { method: "PUT", path: "/internal/sites/x", query: "" };
    if let Ok(signed) = keys.verify(Some(header), &head, now)
        && signed.check(b"{}").is_ok()
    {
        let seconds = header.split(", t=").nth(1).and_then(|rest| rest.split(',').next());
        let signed_at = seconds.and_then(|text| text.parse().ok()).expect("a time was read");
        let again = keys.sign(&head, b"{}", UnixMillis::from_seconds(signed_at), signed.nonce);
        assert_eq!(again, header);
    }
}

/// Reads bytes as a host name, a pattern and a header that names a host.
///
/// # Panics
/// Panics when a host is accepted that encodes differently.
pub fn parse_host(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(host) = Hostname::parse(text) {
        assert_eq!(host.as_str(), text);
        assert_eq!(Hostname::of_url(&["https://", text, ":443/"].concat()), Some(host));
    }
    if let Ok(host) = SiteHost::parse(text) {
        assert_eq!(host.to_string(), text);
    }
    let _ = Hostname::of_url(text);
}

/// Reads bytes as keys of every kind.
///
/// # Panics
/// Panics when a key is accepted that encodes differently.
pub fn parse_keys(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(sitekey) = Sitekey::from_trusted(text) {
        assert_eq!(sitekey.to_string(), text);
    }
    if let Ok(secret) = keys().check().secret(text) {
        assert_eq!(*secret.reveal(), text);
    }
    if let Some(kid) = Kid::parse(text) {
        assert_eq!(kid.as_str(), text);
    }
    let _ = KeyRing::parse(text);
}

/// Reads bytes as the fields of a siteverify request, split at the first three
/// line ends, at every path.
pub fn siteverify_request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut fields = text.splitn(4, '\n').map(str::to_owned);
    let request = SiteverifyRequest {
        secret: fields.next(),
        response: fields.next(),
        remoteip: None,
        idempotency_key: fields.next(),
        sitekey: fields.next(),
    };
    for path in [None].into_iter().chain(Vendor::ALL.map(Some)) {
        let _ = present(&keys(), path, &request, UnixMillis(0));
    }
}

/// Reads bytes as the path of a request below a protected one, as a clearance, and
/// as where a visitor came from and goes back to.
///
/// # Panics
/// Panics when such a path needs nothing, when a clearance is accepted that encodes
/// differently, or when a visitor would be sent to another host.
pub fn clearance(data: &[u8]) {
    let authority = keys();
    if let Ok(clearance) = Clearance::read(data) {
        let again = clearance.seal(&authority);
        assert_eq!(Clearance::open(&authority, &again).as_ref(), Ok(&clearance));
    }
    let Ok(text) = core::str::from_utf8(data) else { return };
    let _ = Clearance::open(&authority, text);
    let rule = Protection {
        path: "/basket/*".to_owned(),
        host: None,
        methods: Vec::new(),
        level: Some(Level::Worked),
        dry_run: false,
        no_exemptions: true,
        above_per_second: None,
    };
    let config = site_config("mj_00000000000000000000000000", Vec::new());
    let site = Site::parse(&SiteConfig { protect: vec![rule], ..config }, Exemption::Ignored);
    let site = site.expect("the site of the tests");
    let needs = |path: &str| {
        site.guards(&Wanted::new("GET", None, path)).first().and_then(|found| found.guard.level)
    };
    let _ = needs(text);
    assert_eq!(needs(&["/basket/", text].concat()), Some(Level::Worked), "{text:?}");
    let respelt = |(letter, how): (char, u8)| match (how % 4, letter) {
        (0, _) => letter.to_string(),
        (1, _) => letter.to_ascii_uppercase().to_string(),
        (2, 's') => "%C5%BF".to_owned(),
        (2, 'k') => "%E2%84%AA".to_owned(),
        _ => format!("%{:02x}", u32::from(letter)),
    };
    let ways = text.bytes().chain([0; 6]);
    let begin: String = "basket".chars().zip(ways).map(respelt).collect();
    let path = ["/", &begin, "/", text].concat();
    assert_eq!(needs(&path), Some(Level::Worked), "{path:?}");

    let now = UnixMillis::from_seconds(1_763_623_800);
    let _ = Errand::open(&authority, text, now);
    let errand = Errand::new(site.sitekey, Level::Worked, text, now, [7; 12]);
    assert_eq!(Errand::open(&authority, &errand.seal(&authority), now).as_ref(), Ok(&errand));
    let back = errand.path.as_str();
    assert!(back == "/" || back == text);
    assert!(back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\n', '\t']));
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::Algorithm;
    use proptest::prelude::*;

    use super::*;
    use crate::challenge::SealedPicture;
    use crate::contract::World;
    use crate::pictures::{RightAnswer, Squares};

    /// Runs every body on the same bytes.
    fn all(data: &[u8]) {
        for body in [
            open_token,
            open_challenge,
            read_pictures,
            read_imports,
            read_list,
            verify_signature,
            parse_host,
            parse_keys,
            siteverify_request,
            clearance,
        ] {
            body(data);
        }
    }

    /// The same challenge with an area's mask, most of whose bits are unused.
    fn with_picture(claims: ChallengeClaims) -> ChallengeClaims {
        let squares = Squares { columns: 10, rows: 7, mask: vec![0b1010_0101; 9] };
        let step = SealedStep::Picture(SealedPicture {
            answer: RightAnswer::Area(vec![squares]),
            algorithm: Algorithm::Sha256,
            next: 4,
            pack: [7; 8],
            dealt_at: 1_763_623_800,
        });
        ChallengeClaims { step, ..claims }
    }

    /// Inputs that a fuzzer would start from.
    fn seeds() -> Vec<Vec<u8>> {
        let mut world = World::new();
        let token = world.fresh_token();
        let challenge = world.challenge().challenge;
        let token_claims = TokenClaims::open(&world.authority, &token).unwrap();
        let challenge_claims = ChallengeClaims::open(&world.authority, &challenge).unwrap();
        vec![
            token.into_bytes(),
            challenge.into_bytes(),
            token_claims.payload(),
            challenge_claims.payload(),
            world.site.sitekey.to_string().into_bytes(),
            world.secret.reveal().to_string().into_bytes(),
            b"*.shop.example".to_vec(),
            b"[2001:db8::1]".to_vec(),
            ROOT_A.as_bytes().to_vec(),
            write_pack(world.packs.pack().pack()),
            write_pools(world.packs.pools()),
            ImportFilter::of(3, &[("a@b".to_owned(), "c".to_owned())], keys().check()).write(),
            with_picture(challenge_claims).payload(),
            List::of(3, ["AS64500", "192.0.2.0/24"].map(|text| text.parse().unwrap())).write(),
            b"2001:db8::/48".to_vec(),
            b"/x/%2e%2e/..;a=b//\\orders?page=2".to_vec(),
        ]
    }

    #[test]
    fn the_seeds_pass() {
        for seed in seeds() {
            all(&seed);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_pass(data in prop::collection::vec(any::<u8>(), 0..300)) {
            all(&data);
        }

        #[test]
        fn changed_seeds_pass(
            which in 0_usize..16, place in any::<prop::sample::Index>(), byte: u8, cut: bool,
        ) {
            let mut data = seeds().swap_remove(which);
            let place = place.index(data.len());
            if cut { data.truncate(place) } else { data[place] = byte }
            all(&data);
        }

        #[test]
        fn payloads_with_inserted_bytes_pass(
            which in prop::sample::select(vec![2_usize, 3, 12]),
            place in any::<prop::sample::Index>(), bytes: [u8; 2],
        ) {
            let mut data = seeds().swap_remove(which);
            let place = place.index(data.len());
            data.splice(place..place, bytes);
            all(&data);
        }
    }
}
