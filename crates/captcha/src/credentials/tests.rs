use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

const CHECK: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn check() -> KeyCheck {
    KeyCheck::parse(CHECK).unwrap()
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

#[test]
fn minted_keys_pass_and_have_the_lengths_of_the_protocol() {
    let (check, mut rng) = (check(), rng());
    let sitekey = check.mint_sitekey(&mut rng);
    let text = sitekey.to_string();
    assert_eq!(text.len(), 3 + 26);
    assert_eq!(check.sitekey(&text), Ok(sitekey));
    let secret = check.mint_secret(&mut rng);
    let text = secret.reveal();
    assert_eq!(text.len(), 4 + 52);
    assert_eq!(check.secret(&text), Ok(secret));
}

#[test]
fn a_key_of_another_check_key_or_kind_is_refused() {
    let (check, mut rng) = (check(), rng());
    let other = KeyCheck::parse("_________________________________________-8").unwrap();
    let text = other.mint_sitekey(&mut rng).to_string();
    assert_eq!(check.sitekey(&text), Err(KeyError::Check));
    let text = other.mint_secret(&mut rng).reveal();
    assert_eq!(check.secret(&text), Err(KeyError::Check));
    assert_eq!(check.sitekey(&text), Err(KeyError::Shape));
}

#[test]
fn every_changed_digit_is_refused() {
    let check = check();
    let text = check.mint_secret(&mut rng()).reveal();
    for place in 4..text.len() {
        for digit in "0123456789abcdefghjkmnpqrstvwxyzilouA-".chars() {
            let mut changed: Vec<char> = text.chars().collect();
            if changed[place] == digit {
                continue;
            }
            changed[place] = digit;
            let changed: String = changed.into_iter().collect();
            assert!(check.secret(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn spare_bits_must_be_zero() {
    // 16 bytes of zeros end in a digit with two spare bits.
    assert!(Sitekey::from_trusted(&format!("mj_{}0", "0".repeat(25))).is_ok());
    assert!(Sitekey::from_trusted(&format!("mj_{}4", "0".repeat(25))).is_ok());
    for digit in ['1', '2', '3'] {
        let text = format!("mj_{}{digit}", "0".repeat(25));
        assert_eq!(Sitekey::from_trusted(&text), Err(KeyError::Shape));
    }
}

#[test]
fn debug_shows_no_secret() {
    let check = check();
    assert_eq!(format!("{check:?} {:?}", check.mint_secret(&mut rng())), "KeyCheck Secret");
}

#[test]
fn a_hash_is_sha_256_of_the_text() {
    // printf mjs_ | sha256sum, and of the empty text.
    assert_eq!(
        SecretHash::of("").as_str(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert!(SecretHash::parse(SecretHash::of("x").as_str()).is_some());
    assert!(SecretHash::parse(&"A".repeat(64)).is_none());
    assert!(SecretHash::parse(&"a".repeat(63)).is_none());
}

proptest! {
    #[test]
    fn bytes_have_one_spelling(bytes: [u8; 16]) {
        let text = crockford::encode(&bytes);
        prop_assert_eq!(crockford::decode(&text), Some(bytes));
    }

    #[test]
    fn digits_that_are_read_are_the_one_spelling(text in "[0-9a-zA-Z]{26}") {
        if let Some(bytes) = crockford::decode::<16>(&text) {
            prop_assert_eq!(crockford::encode(&bytes), text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        let check = check();
        prop_assert!(check.sitekey(&text).is_err());
        prop_assert!(check.secret(&text).is_err());
    }
}

#[test]
fn keys_in_vendors_shapes_are_what_their_clients_expect_and_pass() {
    let (check, mut rng) = (check(), rng());
    let is_url_safe = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    for _ in 0..200 {
        for vendor in Vendor::ALL {
            let alias = check.mint_alias(vendor, &mut rng);
            let secret = check.mint_secret_of(Some(vendor), &mut rng);
            assert_eq!(check.alias(alias.as_str()), Ok(alias.clone()));
            assert_eq!(check.secret(&secret.reveal()), Ok(secret.clone()));
            assert_eq!((alias.vendor(), secret.vendor()), (vendor, Some(vendor)));
            let (alias, secret) = (alias.to_string(), secret.reveal());
            match vendor {
                Vendor::Recaptcha => {
                    for key in [alias.as_str(), secret.as_str()] {
                        assert!(key.len() == 40 && key.starts_with("6L") && is_url_safe(key));
                    }
                }
                Vendor::Hcaptcha => {
                    let parts: Vec<&str> = alias.split('-').collect();
                    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
                    assert_eq!(lengths, [8, 4, 4, 4, 12], "{alias}");
                    assert!(parts.iter().all(|part| is_hex(part)), "{alias}");
                    assert!(parts[2].starts_with('4') && parts[3].starts_with('8'), "{alias}");
                    assert!(secret.len() == 42 && is_hex(secret.strip_prefix("0x").unwrap()));
                }
                Vendor::Turnstile => {
                    assert!(alias.len() == 24 && alias.starts_with("0x4A") && is_url_safe(&alias));
                    assert!(secret.len() == 35 && secret.starts_with("0x4"));
                    assert!(is_url_safe(&secret));
                }
            }
        }
    }
}

#[test]
fn a_vendor_s_key_of_another_kind_or_with_a_changed_digit_is_refused() {
    let (check, mut rng) = (check(), rng());
    // Alike in shape, yet not interchangeable.
    let alias = check.mint_alias(Vendor::Recaptcha, &mut rng);
    let secret = check.mint_secret_of(Some(Vendor::Recaptcha), &mut rng).reveal();
    assert_eq!(check.secret(alias.as_str()), Err(KeyError::Check));
    assert_eq!(check.alias(&secret), Err(KeyError::Check));
    for vendor in Vendor::ALL {
        let alias = check.mint_alias(vendor, &mut rng).to_string();
        let secret = check.mint_secret_of(Some(vendor), &mut rng).reveal();
        for place in 0..alias.len().max(secret.len()) {
            for digit in "0149afAFZ_-+".chars() {
                let changed = |text: &str| -> String {
                    let change = |(at, sign)| if at == place { digit } else { sign };
                    text.chars().enumerate().map(change).collect()
                };
                let (other_alias, other_secret) = (changed(&alias), changed(&secret));
                assert!(
                    other_alias == alias || check.alias(&other_alias).is_err(),
                    "{other_alias}"
                );
                assert!(other_secret == *secret || check.secret(&other_secret).is_err());
            }
        }
    }
    for text in ["", "0x", "6L", "열쇠", "0x4", &"6L열".repeat(8), &"열".repeat(12)] {
        assert!(check.alias(text).is_err() && check.secret(text).is_err(), "{text}");
    }
}

#[test]
fn keys_issued_by_vendors_are_recognised_by_their_shape() {
    let of_any = |is: fn(Vendor, &str) -> bool, text: &str| {
        Vendor::ALL.into_iter().find(|vendor| is(*vendor, text))
    };
    let hex = "0f8fad5bd9cb169fa16570867728950e";
    for (vendor, sitekey) in [
        (Some(Vendor::Recaptcha), "6LfHrSkUAAAAAPnKk5cT6JuKlKPzbwyTYuO8--Vr"),
        (Some(Vendor::Hcaptcha), "0f8fad5b-d9cb-169f-a165-70867728950e"),
        (Some(Vendor::Turnstile), "0x4AAAAAAADnPIDROrmt1Wwj"),
        (Some(Vendor::Turnstile), "0x4AAAAAAAC3DHQFLr1GavR"),
        (None, "6LfHrSkUAAAAAPnKk5cT6JuKlKPzbwyTYuO8--V"),
        (None, "6LfHrSkUAAAAAPnKk5cT6JuKlKPzbwyTYuO8--V@"),
        (None, "0F8FAD5B-D9CB-169F-A165-70867728950E"),
        (None, "0f8fad5b-d9cb-169f-a165770867728950e"),
        (None, "0x4AAAAAAA"),
        (None, "1x00000000000000000000AA"),
        (None, ""),
    ] {
        assert_eq!(of_any(Vendor::makes_sitekey, sitekey), vendor, "{sitekey}");
    }
    for (vendor, secret) in [
        (Some(Vendor::Recaptcha), "6LfHrSkUAAAAAPnKk5cT6JuKlKPzbwyTYuO8--Vr".to_owned()),
        (Some(Vendor::Hcaptcha), format!("0x{hex}01234567")),
        (Some(Vendor::Hcaptcha), format!("ES_{hex}")),
        (Some(Vendor::Turnstile), format!("0x4{}", "A".repeat(32))),
        (Some(Vendor::Turnstile), format!("0x4{}", "A".repeat(30))),
        (None, format!("0x4{}", "A".repeat(35))),
        (None, format!("ES_{hex}0")),
        (None, format!("0x4{}", "+".repeat(32))),
        (None, "mjs_x".to_owned()),
    ] {
        assert_eq!(of_any(Vendor::makes_secret, &secret), vendor, "{secret}");
        assert!(vendor.is_none() || Secret::foreign(&secret).is_some());
    }
}
