use proptest::prelude::*;

use super::*;

const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const B: &str = "_________________________________________-8";
const NOW: UnixMillis = UnixMillis::from_seconds(1_763_623_800);
const NONCE: Nonce = Nonce([9; 16]);

const REQUEST: SignedRequest<'static> = SignedRequest {
    audience: Audience::Origin,
    method: "POST",
    path: "/internal/events",
    query: "",
    body: b"{}",
};

fn ring() -> KeyRing {
    KeyRing::parse(&format!("k1:{A}")).unwrap()
}

fn check(header: &str, request: &SignedRequest<'_>) -> Result<Nonce, SignatureError> {
    verify(&ring(), Some(header), request, NOW)
}

#[test]
fn a_signed_request_is_taken_by_its_audience_alone() {
    let header = sign(&ring(), &REQUEST, NOW, NONCE);
    assert_eq!(check(&header, &REQUEST), Ok(NONCE));
    let elsewhere = SignedRequest { audience: Audience::Edge, ..REQUEST };
    assert_eq!(check(&header, &elsewhere), Err(SignatureError::Invalid));
    let relabelled = header.replace("a=origin", "a=edge");
    assert_eq!(check(&relabelled, &elsewhere), Err(SignatureError::Invalid));
    assert_eq!(check(&relabelled, &REQUEST), Err(SignatureError::Invalid));
}

#[test]
fn every_part_of_the_request_is_signed() {
    let header = sign(&ring(), &REQUEST, NOW, NONCE);
    for other in [
        SignedRequest { method: "PUT", ..REQUEST },
        SignedRequest { path: "/internal/counts", ..REQUEST },
        SignedRequest { query: "a=1", ..REQUEST },
        SignedRequest { body: b"{} ", ..REQUEST },
        // The same bytes, divided otherwise.
        SignedRequest { path: "/internal/event", query: "s", ..REQUEST },
    ] {
        assert_eq!(check(&header, &other), Err(SignatureError::Invalid), "{other:?}");
    }
}

#[test]
fn a_request_without_a_header_is_unsigned() {
    assert_eq!(verify(&ring(), None, &REQUEST, NOW), Err(SignatureError::Unsigned));
    assert_eq!(check("", &REQUEST), Err(SignatureError::Invalid));
}

#[test]
fn five_minutes_of_skew_are_taken_both_ways() {
    let header = sign(&ring(), &REQUEST, NOW, NONCE);
    let at =
        |seconds: u64| verify(&ring(), Some(&header), &REQUEST, UnixMillis::from_seconds(seconds));
    let signed = NOW.seconds();
    assert_eq!(at(signed + 300), Ok(NONCE));
    assert_eq!(at(signed - 300), Ok(NONCE));
    assert_eq!(at(signed + 301), Err(SignatureError::ClockSkew));
    assert_eq!(at(signed - 301), Err(SignatureError::ClockSkew));
}

#[test]
fn a_rotation_takes_both_keys_and_then_one() {
    let old = ring();
    let both = KeyRing::parse(&format!("k2:{B},k1:{A}")).unwrap();
    let new = KeyRing::parse(&format!("k2:{B}")).unwrap();
    let by_old = sign(&old, &REQUEST, NOW, NONCE);
    let by_both = sign(&both, &REQUEST, NOW, NONCE);
    assert!(by_both.starts_with("k=k2, "));
    assert_eq!(verify(&both, Some(&by_old), &REQUEST, NOW), Ok(NONCE));
    assert_eq!(verify(&new, Some(&by_both), &REQUEST, NOW), Ok(NONCE));
    assert_eq!(verify(&new, Some(&by_old), &REQUEST, NOW), Err(SignatureError::Invalid));
    // The name of the one with the key of the other.
    let misnamed = KeyRing::parse(&format!("k1:{B}")).unwrap();
    assert_eq!(verify(&misnamed, Some(&by_old), &REQUEST, NOW), Err(SignatureError::Invalid));
}

proptest! {
    #[test]
    fn one_changed_character_never_passes(place in 0_usize..200, by in 1_u8..127) {
        let header = sign(&ring(), &REQUEST, NOW, NONCE);
        let mut bytes = header.into_bytes();
        let place = place % bytes.len();
        bytes[place] = (bytes[place] ^ by) & 0x7f;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assume!(changed != sign(&ring(), &REQUEST, NOW, NONCE));
        prop_assert_eq!(check(&changed, &REQUEST), Err(SignatureError::Invalid));
    }

    #[test]
    fn any_header_is_taken_or_refused(header in ".{0,200}") {
        prop_assert!(check(&header, &REQUEST).is_err());
    }
}
