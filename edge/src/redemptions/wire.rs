//! What the edge sends to a redemption object and what the object answers:
//! base64 of an internal format, in the URL and in a header. Both ends are this
//! worker, but an object may keep running the previous release after its callers
//! were updated, and the other way round.

use munjigi_captcha::ports::{Payer, RowAddress};
use munjigi_captcha::redemption::{
    AnswerHash, Answered, CallHash, Owing, Redeem, Redemption, Stepped, TokenFacts, TokenHash,
};
use munjigi_captcha::{Price, SecretHash};
use munjigi_format::Format;
use munjigi_protocol::base64;
use munjigi_serving::ports::DenyEntry;
use serde::{Deserialize, Serialize};

/// Scheme and host are never resolved.
const PREFIX: &str = "https://object/";

/// The row that a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowId {
    /// The id of the attempt.
    pub id: [u8; 16],
    /// Milliseconds since 1970.
    pub keep_until: u64,
}

/// The payer for another way: the bytes of a sitekey, and a hashed visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayerId(pub [u8; 16], pub [u8; 8]);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    call: [u8; 16],
    token: [u8; 16],
    secret: SecretHash,
    paid: u64,
    facts: TokenFacts,
}

/// A change of the deny list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    name: String,
    version: u64,
    denied: bool,
}

/// A command to an object. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Spend an attempt with a token.
    Spend(RowId, Spend),
    Step(RowId),
    /// More work was required: this many expected hashes in total.
    Owe(RowId, u64),
    Answer(RowId, AnswerHash),
    /// Raise a price by one use.
    RaisePrice(PayerId),
    /// Read a price.
    ReadPrice(PayerId),
    /// Store a signature's nonce until a time in milliseconds.
    Nonce([u8; 16], u64),
    /// Change the deny list.
    Deny(Vec<Entry>),
    /// Drop what is due and make sure that an alarm is set.
    Sweep,
    /// Count the rows that wait for the origin, and change nothing.
    Backlog,
}

/// The answer to a command. Variants are only ever appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// To `Spend`.
    Redemption(Redemption),
    /// To `Step`.
    Stepped(Stepped),
    /// To `Owe`.
    Owing(Owing),
    /// To `Answer`.
    Answered(Answered),
    /// To `RaisePrice` and `ReadPrice`.
    Price(Price),
    /// To `Nonce`: whether it is new.
    Nonce(bool),
    /// To `Deny`: the list has changed.
    Denied,
    /// To `Sweep` and `Backlog`: how many rows wait for the origin.
    Swept(u32),
    /// The object failed; the log says why.
    Failed,
}

impl Format for Command {
    const VERSION: u8 = 1;
}

impl Format for Reply {
    const VERSION: u8 = 1;
}

impl From<&RowAddress> for RowId {
    fn from(address: &RowAddress) -> Self {
        Self { id: address.id.0, keep_until: address.keep_until.0 }
    }
}

impl From<&Payer> for PayerId {
    fn from(payer: &Payer) -> Self {
        Self(*payer.sitekey.as_bytes(), payer.visitor)
    }
}

impl From<Redeem> for Spend {
    fn from(Redeem { call, token, secret, paid, facts }: Redeem) -> Self {
        Self { call: call.0, token: token.0, secret, paid, facts }
    }
}

impl From<Spend> for Redeem {
    fn from(Spend { call, token, secret, paid, facts }: Spend) -> Self {
        Self { call: CallHash(call), token: TokenHash(token), secret, paid, facts }
    }
}

impl From<DenyEntry> for Entry {
    fn from(DenyEntry { name, version, denied }: DenyEntry) -> Self {
        Self { name, version, denied }
    }
}

impl From<Entry> for DenyEntry {
    fn from(Entry { name, version, denied }: Entry) -> Self {
        Self { name, version, denied }
    }
}

impl Entry {
    /// Whether it denies, and does not allow again.
    pub const fn denies(&self) -> bool {
        self.denied
    }
}

impl PayerId {
    /// The bytes of the row's key.
    pub fn bytes(&self) -> Vec<u8> {
        [self.0.as_slice(), &self.1].concat()
    }
}

impl Command {
    /// The URL that carries the command.
    pub fn url(&self) -> Option<String> {
        Some(format!("{PREFIX}{}", encode(self)?))
    }

    /// Parses a URL.
    pub fn from_url(url: &str) -> Option<Self> {
        decode(url.strip_prefix(PREFIX)?)
    }
}

impl Reply {
    /// The header's value.
    pub fn header(&self) -> Option<String> {
        encode(self)
    }

    /// Parses a header.
    pub fn from_header(text: &str) -> Option<Self> {
        decode(text)
    }
}

fn encode(value: &impl Format) -> Option<String> {
    Some(base64::encode(&value.to_bytes().ok()?))
}

fn decode<T: Format>(text: &str) -> Option<T> {
    T::from_bytes(&base64::decode(text)?).ok()
}

#[cfg(test)]
mod tests;
