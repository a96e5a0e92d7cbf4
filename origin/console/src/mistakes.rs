//! Mistakes in fields that several forms share, as texts. What counts as a
//! mistake is decided in `munjigi-domain`.

use munjigi_domain::accounts::email::EmailError;
use munjigi_domain::accounts::passkey::PasskeyError;
use munjigi_domain::accounts::password::{self, PasswordError, Weakness};
use munjigi_i18n::{Text, Texts};

pub fn of_email(t: Texts, error: EmailError) -> String {
    let text = match error {
        EmailError::Empty => t.get("email-empty"),
        EmailError::TooLong => t.get("email-too-long"),
        EmailError::NotAscii => t.get("email-not-ascii"),
        EmailError::Form => t.get("email-form"),
    };
    text.into()
}

pub fn of_password(t: Texts, error: PasswordError) -> String {
    let text = match error {
        PasswordError::TooShort => t.get("password-too-short").count("fewest", password::FEWEST),
        PasswordError::TooLong => t.get("password-too-long").count("most", password::MOST_BYTES),
        PasswordError::Weak(why) => t.get("password-weak").with("why", weakness(why)),
    };
    text.into()
}

/// As the message selects by it.
const fn weakness(why: Option<Weakness>) -> &'static str {
    match why {
        Some(Weakness::StraightRowsOfKeysAreEasyToGuess) => "keyboard-row",
        Some(Weakness::ShortKeyboardPatternsAreEasyToGuess) => "keyboard-pattern",
        Some(Weakness::RepeatsLikeAaaAreEasyToGuess) => "repeated-letter",
        Some(Weakness::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess) => "repeated-word",
        Some(Weakness::ThisIsATop10Password) => "top-10",
        Some(Weakness::ThisIsATop100Password) => "top-100",
        Some(Weakness::ThisIsACommonPassword) => "common",
        Some(Weakness::ThisIsSimilarToACommonlyUsedPassword) => "similar",
        Some(Weakness::SequencesLikeAbcAreEasyToGuess) => "sequence",
        Some(Weakness::RecentYearsAreEasyToGuess) => "year",
        Some(Weakness::AWordByItselfIsEasyToGuess) => "word",
        Some(Weakness::DatesAreOftenEasyToGuess) => "date",
        Some(Weakness::NamesAndSurnamesByThemselvesAreEasyToGuess) => "name",
        Some(Weakness::CommonNamesAndSurnamesAreEasyToGuess) => "common-name",
        None => "unknown",
    }
}

pub fn of_passkey(t: Texts, error: PasskeyError) -> Text {
    match error {
        PasskeyError::Malformed | PasskeyError::ForeignOrigin | PasskeyError::ForeignSite => {
            t.get("passkey-unusable")
        }
        PasskeyError::Over => t.get("passkey-over"),
        PasskeyError::NotVerified => t.get("passkey-not-verified"),
        PasskeyError::Unknown => t.get("passkey-unknown"),
        PasskeyError::Copied => t.get("passkey-copied"),
        PasskeyError::Full => t.get("passkey-full"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_is_told_why_in_a_sentence() {
        let weak =
            |tag: &str, why| of_password(Texts::of(tag.parse().unwrap()), PasswordError::Weak(why));
        let why = Some(Weakness::ThisIsATop10Password);
        assert_eq!(
            weak("en", why),
            "This password is easy to guess: this is a top-10 common password. \
             A few unrelated words make a good password."
        );
        assert_eq!(
            weak("en", None),
            "This password is easy to guess. A few unrelated words make a good password."
        );
        let korean = weak("ko", why);
        assert!(korean.starts_with("가장 흔한 비밀번호 열 개"), "{korean}");
    }
}
