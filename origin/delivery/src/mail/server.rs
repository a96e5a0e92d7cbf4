//! Where emails go: a server and how to talk to it, or a folder.

use std::fmt;
use std::path::PathBuf;

/// Where emails go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTransport {
    /// To a server.
    Smtp(SmtpServer),
    /// Into a folder, for development.
    Folder(PathBuf),
}

/// A server that accepts emails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its host name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What becomes of the connection before anything is said.
    pub encryption: Encryption,
    /// Whom to log in as; `None` where the server knows us by our network.
    pub login: Option<Login>,
    /// How to introduce ourselves; `None` for the machine's name.
    pub hello: Option<String>,
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never: on this machine or a trusted network.
    Never,
    /// After a greeting, where the server offers it.
    Offered,
    /// After a greeting; nothing is sent without.
    Required,
    /// With the first byte.
    AtOnce,
}

/// Name and password at a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}
