//! Byte vectors that outlive any refactoring. Another program made them from
//! PROTOCOL alone (HMAC and SHA-256 of a standard library, the cipher written
//! out); a change here is a change of the protocol.
//!
//! Root key `a1`: bytes 0–31. Check key: bytes 32–63. Random bytes: counting
//! up from 0x40.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use munjigi_keys::KeyRing;
use munjigi_keys::signature::{Audience, AudienceKeys, CallKeys, Head, Nonce};

use super::*;
use crate::address::Prefix;
use crate::challenge::{Began, SealedPicture};
use crate::pictures::{RightAnswer, Squares};
use crate::purpose::Purpose;

#[test]
fn purposes_are_derived_by_hkdf() {
    let ring = KeyRing::parse(ROOT_A).unwrap();
    for (purpose, key) in [
        (Purpose::Token, "d92da05fe8133b3b1c7b4bb812e0377931a64b35e74451a88ea1c88f46cd830e"),
        (Purpose::Challenge, "7edf869589e73f3ba9d94f8fc04b0042299ec0510cb29980615f88fce834067d"),
        (Purpose::Visitor, "7f963261f01bd1433e532cb84b186141bf103b12c2d0e80e170c90707d8da18b"),
        (Purpose::Picture, "4e545f3231d6882fae734b26829d0c39488994f4051859a0ad5db3595271ccb9"),
    ] {
        assert_eq!(HEXLOWER.encode(&*purpose.key(ring.first())), key, "{purpose:?}");
    }
}

#[test]
fn a_sitekey_is_12_random_bytes_and_their_check() {
    let bytes = [
        "404142434445464748494a4b", // random
        "8a4692fc",                 // check
    ];
    let sitekey = sitekey();
    assert_eq!(HEXLOWER.encode(sitekey.as_bytes()), bytes.concat());
    assert_eq!(sitekey.to_string(), "mj_810m4gt48n34ej29995rmhmjzg");
}

#[test]
fn a_secret_is_28_random_bytes_and_their_check() {
    // 404142434445464748494a4b4c4d4e4f505152535455565758595a5b random
    // 9da44e4d                                                 check
    let secret = authority(ROOT_A).check().mint_secret(&mut counting_up());
    let text = "mjs_810m4gt48n34ej29995mrkae9x852mjkahancntrb5d5q7d49s6g";
    assert_eq!(*secret.reveal(), text);
    assert_eq!(
        secret.hash().as_str(),
        "6c7081dedcd05fad2bec54ecf12f62fa5b17de055e35e0a53f187da3df7a9a5e"
    );
}

#[test]
fn a_token_is_these_bytes() {
    let payload = [
        "04",                               // version
        "101112131415161718191a1b1c1d1e1f", // id
        "d492fbc806",                       // keep_until 1763625300
        "40",                               // store 64
        "404142434445464748494a4b8a4692fc", // sitekey
        "0c73686f702e6578616d706c65",       // hostname shop.example
        "056c6f67696e",                     // action login
        "086f726465722d3137",               // cdata order-17
        "ba9bae81aa33",                     // solved_at 1763623800250 ms
        "a489fbc806",                       // expires_at 1763624100
        "5a",                               // score 90
        "00",                               // interactive: no
        "01",                               // stepped: yes
        "00",                               // algorithm: hashwx
        "024b52",                           // country KR
        "f4f703",                           // asn 64500
        "808827",                           // paid 640000
        "d81a7ce53f786844",                 // signs 0x08000001, masked
    ];
    let tag = "dde680531a639658639726c6d8e8d13ec92f254142affb2aafc071c48adfbd4e";
    let base64 = |hex: &str| BASE64URL_NOPAD.encode(&HEXLOWER.decode(hex.as_bytes()).unwrap());
    let text = ["mj1.a1", &base64(&payload.concat()), &base64(tag)].join(".");
    let authority = authority(ROOT_A);
    assert_eq!(token().seal(&authority), text);
    assert_eq!(TokenClaims::open(&authority, &text), Ok(token()));
}

