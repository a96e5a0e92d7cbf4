//! A seal opens only where it is meant to open.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::AeadInOut};
use data_encoding::BASE64URL_NOPAD;
use munjigi_keys::{KeyRing, MacKey};
use proptest::prelude::*;

use super::*;
use crate::authority::Authority;
use crate::challenge::{Began, SealedPicture};
use crate::contract::ROOT_B;
use crate::pictures::{RightAnswer, Squares};
use crate::purpose::Purpose;
use crate::seal::{MAX_CHALLENGE_CHARS, MAX_SEAL_CHARS, SealError};

fn sealed() -> [String; 2] {
    let authority = authority(ROOT_A);
    [token().seal(&authority), challenge().seal(&authority, &mut counting_up())]
}

/// Whether anything opens a text.
fn opens(authority: &Authority, text: &str) -> bool {
    TokenClaims::open(authority, text).is_ok() || ChallengeClaims::open(authority, text).is_ok()
}

#[test]
fn a_seal_opens_only_for_its_own_purpose() {
    let authority = authority(ROOT_A);
    let [token, challenge] = sealed();
    assert!(TokenClaims::open(&authority, &token).is_ok());
    assert_eq!(ChallengeClaims::open(&authority, &token), Err(SealError));
    assert!(ChallengeClaims::open(&authority, &challenge).is_ok());
    assert_eq!(TokenClaims::open(&authority, &challenge), Err(SealError));
}

#[test]
fn a_tag_of_another_purpose_opens_nothing() {
    let ring = KeyRing::parse(ROOT_A).unwrap();
    let authority = authority(ROOT_A);
    let [token, _] = sealed();
    let payload = BASE64URL_NOPAD.decode(token.split('.').nth(2).unwrap().as_bytes()).unwrap();
    let token_key = MacKey::new(&Purpose::Token.key(ring.first()));
    let right = token_key.tag_framed(&[b"token", b"a1", &payload]);
    let framed = |tag: &[u8; 32]| {
        ["mj1.a1", &BASE64URL_NOPAD.encode(&payload), &BASE64URL_NOPAD.encode(tag)].join(".")
    };
    assert!(opens(&authority, &framed(&right)));
    for purpose in [Purpose::Challenge, Purpose::Visitor, Purpose::Picture] {
        let key = MacKey::new(&purpose.key(ring.first()));
        assert!(!opens(&authority, &framed(&key.tag_framed(&[b"token", b"a1", &payload]))));
    }
    // The right key over another purpose's name, another kid, no frame.
    assert!(!opens(&authority, &framed(&token_key.tag_framed(&[b"challenge", b"a1", &payload]))));
    assert!(!opens(&authority, &framed(&token_key.tag_framed(&[b"token", b"b2", &payload]))));
    assert!(!opens(&authority, &framed(&token_key.tag(&[b"token", b"a1", &payload]))));
}

#[test]
fn a_seal_opens_under_its_own_key_alone() {
    let other = authority(ROOT_B);
    // The same name for another key, and both keys with their names swapped.
    let renamed = authority(&ROOT_B.replace("b2:", "a1:"));
    let swapped =
        authority(&[ROOT_A.replace("a1:", "b2:"), ROOT_B.replace("b2:", "a1:")].join(","));
    let both = authority(&[ROOT_B, ROOT_A].join(","));
    for text in sealed() {
        assert!(opens(&both, &text));
        for authority in [&other, &renamed, &swapped] {
            assert!(!opens(authority, &text));
        }
        assert!(!opens(&both, &text.replacen(".a1.", ".b2.", 1)));
        assert!(!opens(&both, &text.replacen(".a1.", ".c3.", 1)));
        assert!(!opens(&both, &text.replacen(".a1.", ".A1.", 1)));
    }
}

#[test]
fn a_seal_of_another_version_opens_nothing() {
    let authority = authority(ROOT_A);
    for text in sealed() {
        for version in ["mj2", "mj0", "mj", "MJ1", "mj1 ", ""] {
            assert!(!opens(&authority, &text.replacen("mj1", version, 1)), "{version}");
        }
    }
    // Rightly tagged, with another version inside: none of ours, or one whose
    // fields are others.
    let ring = KeyRing::parse(ROOT_A).unwrap();
    let [token, _] = sealed();
    let mut payload = BASE64URL_NOPAD.decode(token.split('.').nth(2).unwrap().as_bytes()).unwrap();
    let key = MacKey::new(&Purpose::Token.key(ring.first()));
    for version in [0, 1, 2, 3, 5, 0xff] {
        payload[0] = version;
        let tag = key.tag_framed(&[b"token", b"a1", &payload]);
        let text =
            ["mj1.a1", &BASE64URL_NOPAD.encode(&payload), &BASE64URL_NOPAD.encode(&tag)].join(".");
        assert!(!opens(&authority, &text), "{version}");
    }
}

