//! Reading the environment.

use std::ffi::OsString;
use std::io;

use munjigi_process::log::LogFormat;

use super::{Config, DatabaseConfig, Environment, listed, markdown, parse_edge_url};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const PASSWORD: &str = "hunter2";

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let pairs = pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    super::environment(pairs, |path| match path {
        "/run/secrets/database" => Ok(format!("postgres://munjigi:{PASSWORD}@db/munjigi\n")),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    })
}

const COMPLETE: [(&str, &str); 4] = [
    ("MUNJIGI_DATABASE_URL_FILE", "/run/secrets/database"),
    ("MUNJIGI_EDGE_URL", "https://captcha.example"),
    ("MUNJIGI_INTERNAL_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
    ("MUNJIGI_KEY_CHECK", KEY),
];

#[test]
fn unset_variables_have_their_defaults() {
    let config = Config::read(&environment(&COMPLETE)).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.http.operators.to_string(), "127.0.0.1:8081");
    assert_eq!(config.retention.event_days, 90);
    assert_eq!(config.database.connections, 10);
    assert_eq!(config.log.format, LogFormat::Auto);
    assert_eq!(config.edge.url.as_str(), "https://captcha.example/");
}

#[test]
fn a_secret_may_come_from_a_file_and_is_never_shown() {
    let config = Config::read(&environment(&COMPLETE)).unwrap();
    assert_eq!(config.database.url.get_host(), "db");
    let shown = format!("{config:?} {:?}", environment(&COMPLETE));
    assert!(!shown.contains(PASSWORD) && !shown.contains(KEY), "{shown}");
}

#[test]
fn with_a_direct_url_the_other_one_is_a_poolers() {
    let config = Config::read(&environment(&COMPLETE)).unwrap();
    assert!(config.database.pooler.is_none());
    assert_eq!(config.database.times.wait.as_secs(), 3);
    let mut both = COMPLETE.to_vec();
    both.extend([
        ("MUNJIGI_DATABASE_DIRECT_URL", "postgres://munjigi@postgres/munjigi"),
        ("MUNJIGI_DATABASE_REPLICA_URL", "postgres://munjigi@replica/munjigi"),
    ]);
    let config = Config::read(&environment(&both)).unwrap();
    assert_eq!(config.database.url.get_host(), "postgres");
    assert_eq!(config.database.pooler.unwrap().get_host(), "db");
    assert!(config.replica.unwrap().pooler.is_none());
}

#[test]
fn every_mistake_is_told_at_once_and_no_value_with_it() {
    let secret = "k1:hunter2";
    let mistakes = Config::read(&environment(&[
        ("MUNJIGI_DATABASE_URL", "mysql://munjigi:hunter2@db"),
        ("MUNJIGI_DATABASE_URL_FILE", "/run/secrets/database"),
        ("MUNJIGI_INTERNAL_KEYS", secret),
        ("MUNJIGI_KEY_CHECK_FILE", "/run/secrets/nothing"),
        ("MUNJIGI_LISTEN", "8080"),
        ("MUNJIGI_MAIL_URL", "smtp://munjigi:hunter2@relay.example"),
        ("MUNJIGI_LOG_FORMAT", "xml"),
        ("MUNJIGI_DATABASE_DIRECT_URL", "mysql://munjigi:hunter2@db"),
        ("MUNJIGI_DATABASE_CONNECTIONS", "1"),
        ("MUNJIGI_DATABASE_WAIT_SECONDS", "31"),
        ("MUNJIGI_DATABASE_LIFETIME_MINUTES", "0"),
        ("MUNJIGI_DATABASE_IDLE_MINUTES", "soon"),
        ("MUNJIGI_EVENT_RETENTION_DAYS", ""),
        ("MUNJIGI_EVENTS_RETENTION_DAY", "30"),
        ("MUNJIGI_FAVOURITE_COLOUR", "green"),
        ("PATH", "/bin"),
    ]))
    .unwrap_err()
    .to_string();
    assert!(!mistakes.contains(PASSWORD), "{mistakes}");
    insta::assert_snapshot!(mistakes);
}