#[test]
fn a_challenge_is_these_bytes_under_the_cipher() {
    let plain = [
        "05",                               // version
        "101112131415161718191a1b1c1d1e1f", // id
        "026131",                           // root a1
        "d492fbc806",                       // keep_until 1763625300
        "40",                               // store 64
        "404142434445464748494a4b8a4692fc", // sitekey
        "0c73686f702e6578616d706c65",       // hostname shop.example
        "056c6f67696e",                     // action login
        "086f726465722d3137",               // cdata order-17
        "f886fbc806",                       // issued_at 1763623800
        "a489fbc806",                       // expires_at 1763624100
        "00",                               // step: puzzle
        "00",                               //   algorithm: hashwx
        "00",                               //   first 0
        "10",                               //   count 16
        "c0b802",                           //   work 40000
        "f38e1f34a28d92c6",                 // visitor
        "0100000800000000",                 // signs
        "00c4090000000000",                 // owed: asked 640000
        "0000000000000000",                 //   paid 0
        "00",                               //   puzzles 0
        "00",                               //   way: puzzle
        "78563412",                         // began: address
        "efcdab8967452301",                 //   trace
    ];
    // Nonce and ciphertext; the tag.
    let text = "mj1.a1.\
        QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXU8CMoO9uSj3zisCZB7xZ4CBbimTiZMk425jthpAOuh8iz9FV7N8fEoqb_mV\
        KeyCwLg6qvfUlehXfaXoHTEIbqYuYgqbJbhle_57QvV3_jltbwldzEY97LAmd-T4K3BA6anF8glOoMY5JjHe-kG9d0l\
        t9zRNtCq5inAWTRMx6juoTm0JbPg.\
        BxGuPTAQ3E0D9EmbAHJEQQ";
    let authority = authority(ROOT_A);
    assert_eq!(challenge().seal(&authority, &mut counting_up()), text);
    assert_eq!(ChallengeClaims::open(&authority, text), Ok(challenge()));
    assert_eq!(HEXLOWER.encode(&super::plain(text)), plain.concat());
}

/// A challenge that asks for a grid whose tiles 0, 4 and 8 are right.
fn grid() -> ChallengeClaims {
    ChallengeClaims {
        step: SealedStep::Picture(SealedPicture {
            answer: RightAnswer::Grid(vec![vec![0, 4, 8]]),
            algorithm: Algorithm::HashWx,
            next: 16,
            pack: [1, 2, 3, 4, 5, 6, 7, 8],
            dealt_at: 1_763_623_805,
        }),
        owed: Owed { asked: 640_000, paid: 640_000, puzzles: 1, way: Way::PictureAhead },
        ..challenge()
    }
}

#[test]
fn a_picture_is_these_bytes_under_the_cipher() {
    let step = [
        "01",               // step: picture
        "00",               //   answer: grid
        "01",               //     rounds
        "1101000000000000", //     a bit per tile
        "00",               //   algorithm: hashwx
        "10000000",         //   next 16
        "0102030405060708", //   pack
        "7dc31e6900000000", //   dealt_at 1763623805
    ];
    let text = "mj1.a1.\
        QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXU8CMoO9uSj3zisCZB7xZ4CBbimTiZMk425jthpAOuh8iz9FV7N8fEoqb_mV\
        KeyCwLg6qvfUlehXfaXoHTEIbqYuYgqbJbhle_57QvV3_jltawlZy0Dd534eCzZyXTtY7a3N3hlauNobwRmnXkG9d0q\
        jz0ifPhzyknX3FeN6VQ0GaOA54P-DmAyGn1WggEEfpeNigrmepbGs_G3gZR1Y.\
        sCvKPPySpz_po6BIS91IOA";
    assert_eq!(grid().seal(&authority(ROOT_A), &mut counting_up()), text);
    assert!(HEXLOWER.encode(&super::plain(text)).contains(&step.concat()));
}

/// For each kind, answers that differ in everything.
fn answers() -> [Vec<RightAnswer>; 3] {
    let tiles = |tiles: u64| (0..64).filter(|tile| tiles >> tile & 1 == 1).collect::<Vec<u8>>();
    let grids: Vec<Vec<u8>> = (1..511).chain([1 << 63, u64::MAX >> 1]).map(tiles).collect();
    let squares = |columns: u8, rows: u8, byte| Squares {
        columns,
        rows,
        mask: vec![byte; (usize::from(columns) * usize::from(rows)).div_ceil(8)],
    };
    let masks = [squares(60, 40, 1), squares(60, 60, 0xff), squares(4, 2, 3), squares(64, 64, 255)];
    [
        grids.iter().map(|cells| RightAnswer::Grid(vec![cells.clone()])).collect(),
        masks.iter().map(|mask| RightAnswer::Area(vec![mask.clone()])).collect(),
        grids.iter().map(|views| RightAnswer::Turn(vec![views.clone(), vec![1]])).collect(),
    ]
}

