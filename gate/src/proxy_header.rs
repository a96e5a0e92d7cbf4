//! The header of the PROXY protocol, version 2, with which a proxy names its
//! client before a connection's first byte:
//! <https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt>, section 2.2.

use std::io;
use std::net::IpAddr;

use ppp::v2::{Addresses, Command, Header, PROTOCOL_PREFIX, Protocol};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes up to the addresses.
const MINIMUM_LENGTH: usize = 16;
/// Bytes of addresses and further fields. Those of load balancers stay below a
/// thousand.
const MOST_BYTES: usize = 4_096;

/// Why a connection is none of a proxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("stranger")]
    Stranger,
    /// It begins with something else: HTTP, or version 1.
    #[error("missing")]
    Missing,
    /// It says what the protocol does not allow.
    #[error("malformed")]
    Malformed,
    /// It ends or stops in the middle.
    #[error("truncated")]
    Truncated,
}

impl Refusal {
    /// What it means, and what to do.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Stranger => {
                "a connection does not come from a trusted proxy and was closed; with MUNJIGI_GATE_PROXY_PROTOCOL the gate speaks only to those in MUNJIGI_TRUSTED_PROXIES"
            }
            Self::Missing | Self::Malformed | Self::Truncated => {
                "a trusted proxy does not begin with a valid PROXY header of version 2, and its connection was closed; switch that on in the proxy (send-proxy-v2), or MUNJIGI_GATE_PROXY_PROTOCOL off"
            }
        }
    }
}

/// Reads the header, and nothing after it. `None`: the connection is the
/// proxy's own, as when it looks whether the gate is there.
///
/// # Errors
///
/// Any other beginning.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<IpAddr>, Refusal> {
    let mut bytes = vec![0; MINIMUM_LENGTH];
    fill(stream, &mut bytes).await?;
    if !bytes.starts_with(PROTOCOL_PREFIX) {
        return Err(Refusal::Missing);
    }
    let length = match bytes.last_chunk::<2>() {
        Some(length) => usize::from(u16::from_be_bytes(*length)),
        None => return Err(Refusal::Malformed),
    };
    if length > MOST_BYTES {
        return Err(Refusal::Malformed);
    }
    let mut rest = vec![0; length];
    fill(stream, &mut rest).await?;
    bytes.append(&mut rest);
    client(&bytes)
}

async fn fill(stream: &mut (impl AsyncRead + Unpin), bytes: &mut [u8]) -> Result<(), Refusal> {
    let read = stream.read_exact(bytes).await;
    read.map(drop).map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::Truncated,
        _ => Refusal::Missing,
    })
}

fn client(bytes: &[u8]) -> Result<Option<IpAddr>, Refusal> {
    let header = Header::try_from(bytes).map_err(|_| Refusal::Malformed)?;
    if header.tlvs().any(|field| field.is_err()) {
        return Err(Refusal::Malformed);
    }
    match (header.command, header.protocol, header.addresses) {
        (Command::Local, ..) | (_, _, Addresses::Unspecified | Addresses::Unix(_)) => Ok(None),
        (Command::Proxy, Protocol::Datagram, _) => Err(Refusal::Malformed),
        (Command::Proxy, _, Addresses::IPv4(pair)) => Ok(Some(pair.source_address.into())),
        (Command::Proxy, _, Addresses::IPv6(pair)) => {
            Ok(Some(IpAddr::V6(pair.source_address).to_canonical()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use ppp::v2::{Builder, Type, Version};
    use proptest::prelude::*;

    use super::*;

    fn header(command: Command, source: &str) -> Builder {
        let source: SocketAddr = source.parse().unwrap();
        let to: SocketAddr =
            if source.is_ipv4() { "10.0.0.1:443" } else { "[fd00::1]:443" }.parse().unwrap();
        let addresses = (source, to);
        Builder::with_addresses(Version::Two | command, Protocol::Stream, addresses)
    }

    fn of(source: &str) -> Vec<u8> {
        header(Command::Proxy, source).build().unwrap()
    }

    /// What is read, and how many bytes it leaves.
    fn result(bytes: &[u8]) -> (Result<Option<IpAddr>, Refusal>, usize) {
        let mut stream = bytes;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(read(&mut stream));
        (read, stream.len())
    }

    fn named(bytes: &[u8]) -> Result<Option<String>, Refusal> {
        result(bytes).0.map(|client| client.map(|client| client.to_string()))
    }

    #[test]
    fn the_client_is_whom_the_header_names() {
        for (source, client) in [
            ("203.0.113.7:4711", "203.0.113.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("[::ffff:203.0.113.7]:1", "203.0.113.7"),
        ] {
            assert_eq!(named(&of(source)), Ok(Some(client.to_owned())), "{source}");
        }
        let with_fields = header(Command::Proxy, "203.0.113.7:1")
            .write_tlv(Type::Authority, b"captcha.example")
            .unwrap()
            .write_tlv(Type::NoOp, &[0; 900])
            .unwrap();
        assert_eq!(named(&with_fields.build().unwrap()), Ok(Some("203.0.113.7".to_owned())));
    }

    #[test]
    fn a_connection_of_the_proxys_own_names_no_client() {
        let local = header(Command::Local, "203.0.113.7:1").build().unwrap();
        assert_eq!(named(&local), Ok(None));
        let unknown = Builder::new(Version::Two | Command::Proxy, 0).build().unwrap();
        assert_eq!(named(&unknown), Ok(None));
    }

    #[test]
    fn nothing_else_is_believed() {
        let right = of("203.0.113.7:4711");
        let with = |at: usize, byte: u8| {
            let mut bytes = right.clone();
            bytes[at] = byte;
            bytes
        };
        let mut cut_field = right.clone();
        cut_field.extend([0x02, 0, 9, b'a']);
        cut_field[15] += 4;
        let mut long = right.clone();
        long[14] = 0xff;
        for (what, bytes, refusal) in [
            ("HTTP", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), Refusal::Missing),
            ("version 1", b"PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n".to_vec(), Refusal::Missing),
            (
                "TLS",
                [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0, 0, 0, 0].to_vec(),
                Refusal::Missing,
            ),
            ("nothing", Vec::new(), Refusal::Truncated),
            ("half a prefix", right[..7].to_vec(), Refusal::Truncated),
            ("no addresses", right[..16].to_vec(), Refusal::Truncated),
            ("half an address", right[..18].to_vec(), Refusal::Truncated),
            ("another version", with(12, 0x31), Refusal::Malformed),
            ("another command", with(12, 0x22), Refusal::Malformed),
            ("another family", with(13, 0x41), Refusal::Malformed),
            ("datagrams", with(13, 0x12), Refusal::Malformed),
            ("less than its addresses", with(15, 4), Refusal::Malformed),
            ("a field that ends early", cut_field, Refusal::Malformed),
            ("more than anyone sends", long, Refusal::Malformed),
        ] {
            assert_eq!(named(&bytes), Err(refusal), "{what}");
        }
    }

    proptest! {
        #[test]
        fn what_follows_the_header_is_left(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut bytes = of("203.0.113.7:4711");
            bytes.extend(&body);
            let client = Some("203.0.113.7".parse().unwrap());
            prop_assert_eq!(result(&bytes), (Ok(client), body.len()));
        }

        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..64), begins: bool) {
            let start = if begins { PROTOCOL_PREFIX } else { &[] };
            let (read, left) = result(&[start, &bytes].concat());
            prop_assert!(left <= bytes.len());
            if !begins {
                prop_assert!(read.is_err());
            }
        }
    }
}
