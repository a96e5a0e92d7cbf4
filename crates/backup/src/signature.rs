//! Who wrote a backup: a signature behind its contents, by a key that no backup
//! holds. What encrypts backups is a public key, and so says nothing of that.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};

use munjigi_keys::{KeyRing, MacKey, UnixMillis};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

const SIGNED: &[u8; 24] = b"\nmunjigi-signed-backup 1";
/// Its bytes: how it begins, when the backup was taken, HMAC-SHA256.
const BYTES: u64 = 24 + 8 + 32;
/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

/// The keys of an installation that sign backups. The first signs; all are tried
/// when a signature is verified, so that a rotation makes no backup useless.
#[derive(Clone)]
pub struct SigningKeys {
    first: MacKey,
    others: Vec<MacKey>,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKeys")
    }
}

impl SigningKeys {
    /// Derives them from a ring. `purpose` is unique to what is backed up.
    #[must_use]
    pub fn derive(ring: &KeyRing, purpose: &[u8]) -> Self {
        let derived = |key: &munjigi_keys::RingKey| MacKey::new(&key.derive(purpose));
        let others = ring.keys().skip(1).map(derived).collect();
        Self { first: derived(ring.first()), others }
    }

    fn have_signed(&self, taken_at: UnixMillis, digest: &[u8], signature: &[u8]) -> bool {
        let mut all = core::iter::once(&self.first).chain(&self.others);
        all.any(|key| tag(key, taken_at, digest).ct_eq(signature).into())
    }
}

/// Over the digest of the contents, so that they need not be in memory.
fn tag(key: &MacKey, taken_at: UnixMillis, digest: &[u8]) -> [u8; 32] {
    key.tag_framed(&[SIGNED, &taken_at.0.to_le_bytes(), digest])
}

/// Passes on what is written, and hashes it.
#[derive(Debug)]
pub struct Hashing<W> {
    pub out: W,
    /// Of what was written so far.
    pub hash: Sha256,
}

impl<W> Hashing<W> {
    /// Nothing is hashed yet.
    pub fn new(out: W) -> Self {
        Self { out, hash: Sha256::new() }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Passes on what is written, and signs it at its end.
#[derive(Debug)]
pub struct Signing<W>(Hashing<W>);

impl<W: Write> Signing<W> {
    /// Nothing is signed yet.
    pub fn new(out: W) -> Self {
        Self(Hashing::new(out))
    }

    /// Writes the signature of all that was written, and returns what it was written
    /// to. Without keys, the backup stays unsigned.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finish(self, keys: Option<&SigningKeys>, taken_at: UnixMillis) -> io::Result<W> {
        let Hashing { mut out, hash } = self.0;
        if let Some(keys) = keys {
            out.write_all(SIGNED)?;
            out.write_all(&taken_at.0.to_le_bytes())?;
            out.write_all(&tag(&keys.first, taken_at, &hash.finalize()))?;
        }
        Ok(out)
    }
}

impl<W: Write> Write for Signing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What stands behind the contents of a decrypted backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Bytes of the contents, without the signature.
    pub contents: u64,
    /// Who signed it.
    pub signer: Signer,
}

/// Who signed a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// This installation, which took it at that time.
    Us(UnixMillis),
    /// Someone whose key is not here.
    Unknown,
    /// No one.
    None,
}

/// Reads and verifies the signature at the end of a file. Without keys, its signer
/// is unknown.
///
/// # Errors
///
/// The file cannot be read.
pub fn signature(mut file: &File, keys: Option<&SigningKeys>) -> io::Result<Signature> {
    let length = file.metadata()?.len();
    let unsigned = Signature { contents: length, signer: Signer::None };
    let Some(contents) = length.checked_sub(BYTES) else { return Ok(unsigned) };
    let (mut begin, mut taken_at, mut found) = ([0; 24], [0; 8], [0; 32]);
    file.seek(SeekFrom::Start(contents))?;
    file.read_exact(&mut begin)?;
    if begin != *SIGNED {
        return Ok(unsigned);
    }
    file.read_exact(&mut taken_at)?;
    file.read_exact(&mut found)?;
    let Some(keys) = keys else { return Ok(Signature { contents, signer: Signer::Unknown }) };
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut whole = file.take(contents);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = whole.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        hash.update(chunk.get(..read).unwrap_or_default());
    }
    let taken_at = UnixMillis(u64::from_le_bytes(taken_at));
    let is_ours = keys.have_signed(taken_at, &hash.finalize(), &found);
    let by = if is_ours { Signer::Us(taken_at) } else { Signer::Unknown };
    Ok(Signature { contents, signer: by })
}
