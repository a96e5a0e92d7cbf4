//! Where a visitor without clearance wanted to go, in a seal: the page that gives
//! clearance learns it from nothing else, so it can lead nowhere else.

use munjigi_keys::{Kid, UnixMillis, leading};
use munjigi_protocol::Level;
use serde::{Deserialize, Serialize};

use super::nonce;
use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::seal::{Encrypted, MAX_CHALLENGE_CHARS, SealError, decode, encode};

/// Version of the payload.
const VERSION: u8 = 2;

/// Bytes that tell errands apart.
const SALT_BYTES: usize = 12;

/// How long a page of ours may stand open before it is sent, in seconds.
const SECONDS: u64 = 3_600;

/// How long a visitor without a script waits, in seconds.
pub const WAIT_SECONDS: u64 = 5;

/// Longest path that is kept; from a longer one, visitors come back to the top.
const MAX_PATH_BYTES: usize = 2_048;

/// What a visitor came for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// The site whose path it is.
    pub sitekey: Sitekey,
    /// What the path requires.
    pub needs: Level,
    /// Path and query, of the host that was asked.
    pub path: String,
    /// When the visitor came, in whole seconds.
    pub begun_at: UnixMillis,
    /// Random: two visitors who come for one path in one second have errands, and
    /// what these lead to, of their own.
    salt: [u8; SALT_BYTES],
}

#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    version: u8,
    sitekey: Sitekey,
    needs: u8,
    begun_at: u64,
    salt: [u8; SALT_BYTES],
    path: &'a str,
}

impl Errand {
    /// The errand of a visitor who asked for this path and query, with random
    /// bytes of its own. A text that a browser could take for another host's
    /// address becomes `/`.
    pub fn new(
        sitekey: Sitekey,
        needs: Level,
        path: &str,
        now: UnixMillis,
        salt: [u8; SALT_BYTES],
    ) -> Self {
        let begun_at = UnixMillis::from_seconds(now.seconds());
        Self { sitekey, needs, path: own_path(path).to_owned(), begun_at, salt }
    }

    /// Seals it with the first key.
    pub fn seal(&self, authority: &Authority) -> String {
        let keys = authority.first();
        let payload = encode(&Payload {
            version: VERSION,
            sitekey: self.sitekey,
            needs: self.needs as u8,
            begun_at: self.begun_at.seconds(),
            salt: self.salt,
            path: &self.path,
        });
        let nonce = nonce(keys, &[b"errand", &payload]);
        let associated = associated(keys.kid);
        Encrypted::encrypt(keys.kid, &keys.clearance, nonce, &associated, &payload).write()
    }

    /// An id of its own, for what it leads to.
    pub(super) fn id(&self, authority: &Authority) -> [u8; 12] {
        leading(
            &authority.first().token.tag_framed(&[b"errand-id", self.seal(authority).as_bytes()]),
        )
    }

    /// When its visitor has waited long enough for [`Level::Waited`].
    pub const fn waited_at(&self) -> UnixMillis {
        UnixMillis::from_seconds(self.begun_at.seconds() + WAIT_SECONDS)
    }

    /// Opens one, unless it is too old.
    ///
    /// # Errors
    ///
    /// It is none of this edge, or of an hour ago.
    pub fn open(authority: &Authority, text: &str, now: UnixMillis) -> Result<Self, SealError> {
        let mut seal = Encrypted::read(text, MAX_CHALLENGE_CHARS)?;
        let keys = authority.find(seal.kid).ok_or(SealError)?;
        let payload = seal.decrypt(&keys.clearance, &associated(keys.kid))?;
        let payload: Payload<'_> = decode(payload)?;
        let needs = Level::ALL.get(usize::from(payload.needs)).copied().ok_or(SealError)?;
        let lifetime = payload.begun_at..payload.begun_at.saturating_add(SECONDS);
        if payload.version != VERSION
            || !lifetime.contains(&now.seconds())
            || !is_own_path(payload.path)
        {
            return Err(SealError);
        }
        Ok(Self {
            sitekey: payload.sitekey,
            needs,
            path: payload.path.to_owned(),
            begun_at: UnixMillis::from_seconds(payload.begun_at),
            salt: payload.salt,
        })
    }
}

/// A path, or `/` in place of a text that a browser could take for another
/// host's address.
pub fn own_path(path: &str) -> &str {
    if is_own_path(path) { path } else { "/" }
}

/// Whether a browser takes a text for a path of the host that it is on: it
/// begins with one slash, and has nothing that browsers drop or take for a slash.
fn is_own_path(path: &str) -> bool {
    let mut bytes = path.bytes();
    path.len() <= MAX_PATH_BYTES
        && bytes.next() == Some(b'/')
        && bytes.next() != Some(b'/')
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

fn associated(kid: Kid) -> Vec<u8> {
    [b"errand ", kid.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ROOT_A, ROOT_B, authority as of_ring};

    const NOW: UnixMillis = UnixMillis::from_seconds(1_795_000_000);

    fn errand(path: &str) -> Errand {
        let sitekey = Sitekey::from_trusted("mj_00000000000000000000000000").unwrap();
        Errand::new(sitekey, Level::Worked, path, NOW, [1; SALT_BYTES])
    }

    #[test]
    fn a_visitor_comes_back_to_where_they_wanted_within_an_hour() {
        let authority = of_ring(ROOT_A);
        let came = errand("/account/orders?page=2&of=%EA%B0%80");
        let text = came.seal(&authority);
        assert_eq!(Errand::open(&authority, &text, NOW), Ok(came));
        let at = |seconds| Errand::open(&authority, &text, UnixMillis::from_seconds(seconds));
        assert!(at(NOW.seconds() + SECONDS - 1).is_ok());
        assert!(at(NOW.seconds() + SECONDS).is_err());
        assert!(at(NOW.seconds() - 1).is_err());
        assert!(Errand::open(&of_ring(ROOT_B), &text, NOW).is_err());
    }

    #[test]
    fn no_errand_leads_to_another_host() {
        let long = format!("/{}", "a".repeat(MAX_PATH_BYTES));
        for path in [
            "",
            "//evil.example/",
            "https://evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/a\nb",
            "evil.example",
            "/a b",
            "/é",
            &long,
        ] {
            assert_eq!(errand(path).path, "/", "{path:?}");
        }
        for path in ["/", "/a", "/a//b", "/a?to=//evil.example", "/:80", "/@evil.example"] {
            assert_eq!(errand(path).path, path);
        }
    }

    #[test]
    fn errands_of_one_path_and_second_are_told_apart_and_one_stays_itself() {
        let authority = of_ring(ROOT_A);
        let sitekey = errand("/").sitekey;
        let id = |salt| {
            let came = Errand::new(sitekey, Level::Waited, "/", NOW, [salt; SALT_BYTES]);
            let again = Errand::open(&authority, &came.seal(&authority), NOW).unwrap();
            assert_eq!(came.id(&authority), again.id(&authority));
            came.id(&authority)
        };
        assert_ne!(id(1), id(2));
    }

    #[test]
    fn an_errand_is_no_clearance_and_the_reverse() {
        let authority = of_ring(ROOT_A);
        let text = errand("/").seal(&authority);
        assert!(super::super::Clearance::open(&authority, &text).is_err());
    }
}
