//! Every email as it reads, in each language that has emails.

use super::*;
use crate::anomalies::{Basis, Figures, Kind, Severity};

/// 2026-11-20T12:00:30Z.
const NOON: UnixMillis = UnixMillis(1_795_176_030_000);

fn languages() -> [Locale; 3] {
    [Locale::EN, "ko".parse().unwrap(), "ja".parse().unwrap()]
}

fn url(path: &str) -> Url {
    format!("https://console.example/{path}").parse().unwrap()
}

fn to() -> Address {
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
fn every_kind() -> Vec<(&'static str, EmailKind)> {
    let odd = || Shown::of("<b>Mina & \"Kim\"</b>\r\n\r\n한국");
    let link = url("confirm?token=a1&next=%2F");
    vec![
        (
            "confirm-address",
            EmailKind::ConfirmAddress {
                name: Shown::of("김미나"), link: link.clone(), hours: 24
            },
        ),
        (
            "address-taken",
            EmailKind::AddressTaken { login_link: url("login"), recover_link: url("recover") },
        ),
        ("recover-password", EmailKind::RecoverPassword { link: link.clone(), minutes: 1 }),
        ("password-changed", EmailKind::PasswordChanged),
        ("password-reset", EmailKind::PasswordReset),
        (
            "key-made",
            EmailKind::KeyMade {
                name: odd(),
                organisation: Shown::of("shop.example"),
                link: url("console/keys"),
            },
        ),
        ("authenticator-offered", EmailKind::AuthenticatorOffered { minutes: 15 }),
        ("second-factor-on", EmailKind::SecondFactorOn),
        ("recovery-codes-replaced", EmailKind::RecoveryCodesReplaced),
        ("second-factor-off", EmailKind::SecondFactorOff),
        ("authenticator-off", EmailKind::AuthenticatorOff),
        ("passkey-added", EmailKind::PasskeyAdded { name: odd() }),
        ("passkey-removed", EmailKind::PasskeyRemoved { name: odd(), left: 2 }),
        ("last-passkey-removed", EmailKind::PasskeyRemoved { name: odd(), left: 0 }),
        ("passkey-copied", EmailKind::PasskeyCopied { name: odd() }),
        (
            "invited",
            EmailKind::Invited {
                by: odd(),
                organisation: Shown::of("shop.example"),
                role: Shown::of("viewer"),
                link,
                days: 7,
            },
        ),
        (
            "unusual",
            EmailKind::Unusual { seen: vec![unusual(None)], link: url("console/anomalies") },
        ),
        (
            "unusual-much",
            EmailKind::Unusual {
                seen: vec![unusual(None), unusual(Some(64_500))],
                link: url("console/anomalies"),
            },
        ),
        ("account-leaves", EmailKind::AccountLeaves { when: NOON, login_link: url("login") }),
        ("account-stays", EmailKind::AccountStays),
    ]
}

#[test]
fn every_email_is_complete_in_each_language() {
    for (name, kind) in every_kind() {
        for locale in languages() {
            let message = kind.message(to(), locale);
            let html = message.html.unwrap();
            let whole = format!("{}\n\n{}\n{html}", message.subject, message.text);
            insta::assert_snapshot!(format!("{name}.{locale}"), whole);
        }
    }
}

#[test]
fn a_link_is_on_a_line_of_its_own() {
    for (name, kind) in every_kind() {
        for locale in languages() {
            let message = kind.message(to(), locale);
            let bare = message.text.lines().filter(|line| line.starts_with("https://"));
            let links: Vec<&str> = kind.links().into_iter().map(Url::as_str).collect();
            assert_eq!(bare.collect::<Vec<_>>(), links, "{name}");
        }
    }
}

#[test]
fn user_chosen_text_is_never_markup() {
    for (name, kind) in every_kind() {
        for locale in languages() {
            let html = kind.message(to(), locale).html.unwrap();
            assert!(!html.contains("<b>") && !html.contains("\"Kim\""), "{name}: {html}");
        }
    }
}

#[test]
fn no_email_shouts() {
    for (name, kind) in every_kind() {
        for locale in languages() {
            let message = kind.message(to(), locale);
            assert!(
                !message.text.contains(['!', '！'])
                    && !message.subject.as_str().contains(['!', '！']),
                "{name}"
            );
        }
    }
}

#[test]
fn a_name_that_looks_like_a_site_is_left_out_of_the_greeting() {
    let name = Shown::of("Win at evil.example");
    let kind = EmailKind::ConfirmAddress { name, link: url("confirm"), hours: 24 };
    for locale in languages() {
        assert!(!kind.message(to(), locale).text.contains("evil"));
    }
}

#[test]
fn emails_are_not_shown_in_logs() {
    let (_, kind) = every_kind().remove(0);
    let message = kind.message(to(), Locale::EN);
    assert_eq!(format!("{kind:?} {message:?}"), "EmailKind Email");
}

#[test]
fn a_japanese_email_is_japanese() {
    for (name, kind) in every_kind() {
        let message = kind.message(to(), "ja".parse().unwrap());
        for paragraph in [message.subject.as_str()].into_iter().chain(message.text.split("\n\n")) {
            let is_link = paragraph.trim_end().starts_with("https://");
            let is_japanese =
                paragraph.contains(|char| matches!(char, '、' | 'ぁ'..='ヿ' | '一'..='龯'));
            assert!(is_link || is_japanese, "{name}: {paragraph}");
        }
    }
}
