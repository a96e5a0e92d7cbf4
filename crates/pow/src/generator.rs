//! The SipHash-like stream that programs, and the registers of a nonce, are
//! drawn from. It only produces words; `program` and `function` give them
//! meaning.

/// The state under a key, before any salt. Out of line, as its constants do not compress.
#[inline(never)]
pub(crate) const fn keyed([k0, k1]: [u64; 2]) -> [u64; 4] {
    [
        0x736f_6d65_7073_6575 ^ k0,
        0x646f_7261_6e64_6f6d ^ k1,
        0x6c79_6765_6e65_7261 ^ k0,
        0x7465_6462_7974_6573 ^ k1,
    ]
}

/// Mixes four words: the one round that everything in HashWX is built from.
#[inline]
pub(crate) const fn round([mut v0, mut v1, mut v2, mut v3]: [u64; 4]) -> [u64; 4] {
    v0 = v0.wrapping_add(v1);
    v2 = v2.wrapping_add(v3);
    v1 = v1.rotate_left(13) ^ v0;
    v3 = v3.rotate_left(16) ^ v2;
    v0 = v0.rotate_left(32);
    v2 = v2.wrapping_add(v1);
    v0 = v0.wrapping_add(v3);
    v1 = v1.rotate_left(17) ^ v2;
    v3 = v3.rotate_left(21) ^ v0;
    v2 = v2.rotate_left(32);
    [v0, v1, v2, v3]
}

/// A stream of words under a key.
pub(crate) struct Generator {
    key: [u64; 2],
    state: [u64; 4],
}

impl Generator {
    /// Starts the stream of `key` at `salt`; the first four words are the state it starts in.
    #[inline]
    pub(crate) const fn new(key: [u64; 2], salt: u64) -> Self {
        let [v0, v1, v2, v3] = keyed(key);
        let mut state = round([v0, v1, v2, v3 ^ salt]);
        state[0] ^= salt;
        state[2] ^= 0xbb;
        Self { key, state: round(round(round(state))) }
    }

    /// The current four words, in the order in which they are used.
    #[inline]
    pub(crate) const fn words(&self) -> [u64; 4] {
        let [v0, v1, v2, v3] = self.state;
        [v3, v2, v1, v0]
    }

    /// Moves on to the next four words.
    #[inline]
    pub(crate) const fn advance(&mut self) {
        let ([k0, k1], [v0, v1, v2, v3]) = (self.key, self.state);
        self.state = round(round(round(round([v0 ^ k0, v1 ^ k1, v2 ^ k0, v3 ^ k1]))));
    }
}