#[test]
fn what_is_archived_in_a_bucket_is_encrypted() {
    let key = age::x25519::Identity::generate().to_public().to_string();
    let read = |pairs: &[(&str, &str)]| Config::read(&environment(&[&COMPLETE, pairs].concat()));
    assert!(read(&[]).unwrap().archive.place.is_none());
    assert!(read(&[("MUNJIGI_ARCHIVE", "/var/lib/records")]).unwrap().archive.place.is_some());
    let bucket = ("MUNJIGI_ARCHIVE", "s3://shop-records");
    let archive = read(&[bucket, ("MUNJIGI_ARCHIVE_KEYS", &key)]).unwrap().archive;
    assert_eq!(archive.recipients.len(), 1);
    for (pairs, told) in [
        (vec![bucket], "MUNJIGI_ARCHIVE_KEYS is invalid: must be public keys of age"),
        (vec![bucket, ("MUNJIGI_ARCHIVE_KEYS", "AGE-SECRET-KEY-1X")], "this is a secret key"),
        (vec![("MUNJIGI_ARCHIVE", "gs://shop-records")], "MUNJIGI_ARCHIVE"),
    ] {
        let mistakes = read(&pairs).unwrap_err().to_string();
        assert!(mistakes.contains(told), "{mistakes}");
    }
}

#[test]
fn commands_on_the_database_need_nothing_else() {
    let url = [("MUNJIGI_DATABASE_URL", "postgres://localhost/munjigi")];
    assert!(DatabaseConfig::read(&environment(&url)).is_ok());
    let misspelt = [url[0], ("MUNJIGI_LISEN", "x")];
    assert!(DatabaseConfig::read(&environment(&misspelt)).is_err());
}

#[test]
fn the_edges_variables_are_known() {
    let mut both = COMPLETE.to_vec();
    both.extend([("MUNJIGI_ROOT_KEYS", "whatever"), ("MUNJIGI_SHARDS", "64")]);
    assert!(Config::read(&environment(&both)).is_ok());
}

#[test]
fn emails_need_both_addresses_or_are_not_sent() {
    assert!(Config::read(&environment(&COMPLETE)).unwrap().mail.is_none());
    let [url, from] =
        [("MUNJIGI_MAIL_URL", "smtp://localhost"), ("MUNJIGI_MAIL_FROM", "me@example.org")];
    for (set, missing) in [(url, from.0), (from, url.0)] {
        let mut pairs = COMPLETE.to_vec();
        pairs.push(set);
        let told = Config::read(&environment(&pairs)).unwrap_err().to_string();
        assert!(told.contains(&format!("{missing} is not set: ")), "{told}");
        pairs.push(if set == url { from } else { url });
        assert!(Config::read(&environment(&pairs)).unwrap().mail.is_some());
    }
}

