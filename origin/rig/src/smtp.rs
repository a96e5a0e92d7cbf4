//! A mail server that records what it receives, and answers as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use munjigi_delivery::mail::{Encryption, SmtpServer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A step of an SMTP conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Greeting,
    Mail,
    Rcpt,
    /// After the whole email.
    Data,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Code(u16),
    /// Hang up.
    Close,
    /// Accept it and stay silent until told to continue; then accept.
    Silence,
}

/// An email as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: String,
    /// Header and body, lines ended by CRLF.
    pub data: String,
}

/// How to connect to a server.
pub fn server(address: SocketAddr) -> SmtpServer {
    SmtpServer {
        host: address.ip().to_string(),
        port: address.port(),
        encryption: Encryption::Never,
        login: None,
        hello: Some("origin.example".to_owned()),
    }
}

#[derive(Clone)]
pub struct FakeSmtp {
    pub address: SocketAddr,
    memory: Arc<Memory>,
}

#[derive(Default)]
struct Memory {
    received: Mutex<Vec<Received>>,
    /// Next first.
    replies: Mutex<VecDeque<(Step, Reply)>>,
    connections: Mutex<usize>,
    go_on: Notify,
}

impl FakeSmtp {
    pub async fn start() -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// On a port that was reserved.
    pub fn listen(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let memory = Arc::new(Memory::default());
        let kept = Arc::clone(&memory);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *memory.connections.lock().unwrap() += 1;
                let memory = Arc::clone(&memory);
                // A client that hangs up ends only its own conversation.
                tokio::spawn(async move { memory.converse(stream).await });
            }
        });
        Self { address, memory: kept }
    }

    /// Answers for the next times that a conversation reaches these steps.
    pub fn reply(&self, replies: impl IntoIterator<Item = (Step, Reply)>) {
        self.memory.replies.lock().unwrap().extend(replies);
    }

    /// Ends a silence.
    pub fn go_on(&self) {
        self.memory.go_on.notify_one();
    }

    /// Emails that it accepted, or received before it fell silent.
    pub fn received(&self) -> Vec<Received> {
        self.memory.received.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.memory.connections.lock().unwrap()
    }
}

impl Memory {
    /// The reply at a step; `None` to hang up.
    async fn answer(&self, step: Step, usual: u16) -> Option<String> {
        let reply = {
            let mut replies = self.replies.lock().unwrap();
            let now = replies.front().is_some_and(|(at, _)| *at == step);
            if now { replies.pop_front() } else { None }
        };
        let code = match reply.map(|(_, reply)| reply) {
            None => usual,
            Some(Reply::Code(code)) => code,
            Some(Reply::Close) => return None,
            Some(Reply::Silence) => {
                self.go_on.notified().await;
                usual
            }
        };
        // Servers name the recipient.
        Some(format!("{code} <mina@example.org> as you say\r\n"))
    }

    async fn converse(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let (mut from, mut to) = (String::new(), String::new());
        say(&mut stream, &self.answer(Step::Greeting, 220).await?).await?;
        loop {
            let line = hear(&mut stream).await?;
            let (verb, rest) = line.split_at(4.min(line.len()));
            let answer = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => "250-fake.example\r\n250 8BITMIME\r\n".to_owned(),
                "NOOP" => "250 here\r\n".to_owned(),
                "MAIL" => {
                    from = within_brackets(rest);
                    self.answer(Step::Mail, 250).await?
                }
                "RCPT" => {
                    to = within_brackets(rest);
                    self.answer(Step::Rcpt, 250).await?
                }
                "DATA" => {
                    say(&mut stream, "354 go on\r\n").await?;
                    let data = message(&mut stream).await?;
                    self.take(Received { from: from.clone(), to: to.clone(), data }).await?
                }
                _ => {
                    say(&mut stream, "221 bye\r\n").await?;
                    return None;
                }
            };
            say(&mut stream, &answer).await?;
        }
    }

    async fn take(&self, message: Received) -> Option<String> {
        let replies = self.replies.lock().unwrap().front().copied();
        let taken = !matches!(replies, Some((Step::Data, Reply::Code(_) | Reply::Close)));
        if taken {
            self.received.lock().unwrap().push(message);
        }
        self.answer(Step::Data, 250).await
    }
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> Option<()> {
    stream.get_mut().write_all(text.as_bytes()).await.ok()
}

async fn hear(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then_some(line)
}

/// Reads up to the line with a single dot.
async fn message(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut data = String::new();
    loop {
        let line = hear(stream).await?;
        if line == ".\r\n" {
            return Some(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn within_brackets(text: &str) -> String {
    let inner = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(inner, _)| inner.to_owned()).unwrap_or_default()
}

impl Received {
    /// Names and values of the header, unfolded, otherwise as received.
    pub fn raw_headers(&self) -> Vec<(String, String)> {
        headers(self.data.split_once("\r\n\r\n").unwrap().0)
    }

    /// A header's value as a mail program shows it.
    pub fn header(&self, name: &str) -> String {
        let mut found = self.raw_headers();
        found.retain(|(found, _)| found.eq_ignore_ascii_case(name));
        assert_eq!(found.len(), 1, "{name} once in {}", self.data);
        words(&found.remove(0).1)
    }

    /// The bodies: content type and decoded text.
    pub fn parts(&self) -> Vec<(String, String)> {
        let (_, body) = self.data.split_once("\r\n\r\n").unwrap();
        let content_type = self.header("content-type");
        let Some((_, boundary)) = content_type.split_once("boundary=\"") else {
            return vec![(content_type, unquoted(body))];
        };
        let line = format!("--{}", boundary.trim_end_matches('"'));
        let mut pieces = body.split(line.as_str()).map(str::to_owned);
        assert_eq!(pieces.next().as_deref(), Some(""), "nothing before the first part");
        let mut pieces: Vec<String> = pieces.collect();
        assert_eq!(pieces.pop().as_deref().map(str::trim), Some("--"), "an end");
        let part = |piece: &String| {
            let (head, body) = piece.trim_start().split_once("\r\n\r\n").unwrap();
            let head = headers(head);
            let value = |name: &str| {
                let found = head.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
                found.unwrap().1.clone()
            };
            assert_eq!(head.len(), 2, "{head:?}");
            assert_eq!(value("content-transfer-encoding"), "quoted-printable");
            (value("content-type"), unquoted(body))
        };
        pieces.iter().map(part).collect()
    }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    };
    unfolded.split("\r\n").map(header).collect()
}

/// RFC 2047, as far as it is used: UTF-8 in base64.
fn words(value: &str) -> String {
    let mut text = String::new();
    let mut encoded_before = false;
    for word in value.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        // Blanks between two encoded words are not shown.
        let joined = encoded_before && encoded.is_some();
        if !text.is_empty() && !joined {
            text.push(' ');
        }
        encoded_before = encoded.is_some();
        match encoded {
            Some(encoded) => {
                let bytes = BASE64.decode(encoded.as_bytes()).unwrap();
                text.push_str(&String::from_utf8(bytes).unwrap());
            }
            None => text.push_str(word),
        }
    }
    text
}

/// RFC 2045, 6.7.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.extend(data_encoding::HEXUPPER.decode(&digits).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n").trim_end().to_owned()
}
