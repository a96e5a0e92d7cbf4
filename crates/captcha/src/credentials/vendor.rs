//! Keys in the shapes of other vendors, for clients that check a key's shape
//! before they send it. They carry check bytes as our own keys do, so an
//! invented one costs no look-up; the store knows which site they stand for.
//!
//! Vendors' own keys, which a site may import, have no check. They are read
//! by their shape alone, and more loosely.
//!
//! | vendor | sitekey | secret |
//! | --- | --- | --- |
//! | reCAPTCHA | `6L` and 38 digits of URL-safe base64 (28 bytes) | the same |
//! | hCaptcha | a UUID of version 4 (15 bytes around its fixed digits) | `0x` and 40 hex digits (20 bytes) |
//! | Turnstile | `0x4A` and 20 digits of URL-safe base64 (15 bytes) | `0x4` and 32 digits (24 bytes) |
//!
//! The last four bytes are the check; the others are random.

use core::fmt;

use munjigi_protocol::base64;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{KeyCheck, KeyError, Secret};

/// A vendor whose key shapes and answers we imitate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vendor {
    /// Google reCAPTCHA, all of its versions.
    Recaptcha,
    /// hCaptcha, the public and the enterprise service.
    Hcaptcha,
    /// Cloudflare Turnstile, in all widget modes.
    Turnstile,
}

impl Vendor {
    /// Every vendor, in the order of the protocol page.
    pub const ALL: [Self; 3] = [Self::Recaptcha, Self::Hcaptcha, Self::Turnstile];

    /// The name in configurations and commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recaptcha => "recaptcha",
            Self::Hcaptcha => "hcaptcha",
            Self::Turnstile => "turnstile",
        }
    }

    /// The label that a sitekey's check bytes cover, so that no key passes as
    /// one of another kind.
    const fn sitekey_label(self) -> &'static str {
        match self {
            Self::Recaptcha => "recaptcha-sitekey",
            Self::Hcaptcha => "hcaptcha-sitekey",
            Self::Turnstile => "turnstile-sitekey",
        }
    }

    const fn secret_label(self) -> &'static str {
        match self {
            Self::Recaptcha => "recaptcha-secret",
            Self::Hcaptcha => "hcaptcha-secret",
            Self::Turnstile => "turnstile-secret",
        }
    }

    /// The vendor whose secrets a text resembles, judged by its beginning and
    /// length alone.
    pub fn of_secret(text: &str) -> Option<Self> {
        match text.len() {
            40 if text.starts_with("6L") => Some(Self::Recaptcha),
            42 if text.starts_with("0x") => Some(Self::Hcaptcha),
            35 if text.starts_with("ES_") => Some(Self::Hcaptcha),
            33..=37 if text.starts_with("0x4") => Some(Self::Turnstile),
            _ => None,
        }
    }

    /// The vendor whose sitekeys a text resembles, judged in the same way.
    pub fn of_sitekey(text: &str) -> Option<Self> {
        match text.len() {
            40 if text.starts_with("6L") => Some(Self::Recaptcha),
            36 => Some(Self::Hcaptcha),
            22..=26 if text.starts_with("0x4") => Some(Self::Turnstile),
            _ => None,
        }
    }

    /// Whether a text could be a sitekey that the vendor issued.
    pub fn makes_sitekey(self, text: &str) -> bool {
        Self::of_sitekey(text) == Some(self)
            && match self {
                Self::Hcaptcha => is_uuid(text),
                Self::Recaptcha | Self::Turnstile => is_url_safe(text),
            }
    }

    /// Whether a text could be a secret that the vendor issued.
    pub fn makes_secret(self, text: &str) -> bool {
        Self::of_secret(text) == Some(self) && is_url_safe(text)
    }
}

/// A sitekey in a vendor's shape whose check passed: an alias of a site's
/// sitekey.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias {
    vendor: Vendor,
    text: String,
}

impl Alias {
    /// The vendor whose shape it has.
    pub const fn vendor(&self) -> Vendor {
        self.vendor
    }

    /// The alias as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl KeyCheck {
    /// Generates a sitekey in a vendor's shape.
    pub fn mint_alias(&self, vendor: Vendor, rng: &mut (impl CryptoRng + ?Sized)) -> Alias {
        let label = vendor.sitekey_label();
        let text = match vendor {
            Vendor::Recaptcha => recaptcha(&self.mint::<28>(label, rng)),
            Vendor::Hcaptcha => uuid(&self.mint::<15>(label, rng)),
            Vendor::Turnstile => ["0x4A", &base64::encode(&self.mint::<15>(label, rng))].concat(),
        };
        Alias { vendor, text }
    }

