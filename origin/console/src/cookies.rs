//! The cookies: the session's; a guest's, which grants no access and only ties
//! forms to the browser that was shown them; the chosen language; and that of a
//! browser in which someone has logged in before.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use munjigi_domain::accounts::{KnownBrowser, Token, session};
use munjigi_domain::entropy::Entropy;
use munjigi_i18n::Locale;
use munjigi_store::replica::Written;
use time::Duration;

use munjigi_app::settings::Console;

const SESSION: &str = "munjigi-session";
const WRITTEN: &str = "munjigi-written";
const GUEST: &str = "munjigi-guest";
const LANGUAGE: &str = "munjigi-language";
const KNOWN: &str = "munjigi-known";

/// The session's cookie and the guest's.
pub fn read(config: &Console, headers: &HeaderMap) -> (Option<Token>, Option<Token>) {
    let jar = CookieJar::from_headers(headers);
    let token = |name: &str| jar.get(&full(config, name)).and_then(|it| Token::parse(it.value()));
    (token(SESSION), token(GUEST))
}

/// The account that was logged in to in this browser before.
pub fn known(console: &munjigi_app::console::Console, headers: &HeaderMap) -> Option<KnownBrowser> {
    let jar = CookieJar::from_headers(headers);
    KnownBrowser::open(jar.get(&full(&console.config, KNOWN))?.value(), &console.vault)
}

/// Has the browser known for a year.
pub fn set_known(
    console: &munjigi_app::console::Console,
    known: &KnownBrowser,
    entropy: &Entropy,
) -> HeaderValue {
    let value = known.seal(&console.vault, entropy);
    let mut cookie = Cookie::new(full(&console.config, KNOWN), value);
    cookie.set_max_age(Duration::days(365));
    header(&console.config, cookie)
}

/// The language that the user chose.
pub fn language(config: &Console, headers: &HeaderMap) -> Option<Locale> {
    CookieJar::from_headers(headers).get(&full(config, LANGUAGE))?.value().parse().ok()
}

/// Stores the language for a year.
pub fn set_language(config: &Console, locale: Locale) -> HeaderValue {
    let mut cookie = Cookie::new(full(config, LANGUAGE), locale.as_str());
    cookie.set_max_age(Duration::days(365));
    header(config, cookie)
}

/// Removes the language, so that the browser's own counts.
pub fn forget_language(config: &Console) -> HeaderValue {
    let mut cookie = Cookie::new(full(config, LANGUAGE), "");
    cookie.set_max_age(Duration::ZERO);
    header(config, cookie)
}

pub fn session(config: &Console, token: &Token) -> HeaderValue {
    let lifetime = Duration::milliseconds(i64::try_from(session::WHOLE_MILLIS).unwrap_or(i64::MAX));
    let mut cookie = Cookie::new(full(config, SESSION), token.reveal().to_string());
    cookie.set_max_age(lifetime);
    header(config, cookie)
}

pub fn no_session(config: &Console) -> HeaderValue {
    let mut cookie = Cookie::new(full(config, SESSION), "");
    cookie.set_max_age(Duration::ZERO);
    header(config, cookie)
}

/// The guest's cookie lasts until the browser is closed.
pub fn guest(config: &Console, token: &Token) -> HeaderValue {
    header(config, Cookie::new(full(config, GUEST), token.reveal().to_string()))
}

/// Postgres's write position when this browser last changed something. It
/// grants no access: a forged value only makes reads go to the primary.
pub fn written(config: &Console, headers: &HeaderMap) -> Option<Written> {
    let jar = CookieJar::from_headers(headers);
    let written = jar.get(&full(config, WRITTEN))?;
    u64::from_str_radix(written.value(), 16).ok().map(Written)
}

/// Lasts longer than any replica that is still read can lag.
pub fn set_written(config: &Console, Written(written): Written) -> HeaderValue {
    let mut cookie = Cookie::new(full(config, WRITTEN), format!("{written:x}"));
    cookie.set_max_age(Duration::hours(1));
    header(config, cookie)
}

/// With `__Host-`, neither another host nor an unencrypted page can set it.
fn full(config: &Console, name: &str) -> String {
    if config.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
}

fn header(config: &Console, mut cookie: Cookie<'static>) -> HeaderValue {
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(config.is_secure());
    cookie.set_same_site(SameSite::Lax);
    HeaderValue::from_str(&cookie.to_string()).expect("names and tokens are visible ASCII")
}

/// Adds a cookie to a response.
pub fn put(response: &mut axum::response::Response, cookie: HeaderValue) {
    response.headers_mut().append(header::SET_COOKIE, cookie);
}
