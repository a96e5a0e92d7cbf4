//! Emails as bytes: what arrives is what was written, and no user-chosen text
//! is read as a header.

use munjigi_delivery::mail::{Identity, compose};
use munjigi_domain::email::EmailKind;
use munjigi_domain::shown::Shown;
use proptest::prelude::*;

use super::*;
use munjigi_rig::NOON;
use munjigi_rig::smtp::Received;

const HEADERS: [&str; 8] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

/// Composed, not sent.
fn composed(message: &Email) -> Received {
    let from = "Munjigi <no-reply@munjigi.example>".parse().unwrap();
    let identity = Identity { id: 7, queued_at: NOON };
    let data = compose(message, &from, identity).unwrap().formatted();
    let data = String::from_utf8(data).unwrap();
    assert!(data.is_ascii());
    Received { from: String::new(), to: String::new(), data }
}

#[test]
fn an_email_has_its_date_and_asks_for_no_automatic_reply() {
    let received = composed(&message("Hello"));
    let mut names: Vec<String> = received.raw_headers().into_iter().map(|(name, _)| name).collect();
    names.sort();
    let mut expected = HEADERS.map(str::to_owned);
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(received.header("from"), "Munjigi <no-reply@munjigi.example>");
    assert_eq!(received.header("to"), "mina@example.org");
    assert_eq!(received.header("date"), "Fri, 20 Nov 2026 12:00:30 +0000");
    assert_eq!(received.header("message-id"), "<1795176030000-7@munjigi.example>");
    assert_eq!(received.header("auto-submitted"), "auto-generated");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_korean_email_arrives_as_it_was_written(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let smtp = FakeSmtp::start().await;
    let kind = EmailKind::ConfirmAddress {
        name: Shown::of("김미나"),
        link: "https://console.example/confirm?token=a1&next=%2F".parse().unwrap(),
        hours: 24,
    };
    let message = kind.message("mina@example.org".parse().unwrap(), "ko".parse().unwrap());
    let mut connection = rig.pool.acquire().await.unwrap();
    mails::queue(&mut connection, &message, rig.now()).await.unwrap();
    send_due(&sender(&rig, &smtp)).await;
    let received = smtp.received().remove(0);
    assert_eq!(received.header("subject"), "이메일 주소를 확인해 주세요");
    let parts = received.parts();
    let types: Vec<&str> = parts.iter().map(|(content_type, _)| content_type.as_str()).collect();
    assert_eq!(types, ["text/plain; charset=utf-8", "text/html; charset=utf-8"]);
    assert_eq!(parts[0].1, message.text.trim_end());
    assert_eq!(parts[1].1, message.html.unwrap().trim_end());
    assert!(parts[0].1.contains("\nhttps://console.example/confirm?token=a1&next=%2F\n"));
}

#[test]
fn an_email_without_html_is_only_text() {
    let received = composed(&Email { html: None, ..message("Hello") });
    let text = message("Hello").text.trim_end().to_owned();
    assert_eq!(received.parts(), [("text/plain; charset=utf-8".to_owned(), text)]);
}

/// Text that tends to contain what could break out.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n\r\n".to_owned()),
        Just("Bcc: eve@example.org".to_owned()),
        Just("--=_1795176030000-7".to_owned()),
        Just("--=_1795176030000-7--".to_owned()),
        Just(".\r\n".to_owned()),
        Just("=?utf-8?q?=0D=0ABcc:_eve@example.org?=".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("\0".to_owned()),
        any::<String>(),
        "[ -~]{0,90}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_field_of_an_email_adds_a_header_or_a_part(
        to in hostile(), subject in hostile(), text in hostile(), html in prop::option::of(hostile())
    ) {
        let parts = if html.is_some() { 2 } else { 1 };
        let mut message = Email { text, html, ..message("Hello") };
        if let Ok(subject) = subject.parse() {
            message.subject = subject;
        }
        if let Ok(to) = format!("{to}@example.org").parse() {
            message.to = to;
        }
        let received = composed(&message);
        for (name, _) in received.raw_headers() {
            let ours = HEADERS.contains(&name.as_str()) || name == "Content-Transfer-Encoding";
            prop_assert!(ours, "{}", name);
        }
        for name in ["from", "to", "subject", "content-type"] {
            received.header(name);
        }
        prop_assert_eq!(received.parts().len(), parts);
    }

    #[test]
    fn a_subject_arrives_as_it_was_written(subject in "[ -~가-힣é😀]{1,120}") {
        // Blanks at the ends do not count.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Ok(parsed) = subject.parse() {
            let received = composed(&Email { subject: parsed, ..message("Hello") });
            prop_assert_eq!(received.header("subject"), subject);
        }
    }
}
