//! The bytes of a backup: a line that identifies the format; compressed
//! records, each a kind, a length and that many bytes; and a line with the
//! SHA-256 of everything before it. Rows are in COPY's text format, in which
//! each row ends with its only line feed.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};

use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use munjigi_backup::Hashing;
use sha2::{Digest, Sha256};

use super::{BackupError, Manifest};

const MAGIC: &[u8] = b"munjigi-backup 1\n";
/// 64 hex digits and a line feed.
const SEAL: usize = 65;
/// Longest record of rows; rows may continue in the next.
pub const CHUNK: usize = 64 * 1024;
/// Longest manifest.
const MANIFEST: usize = 16 * 1024 * 1024;

/// Kinds of records.
const BEGIN: u8 = b'T';
const ROWS: u8 = b'R';
const END: u8 = b'M';

/// Writes a backup.
pub struct Writer<W: Write> {
    out: GzEncoder<Hashing<W>>,
    waiting: Vec<u8>,
    hash: Sha256,
    rows: u64,
}

/// What was written of a table.
pub struct Written {
    pub rows: u64,
    /// SHA-256 of the rows, in hex.
    pub sha256: String,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    pub fn new(out: W) -> io::Result<Self> {
        let mut hashing = Hashing::new(out);
        hashing.write_all(MAGIC)?;
        let out = GzEncoder::new(hashing, Compression::default());
        Ok(Self { out, waiting: Vec::with_capacity(CHUNK), hash: Sha256::new(), rows: 0 })
    }

    /// Begins a table.
    pub fn begin(&mut self, name: &str) -> io::Result<()> {
        self.record(BEGIN, name.as_bytes())
    }

    /// Adds rows to it.
    pub fn rows(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.rows += lines(bytes);
        let mut left = bytes;
        while !left.is_empty() {
            let room = CHUNK - self.waiting.len();
            let (now, later) = left.split_at_checked(room).unwrap_or((left, &[]));
            self.waiting.extend_from_slice(now);
            left = later;
            if self.waiting.len() == CHUNK {
                self.send()?;
            }
        }
        Ok(())
    }

    /// Ends the table.
    pub fn end(&mut self) -> io::Result<Written> {
        self.send()?;
        let sha256 = HEXLOWER.encode(&self.hash.finalize_reset());
        Ok(Written { rows: std::mem::take(&mut self.rows), sha256 })
    }

    /// Ends the file.
    pub fn finish(mut self, manifest: &Manifest) -> io::Result<W> {
        let text = serde_json::to_vec(manifest)?;
        self.record(END, &text)?;
        let Hashing { mut out, hash } = self.out.finish()?;
        writeln!(out, "{}", HEXLOWER.encode(&hash.finalize()))?;
        Ok(out)
    }

    fn send(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.waiting);
            self.record(ROWS, &waiting)?;
        }
        Ok(())
    }

    fn record(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.out.write_all(&[kind])?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(bytes)
    }
}

/// A record of a file.
pub enum Record {
    Begin(String),
    /// Rows of the table.
    Rows(Vec<u8>),
    /// The end of the file.
    End(Manifest),
}

/// Reads a backup whose seal was checked.
pub struct Reader<R: Read>(GzDecoder<R>);

impl<R: Read> Reader<R> {
    pub fn next(&mut self) -> Result<Record, BackupError> {
        let mut head = [0; 5];
        self.0.read_exact(&mut head).map_err(broken)?;
        let [kind, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let most = if kind == END { MANIFEST } else { CHUNK };
        if length > most {
            return Err(BackupError::Corrupt("a record is too long"));
        }
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).map_err(broken)?;
        match kind {
            BEGIN => String::from_utf8(bytes)
                .map(Record::Begin)
                .map_err(|_| BackupError::Corrupt("the name of a table is not text")),
            ROWS => Ok(Record::Rows(bytes)),
            END => serde_json::from_slice(&bytes)
                .map(Record::End)
                .map_err(|_| BackupError::Corrupt("its manifest cannot be read")),
            _ => Err(BackupError::Corrupt("a record has an unknown kind")),
        }
    }
}

/// Errors of decompression; errors of the disk stay what they are.
fn broken(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::Corrupt("it ends within a record"),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            BackupError::Corrupt("it cannot be decompressed")
        }
        _ => error.into(),
    }
}

/// Reads a backup whose seal was checked: the first `length` bytes of a file.
pub fn open(mut file: &File, length: u64) -> Result<Reader<impl Read + '_>, BackupError> {
    file.rewind()?;
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic).map_err(|_| BackupError::Truncated)?;
    let ends = u64::try_from(MAGIC.len() + SEAL).unwrap_or(u64::MAX);
    let inner = BufReader::new(file).take(length.saturating_sub(ends));
    Ok(Reader(GzDecoder::new(inner)))
}

/// Checks every byte of a backup, the first `length` of a file.
pub fn check(file: &File, length: u64) -> Result<Manifest, BackupError> {
    check_seal(file, length)?;
    let mut reader = open(file, length)?;
    let mut found: Vec<(String, u64, Sha256)> = Vec::new();
    let manifest = loop {
        match reader.next()? {
            Record::Begin(name) => found.push((name, 0, Sha256::new())),
            Record::Rows(bytes) => {
                let table = found.last_mut();
                let (_, rows, hash) = table.ok_or(BackupError::Corrupt("rows without a table"))?;
                *rows += lines(&bytes);
                hash.update(&bytes);
            }
            Record::End(manifest) => break manifest,
        }
    };
    let is_complete = manifest.tables.len() == found.len();
    let agree = manifest.tables.iter().zip(found).all(|(table, (name, rows, hash))| {
        let sha256 = HEXLOWER.encode(&hash.finalize());
        (&table.name, table.rows, &table.sha256) == (&name, rows, &sha256)
    });
    if is_complete && agree {
        return Ok(manifest);
    }
    Err(BackupError::Corrupt("its tables do not match its manifest"))
}

fn check_seal(mut file: &File, length: u64) -> Result<(), BackupError> {
    file.rewind()?;
    let mut magic = Vec::new();
    (&mut file).take(MAGIC.len() as u64).read_to_end(&mut magic)?;
    if !MAGIC.starts_with(&magic) || magic.is_empty() {
        return Err(BackupError::Foreign);
    }
    let Some(sealed) = length.checked_sub(SEAL as u64).filter(|at| *at > MAGIC.len() as u64) else {
        return Err(BackupError::Truncated);
    };
    let mut seal = String::new();
    file.seek(io::SeekFrom::Start(sealed))?;
    let read = (&mut file).take(SEAL as u64).read_to_string(&mut seal).is_ok();
    let digits =
        seal.strip_suffix('\n').filter(|digits| HEXLOWER.decode(digits.as_bytes()).is_ok());
    let Some(digits) = digits.filter(|_| read) else { return Err(BackupError::Truncated) };
    file.rewind()?;
    let mut hash = Sha256::new();
    let mut bytes = vec![0; CHUNK];
    let mut whole = file.take(sealed);
    loop {
        let read = whole.read(&mut bytes)?;
        if read == 0 {
            break;
        }
        hash.update(bytes.get(..read).unwrap_or_default());
    }
    if HEXLOWER.encode(&hash.finalize()) == digits {
        return Ok(());
    }
    Err(BackupError::Corrupt("its SHA-256 does not match"))
}

fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}
