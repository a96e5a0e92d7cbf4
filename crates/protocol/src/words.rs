//! Enums that are words in JSON.

/// Reads an enum by its word, as serde does. What serde derives for it is a
/// kilobyte in the Worker, for each.
macro_rules! read_by_word {
    ($kind:ident { $($word:literal => $variant:ident),+ $(,)? }) => {
        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = String::deserialize(from)?;
                match word.as_str() {
                    $($word => Ok(Self::$variant),)+
                    other => Err(serde::de::Error::unknown_variant(other, &[$($word),+])),
                }
            }
        }
    };
}

pub(crate) use read_by_word;
