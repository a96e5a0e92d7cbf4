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
