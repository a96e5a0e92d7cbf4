//! Where the gate is reached: a port, or a socket in the file system.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

/// An address to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A port.
    Tcp(SocketAddr),
    /// A socket, by its path.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Bytes from a peer and to it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection of either kind.
pub type Connection = Box<dyn Stream>;

/// A port or a socket that is listened at.
#[derive(Debug)]
pub enum Listener {
    /// A port.
    Tcp(TcpListener),
    /// A socket, which is deleted at the end.
    Unix(UnixListener, Socket),
}

/// The file of a socket, deleted when it is dropped.
#[derive(Debug)]
pub struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    ///
    /// The address is in use or belongs to another machine, the folder is
    /// missing or not ours.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Address::Unix(path) => {
                remove_if_left(path)?;
                let listener = UnixListener::bind(path)?;
                // As for a port of this machine, anyone on it may call, unless
                // the folder keeps them out.
                fs::set_permissions(path, Permissions::from_mode(0o666))?;
                Ok(Self::Unix(listener, Socket(path.clone())))
            }
        }
    }

    /// The next connection and the address of its peer; on a socket that is
    /// this machine.
    ///
    /// # Errors
    ///
    /// The process has too many files open, or the client has left again.
    pub async fn accept(&self) -> io::Result<(Connection, IpAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are small and written at once.
                stream.set_nodelay(true).ok();
                Ok((Box::new(stream), peer.ip()))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), Ipv4Addr::LOCALHOST.into()))
            }
        }
    }
}

/// Deletes a socket that a killed process has left. Another file, or a socket at
/// which a process listens, stays.
fn remove_if_left(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err() {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_socket_that_was_left_is_taken_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.sock");
        let address = Address::Unix(path.clone());
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "as after a kill");
        let listener = Listener::bind(&address).await.unwrap();
        let second = Listener::bind(&address).await.unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::AddrInUse);
        let mut client = tokio::net::UnixStream::connect(&path).await.unwrap();
        client.write_all(b"hello").await.unwrap();
        drop(client);
        // The first is the second listener's question whether anyone is here.
        let mut read = String::new();
        while read.is_empty() {
            let (mut stream, peer) = listener.accept().await.unwrap();
            assert!(peer.is_loopback());
            stream.read_to_string(&mut read).await.unwrap();
        }
        assert_eq!(read, "hello");
        drop(listener);
        assert!(!path.exists());
        std::fs::write(&path, "a file").unwrap();
        assert!(Listener::bind(&address).await.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file");
    }
}
