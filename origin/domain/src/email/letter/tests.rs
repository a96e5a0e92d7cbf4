//! Every email as it reads, in both languages.

use super::*;
use crate::anomalies::{Basis, Figures, Kind, Severity};

/// 2026-11-20T12:00:30Z.
const NOON: UnixMillis = UnixMillis(1_795_176_030_000);

fn url(path: &str) -> Url {
    format!("https://console.example/{path}").parse().unwrap()
}

fn to() -> EmailAddress {
    "mina@example.org".parse().unwrap()
}

fn unusual(asn: Option<u32>) -> Sighting {
    let figures = Figures {
        measured: 12_000.0,
        usual: 950.0,
        deviation: 40.0,
        score: 186.0,
        counted: 12_000,
        hours: 8,
        basis: Basis::HourOfWeek,
    };
    let site = Shown::of("<b>Mina & \"Kim\"</b>\r\n\r\n한국");
    Sighting { site, asn, kind: Kind::Flood, severity: Severity::Critical, figures }
}

/// One of each. User-chosen texts are as odd as they can be.
fn every_letter() -> Vec<(&'static str, LetterKind)> {
    let odd = || Shown::of("<b>Mina & \"Kim\"</b>\r\n\r\n한국");
    let link = url("confirm?token=a1&next=%2F");
    vec![
        (
            "confirm-address",
            LetterKind::ConfirmAddress {
                name: Shown::of("김미나"), link: link.clone(), hours: 24
            },
        ),
        (
            "address-taken",
            LetterKind::AddressTaken { login_link: url("login"), recover_link: url("recover") },
        ),
        ("recover-password", LetterKind::RecoverPassword { link: link.clone(), minutes: 1 }),
        ("password-changed", LetterKind::PasswordChanged),
        ("password-reset", LetterKind::PasswordReset),
        (
            "key-made",
            LetterKind::KeyMade {
                name: odd(),
                organisation: Shown::of("shop.example"),
                link: url("console/keys"),
            },
        ),
        ("authenticator-offered", LetterKind::AuthenticatorOffered { minutes: 15 }),
        ("second-factor-on", LetterKind::SecondFactorOn),
        ("recovery-codes-replaced", LetterKind::RecoveryCodesReplaced),
        ("second-factor-off", LetterKind::SecondFactorOff),
        ("authenticator-off", LetterKind::AuthenticatorOff),
        ("passkey-added", LetterKind::PasskeyAdded { name: odd() }),
        ("passkey-removed", LetterKind::PasskeyRemoved { name: odd(), left: 2 }),
        ("last-passkey-removed", LetterKind::PasskeyRemoved { name: odd(), left: 0 }),
        ("passkey-copied", LetterKind::PasskeyCopied { name: odd() }),
        (
            "invited",
            LetterKind::Invited {
                by: odd(),
                organisation: Shown::of("shop.example"),
                role: Shown::of("viewer"),
                link,
                days: 7,
            },
        ),
        (
            "unusual",
            LetterKind::Unusual { seen: vec![unusual(None)], link: url("console/anomalies") },
        ),
        (
            "unusual-much",
            LetterKind::Unusual {
                seen: vec![unusual(None), unusual(Some(64_500))],
                link: url("console/anomalies"),
            },
        ),
        ("account-leaves", LetterKind::AccountLeaves { when: NOON, login_link: url("login") }),
        ("account-stays", LetterKind::AccountStays),
        ("new-log-in", LetterKind::NewLogIn { when: NOON, where_from: odd() }),
    ]
}

#[test]
fn every_letter_reads_well_in_both_languages() {
    for (name, kind) in every_letter() {
        for locale in [Locale::EN, "ko".parse().unwrap()] {
            let letter = kind.letter(to(), locale);
            let html = letter.html.unwrap();
            let whole = format!("{}\n\n{}\n{html}", letter.subject, letter.text);
            insta::assert_snapshot!(format!("{name}.{locale}"), whole);
        }
    }
}

#[test]
fn a_link_is_on_a_line_of_its_own() {
    for (name, kind) in every_letter() {
        for locale in [Locale::EN, "ko".parse().unwrap()] {
            let letter = kind.letter(to(), locale);
            let bare = letter.text.lines().filter(|line| line.starts_with("https://"));
            let links: Vec<&str> = kind.links().into_iter().map(Url::as_str).collect();
            assert_eq!(bare.collect::<Vec<_>>(), links, "{name}");
        }
    }
}

#[test]
fn user_chosen_text_is_never_markup() {
    for (name, kind) in every_letter() {
        for locale in [Locale::EN, "ko".parse().unwrap()] {
            let html = kind.letter(to(), locale).html.unwrap();
            assert!(!html.contains("<b>") && !html.contains("\"Kim\""), "{name}: {html}");
        }
    }
}

#[test]
fn no_letter_shouts() {
    for (name, kind) in every_letter() {
        for locale in [Locale::EN, "ko".parse().unwrap()] {
            let letter = kind.letter(to(), locale);
            assert!(!letter.text.contains('!') && !letter.subject.as_str().contains('!'), "{name}");
        }
    }
}

#[test]
fn a_name_that_looks_like_a_site_is_left_out_of_the_greeting() {
    let name = Shown::of("Win at evil.example");
    let kind = LetterKind::ConfirmAddress { name, link: url("confirm"), hours: 24 };
    for locale in [Locale::EN, "ko".parse().unwrap()] {
        assert!(!kind.letter(to(), locale).text.contains("evil"));
    }
}

#[test]
fn letters_are_not_shown_in_logs() {
    let (_, kind) = every_letter().remove(0);
    let letter = kind.letter(to(), Locale::EN);
    assert_eq!(format!("{kind:?} {letter:?}"), "LetterKind Letter");
}
