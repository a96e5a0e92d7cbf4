//! The fallback puzzle for browsers without WebAssembly, and the one block of SHA-256 it needs.
//! Its hashes are cheap for a GPU: what such a solution is worth is for the policy to say.

/// Expected hashes per sub-puzzle that take plain JavaScript about 10 s over 16 sub-puzzles.
pub const WORK: u64 = 100_000;

/// The hash of a nonce: the first eight bytes, big-endian, of
/// SHA-256(`"munjigi/v1/sha256"` ‖ id ‖ u32le index ‖ u64le nonce).
pub fn hash(id: &[u8; 16], index: u32, nonce: u64) -> u64 {
    let digest = digest(b"munjigi/v1/sha256", id, index, nonce);
    (u64::from(digest[0]) << 32) | u64::from(digest[1])
}

/// SHA-256(label ‖ id ‖ u32le index ‖ u64le number), which is one block for a label of up to 27
/// bytes.
pub(crate) fn digest<const N: usize>(
    label: &[u8; N],
    id: &[u8; 16],
    index: u32,
    number: u64,
) -> [u32; 8] {
    const { assert!(N <= 27, "label, id, index, number and padding fit one block") };
    let mut block = [0; 64];
    block[..N].copy_from_slice(label);
    block[N..N + 16].copy_from_slice(id);
    block[N + 16..N + 20].copy_from_slice(&index.to_le_bytes());
    block[N + 20..N + 28].copy_from_slice(&number.to_le_bytes());
    block[N + 28] = 0x80;
    let bits = 8 * (N + 28);
    block[62] = (bits >> 8) as u8;
    block[63] = bits as u8;
    compress(&block)
}

fn compress(block: &[u8; 64]) -> [u32; 8] {
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let mut w = [0_u32; 16];
    for (word, bytes) in w.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = START;
    for (t, k) in ROUND_CONSTANTS.iter().enumerate() {
        let word = w[t & 15];
        let temp1 = h
            .wrapping_add(e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
            .wrapping_add((e & f) ^ (!e & g))
            .wrapping_add(*k)
            .wrapping_add(word);
        let temp2 = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22))
            .wrapping_add((a & b) ^ (a & c) ^ (b & c));
        [h, g, f, e, d, c, b, a] =
            [g, f, e, d.wrapping_add(temp1), c, b, a, temp1.wrapping_add(temp2)];
        let near = w[(t + 1) & 15];
        let far = w[(t + 14) & 15];
        w[t & 15] = word
            .wrapping_add(near.rotate_right(7) ^ near.rotate_right(18) ^ (near >> 3))
            .wrapping_add(w[(t + 9) & 15])
            .wrapping_add(far.rotate_right(17) ^ far.rotate_right(19) ^ (far >> 10));
    }
    let end = [a, b, c, d, e, f, g, h];
    core::array::from_fn(|i| START[i].wrapping_add(end[i]))
}

static ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
