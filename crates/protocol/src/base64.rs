//! Base64 for every text of the protocol: the URL-safe alphabet without
//! padding, spare bits zero, so that each value has one spelling.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Encodes bytes as text.
pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes a text; `None` unless it is exactly what [`encode`] writes.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Decodes a text that must hold exactly `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let read = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
    (read.len() == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_one_spelling_is_read() {
        assert_eq!(encode(&[0xff, 0xfe]), "__4");
        assert_eq!(decode("__4"), Some(vec![0xff, 0xfe]));
        // Spare bits, padding, the other alphabet, a space, half a byte.
        for text in ["__5", "__4=", "//4", "__4 ", "_", "문"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode_array::<2>("__4"), Some([0xff, 0xfe]));
        assert_eq!(decode_array::<1>("__4"), None);
        assert_eq!(decode_array::<3>("__4"), None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in "[A-Za-z0-9_+/= -]{0,24}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn what_is_written_is_read(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
