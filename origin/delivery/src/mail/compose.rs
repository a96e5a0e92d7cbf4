//! An email as bytes on the wire. The same email always yields the same bytes,
//! so that a second copy can be recognised.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MessageId,
};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use munjigi_domain::email::Email;
use munjigi_keys::UnixMillis;

/// RFC 3834: keeps out-of-office programs from answering.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// What identifies an email: its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub id: i64,
    /// When it was queued: numbers repeat after a backup is restored.
    pub queued_at: UnixMillis,
}

impl Identity {
    /// For file names.
    pub fn name(self) -> String {
        format!("{}-{}", self.queued_at.0, self.id)
    }
}

/// Composes an email.
pub fn compose(
    message: &Email,
    from: &Mailbox,
    identity: Identity,
) -> Result<Message, lettre::error::Error> {
    let name = identity.name();
    let date = UNIX_EPOCH + Duration::from_millis(identity.queued_at.0);
    let head = Message::builder()
        .from(from.clone())
        .to(message.to.address().into())
        .subject(message.subject.as_str())
        .date(date)
        .header(MessageId::from(format!("<{name}@{}>", from.email.domain())))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
    let text = part(ContentType::TEXT_PLAIN, &message.text);
    let Some(html) = &message.html else { return head.singlepart(text) };
    // RFC 2045, 6.7: `=_` cannot occur in quoted-printable text, so no
    // user-chosen text can end a part of the email.
    let parts = MultiPart::alternative().boundary(format!("=_{name}"));
    head.multipart(parts.singlepart(text).singlepart(part(ContentType::TEXT_HTML, html)))
}

fn part(content_type: ContentType, body: &str) -> SinglePart {
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(body.to_owned())
}
