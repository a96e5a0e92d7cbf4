//! Browsers in which someone has logged in before. Their attempts count apart from
//! all others, so that no number of strangers keeps an owner out.

use data_encoding::BASE64URL_NOPAD;

use super::{Id, Vault};
use crate::entropy::Entropy;

/// Where a cookie belongs, for the vault.
const ROW: &str = "known browser";

/// A browser in which the owner of an account has logged in. Its cookie proves nothing
/// else: a thief can guess passwords with it as often as one network can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBrowser {
    /// The account that was logged in to.
    pub account: Id,
    id: Id,
}

impl KnownBrowser {
    /// A new name for a browser in which someone has just logged in.
    pub fn draw(account: &Id, entropy: &Entropy) -> Self {
        Self { account: account.clone(), id: Id::draw(entropy) }
    }

    /// The value of its cookie, of at most 160 characters.
    pub fn seal(&self, vault: &Vault, entropy: &Entropy) -> String {
        BASE64URL_NOPAD.encode(&vault.close(ROW, self.whom().as_bytes(), entropy))
    }

    /// Reads a cookie; `None` if it is not one of ours.
    pub fn open(cookie: &str, vault: &Vault) -> Option<Self> {
        let closed = BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?;
        let plain = vault.open(ROW, &closed).ok()?;
        let (account, id) = core::str::from_utf8(&plain).ok()?.split_once(' ')?;
        Some(Self { account: account.parse().ok()?, id: id.parse().ok()? })
    }

    /// What its attempts are counted by.
    pub fn whom(&self) -> String {
        format!("{} {}", self.account, self.id)
    }
}

#[cfg(test)]
mod tests {
    use munjigi_keys::KeyRing;

    use super::*;

    #[test]
    fn a_browser_is_known_by_its_own_cookie_alone() {
        let key = |letter: char| format!("{}A", letter.to_string().repeat(42));
        let vault = |ring: String| Vault::new(&KeyRing::parse(&ring).unwrap());
        let (ours, theirs) = (vault(format!("k1:{}", key('B'))), vault(format!("k1:{}", key('C'))));
        let entropy = Entropy::from_seed(1);
        let known = KnownBrowser::draw(&Id::draw(&entropy), &entropy);
        let cookie = known.seal(&ours, &entropy);
        assert!(cookie.len() <= 160, "{}", cookie.len());
        assert_eq!(KnownBrowser::open(&cookie, &ours), Some(known.clone()));
        let both = vault(format!("k2:{},k1:{}", key('C'), key('B')));
        assert_eq!(KnownBrowser::open(&cookie, &both), Some(known.clone()));
        assert_eq!(KnownBrowser::open(&cookie, &theirs), None);
        for place in 0..cookie.len() {
            let mut changed = cookie.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_ne!(KnownBrowser::open(&changed, &ours), Some(known.clone()), "{place}");
        }
        // What else the vault has closed is no cookie.
        let other =
            BASE64URL_NOPAD.encode(&ours.close("account", known.whom().as_bytes(), &entropy));
        assert_eq!(KnownBrowser::open(&other, &ours), None);
    }
}
