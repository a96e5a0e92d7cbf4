//! TLS of the gate's own: certificate and key from files, which are read again
//! when they change.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::HeaderValue;
use munjigi_keys::UnixMillis;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ProtocolVersion, ServerConfig};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::time::Time;

/// The files, and what browsers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and after it the intermediate ones, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// How long browsers ask for nothing but HTTPS; 0: nothing is said.
    pub hsts_seconds: u32,
}

/// What changes when a file is written.
type Stamp = [(Option<SystemTime>, u64); 2];

/// A certificate with its key, ready for connections.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    stamp: Stamp,
    config: Arc<ServerConfig>,
    not_after: Option<Time>,
    /// `Strict-Transport-Security`.
    pub hsts: Option<HeaderValue>,
}

/// Why there is no TLS, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that is missing, or of another user.
    #[error("cannot read {path}: {source}; {remedy}", remedy = remedy(.source))]
    Unreadable { path: PathBuf, source: io::Error },
    /// A file with something else in place of the certificate.
    #[error(
        "{0} has no certificate: it must be PEM, your own certificate first and those that lead to its issuer after it"
    )]
    NoCertificate(PathBuf),
    /// A file with something else in place of the key.
    #[error("{0} has no private key: it must be PEM, without a password")]
    NoKey(PathBuf),
    /// Two files that do not belong together.
    #[error(
        "{key} is not the key of the first certificate in {certificate}: name the two files that were made together"
    )]
    Mismatch {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    #[error(
        "the certificate in {path} expired at {at}: no browser accepts it; renew it, and the gate reads the new one by itself"
    )]
    Expired {
        path: PathBuf,
        /// When.
        at: Time,
    },
    /// What rustls does not accept: a key of an unknown kind, a broken certificate.
    #[error("cannot use {path}: {source}")]
    Refused {
        /// The file with the certificate.
        path: PathBuf,
        source: rustls::Error,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "let the user read it under whom the gate runs",
        _ => "name the file in tls_certificate and tls_key",
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// See [`TlsError`]; a certificate that has expired is none.
    pub fn read(files: TlsFiles) -> Result<Self, TlsError> {
        // Before the files: what is written meanwhile is read at the next look.
        let stamp = files.stamp();
        let chain = certificates(&files.certificate)?;
        let own = chain.first().and_then(|own| Certificate::from_der(own).ok());
        let not_after = own.map(|own| own.tbs_certificate().validity().not_after);
        let key = key(&files.key)?;
        let config = config(chain, key).map_err(|source| match source {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch {
                certificate: files.certificate.clone(),
                key: files.key.clone(),
            },
            source => TlsError::Refused { path: files.certificate.clone(), source },
        })?;
        let hsts = (files.hsts_seconds > 0)
            .then(|| HeaderValue::try_from(format!("max-age={}", files.hsts_seconds)).ok())
            .flatten();
        Ok(Self { files, stamp, config: Arc::new(config), not_after, hsts })
    }

    /// The same files as they are now; `None` if they have not changed.
    pub fn read_again(&self) -> Option<Result<Self, TlsError>> {
        (self.files.stamp() != self.stamp).then(|| Self::read(self.files.clone()))
    }

    /// For new connections.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// What is wrong if the certificate is over.
    ///
    /// # Errors
    ///
    /// [`TlsError::Expired`].
    pub fn check(&self, now: UnixMillis) -> Result<(), TlsError> {
        match self.not_after {
            Some(at) if at.to_unix_duration() < Duration::from_millis(now.0) => {
                Err(TlsError::Expired { path: self.files.certificate.clone(), at })
            }
            _ => Ok(()),
        }
    }

    /// Until when it is valid, in seconds since 1970, if it says so.
    pub fn not_after(&self) -> Option<Duration> {
        self.not_after.map(Time::to_unix_duration)
    }
}

impl TlsFiles {
    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let file = fs::metadata(path).ok();
            (file.as_ref().and_then(|file| file.modified().ok()), file.map_or(0, |file| file.len()))
        })
    }
}

impl fmt::Display for TlsFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.certificate.display(), self.key.display())
    }
}

fn text(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_path_buf(), source })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text(path)?).collect();
    let chain = read.unwrap_or_default();
    if chain.is_empty() { Err(TlsError::NoCertificate(path.to_path_buf())) } else { Ok(chain) }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let read = PrivateKeyDer::from_pem_slice(&text(path)?);
    read.map_err(|_| TlsError::NoKey(path.to_path_buf()))
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = builder.with_single_cert(chain, key)?;
    // Browsers come back: a ticket spares both sides half of a handshake.
    config.ticketer = rustls::crypto::ring::Ticketer::new()?;
    config.alpn_protocols = [HTTP_2, b"http/1.1"].map(<[u8]>::to_vec).into();
    Ok(config)
}

/// HTTP/2, as a handshake names it.
pub const HTTP_2: &[u8] = b"h2";

/// The version of a connection, in the words of the description of a request.
pub const fn version(version: Option<ProtocolVersion>) -> &'static str {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// Writes a certificate that ends at new year, and its key.
    pub(crate) fn issue(folder: &Path, name: &str, year: i32) -> TlsFiles {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let files = TlsFiles {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
            hsts_seconds: 600,
        };
        fs::write(&files.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    #[test]
    fn files_are_read_again_once_they_change() {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls::read(issue(folder.path(), "a", 2090)).unwrap();
        assert_eq!(tls.hsts.as_ref().unwrap(), "max-age=600");
        assert!(tls.read_again().is_none());
        // A second tool writes one file, and a moment later the other.
        let other = issue(folder.path(), "b", 2091);
        fs::copy(&other.certificate, folder.path().join("a.pem")).unwrap();
        assert!(matches!(tls.read_again(), Some(Err(TlsError::Mismatch { .. }))));
        fs::copy(&other.key, folder.path().join("a.key")).unwrap();
        let new = tls.read_again().unwrap().unwrap();
        assert!(new.not_after() > tls.not_after() && tls.not_after().is_some());
    }

    #[test]
    fn each_mistake_names_its_file_and_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| issue(folder.path(), name, 2090));
        let told = |certificate: &Path, key: &Path| {
            let (certificate, key) = (certificate.to_path_buf(), key.to_path_buf());
            let read = Tls::read(TlsFiles { certificate, key, hsts_seconds: 0 });
            read.err().unwrap().to_string()
        };
        let missing = folder.path().join("missing.pem");
        for (certificate, key, parts) in [
            (
                &missing,
                &one.key,
                ["cannot read", "missing.pem", "name the file in tls_certificate"],
            ),
            (&one.certificate, &missing, ["cannot read", "missing.pem", "tls_key"]),
            (&one.key, &one.key, ["one.key", "has no certificate", "your own certificate first"]),
            (&one.certificate, &one.certificate, ["one.pem", "has no private key", "PEM"]),
            (&one.certificate, &other.key, ["other.key", "is not the key", "made together"]),
        ] {
            let told = told(certificate, key);
            assert!(parts.iter().all(|part| told.contains(part)), "{told}");
        }
    }

    #[test]
    fn a_certificate_that_is_over_is_used_and_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls::read(issue(folder.path(), "old", 2021)).unwrap();
        assert!(tls.check(UnixMillis::from_seconds(1_600_000_000)).is_ok());
        let told = tls.check(UnixMillis::from_seconds(1_795_000_000)).unwrap_err().to_string();
        assert!(told.contains("expired at 2021-01-01T00:00:00Z"), "{told}");
        assert!(told.contains("renew it"), "{told}");
    }
}
