//! The edge's keys, derived once per isolate. `purpose` says which key does
//! what; `token` and `challenge` say what is sealed with them.

use core::fmt;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use munjigi_keys::{KeyRing, Kid, MacKey, RingKey, UnixMillis, leading};

use crate::address::Prefix;
use crate::credentials::{KeyCheck, Sitekey};
use crate::purpose::Purpose;

/// Everything that seals, opens, checks and derives. `Debug` prints the
/// type's name only.
pub struct Authority {
    check: KeyCheck,
    first: Keys,
    others: Vec<Keys>,
}

/// The keys derived from one root key.
pub(crate) struct Keys {
    pub kid: Kid,
    pub token: MacKey,
    pub challenge: XChaCha20Poly1305,
    visitor: MacKey,
    names: MacKey,
    picture: MacKey,
    pub picture_name: XChaCha20Poly1305,
    pub receipt: XChaCha20Poly1305,
    pub clearance: XChaCha20Poly1305,
}

impl Keys {
    fn of(root: &RingKey) -> Self {
        let mac = |purpose: Purpose| MacKey::new(&purpose.key(root));
        let cipher = |purpose: Purpose| XChaCha20Poly1305::new((&*purpose.key(root)).into());
        Self {
            kid: root.kid(),
            token: mac(Purpose::Token),
            challenge: cipher(Purpose::Challenge),
            visitor: mac(Purpose::Visitor),
            names: mac(Purpose::Names),
            picture: mac(Purpose::Picture),
            picture_name: cipher(Purpose::PictureName),
            receipt: cipher(Purpose::Receipt),
            clearance: cipher(Purpose::Clearance),
        }
    }

    fn network(&self, sitekey: &Sitekey, at: UnixMillis, prefix: Prefix) -> [u8; 8] {
        let day = at.days().to_le_bytes();
        leading(&self.visitor.tag_framed(&[sitekey.as_bytes(), &day, prefix.bytes()]))
    }
}

impl Authority {
    /// Derives every purpose of every key; takes some tens of microseconds per
    /// key.
    pub fn new(root: &KeyRing, check: KeyCheck) -> Self {
        Self {
            check,
            first: Keys::of(root.first()),
            others: root.keys().skip(1).map(Keys::of).collect(),
        }
    }

    /// Checks sitekeys and secrets that clients send.
    pub const fn check(&self) -> &KeyCheck {
        &self.check
    }

    /// The keys that seal: those of the ring's first root key.
    pub(crate) const fn first(&self) -> &Keys {
        &self.first
    }

    /// The keys derived from the root key of this name; `None` once it is
    /// removed.
    pub(crate) fn find(&self, kid: Kid) -> Option<&Keys> {
        core::iter::once(&self.first).chain(&self.others).find(|keys| keys.kid == kid)
    }

    /// The pseudonym of a network on a site, for the day on which an attempt
    /// began. `None` when the attempt's root key is gone.
    pub(crate) fn visitor(
        &self,
        root: Kid,
        sitekey: &Sitekey,
        issued_at: UnixMillis,
        prefix: Prefix,
    ) -> Option<[u8; 8]> {
        Some(self.find(root)?.network(sitekey, issued_at, prefix))
    }

    /// The same, for an attempt that begins now.
    pub(crate) fn network(&self, sitekey: &Sitekey, now: UnixMillis, prefix: Prefix) -> [u8; 8] {
        self.first.network(sitekey, now, prefix)
    }

    /// The same by every key, for what may have been sealed before the first key
    /// was the first.
    pub(crate) fn networks(
        &self,
        sitekey: &Sitekey,
        at: UnixMillis,
        prefix: Prefix,
    ) -> impl Iterator<Item = [u8; 8]> {
        let all = core::iter::once(&self.first).chain(&self.others);
        all.map(move |keys| keys.network(sitekey, at, prefix))
    }

    /// The key of the names that the counters use on a day.
    pub(crate) fn names_key(&self, at: UnixMillis) -> [u8; 16] {
        leading(&self.first.names.tag_framed(&[&at.days().to_le_bytes()]))
    }

    /// The seed that selects an attempt's picture. `None` when the attempt's
    /// root key is gone.
    pub(crate) fn picture_seed(&self, root: Kid, id: &[u8; 16]) -> Option<[u8; 32]> {
        Some(self.find(root)?.picture.tag_framed(&[id]))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}
