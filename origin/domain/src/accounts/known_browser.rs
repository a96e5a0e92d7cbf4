//! Browsers in which someone has logged in before. Their attempts count apart from
//! all others, so that no number of strangers keeps an owner out.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};

use super::{Account, Id, Vault};
use crate::entropy::Entropy;

/// Where a cookie belongs, for the vault.
const ROW: &str = "known browser";
/// Digits of a password's mark.
const MARK: usize = 16;

/// A browser in which the owner of an account has logged in with the password that it
/// still has. Its cookie proves nothing else: a thief can guess passwords with it as
/// often as one network can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBrowser {
    account: Id,
    id: Id,
    /// Of the password's hash, in hexadecimal: a new password makes all strangers.
    password: String,
}

impl KnownBrowser {
    /// A new name for a browser in which someone has just logged in.
    ///
    /// `password` is the hash that the account has from now on.
    pub fn draw(account: &Id, password: &str, entropy: &Entropy) -> Self {
        Self { account: account.clone(), id: Id::draw(entropy), password: mark(password) }
    }

    /// Whether it knows this account, by its present password.
    pub fn is_of(&self, account: &Account) -> bool {
        self.is_for(&account.id, &account.password)
    }

    /// The same of an account with this hash of a password.
    pub fn is_for(&self, account: &Id, password: &str) -> bool {
        self.account == *account && self.password == mark(password)
    }

    /// The value of its cookie, of at most 180 characters.
    pub fn seal(&self, vault: &Vault, entropy: &Entropy) -> String {
        let text = format!("{} {} {}", self.account, self.id, self.password);
        BASE64URL_NOPAD.encode(&vault.close(ROW, text.as_bytes(), entropy))
    }

    /// Reads a cookie; `None` if it is not one of ours.
    pub fn open(cookie: &str, vault: &Vault) -> Option<Self> {
        let closed = BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?;
        let plain = vault.open(ROW, &closed).ok()?;
        let mut words = core::str::from_utf8(&plain).ok()?.split(' ');
        let (account, id) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { account, id, password: words.next()?.to_owned() })
    }

    /// The account that was logged in to.
    pub fn account(&self) -> &str {
        self.account.as_str()
    }

    /// What its attempts are counted by.
    pub fn whom(&self) -> String {
        format!("{} {}", self.account, self.id)
    }
}

/// The start of a digest.
fn mark(password: &str) -> String {
    let mut mark = HEXLOWER.encode(&Sha256::digest(password));
    mark.truncate(MARK);
    mark
}

#[cfg(test)]
mod tests {
    use munjigi_i18n::Locale;
    use munjigi_keys::KeyRing;
    use time::OffsetDateTime;

    use super::super::Totp;
    use super::*;

    fn account(entropy: &Entropy, password: &str) -> Account {
        Account {
            id: Id::draw(entropy),
            email: "kim@shop.example".parse().unwrap(),
            name: "Kim".to_owned(),
            locale: Locale::EN,
            locale_chosen: false,
            password: password.to_owned(),
            totp: Totp::None,
            has_passkey: false,
            created_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_browser_knows_one_account_with_one_password() {
        let entropy = Entropy::from_seed(1);
        let kim = account(&entropy, "$argon2id$v=19$one");
        let known = KnownBrowser::draw(&kim.id, &kim.password, &entropy);
        assert!(known.is_of(&kim));
        assert!(!known.is_of(&account(&entropy, &kim.password)), "another account");
        let password = "$argon2id$v=19$two".to_owned();
        assert!(!known.is_of(&Account { password, ..kim }));
    }

    #[test]
    fn a_browser_is_known_by_its_own_cookie_alone() {
        let key = |letter: char| format!("{}A", letter.to_string().repeat(42));
        let vault = |ring: String| Vault::new(&KeyRing::parse(&ring).unwrap());
        let (ours, theirs) = (vault(format!("k1:{}", key('B'))), vault(format!("k1:{}", key('C'))));
        let entropy = Entropy::from_seed(1);
        let known = KnownBrowser::draw(&Id::draw(&entropy), "a hash", &entropy);
        let cookie = known.seal(&ours, &entropy);
        assert!(cookie.len() <= 180, "{}", cookie.len());
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
