//! Where the gate is reached: a port, or a socket in the file system.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

/// A peer that acknowledges nothing for this long is gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// A silent peer is asked after this long, how often, and how many times.
const PROBE_AFTER: Duration = Duration::from_mins(1);
const PROBE_EVERY: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;
/// Bytes that wait in the system for one peer; Linux takes twice as much for
/// them. It says that there is room again once a third is free: at 2 KB a second
/// within some 20 s. More would make a slow phone look as if it took nothing.
const SEND_BUFFER: usize = 65_536;

/// An address to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
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
            Address::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                notice_the_dead(&listener);
                Ok(Self::Tcp(listener))
            }
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

/// Has the system give up peers that are gone, and buffer no more for each than
/// it takes to see within [`UNACKNOWLEDGED`] that a slow one still reads. Linux
/// hands these options on to each connection that is accepted, which costs no
/// call per connection; a system that knows one of them not does without.
fn notice_the_dead(listener: &TcpListener) {
    let milliseconds = u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(listener, milliseconds).ok();
    sockopt::set_tcp_keepidle(listener, PROBE_AFTER).ok();
    sockopt::set_tcp_keepintvl(listener, PROBE_EVERY).ok();
    sockopt::set_tcp_keepcnt(listener, PROBES).ok();
    sockopt::set_socket_keepalive(listener, true).ok();
    sockopt::set_socket_send_buffer_size(listener, SEND_BUFFER).ok();
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
    async fn the_system_gives_up_peers_that_are_gone() {
        let listener = Listener::bind(&Address::Tcp(([127, 0, 0, 1], 0).into())).await.unwrap();
        let Listener::Tcp(listener) = listener else { unreachable!("it is a port") };
        let client = tokio::net::TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, client) = tokio::join!(listener.accept(), client);
        let (stream, _client) = (accepted.unwrap().0, client.unwrap());
        assert_eq!(
            u128::from(sockopt::tcp_user_timeout(&stream).unwrap()),
            UNACKNOWLEDGED.as_millis()
        );
        assert!(sockopt::socket_keepalive(&stream).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&stream).unwrap(), PROBE_AFTER);
        assert!(sockopt::socket_send_buffer_size(&stream).unwrap() <= 2 * SEND_BUFFER);
    }

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
