use proptest::prelude::*;

use super::*;
use crate::ring::KeyRing;

const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const B: &str = "_________________________________________-8";
const NOW: UnixMillis = UnixMillis::from_seconds(1_763_623_800);
const NONCE: Nonce = Nonce([9; 16]);

const HEAD: Head<'static> = Head { method: "POST", path: "/internal/events", query: "" };
const BODY: &[u8] = b"{}";

fn ring(text: &str) -> KeyRing {
    KeyRing::parse(text).unwrap()
}

fn keys(audience: Audience) -> AudienceKeys {
    AudienceKeys::derive(&ring(&format!("k1:{A}")), audience)
}

fn signed() -> String {
    keys(Audience::Origin).sign(&HEAD, BODY, NOW, NONCE)
}

/// Verifies a whole request: its head, then its body.
fn taken(
    keys: &AudienceKeys,
    header: &str,
    head: &Head<'_>,
    body: &[u8],
) -> Result<Nonce, SignatureError> {
    let signed = keys.verify(Some(header), head, NOW)?;
    signed.check(body).map(|()| signed.nonce)
}

fn check(header: &str, head: &Head<'_>, body: &[u8]) -> Result<Nonce, SignatureError> {
    taken(&keys(Audience::Origin), header, head, body)
}

#[test]
fn a_signed_request_is_accepted_only_by_its_audience() {
    let header = signed();
    assert_eq!(check(&header, &HEAD, BODY), Ok(NONCE));
    let edge = keys(Audience::Edge);
    assert_eq!(taken(&edge, &header, &HEAD, BODY), Err(SignatureError::Invalid));
    let relabelled = header.replace("a=origin", "a=edge");
    assert_eq!(taken(&edge, &relabelled, &HEAD, BODY), Err(SignatureError::Invalid));
    assert_eq!(check(&relabelled, &HEAD, BODY), Err(SignatureError::Invalid));
}

#[test]
fn keys_of_one_audience_cannot_sign_for_another() {
    // What an attacker on the gpu-backend's machine can do: use its keys under
    // another audience's name.
    let gpu = keys(Audience::Gpu);
    let header = gpu.sign(&HEAD, BODY, NOW, NONCE);
    assert_eq!(taken(&gpu, &header, &HEAD, BODY), Ok(NONCE));
    for audience in [Audience::Edge, Audience::Origin] {
        let claimed = header.replace("a=gpu", &format!("a={}", audience.as_str()));
        let receiver = keys(audience);
        assert_eq!(taken(&receiver, &claimed, &HEAD, BODY), Err(SignatureError::Invalid));
    }
}

#[test]
fn every_part_of_the_request_is_signed() {
    let header = signed();
    for head in [
        Head { method: "PUT", ..HEAD },
        Head { path: "/internal/counts", ..HEAD },
        Head { query: "a=1", ..HEAD },
        // The same bytes, divided differently.
        Head { path: "/internal/event", query: "s", ..HEAD },
    ] {
        assert_eq!(check(&header, &head, BODY), Err(SignatureError::Invalid), "{head:?}");
    }
    for body in [&b"{} "[..], b"", b"{"] {
        assert_eq!(check(&header, &HEAD, body), Err(SignatureError::Invalid), "{body:?}");
    }
}

#[test]
fn an_unsigned_digest_is_refused_before_any_body() {
    let header = signed();
    let own = base64::encode(&Sha256::digest(BODY));
    let other = base64::encode(&Sha256::digest(b"another body"));
    assert!(header.contains(&own));
    let swapped = header.replace(&own, &other);
    let verified = keys(Audience::Origin).verify(Some(&swapped), &HEAD, NOW);
    assert_eq!(verified, Err(SignatureError::Invalid));
}

#[test]
fn a_header_without_a_digest_is_not_taken() {
    let header = signed();
    let (front, rest) = header.split_once(", d=").unwrap();
    let (_, tag) = rest.split_once(", s=").unwrap();
    let without = format!("{front}, s={tag}");
    assert_eq!(check(&without, &HEAD, BODY), Err(SignatureError::Invalid));
}

#[test]
fn a_request_without_a_header_is_unsigned() {
    let verified = keys(Audience::Origin).verify(None, &HEAD, NOW);
    assert_eq!(verified, Err(SignatureError::Unsigned));
    assert_eq!(check("", &HEAD, BODY), Err(SignatureError::Invalid));
}

#[test]
fn five_minutes_of_skew_are_taken_both_ways() {
    let header = signed();
    let at = |seconds: u64| {
        let now = UnixMillis::from_seconds(seconds);
        keys(Audience::Origin).verify(Some(&header), &HEAD, now).map(|signed| signed.nonce)
    };
    let signed = NOW.seconds();
    assert_eq!(at(signed + 300), Ok(NONCE));
    assert_eq!(at(signed - 300), Ok(NONCE));
    assert_eq!(at(signed + 301), Err(SignatureError::ClockSkew));
    assert_eq!(at(signed - 301), Err(SignatureError::ClockSkew));
}

#[test]
fn a_rotation_takes_both_keys_and_then_one() {
    let of = |text: &str| AudienceKeys::derive(&ring(text), Audience::Origin);
    let old = keys(Audience::Origin);
    let both = of(&format!("k2:{B},k1:{A}"));
    let new = of(&format!("k2:{B}"));
    let by_old = old.sign(&HEAD, BODY, NOW, NONCE);
    let by_both = both.sign(&HEAD, BODY, NOW, NONCE);
    assert!(by_both.starts_with("k=k2, "));
    assert_eq!(taken(&both, &by_old, &HEAD, BODY), Ok(NONCE));
    assert_eq!(taken(&new, &by_both, &HEAD, BODY), Ok(NONCE));
    assert_eq!(taken(&new, &by_old, &HEAD, BODY), Err(SignatureError::Invalid));
    // The name of one with the key of the other.
    let misnamed = of(&format!("k1:{B}"));
    assert_eq!(taken(&misnamed, &by_old, &HEAD, BODY), Err(SignatureError::Invalid));
}

proptest! {
    #[test]
    fn one_changed_character_never_passes(place in 0_usize..200, by in 1_u8..127) {
        let header = signed();
        let mut bytes = header.into_bytes();
        let place = place % bytes.len();
        bytes[place] = (bytes[place] ^ by) & 0x7f;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assume!(changed != signed());
        prop_assert_eq!(check(&changed, &HEAD, BODY), Err(SignatureError::Invalid));
    }

    #[test]
    fn any_header_is_taken_or_refused(header in ".{0,200}") {
        prop_assert!(check(&header, &HEAD, BODY).is_err());
    }
}
