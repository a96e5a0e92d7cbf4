//! Parses a request of a customer's back end from a body, in each encoding that
//! back ends send: `application/x-www-form-urlencoded`, `multipart/form-data`,
//! JSON. What the fields mean is decided in `munjigi_captcha`.

use std::borrow::Cow;

use munjigi_protocol::{OutcomeRequest, SiteverifyRequest};
use serde::de::DeserializeOwned;

use crate::inbound;

/// Maximum number of fields: we have five, and others may be present.
const MAX_FIELDS: usize = 32;

/// A request made of texts.
pub trait Fields: Default + DeserializeOwned {
    /// Where the field of this name belongs; `None` for one that is not ours.
    fn place(&mut self, name: &str) -> Option<&mut Option<String>>;
}

impl Fields for SiteverifyRequest {
    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "secret" => &mut self.secret,
            "response" => &mut self.response,
            "remoteip" => &mut self.remoteip,
            "sitekey" => &mut self.sitekey,
            "idempotency_key" => &mut self.idempotency_key,
            _ => return None,
        })
    }
}

impl Fields for OutcomeRequest {
    fn place(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "secret" => &mut self.secret,
            "id" => &mut self.id,
            "outcome" => &mut self.outcome,
            "reason" => &mut self.reason,
            "idempotency_key" => &mut self.idempotency_key,
            _ => return None,
        })
    }
}

/// Why a body is not such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormError {
    /// A content type that we do not accept.
    ContentType,
    /// The body does not match its content type.
    Body,
    /// One of our fields occurs twice, so the parser would determine which one
    /// counts.
    Repeated,
}

/// A content type without its parameters, and one parameter of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MediaType<'text> {
    essence: String,
    boundary: Option<&'text str>,
}

/// Parses a body. A missing content type is treated as a form, as with `curl
/// -d`.
pub fn parse<T: Fields>(content_type: &str, body: &[u8]) -> Result<T, FormError> {
    let media = MediaType::parse(content_type);
    match (media.essence.as_str(), media.boundary) {
        ("application/json" | "text/json", _) => inbound::object(body).map_err(|_| FormError::Body),
        ("application/x-www-form-urlencoded" | "", _) => collect(url_encoded(body)),
        ("multipart/form-data", Some(boundary)) => multipart(boundary, body),
        ("multipart/form-data", None) => Err(FormError::Body),
        _ => Err(FormError::ContentType),
    }
}

/// Parses the query of an address.
pub fn parse_query<T: Fields>(query: &str) -> Result<T, FormError> {
    collect(url_encoded(query.as_bytes()))
}

impl<'text> MediaType<'text> {
    fn parse(text: &'text str) -> Self {
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let boundary = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| unquote(value.trim()))
        });
        // RFC 2046: 1 to 70 characters.
        let boundary = boundary.filter(|text| (1..=70).contains(&text.len()));
        Self { essence: essence.trim().to_ascii_lowercase(), boundary }
    }
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}

/// A field, or why it is none.
type Field<'text> = Result<(Cow<'text, str>, String), FormError>;

/// Assigns the fields; unknown ones are ignored.
fn collect<'text, T: Fields>(fields: impl Iterator<Item = Field<'text>>) -> Result<T, FormError> {
    let mut request = T::default();
    for (position, field) in fields.enumerate() {
        let (name, value) = field?;
        let place = match request.place(&name) {
            Some(place) => place,
            None if position < MAX_FIELDS => continue,
            None => return Err(FormError::Body),
        };
        if place.replace(value).is_some() {
            return Err(FormError::Repeated);
        }
    }
    Ok(request)
}

fn url_encoded(body: &[u8]) -> impl Iterator<Item = Field<'_>> {
    body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        Ok((name, value.into_owned()))
    })
}

/// `+` is a space, `%41` a byte; the result must be UTF-8. A lone `%` stays, as
/// the URL standard says.
fn decode(text: &[u8]) -> Result<Cow<'_, str>, FormError> {
    if !text.contains(&b'+') && !text.contains(&b'%') {
        return core::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| FormError::Body);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, tail @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = tail;
                }
                _ => bytes.push(b'%'),
            },
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| FormError::Body)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// RFC 7578, as HTTP clients write it: parts between delimiters, each with
/// headers, an empty line and a value.
fn multipart<T: Fields>(boundary: &str, body: &[u8]) -> Result<T, FormError> {
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    // The first delimiter has no line break before it unless there is a
    // preamble.
    let opening = delimiter.get(2..).unwrap_or_default();
    let mut rest = match body.strip_prefix(opening) {
        Some(rest) => rest,
        None => split(body, &delimiter).ok_or(FormError::Body)?.1,
    };
    let mut fields = Vec::new();
    loop {
        // `--` ends the body; anything else is padding up to the end of the
        // line.
        if rest.starts_with(b"--") {
            return collect(fields.into_iter());
        }
        let (_, after) = split(rest, b"\r\n").ok_or(FormError::Body)?;
        // A part without headers begins with the empty line itself.
        let (part, next) = split(after, &delimiter).ok_or(FormError::Body)?;
        let (headers, value) = split(part, b"\r\n\r\n").ok_or(FormError::Body)?;
        if fields.len() >= MAX_FIELDS {
            return Err(FormError::Body);
        }
        if let Some(name) = part_name(headers) {
            let value = core::str::from_utf8(value).map_err(|_| FormError::Body)?;
            fields.push(Ok((Cow::Owned(name), value.to_owned())));
        }
        rest = next;
    }
}

/// The `name` of `Content-Disposition: form-data; name="…"`.
fn part_name(headers: &[u8]) -> Option<String> {
    let headers = core::str::from_utf8(headers).ok()?;
    let disposition = headers.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    disposition.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("name").then(|| unquote(value.trim()).to_owned())
    })
}

/// The parts before and after the first `needle`.
fn split<'bytes>(bytes: &'bytes [u8], needle: &[u8]) -> Option<(&'bytes [u8], &'bytes [u8])> {
    let at = bytes.windows(needle.len()).position(|window| window == needle)?;
    let (before, after) = bytes.split_at_checked(at)?;
    Some((before, after.get(needle.len()..)?))
}

#[cfg(test)]
mod tests;
