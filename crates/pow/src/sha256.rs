//! The fallback puzzle for browsers without WebAssembly, and the single-block
//! SHA-256 that it needs. Its hashes are cheap for a GPU: the policy decides
//! what such a solution is worth.
//!
//! Only single blocks of public data are hashed here, in a kilobyte of Wasm; the `sha2` crate would
//! add five to the widget.

/// The work to require per sub-puzzle: 16 of them then take about 10 s on one
/// thread of a browser that does not compile JavaScript, as most browsers
/// without WebAssembly do not (0.4 s where it does).
pub const WORK: u64 = 25_000;

/// The hash of a nonce: the first eight bytes, big-endian, of
/// SHA-256(`"munjigi/v1/sha256"` ‖ id ‖ u32le index ‖ u64le nonce).
pub fn hash(id: &[u8; 16], index: u32, nonce: u64) -> u64 {
    let digest = digest(b"munjigi/v1/sha256", id, index, nonce);
    (u64::from(digest[0]) << 32) | u64::from(digest[1])
}

/// SHA-256(label ‖ id ‖ u32le index ‖ u64le number), which is one block for a label of up to 27
/// bytes.
#[expect(clippy::cast_possible_truncation, reason = "N is at most 27")]
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
    block[62..].copy_from_slice(&(8 * (N as u16 + 28)).to_be_bytes());
    compress(&block)
}

#[expect(clippy::many_single_char_names, reason = "FIPS 180-4 names them so")]
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
    let mut schedule = [0_u32; 16];
    for (word, bytes) in schedule.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = START;
    for (t, k) in ROUND_CONSTANTS.iter().enumerate() {
        let word = schedule[t & 15];
        let temp1 = h
            .wrapping_add(e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
            .wrapping_add((e & f) ^ (!e & g))
            .wrapping_add(*k)
            .wrapping_add(word);
        let temp2 = (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22))
            .wrapping_add((a & b) ^ (a & c) ^ (b & c));
        [h, g, f, e, d, c, b, a] =
            [g, f, e, d.wrapping_add(temp1), c, b, a, temp1.wrapping_add(temp2)];
        let near = schedule[(t + 1) & 15];
        let far = schedule[(t + 14) & 15];
        schedule[t & 15] = word
            .wrapping_add(near.rotate_right(7) ^ near.rotate_right(18) ^ (near >> 3))
            .wrapping_add(schedule[(t + 9) & 15])
            .wrapping_add(far.rotate_right(17) ^ far.rotate_right(19) ^ (far >> 10));
    }
    let end = [a, b, c, d, e, f, g, h];
    core::array::from_fn(|i| START[i].wrapping_add(end[i]))
}

static ROUND_CONSTANTS: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];
