//! What holds an internal format to its bytes.

use core::fmt::{Debug, Write as _};

use crate::{Format, FormatError};

/// Asserts that a value has these bytes, each part in hex beside what it is, and
/// that nothing else is read as one of its version.
///
/// # Panics
///
/// Panics where the value was given other bytes than these, or they are read as
/// another value. To change a format on purpose, raise its version, keep what
/// reads the version before, and add bytes of the new one.
pub fn format<T: Format + Debug + PartialEq>(value: &T, parts: &[(&str, &str)]) {
    let wanted: String = parts.iter().map(|(hex, _)| *hex).collect();
    let bytes = value.to_bytes().expect("a format has bytes");
    assert_eq!(hex(&bytes), wanted, "{value:?} needs a new version, or kept its bytes");
    assert_eq!(T::from_bytes(&bytes).as_ref(), Ok(value));
    for end in 0..bytes.len() {
        assert_eq!(T::from_bytes(&bytes[..end]), Err(FormatError::Malformed), "{end} bytes");
    }
    assert_eq!(T::from_bytes(&[&bytes, &[0][..]].concat()), Err(FormatError::Malformed));
    let (found, known) = (T::VERSION + 1, T::VERSION);
    let newer = [&[found], &bytes[1..]].concat();
    assert_eq!(T::from_bytes(&newer), Err(FormatError::Version { found, known }));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}