    /// Generates a secret in a vendor's shape, or in ours without a vendor.
    pub fn mint_secret_of(
        &self,
        vendor: Option<Vendor>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Secret {
        let Some(vendor) = vendor else { return self.mint_secret(rng) };
        let label = vendor.secret_label();
        let text = match vendor {
            Vendor::Recaptcha => recaptcha(&self.mint::<28>(label, rng)),
            Vendor::Hcaptcha => ["0x", &hex(&self.mint::<20>(label, rng))].concat(),
            Vendor::Turnstile => ["0x4", &base64::encode(&self.mint::<24>(label, rng))].concat(),
        };
        Secret { vendor: Some(vendor), text: Zeroizing::new(text) }
    }

    /// Reads a sitekey in a vendor's shape that a client sent.
    pub fn alias(&self, text: &str) -> Result<Alias, KeyError> {
        let vendor = Vendor::of_sitekey(text).ok_or(KeyError::Shape)?;
        let label = vendor.sitekey_label();
        let passes = match vendor {
            Vendor::Recaptcha => from_recaptcha(text).map(|bytes| self.passes(label, &bytes)),
            Vendor::Hcaptcha => from_uuid(text).map(|bytes| self.passes(label, &bytes)),
            Vendor::Turnstile => text
                .strip_prefix("0x4A")
                .and_then(base64::decode_array::<15>)
                .map(|bytes| self.passes(label, &bytes)),
        };
        checked(passes).map(|()| Alias { vendor, text: text.to_owned() })
    }

    /// Reads a secret in a vendor's shape that a client sent.
    pub(super) fn secret_of(&self, vendor: Vendor, text: &str) -> Result<Secret, KeyError> {
        let label = vendor.secret_label();
        let passes = match vendor {
            Vendor::Recaptcha => from_recaptcha(text).map(|bytes| self.passes(label, &bytes)),
            Vendor::Hcaptcha => text
                .strip_prefix("0x")
                .and_then(from_hex::<20>)
                .map(|bytes| self.passes(label, &bytes)),
            Vendor::Turnstile => text
                .strip_prefix("0x4")
                .and_then(base64::decode_array::<24>)
                .map(|bytes| self.passes(label, &bytes)),
        };
        checked(passes)
            .map(|()| Secret { vendor: Some(vendor), text: Zeroizing::new(text.to_owned()) })
    }
}

fn checked(passes: Option<bool>) -> Result<(), KeyError> {
    match passes {
        None => Err(KeyError::Shape),
        Some(false) => Err(KeyError::Check),
        Some(true) => Ok(()),
    }
}

fn recaptcha(bytes: &[u8; 28]) -> String {
    ["6L", &base64::encode(bytes)].concat()
}

fn from_recaptcha(text: &str) -> Option<[u8; 28]> {
    text.strip_prefix("6L").and_then(base64::decode_array)
}

/// Where a UUID has a hyphen, its version, or its variant (RFC 9562).
const FIXED: [(usize, char); 6] = [(8, '-'), (13, '-'), (14, '4'), (18, '-'), (19, '8'), (23, '-')];

fn uuid(bytes: &[u8; 15]) -> String {
    let mut text = hex(bytes);
    for (place, sign) in FIXED {
        text.insert(place, sign);
    }
    text
}

fn from_uuid(text: &str) -> Option<[u8; 15]> {
    let fixed = |place| FIXED.iter().find(|(at, _)| *at == place).map(|(_, sign)| *sign);
    let mut digits = String::with_capacity(30);
    for (place, digit) in text.chars().enumerate() {
        match fixed(place) {
            None => digits.push(digit),
            Some(sign) if sign == digit => {}
            Some(_) => return None,
        }
    }
    from_hex(&digits)
}

/// Of any version, in lower case, as hCaptcha writes them.
fn is_uuid(text: &str) -> bool {
    let digit = |(place, digit): (usize, u8)| match place {
        8 | 13 | 18 | 23 => digit == b'-',
        _ => matches!(digit, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.bytes().enumerate().all(digit)
}

fn is_url_safe(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Lower case alone: one spelling per key.
fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (slot, [high, low]) in bytes.iter_mut().zip(pairs) {
        *slot = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}