#[test]
fn rightly_tagged_payloads_have_one_encoding() {
    let ring = KeyRing::parse(ROOT_A).unwrap();
    let authority = authority(ROOT_A);
    let key = MacKey::new(&Purpose::Token.key(ring.first()));
    let [token, _] = sealed();
    let payload = BASE64URL_NOPAD.decode(token.split('.').nth(2).unwrap().as_bytes()).unwrap();
    let open = |payload: &[u8]| {
        let tag = key.tag_framed(&[b"token", b"a1", payload]);
        let text =
            ["mj1.a1", &BASE64URL_NOPAD.encode(payload), &BASE64URL_NOPAD.encode(&tag)].join(".");
        TokenClaims::open(&authority, &text).is_ok()
    };
    assert!(open(&payload));
    // A trailing byte, a missing one, nothing.
    assert!(!open(&[&payload[..], &[0]].concat()));
    assert!(!open(&payload[..payload.len() - 1]));
    assert!(!open(&[]));
    // store 64 as a varint of two bytes.
    let mut long = payload.clone();
    assert_eq!(long[22], 64);
    long.splice(22..23, [0xc0, 0x00]);
    assert!(!open(&long));
    // store 0, score 101, a boolean of 2, a country in lower case.
    for (place, byte) in [(22, 0), (78, 101), (79, 2), (83, b'k')] {
        let mut changed = payload.clone();
        assert_ne!(changed[place], byte);
        changed[place] = byte;
        assert!(!open(&changed), "{place}");
    }
}

#[test]
fn a_challenge_is_bound_to_kid_and_version() {
    let ring = KeyRing::parse(ROOT_A).unwrap();
    let authority = authority(ROOT_A);
    let cipher = XChaCha20Poly1305::new((&*Purpose::Challenge.key(ring.first())).into());
    let [_, text] = sealed();
    let plain = plain(&text);
    let nonce = [7; 24];
    let open = |aad: &[u8]| {
        let mut message = plain.clone();
        let tag = cipher
            .encrypt_inout_detached(&nonce.into(), aad, message.as_mut_slice().into())
            .unwrap();
        let payload = [&nonce[..], &message].concat();
        let text =
            ["mj1.a1", &BASE64URL_NOPAD.encode(&payload), &BASE64URL_NOPAD.encode(&tag)].join(".");
        ChallengeClaims::open(&authority, &text).is_ok()
    };
    assert!(open(b"\x03\0\0\0mj1\x02\0\0\0a1"));
    for aad in [&b""[..], b"mj1a1", b"\x03\0\0\0mj1\x02\0\0\0b2", b"\x03\0\0\0mj2\x02\0\0\0a1"] {
        assert!(!open(aad));
    }
}

#[test]
fn every_flipped_bit_is_detected() {
    let authority = authority(ROOT_A);
    for text in sealed() {
        for place in 0..text.len() {
            for bit in 0..7 {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(!opens(&authority, &changed), "{place} {bit}");
            }
        }
    }
}

#[test]
fn cut_and_lengthened_seals_open_nothing() {
    let authority = authority(ROOT_A);
    for text in sealed() {
        for end in 0..text.len() {
            assert!(!opens(&authority, &text[..end]));
            assert!(!opens(&authority, &text[text.len() - end..]));
        }
        for tail in ["A", "=", ".", ".A", " ", "\n", "\0"] {
            assert!(!opens(&authority, &format!("{text}{tail}")));
            assert!(!opens(&authority, &format!("{tail}{text}")));
        }
    }
}

#[test]
fn parts_of_two_seals_open_nothing() {
    let authority = authority(ROOT_A);
    let other = TokenClaims { score: 100, ..token() }.seal(&authority);
    let [token, challenge] = sealed();
    let texts = [token, challenge, other];
    for (i, a) in texts.iter().enumerate() {
        for (j, b) in texts.iter().enumerate() {
            if i == j {
                continue;
            }
            let (a, b): (Vec<&str>, Vec<&str>) = (a.split('.').collect(), b.split('.').collect());
            assert!(!opens(&authority, &[a[0], a[1], a[2], b[3]].join(".")));
            assert!(!opens(&authority, &[a[0], a[1], b[2], a[3]].join(".")));
            assert!(!opens(&authority, &[a[0], a[1], a[3], a[2]].join(".")));
        }
    }
}

