//! What the edge sends to a redemption object and what the object answers:
//! postcard in base64, in the URL and in a header. Both ends are this worker,
//! but an object may keep running the previous release after its callers were
//! updated, so variants are only ever appended.

use munjigi_captcha::Price;
use munjigi_captcha::ports::{Payer, RowAddress};
use munjigi_captcha::redemption::{AnswerHash, Answered, Owing, Redeem, Redemption, Stepped};
use munjigi_protocol::base64;
use munjigi_serving::ports::Verdict;
use serde::de::DeserializeOwned;
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

/// A command to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Spend an attempt with a token, without stating the work paid: sent by
    /// callers that run the previous release.
    Redeem(RowId, Redeem),
    /// A picture was required.
    Step(RowId),
    /// An answer is tried.
    Answer(RowId, AnswerHash),
    /// Raise a price by one use.
    RaisePrice(PayerId),
    /// Read a price.
    ReadPrice(PayerId),
    /// Store a signature's nonce until a time in milliseconds.
    Nonce([u8; 16], u64),
    /// Change the deny list.
    Deny(Vec<Verdict>),
    /// Drop what is due and make sure that an alarm is set.
    Sweep,
    /// Count the rows that wait for the origin, and change nothing.
    Backlog,
    /// More work was required: this many expected hashes in total.
    Owe(RowId, u64),
    /// Spend an attempt with a token that paid this many expected hashes.
    Spend(RowId, Redeem, u64),
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// To `Redeem` and `Spend`.
    Redemption(Redemption),
    /// To `Step`.
    Stepped(Stepped),
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
    /// To `Owe`.
    Owing(Owing),
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

fn encode(value: &impl Serialize) -> Option<String> {
    Some(base64::encode(&postcard::to_allocvec(value).ok()?))
}

fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    postcard::from_bytes(&base64::decode(text)?).ok()
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::SecretHash;
    use munjigi_captcha::redemption::{CallHash, NotAllowed, TokenHash};

    use super::*;
    use crate::redemptions::facts::tests::facts;

    fn redeem() -> Redeem {
        Redeem {
            call: CallHash([5; 16]),
            token: TokenHash([6; 16]),
            secret: SecretHash::parse(&"0".repeat(64)).unwrap(),
            paid: 0,
            facts: facts(),
        }
    }

    #[test]
    fn commands_and_replies_survive_their_journey() {
        let row = RowId { id: [7; 16], keep_until: 1_795_000_000_000 };
        for command in [
            Command::Step(row),
            Command::Answer(row, AnswerHash([1; 16])),
            Command::RaisePrice(PayerId([2; 16], [3; 8])),
            Command::Nonce([4; 16], 5),
            Command::Deny(vec![Verdict { name: "mj_x".into(), version: 3, denied: true }]),
            Command::Sweep,
            Command::Backlog,
            Command::Owe(row, 640_000),
            Command::Redeem(row, redeem()),
            Command::Spend(row, redeem(), 640_000),
        ] {
            let url = command.url().unwrap();
            assert_eq!(Command::from_url(&url), Some(command));
        }
        let reply = Reply::Redemption(Redemption::NotAllowed(NotAllowed::Late));
        assert_eq!(Reply::from_header(&reply.header().unwrap()), Some(reply));
    }

    #[test]
    fn garbage_is_no_command() {
        for url in ["", "https://object/", "https://object/_w", "https://elsewhere/BQ", "object/!"]
        {
            assert_eq!(Command::from_url(url), None, "{url}");
        }
    }
}
