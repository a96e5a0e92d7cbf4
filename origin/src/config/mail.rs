//! Where emails go and their sender: both or neither. Without them, no emails
//! are sent. Server addresses are validated here, so that mistakes are reported
//! at start-up, without the password.

use lettre::message::Mailbox;
use munjigi_delivery::mail::{Encryption, Login, MailTransport, SmtpServer};
use munjigi_process::config::Reader;
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::variables;

const FORM: &str = "must be smtp://name:password@host:587?tls=required, smtps://… or folder:PATH; percent-encode special characters in name and password, such as %40";

#[derive(Debug, Clone)]
pub struct Mail {
    pub transport: MailTransport,
    /// The sender.
    pub from: Mailbox,
}

impl Mail {
    /// Whether emails are to be sent: each of the two variables requires the
    /// other.
    pub(super) fn is_wanted(reader: &Reader) -> bool {
        reader.is_set(&variables::MAIL_URL) || reader.is_set(&variables::MAIL_FROM)
    }

    pub(super) fn from(reader: &mut Reader) -> Option<Self> {
        let transport = reader.required(&variables::MAIL_URL, parse_transport);
        let from = reader.required(&variables::MAIL_FROM, parse_from);
        Some(Self { transport: transport?, from: from? })
    }
}

fn parse_transport(text: &str) -> Result<MailTransport, String> {
    match text.split_once(':') {
        Some(("folder", "")) => Err("folder: is not followed by a path".to_owned()),
        Some(("folder", path)) => Ok(MailTransport::Folder(path.into())),
        _ => parse_smtp(text).map(MailTransport::Smtp),
    }
}

fn parse_smtp(text: &str) -> Result<SmtpServer, String> {
    // The parser's own message may quote the password.
    let url: Url = text.parse().map_err(|_| FORM.to_owned())?;
    let (encryption, usual_port) = match (url.scheme(), url.query()) {
        ("smtp", None) => (Encryption::Never, 25),
        ("smtp", Some("tls=opportunistic")) => (Encryption::Offered, 587),
        ("smtp", Some("tls=required")) => (Encryption::Required, 587),
        ("smtp", Some(_)) => {
            return Err("only tls=required or tls=opportunistic can follow the ?".to_owned());
        }
        ("smtps", None) => (Encryption::AtOnce, 465),
        _ => return Err(FORM.to_owned()),
    };
    let host = url.host_str().unwrap_or_default();
    // In addresses like this one, an IPv6 address is in brackets.
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() || url.fragment().is_some() {
        return Err(FORM.to_owned());
    }
    let login = match (url.username(), url.password().unwrap_or_default()) {
        ("", "") => None,
        ("", _) | (_, "") => return Err("set both name and password, or neither".to_owned()),
        (name, password) => {
            let (name, password) = (decoded(name)?, decoded(password)?);
            Some(Login { name, password })
        }
    };
    // An attacker in between could read it, even if TLS is used when offered:
    // they would suppress the offer.
    if login.is_some() && matches!(encryption, Encryption::Never | Encryption::Offered) {
        return Err("a password requires TLS: add ?tls=required, or use smtps://".to_owned());
    }
    let hello = match decoded(url.path().trim_matches('/'))? {
        name if name.is_empty() => None,
        name if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)) => Some(name),
        _ => return Err("only our own host name can follow the host's /".to_owned()),
    };
    let port = url.port().unwrap_or(usual_port);
    Ok(SmtpServer { host: host.to_owned(), port, encryption, login, hello })
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| FORM.to_owned())?;
    Ok(decoded.into_owned())
}

fn parse_from(text: &str) -> Result<Mailbox, String> {
    let form = || "must be such as Munjigi <no-reply@example.org>".to_owned();
    if text.chars().any(char::is_control) {
        return Err(form());
    }
    let from: Mailbox = text.parse().map_err(|_| form())?;
    let address: &str = from.email.as_ref();
    if address.is_ascii() { Ok(from) } else { Err(form()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SmtpServer {
        match parse_transport(text) {
            Ok(MailTransport::Smtp(server)) => server,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn ports_are_the_usual_ones_where_none_is_named() {
        for (text, host, port, encryption) in [
            ("smtp://localhost:1025", "localhost", 1025, Encryption::Never),
            ("smtp://relay.example", "relay.example", 25, Encryption::Never),
            ("smtp://[::1]", "::1", 25, Encryption::Never),
            ("smtp://relay.example?tls=opportunistic", "relay.example", 587, Encryption::Offered),
            ("smtp://relay.example?tls=required", "relay.example", 587, Encryption::Required),
            ("smtps://relay.example", "relay.example", 465, Encryption::AtOnce),
        ] {
            let found = server(text);
            assert_eq!((found.host.as_str(), found.port), (host, port));
            assert_eq!((found.encryption, found.login, found.hello), (encryption, None, None));
        }
    }

    #[test]
    fn name_password_and_our_own_name_are_read() {
        let found = server("smtps://munjigi%40shop:p%3Ass@relay.example/captcha.example");
        let login = Login { name: "munjigi@shop".to_owned(), password: "p:ss".to_owned() };
        assert_eq!(found.login, Some(login));
        assert_eq!(found.hello.as_deref(), Some("captcha.example"));
    }

    #[test]
    fn emails_may_go_into_a_folder() {
        let folder = MailTransport::Folder("../emails".into());
        assert_eq!(parse_transport("folder:../emails"), Ok(folder));
    }

    #[test]
    fn an_address_that_could_not_work_is_refused_without_its_password() {
        for text in [
            "",
            "folder:",
            "emails",
            "relay.example:25",
            "http://relay.example",
            "smtp://",
            "smtp://relay.example:port",
            "smtp://relay.example?tls=none",
            "smtp://relay.example?tls=required&timeout=5",
            "smtps://relay.example?tls=opportunistic",
            "smtps://relay.example#there",
            "smtp://name@relay.example?tls=required",
            "smtps://:hunter2@relay.example",
            "smtp://name:hunter2@relay.example:587",
            "smtp://name:hunter2@relay.example:587?tls=opportunistic",
            "smtp://name:hunter2@relay.example:x?tls=required",
            "smtps://name:hunter2%ff@relay.example",
            "smtps://relay.example/our%20name",
        ] {
            let told = parse_transport(text).unwrap_err();
            assert!(!told.contains("hunter2"), "{text}: {told}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let shown = format!("{:?}", server("smtps://munjigi:hunter2@relay.example"));
        assert!(shown.contains("relay.example") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn emails_come_from_one_address() {
        for text in ["Munjigi <no-reply@example.org>", "no-reply@example.org", "문지기 <a@b.kr>"]
        {
            assert!(parse_from(text).is_ok(), "{text}");
        }
        for text in
            ["", "Munjigi", "a@b.kr, c@d.kr", "a@b.kr\r\nBcc: c@d.kr", "문@지.kr", "M\n <a@b.kr>"]
        {
            assert!(parse_from(text).is_err(), "{text}");
        }
    }
}
