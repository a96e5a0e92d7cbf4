//! Where emails go: a server and how to talk to it, or a folder.

use std::fmt;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTransport {
    Smtp(SmtpServer),
    /// Into a folder, for development.
    Folder(PathBuf),
}

/// A server that accepts emails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Host name or IP address.
    pub host: String,
    pub port: u16,
    /// Whether and when the connection is encrypted.
    pub encryption: Encryption,
    /// Credentials; `None` if the server knows us by our network.
    pub login: Option<Login>,
    /// The name for EHLO; `None` for the machine's name.
    pub hello: Option<String>,
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never: on this machine or a trusted network.
    Never,
    /// After a greeting, if the server offers it.
    Offered,
    /// After a greeting; nothing is sent without it.
    Required,
    /// With the first byte.
    AtOnce,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub name: String,
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}
