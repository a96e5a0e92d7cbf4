//! Files of backups: encrypted to keys whose secret half is elsewhere, in the
//! format of age (<https://age-encryption.org/v1>), signed by who wrote them, and
//! named by their date.

mod folder;
mod signature;

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use age::{DecryptError, Decryptor, EncryptError, Encryptor, IdentityFile};
use munjigi_keys::UnixMillis;

pub use age::stream::StreamWriter;
pub use age::x25519::Recipient;
pub use folder::{dated, is_ahead, prune, stamp, sync_folder};
pub use signature::{Hashing, Signature, Signer, Signing, SigningKeys, signature};

/// How files of age begin.
const MAGIC: &[u8] = b"age-encryption.org/v1\n";
/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

/// Why a file was not encrypted, or not decrypted.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A file that cannot be read or written.
    #[error("{path}: {source}")]
    File { path: String, source: io::Error },
    /// age refuses to encrypt.
    #[error("cannot encrypt: {0}")]
    Encrypt(#[from] EncryptError),
    /// A file of keys that holds none.
    #[error("{path} holds no secret key of age (AGE-SECRET-KEY-1…): {source}")]
    NoIdentity { path: String, source: io::Error },
    /// A backup for other keys.
    #[error("none of the keys in {identity} opens {path}: it was encrypted to others")]
    WrongKey { identity: String, path: String },
    /// Another kind of file.
    #[error("{path} is not an age-encrypted backup")]
    NotSealed { path: String },
    /// Half a file, or one with changed bytes.
    #[error("{path} is not whole: it ends early, or its bytes were changed")]
    NotWhole { path: String },
}

/// The public keys in a text, with commas between them.
///
/// # Errors
///
/// What is wrong with one of them, for people.
pub fn recipients(text: &str) -> Result<Vec<Recipient>, &'static str> {
    let each = text.split(',').map(str::trim).filter(|text| !text.is_empty());
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            if text.starts_with("AGE-SECRET-KEY-") {
                "this is a secret key: keep it elsewhere, and put its public key (age1…) here"
            } else {
                "must be public keys of age (age1…), as `age-keygen` prints them"
            }
        })
    };
    each.map(parse).collect()
}

/// Encrypts what is written to `out`; `finish` ends it.
///
/// # Errors
///
/// [`SealError::Encrypt`], most of all without a recipient.
pub fn sealing<W: Write>(out: W, recipients: &[Recipient]) -> Result<StreamWriter<W>, SealError> {
    let recipients = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients)?;
    encryptor.wrap_output(out).map_err(|error| SealError::Encrypt(error.into()))
}

/// Encrypts and signs a file into another that is open, and empties that first.
///
/// # Errors
///
/// See [`SealError`].
pub fn seal(
    from: &Path,
    to: (&Path, &File),
    recipients: &[Recipient],
    (keys, taken_at): (&SigningKeys, UnixMillis),
) -> Result<(), SealError> {
    let (path, output) = to;
    let mut input = File::open(from).map_err(file(from))?;
    output.set_len(0).map_err(file(path))?;
    let mut writer = Signing::new(sealing(output, recipients)?);
    let copied = io::copy(&mut input, &mut writer);
    let ended = copied.and_then(|_| writer.finish(Some(keys), taken_at)?.finish()?.sync_all());
    ended.map_err(file(path))
}

/// Whether a file begins as encrypted ones do.
///
/// # Errors
///
/// It cannot be read.
pub fn is_sealed(path: &Path) -> io::Result<bool> {
    let mut begin = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == MAGIC)
}

/// Decrypts a file into another that is open, by the keys of a file.
///
/// # Errors
///
/// See [`SealError`].
pub fn unseal(path: &Path, identity: &Path, to: (&Path, &File)) -> Result<(), SealError> {
    let (target, mut output) = to;
    let (shown, keys) = (path.display().to_string(), identity.display().to_string());
    let text = fs::read(identity).map_err(file(identity))?;
    let no_identity = |source| SealError::NoIdentity { path: keys.clone(), source };
    let identities = IdentityFile::from_buffer(text.as_slice()).map_err(no_identity)?;
    let identities = identities.into_identities();
    let identities = identities.map_err(|error| no_identity(io::Error::other(error)))?;
    let refused = |error| match error {
        DecryptError::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
            SealError::File { path: shown.clone(), source }
        }
        DecryptError::Io(_) | DecryptError::InvalidMac => {
            SealError::NotWhole { path: shown.clone() }
        }
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => {
            SealError::NotSealed { path: shown.clone() }
        }
        _ => SealError::WrongKey { identity: keys.clone(), path: shown.clone() },
    };
    let input = BufReader::new(File::open(path).map_err(file(path))?);
    let decryptor = Decryptor::new_buffered(input).map_err(refused)?;
    let keys = identities.iter().map(|identity| &**identity as &dyn age::Identity);
    let mut reader = decryptor.decrypt(keys).map_err(refused)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(SealError::NotWhole { path: shown }),
        };
        output.write_all(chunk.get(..read).unwrap_or_default()).map_err(file(target))?;
    }
    output.sync_all().map_err(file(target))
}

fn file(path: &Path) -> impl Fn(io::Error) -> SealError {
    let path = path.display().to_string();
    move |source| SealError::File { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
