//! A redemption in the bytes in which the file keeps it until the origin has it.

use munjigi_captcha::redemption::{StoredFacts, TokenFacts};
use munjigi_format::Format;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{AttemptId, RedeemedEvent};
use serde::{Deserialize, Serialize};

/// An attempt that was spent; the order of fields is the order of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    id: [u8; 16],
    redeemed_at: u64,
    rejected: u32,
    facts: StoredFacts,
}

impl Format for Event {
    const VERSION: u8 = 1;
}

impl Event {
    /// Of an attempt that is spent now.
    pub fn new(id: AttemptId, facts: TokenFacts, now: UnixMillis) -> Self {
        Self { id: id.0, redeemed_at: now.0, rejected: 0, facts: facts.into() }
    }

    /// The same with the number of calls that were refused since.
    pub const fn set_rejected(&mut self, rejected: u32) {
        self.rejected = rejected;
    }

    /// As it is sent to the origin.
    pub fn sent(self) -> RedeemedEvent {
        let Self { id, redeemed_at, rejected, facts } = self;
        let facts = TokenFacts::from(facts);
        RedeemedEvent { rejected, ..facts.event(AttemptId(id), UnixMillis(redeemed_at)) }
    }
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::contract::{TOKEN_FACTS_BYTES, token_facts};
    use munjigi_format::contract::format;

    use super::*;

    #[test]
    fn an_event_is_these_bytes() {
        let at = UnixMillis(1_763_623_801_000);
        let mut event = Event::new(AttemptId([7; 16]), token_facts(), at);
        event.set_rejected(300);
        let parts = [
            ("01", "version"),
            ("07070707070707070707070707070707", "id"),
            ("a8a1ae81aa33", "redeemed_at 1763623801000 ms"),
            ("ac02", "rejected 300"),
        ];
        format(&event, &[&parts[..], &TOKEN_FACTS_BYTES].concat());
        let sent = RedeemedEvent { rejected: 300, ..token_facts().event(AttemptId([7; 16]), at) };
        assert_eq!(event.sent(), sent);
    }
}