#[test]
fn the_longest_seals_stay_below_the_limit() {
    let authority = authority(ROOT_A);
    let long = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
    let claims = TokenClaims {
        hostname: Hostname::parse(&long).unwrap(),
        action: Action::parse(&"a".repeat(32)).unwrap(),
        cdata: Cdata::parse(&"c".repeat(255)).unwrap(),
        solved_at: UnixMillis(u64::MAX),
        store: u16::MAX,
        asn: u32::MAX,
        paid: u64::MAX,
        ..token()
    };
    let text = claims.seal(&authority);
    assert!(text.len() <= MAX_SEAL_CHARS, "{}", text.len());
    assert_eq!(TokenClaims::open(&authority, &text), Ok(claims.clone()));
    let claims = ChallengeClaims {
        hostname: claims.hostname,
        action: claims.action,
        cdata: claims.cdata,
        step: SealedStep::Picture(SealedPicture {
            answer: RightAnswer::Area(vec![
                Squares { columns: 64, rows: 64, mask: vec![0xff; 512] };
                3
            ]),
            algorithm: Algorithm::Sha256,
            next: u32::MAX,
            pack: [0xff; 8],
            dealt_at: u64::MAX,
        }),
        owed: Owed { asked: u64::MAX, paid: u64::MAX, puzzles: 255, way: Way::Another },
        ..challenge()
    };
    let text = claims.seal(&authority, &mut counting_up());
    assert!(text.len() <= MAX_CHALLENGE_CHARS, "{}", text.len());
    assert_eq!(ChallengeClaims::open(&authority, &text), Ok(claims));
}

#[test]
fn longer_texts_are_not_read() {
    let authority = authority(ROOT_A);
    let text = format!("mj1.a1.{}.{}", "A".repeat(4_100), "A".repeat(43));
    assert!(!opens(&authority, &text));
}

fn claims() -> impl Strategy<Value = TokenClaims> {
    let texts = ("[a-z]{1,9}(\\.[a-z]{1,9}){0,3}", "[A-Za-z0-9_/-]{0,32}", ".{0,63}", "[A-Z]{2}|");
    let numbers = (any::<u32>(), 1_u16.., any::<u64>(), any::<u32>(), 0_u8..=100);
    let rest = (any::<[u8; 16]>(), any::<[bool; 3]>(), any::<u32>(), any::<u64>(), any::<u64>());
    (texts, numbers, rest).prop_filter_map(
        "null is no host",
        |((host, action, cdata, country), (keep, store, solved, expires, score), rest)| {
            let (id, [interactive, stepped, fallback], asn, paid, signs) = rest;
            Some(TokenClaims {
                id: AttemptId(id),
                keep_until: UnixMillis::from_seconds(u64::from(keep)),
                store,
                sitekey: sitekey(),
                hostname: Hostname::parse(&host).ok()?,
                action: Action::parse(&action).ok()?,
                cdata: Cdata::parse(&cdata).ok()?,
                solved_at: UnixMillis(solved),
                expires_at: UnixMillis::from_seconds(u64::from(expires)),
                score,
                interactive,
                stepped,
                algorithm: if fallback { Algorithm::Sha256 } else { Algorithm::HashWx },
                country: Country::parse(&country),
                asn,
                paid,
                signs: Signs::of_bits(signs),
            })
        },
    )
}

proptest! {
    #[test]
    fn what_a_token_says_comes_back(claims in claims()) {
        let authority = authority(ROOT_A);
        let text = claims.seal(&authority);
        let opened = TokenClaims::open(&authority, &text);
        prop_assert_eq!(opened.as_ref(), Ok(&claims));
        prop_assert_eq!(claims.seal(&authority), text);
    }

    #[test]
    fn what_a_challenge_says_comes_back(
        token in claims(), asked: u64, paid: u64, signs: u64, visitor: [u8; 8], address: u32,
        cells in prop::collection::btree_set(0_u8..64, 0..10),
    ) {
        let authority = authority(ROOT_A);
        let claims = ChallengeClaims {
            id: token.id, hostname: token.hostname, cdata: token.cdata, visitor,
            began: Began { address, trace: Some(paid).filter(|trace| *trace != 0) },
            signs: Signs::of_bits(signs),
            step: SealedStep::Picture(SealedPicture {
                answer: RightAnswer::Grid(vec![cells.into_iter().collect()]), algorithm: token.algorithm,
                next: token.asn, pack: visitor, dealt_at: asked,
            }),
            owed: Owed { asked, paid, puzzles: 3, way: Way::PictureAhead },
            ..challenge()
        };
        let text = claims.seal(&authority, &mut counting_up());
        prop_assert_eq!(ChallengeClaims::open(&authority, &text), Ok(claims));
    }
}
