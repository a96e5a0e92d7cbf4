//! Prints the HashWX hash of each nonce under one seed, as 16 hex digits per line:
//!
//! ```text
//! cargo run -p munjigi-pow --example hash -- SEED_HEX NONCE…
//! ```

use std::{fmt, process::ExitCode};

use munjigi_pow::Function;

/// What is wrong with the command line.
#[derive(Debug, PartialEq)]
enum UsageError {
    Missing,
    Seed(String),
    Nonce(String),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("pass a seed and at least one nonce"),
            Self::Seed(text) => {
                write!(f, "the seed must be 64 hex digits (32 bytes), not {text:?}")
            }
            Self::Nonce(text) => write!(f, "a nonce must be a decimal below 2^64, not {text:?}"),
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<([u8; 32], Vec<u64>), UsageError> {
    let text = words.next().ok_or(UsageError::Missing)?;
    let seed = seed(&text).ok_or(UsageError::Seed(text))?;
    let nonces = words
        .map(|word| match word.parse() {
            // `parse` would accept a sign.
            Ok(nonce) if word.bytes().all(|byte| byte.is_ascii_digit()) => Ok(nonce),
            _ => Err(UsageError::Nonce(word)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if nonces.is_empty() { Err(UsageError::Missing) } else { Ok((seed, nonces)) }
}

fn seed(text: &str) -> Option<[u8; 32]> {
    let (digits, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut seed = [0; 32];
    if digits.len() != seed.len() {
        return None;
    }
    for (byte, [high, low]) in seed.iter_mut().zip(digits) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok());
        *byte = 16 * digit(*high)? + digit(*low)?;
    }
    Some(seed)
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok((seed, nonces)) => {
            let function = Function::from_seed(&seed);
            for nonce in nonces {
                println!("{:016x}", function.hash(nonce));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("hash: {error}\nusage: hash SEED_HEX NONCE…");
            ExitCode::from(2)
        }
    }
}