#[test]
fn a_demo_needs_both_keys_of_its_site_and_does_not_show_its_secret() {
    let console = [
        ("MUNJIGI_CONSOLE_URL", "https://console.example"),
        ("MUNJIGI_CONSOLE_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
        ("MUNJIGI_MAIL_URL", "folder:emails"),
        ("MUNJIGI_MAIL_FROM", "Munjigi <no-reply@console.example>"),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        Config::read(&environment(&[COMPLETE.as_slice(), &console, more].concat()))
    };
    assert!(with(&[]).unwrap().console.unwrap().demo.is_none());
    let sitekey = ("MUNJIGI_DEMO_SITEKEY", "mj_0123456789abcdefghjkmnpqr0");
    let secret = ("MUNJIGI_DEMO_SECRET", "mjs_0123456789");
    let demo = with(&[sitekey, secret]).unwrap().console.unwrap().demo.unwrap();
    assert_eq!(demo.sitekey.to_string(), sitekey.1);
    assert!(!format!("{demo:?}").contains(secret.1), "{demo:?}");
    for (set, missing) in [(sitekey, secret.0), (secret, sitekey.0)] {
        let told = with(&[set]).unwrap_err().to_string();
        assert!(told.contains(missing), "{told}");
    }
    let told = with(&[(sitekey.0, secret.1), (secret.0, sitekey.1)]).unwrap_err().to_string();
    assert!(told.contains("must be a sitekey") && told.contains("must be a secret"), "{told}");
    assert!(!told.contains(secret.1), "{told}");
}

#[test]
fn an_edge_is_scheme_host_port_and_perhaps_a_path() {
    for (good, url) in [
        ("https://captcha.example", "https://captcha.example/"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787/"),
        ("http://edge:80/", "http://edge/"),
        ("https://shop.example/captcha", "https://shop.example/captcha/"),
        ("https://shop.example/captcha/", "https://shop.example/captcha/"),
    ] {
        assert_eq!(parse_edge_url(good).unwrap().as_str(), url);
    }
    for bad in [
        "captcha.example",
        "ftp://captcha.example",
        "https://captcha.example/%2f",
        "https://captcha.example?a",
        "https://me@captcha.example",
        "https://",
        "",
    ] {
        assert!(parse_edge_url(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_table_has_each_variable_once() {
    let table = markdown();
    for (variable, _) in listed() {
        let cell = format!("| {}", variable.name);
        let rows = table.lines().filter(|line| {
            line.strip_prefix(cell.as_str()).is_some_and(|rest| rest.starts_with(' '))
        });
        assert_eq!(rows.count(), 1, "{}", variable.name);
    }
}

#[test]
fn the_document_holds_the_table_of_this_program() {
    let document = include_str!("../../../docs/operation.md");
    let from = document.split("<!-- variables:begin -->\n").nth(1).unwrap();
    let written = from.split("<!-- variables:end -->").next().unwrap();
    assert_eq!(written, markdown(), "copy the output of `munjigi config --markdown` there");
}

#[test]
fn the_console_is_where_its_address_is_set_and_then_needs_its_keys() {
    let with = |more: &[(&'static str, &'static str)]| {
        Config::read(&environment(&[COMPLETE.as_slice(), more].concat()))
    };
    assert!(with(&[]).unwrap().console.is_none());
    let url = ("MUNJIGI_CONSOLE_URL", "https://console.example");
    let whole = [
        url,
        ("MUNJIGI_CONSOLE_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
        ("MUNJIGI_MAIL_URL", "folder:emails"),
        ("MUNJIGI_MAIL_FROM", "Munjigi <no-reply@console.example>"),
    ];
    let console = with(&whole).unwrap().console.unwrap();
    assert_eq!(console.url.as_str(), "https://console.example/");
    assert_eq!(console.origin(), "https://console.example");
    assert_eq!(console.sign_up, munjigi_app::settings::SignUpPolicy::Closed);
    let told = |more: &[(&'static str, &'static str)]| with(more).unwrap_err().to_string();
    let missing = told(&[url]);
    for name in ["MUNJIGI_CONSOLE_KEYS", "MUNJIGI_MAIL_URL", "MUNJIGI_MAIL_FROM"] {
        assert!(missing.contains(name), "{missing}");
    }
    let mistakes = told(&[
        ("MUNJIGI_CONSOLE_URL", "http://console.example"),
        ("MUNJIGI_SIGN_UP", "maybe"),
        ("MUNJIGI_CLIENT_HEADER", "x y"),
    ]);
    for part in ["unless it is localhost", "open or closed", "the name of a header"] {
        assert!(mistakes.contains(part), "{mistakes}");
    }
}

#[test]
fn a_client_header_needs_trusted_proxies() {
    let with = |more: &[(&'static str, &'static str)]| {
        let console = [
            ("MUNJIGI_CONSOLE_URL", "https://console.example"),
            ("MUNJIGI_CONSOLE_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
            ("MUNJIGI_MAIL_URL", "folder:emails"),
            ("MUNJIGI_MAIL_FROM", "Munjigi <no-reply@console.example>"),
        ];
        Config::read(&environment(&[COMPLETE.as_slice(), &console, more].concat()))
    };
    let header = ("MUNJIGI_CLIENT_HEADER", "X-Forwarded-For");
    let trusted = ("MUNJIGI_TRUSTED_PROXIES", "10.0.0.5,10.1.0.0/24");
    assert!(with(&[]).unwrap().console.unwrap().proxies.is_none());
    assert_eq!(
        with(&[header, trusted]).unwrap().console.unwrap().proxies.unwrap().trusted.len(),
        2
    );
    for (set, missing) in [(header, trusted.0), (trusted, header.0)] {
        let told = with(&[set]).unwrap_err().to_string();
        assert!(told.contains(missing), "{told}");
    }
}
