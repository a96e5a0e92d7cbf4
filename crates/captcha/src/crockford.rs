//! Crockford's base32 in lower case, big end first, spare bits zero. One
//! spelling per value: upper case, `i`, `l`, `o` and hyphens, which Crockford's
//! own rules accept, are refused.

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

const fn digits(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Encodes bytes as digits.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(digits(bytes.len()));
    let mut push = |five: u32| text.push(char::from(DIGITS[(five & 31) as usize]));
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held >> bits);
        }
    }
    if bits > 0 {
        push(held << (5 - bits));
    }
    text
}

/// Decodes digits; `None` unless they are the one spelling of `N` bytes.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != digits(N) {
        return None;
    }
    let mut bytes = [0; N];
    let mut slots = bytes.iter_mut();
    let (mut held, mut bits) = (0_u32, 0);
    for digit in text.bytes() {
        held = held << 5 | value(digit)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *slots.next()? = (held >> bits & 0xff) as u8;
        }
    }
    (held & ((1 << bits) - 1) == 0).then_some(bytes)
}

/// A digit's value, computed without a table whose index could leak through
/// timing: the digits of a secret pass through here.
fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'h' => digit - b'a' + 10,
        b'j' | b'k' => digit - b'j' + 18,
        b'm' | b'n' => digit - b'm' + 20,
        b'p'..=b't' => digit - b'p' + 22,
        b'v'..=b'z' => digit - b'v' + 27,
        _ => return None,
    };
    Some(u32::from(value))
}
