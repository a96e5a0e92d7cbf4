//! Sends emails to a mail server. The SMTP conversation is implemented here,
//! command by command, instead of by the library's own transport: that one does
//! not say whether a refusal was of us or of the recipient, and it reuses
//! connections whose answer was not awaited, where the late answer would be
//! taken for the next email's.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;

use super::error::{SendError, TransportError};
use super::server::{Encryption, SmtpServer};

/// Time for one email, everything included; shorter than its lease. Servers
/// that check for spam take their time, and a client that hangs up too early
/// sends twice.
const SEND_WITHIN: Duration = Duration::from_mins(1);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Time for QUIT.
const QUIT_WITHIN: Duration = Duration::from_secs(2);

pub struct Smtp {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    within: Duration,
    /// Idle connections. One that failed is never put back.
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Smtp {
    /// For a server; does not connect yet.
    pub fn of(server: &SmtpServer) -> Result<Self, TransportError> {
        let tls = match server.encryption {
            Encryption::Never => None,
            Encryption::Offered | Encryption::Required | Encryption::AtOnce => {
                Some(TlsParameters::new(server.host.clone())?)
            }
        };
        let login = server.login.clone();
        Ok(Self {
            host: server.host.clone(),
            port: server.port,
            encryption: server.encryption,
            tls,
            credentials: login.map(|login| Credentials::new(login.name, login.password)),
            hello: server.hello.clone().map_or_else(ClientId::default, ClientId::Domain),
            within: SEND_WITHIN,
            idle: Mutex::default(),
        })
    }

    /// With this much time per email, where a minute is too long.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Sends an email.
    pub(super) async fn send(&self, message: &Message) -> Result<(), SendError> {
        // If it is dropped half-way, the connection closes.
        let conversation = tokio::time::timeout(self.within, self.converse(message));
        conversation.await.unwrap_or(Err(SendError::Silent))
    }

    /// Closes the idle connections.
    pub(super) async fn rest(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let goodbyes = idle.into_iter().map(|mut open| async move { open.abort().await });
        let all = futures_util::future::join_all(goodbyes);
        let _ = tokio::time::timeout(QUIT_WITHIN, all).await;
    }

    async fn converse(&self, message: &Message) -> Result<(), SendError> {
        let mut open = self.connection().await?;
        let envelope = message.envelope();
        let from = envelope.from().cloned();
        open.command(Mail::new(from, Vec::new())).await.map_err(|error| of_us(&error))?;
        for recipient in envelope.to() {
            let asked = open.command(Rcpt::new(recipient.clone(), Vec::new())).await;
            asked.map_err(|error| of_the_email(&error))?;
        }
        open.command(Data).await.map_err(|error| of_the_email(&error))?;
        open.message(&message.formatted()).await.map_err(|error| of_the_email(&error))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(open);
        Ok(())
    }

    /// An idle connection that still works, otherwise a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, SendError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(mut open) = idle else {
                return self.connect().await.map_err(|error| of_us(&error));
            };
            if open.test_connected().await {
                return Ok(open);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let address = (self.host.as_str(), self.port);
        let at_once = self.tls.clone().filter(|_| self.encryption == Encryption::AtOnce);
        let mut open = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(CONNECT_WITHIN),
            &self.hello,
            at_once,
            None,
        )
        .await?;
        let starts_tls = match self.encryption {
            Encryption::Never | Encryption::AtOnce => false,
            Encryption::Offered => open.can_starttls(),
            // If it is not offered, this fails.
            Encryption::Required => true,
        };
        if let Some(tls) = self.tls.clone().filter(|_| starts_tls) {
            open.starttls(tls, &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            open.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(open)
    }
}

/// Before the server knew a recipient: a refusal is not the email's fault.
fn of_us(error: &Error) -> SendError {
    match code(error) {
        Some(code) if error.is_permanent() => SendError::Unwelcome { code },
        Some(code) => SendError::Deferred { code },
        None => SendError::Unreachable(reason(error)),
    }
}

fn of_the_email(error: &Error) -> SendError {
    match code(error) {
        Some(code) if error.is_permanent() => SendError::Refused { code },
        Some(code) => SendError::Deferred { code },
        None => SendError::Unreachable(reason(error)),
    }
}

fn code(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// Without the server's words.
fn reason(error: &Error) -> String {
    if error.is_response() {
        "it closed the connection or does not speak SMTP".to_owned()
    } else {
        error.to_string()
    }
}
