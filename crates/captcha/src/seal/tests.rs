//! Seals as bytes (`vectors`), and seals that were moved, cut or spliced
//! (`moved`).

mod moved;
mod vectors;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::AeadInOut};
use data_encoding::BASE64URL_NOPAD;
use munjigi_keys::{KeyRing, Kid, UnixMillis};
use munjigi_protocol::{Algorithm, AttemptId, Sign, Signs};
use rand_core::{Infallible, TryCryptoRng, TryRng};

use crate::challenge::{Began, ChallengeClaims, Owed, SealedPuzzle, SealedStep, Way};
use crate::contract::{ROOT_A, authority};
use crate::credentials::Sitekey;
use crate::host::Hostname;
use crate::labels::{Action, Cdata};
use crate::purpose::Purpose;
use crate::token::TokenClaims;
use crate::visit::Country;

/// Bytes that count up from 0x40, as in the vectors.
struct CountingUp(u8);

impl TryRng for CountingUp {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("seals draw bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("seals draw bytes")
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for slot in target {
            *slot = self.0;
            self.0 += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for CountingUp {}

fn counting_up() -> CountingUp {
    CountingUp(0x40)
}

const ISSUED_AT: UnixMillis = UnixMillis::from_seconds(1_763_623_800);

fn sitekey() -> Sitekey {
    authority(ROOT_A).check().mint_sitekey(&mut counting_up())
}

fn token() -> TokenClaims {
    TokenClaims {
        id: AttemptId(core::array::from_fn(|i| 0x10 + u8::try_from(i).unwrap())),
        keep_until: UnixMillis::from_seconds(1_763_625_300),
        store: 64,
        sitekey: sitekey(),
        hostname: Hostname::parse("shop.example").unwrap(),
        action: Action::parse("login").unwrap(),
        cdata: Cdata::parse("order-17").unwrap(),
        solved_at: UnixMillis(1_763_623_800_250),
        expires_at: UnixMillis::from_seconds(1_763_624_100),
        score: 90,
        interactive: false,
        stepped: true,
        algorithm: Algorithm::HashWx,
        country: Country::parse("KR"),
        asn: 64_500,
        paid: 640_000,
        signs: Signs::NONE.with(Sign::Webdriver).with(Sign::WorkAlone),
    }
}

fn challenge() -> ChallengeClaims {
    let token = token();
    ChallengeClaims {
        id: token.id,
        root: Kid::parse("a1").unwrap(),
        keep_until: token.keep_until,
        store: token.store,
        sitekey: token.sitekey,
        hostname: token.hostname,
        action: token.action,
        cdata: token.cdata,
        issued_at: ISSUED_AT,
        expires_at: token.expires_at,
        step: SealedStep::Puzzle(SealedPuzzle {
            algorithm: Algorithm::HashWx,
            first: 0,
            count: 16,
            work: 40_000,
        }),
        visitor: [0xf3, 0x8e, 0x1f, 0x34, 0xa2, 0x8d, 0x92, 0xc6],
        began: Began { address: 0x1234_5678, trace: Some(0x0123_4567_89ab_cdef) },
        signs: token.signs,
        owed: Owed { asked: 640_000, paid: 0, puzzles: 0, way: Way::Puzzle },
    }
}

/// The plaintext of a challenge that [`ROOT_A`] sealed.
fn plain(text: &str) -> Vec<u8> {
    let ring = KeyRing::parse(ROOT_A).unwrap();
    let cipher = XChaCha20Poly1305::new((&*Purpose::Challenge.key(ring.first())).into());
    let part = |index| {
        let base64 = text.split('.').nth(index).unwrap();
        BASE64URL_NOPAD.decode(base64.as_bytes()).unwrap()
    };
    let mut payload = part(2);
    let tag: [u8; 16] = part(3).try_into().unwrap();
    let (nonce, message) = payload.split_first_chunk_mut::<24>().unwrap();
    let aad = b"\x03\0\0\0mj1\x02\0\0\0a1";
    cipher
        .decrypt_inout_detached(&(*nonce).into(), aad, (&mut *message).into(), &tag.into())
        .unwrap();
    message.to_vec()
}
