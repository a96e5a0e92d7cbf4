//! The name of an image for one challenge. Only the edge can read which image
//! of which pack it is, and two challenges that show the same image name it
//! differently, so names do not reveal what was shown before.

use hmac::{Hmac, KeyInit, Mac};
use munjigi_keys::{UnixMillis, leading};
use munjigi_protocol::PackId;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::authority::Authority;
use crate::seal::{Encrypted, MAX_SEAL_CHARS, NONCE_BYTES, SealError, decode, encode};

/// Version of the payload.
const VERSION: u8 = 2;

/// An image as one challenge names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureName {
    /// The pack that holds the image.
    pub pack: PackId,
    /// The item's place in the pack.
    pub item: u16,
    /// The image's place in the item.
    pub image: u8,
    /// How long the image is served, in whole seconds.
    pub until: UnixMillis,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    version: u8,
    pack: [u8; 8],
    /// Fixed length, so that it does not reveal the number's size.
    #[serde(with = "postcard::fixint::le")]
    item: u16,
    image: u8,
    until: u64,
}

impl PictureName {
    /// Seals under the first key. The nonce is a function of the attempt's seed
    /// and of the image: the same attempt names an image the same way, and no
    /// nonce is used for two plaintexts.
    #[expect(clippy::missing_panics_doc, reason = "the expectation states why none happens")]
    pub fn seal(&self, authority: &Authority, seed: &[u8; 32]) -> String {
        let keys = authority.first();
        let message = encode(&Payload {
            version: VERSION,
            pack: self.pack.0,
            item: self.item,
            image: self.image,
            until: self.until.seconds(),
        });
        let mut mac = Hmac::<Sha256>::new_from_slice(seed).expect("HMAC takes any key");
        mac.update(b"name");
        mac.update(&message);
        let nonce: [u8; NONCE_BYTES] = leading(&mac.finalize().into_bytes().into());
        let associated = keys.kid.as_str().as_bytes();
        Encrypted::encrypt(keys.kid, &keys.picture_name, nonce, associated, &message).write()
    }

    /// Opens a name that a browser sent; fails unless an edge of ours sealed
    /// it.
    pub fn open(authority: &Authority, text: &str) -> Result<Self, SealError> {
        let mut seal = Encrypted::read(text, MAX_SEAL_CHARS)?;
        let keys = authority.find(seal.kid).ok_or(SealError)?;
        let message = seal.decrypt(&keys.picture_name, keys.kid.as_str().as_bytes())?;
        let Payload { version, pack, item, image, until } = decode(message)?;
        if version != VERSION {
            return Err(SealError);
        }
        Ok(Self { pack: PackId(pack), item, image, until: UnixMillis::from_seconds(until) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contract::{ROOT_A, ROOT_B, authority};

    const NAME: PictureName = PictureName {
        pack: PackId([1, 2, 3, 4, 5, 6, 7, 8]),
        item: 40,
        image: 1,
        until: UnixMillis::from_seconds(1_900_000_000),
    };

    #[test]
    fn names_of_all_images_have_one_length() {
        let authority = authority(ROOT_A);
        let long =
            |item, image| PictureName { item, image, ..NAME }.seal(&authority, &[1; 32]).len();
        for item in [0, 1, 127, 128, 255, 256, 1_023] {
            assert_eq!(long(item, 0), long(0, 1), "{item}");
        }
    }

    #[test]
    fn an_image_name_belongs_to_one_challenge() {
        let authority = authority(ROOT_A);
        let (one, other) = (NAME.seal(&authority, &[1; 32]), NAME.seal(&authority, &[2; 32]));
        assert_ne!(one, other);
        assert_eq!(one, NAME.seal(&authority, &[1; 32]));
        for text in [&one, &other] {
            assert_eq!(PictureName::open(&authority, text), Ok(NAME));
        }
        assert!(one.len() < 120, "{one}");
    }

    #[test]
    fn a_name_is_these_bytes() {
        let authority = authority(ROOT_A);
        let text =
            "mj1.a1.K299sgShPdBa43FrYuoB6BPJbPUs4VGOsiddUhvHbTgafaElIfBqE48.7uEYKmTLjvCfk6Nh9J_8_Q";
        assert_eq!(NAME.seal(&authority, &[1; 32]), text);
        assert_eq!(PictureName::open(&authority, text), Ok(NAME));
    }

    #[test]
    fn a_name_opens_under_its_own_key_and_unchanged_alone() {
        let (authority, other) = (authority(ROOT_A), authority(ROOT_B));
        let text = NAME.seal(&authority, &[1; 32]);
        assert!(PictureName::open(&other, &text).is_err());
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(PictureName::open(&authority, &changed).is_err(), "{place}");
        }
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_name(text in "\\PC{0,200}") {
            prop_assert!(PictureName::open(&authority(ROOT_A), &text).is_err());
        }
    }
}
