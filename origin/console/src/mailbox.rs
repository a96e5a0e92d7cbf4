//! `/mailbox`: the emails of a development machine, which writes them to a
//! folder and sends none. The page does not exist where emails are sent, nor
//! where others than the developer could open it.

use std::path::Path;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use mail_parser::MessageParser;
use munjigi_app::ConsoleApp;

use super::frame::{Frame, render};
use super::page_error::PageError;
use super::requester::{Browser, User};

/// Number of emails shown, newest first.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Page {
    frame: Frame,
    emails: Vec<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    to: String,
    subject: String,
    /// Paragraphs, and which of them are links.
    paragraphs: Vec<(String, bool)>,
}

pub async fn show(
    State(app): State<ConsoleApp>,
    Extension(browser): Extension<Browser>,
    user: Option<Extension<User>>,
) -> Result<Html<String>, PageError> {
    let console = &app.console;
    let folder = console.mailbox.clone().ok_or(PageError::nothing_here())?;
    let emails = tokio::task::spawn_blocking(move || read(&folder)).await.unwrap_or_default();
    let title = browser.t().get("mailbox-title");
    let frame = match user {
        Some(Extension(user)) => Frame::of_user(&app, &browser, &user, title),
        None => Frame::bare(&app, &browser, title),
    };
    render(&Page { frame, emails })
}

/// Newest first. A folder that does not exist yet has none.
fn read(folder: &Path) -> Vec<Shown> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "eml"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let newest = files.into_iter().rev().take(MOST);
    newest.filter_map(|(_, path)| message(&std::fs::read(path).ok()?)).collect()
}

fn message(bytes: &[u8]) -> Option<Shown> {
    let message = MessageParser::default().parse(bytes)?;
    let to = message.to().and_then(|to| to.first()).and_then(|to| to.address());
    let text = message.body_text(0)?.replace("\r\n", "\n");
    let paragraphs = text.split("\n\n").map(str::trim).filter(|piece| !piece.is_empty());
    let is_link = |piece: &str| {
        (piece.starts_with("http://") || piece.starts_with("https://"))
            && !piece.contains(char::is_whitespace)
    };
    Some(Shown {
        to: to.unwrap_or_default().to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        paragraphs: paragraphs.map(|piece| (piece.to_owned(), is_link(piece))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_read_with_its_links() {
        let bytes = b"From: a@shop.example\r\nTo: kim@shop.example\r\n\
            Subject: =?utf-8?b?7KO87IaMIO2ZleyduA==?=\r\nMIME-Version: 1.0\r\n\
            Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            Hello,\r\n\r\nhttps://console.example/confirm?link=3Dabc\r\n\r\nnot https://a link\r\n";
        let shown = message(bytes).unwrap();
        assert_eq!((shown.to.as_str(), shown.subject.as_str()), ("kim@shop.example", "주소 확인"));
        let expected = [
            ("Hello,".to_owned(), false),
            ("https://console.example/confirm?link=abc".to_owned(), true),
            ("not https://a link".to_owned(), false),
        ];
        assert_eq!(shown.paragraphs, expected);
    }
}