#[test]
fn all_answers_of_a_kind_seal_to_one_length() {
    let authority = authority(ROOT_A);
    for answers in answers() {
        let mut lengths = Vec::new();
        for (number, answer) in answers.into_iter().enumerate() {
            // The rest of the challenge differs as well, as far as it is not
            // revealed.
            let large = number % 2 == 1;
            let claims = ChallengeClaims {
                step: SealedStep::Picture(SealedPicture {
                    answer,
                    algorithm: Algorithm::HashWx,
                    next: if large { 64 * 4 } else { 1 },
                    pack: [u8::try_from(number % 256).unwrap(); 8],
                    dealt_at: 1_763_623_805,
                }),
                began: Began {
                    address: if large { u32::MAX } else { 0 },
                    trace: large.then_some(u64::MAX),
                },
                signs: Signs::of_bits(if large { u64::MAX } else { 0 }),
                owed: Owed {
                    asked: if large { 72_000_000 } else { 1 },
                    paid: if large { 640_000 } else { 0 },
                    puzzles: u8::from(large) * 4,
                    way: if large { Way::Puzzle } else { Way::PictureAhead },
                },
                ..challenge()
            };
            let text = claims.seal(&authority, &mut counting_up());
            assert_eq!(ChallengeClaims::open(&authority, &text), Ok(claims));
            lengths.push(text.len());
        }
        lengths.dedup();
        assert_eq!(lengths.len(), 1, "{lengths:?}");
    }
}

#[test]
fn a_visitor_is_8_bytes_for_a_network_a_site_and_a_day() {
    let authority = authority(ROOT_A);
    let root = Kid::parse("a1").unwrap();
    let visitor = |sitekey: &Sitekey, at: UnixMillis, address: &str| {
        let prefix = Prefix::parse(address).unwrap();
        HEXLOWER.encode(&authority.visitor(root, sitekey, at, prefix).unwrap())
    };
    assert_eq!(visitor(&sitekey(), ISSUED_AT, "192.0.2.77"), "f38e1f34a28d92c6");
    assert_eq!(visitor(&sitekey(), ISSUED_AT, "2001:db8:7::1"), "62b223fb462e7a55");
    let tomorrow = UnixMillis(ISSUED_AT.0 + 86_400_000);
    assert_ne!(visitor(&sitekey(), tomorrow, "192.0.2.77"), "f38e1f34a28d92c6");
    let other = authority.check().mint_sitekey(&mut CountingUp(0x60));
    assert_ne!(visitor(&other, ISSUED_AT, "192.0.2.77"), "f38e1f34a28d92c6");
    assert_eq!(
        authority.visitor(Kid::parse("b2").unwrap(), &other, ISSUED_AT, Prefix::V4([0; 3])),
        None
    );
}

#[test]
fn keys_of_calls_are_derived_by_hkdf() {
    let ring = KeyRing::parse(ROOT_A).unwrap();
    for (audience, key) in [
        (Audience::Edge, "c005d92a6f2b47a19d62e4aa3e195ee0655f89259cd39342ac1fa66a4b91cdea"),
        (Audience::Origin, "3ce09331cf2cf7d1b0049c6a93169af58d5d108e0928d068dde5d73724807c80"),
        (Audience::Gpu, "929456cdbf164f6349c457b88713c9a4b20f1f0cf19382ffef0c33f9373dd59b"),
    ] {
        let key = BASE64URL_NOPAD.encode(&HEXLOWER.decode(key.as_bytes()).unwrap());
        let text = [audience.as_str(), "/a1:", &key].concat();
        assert_eq!(*CallKeys::write(&ring, &[audience]), text);
    }
}

#[test]
fn a_signature_is_this_header() {
    let ring = KeyRing::parse(ROOT_A).unwrap();
    let keys = AudienceKeys::derive(&ring, Audience::Origin);
    let head = Head { method: "POST", path: "/internal/events", query: "a=1" };
    let body = br#"{"shard":"64/7","events":[]}"#;
    let nonce = Nonce(core::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap()));
    let header = keys.sign(&head, body, UnixMillis(1_763_623_800_250), nonce);
    assert_eq!(
        header,
        "k=a1, a=origin, t=1763623800, n=QEFCQ0RFRkdISUpLTE1OTw, \
         d=RxwWNfWzLwkLdn_9S5HbU4NBNFwg24G28XKLkX_XMd4, \
         s=d7YbRPEELUHHNNlYnb3_G7U_RCA9ApeyBmaByIJF07g"
    );
    let signed = keys.verify(Some(&header), &head, ISSUED_AT).unwrap();
    assert_eq!((signed.nonce, signed.check(body)), (nonce, Ok(())));
}
