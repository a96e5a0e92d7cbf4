//! Bodies as HTTP clients write them, and bodies that no one should send.

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

/// Most tests read a siteverify request.
fn parse(content_type: &str, body: &[u8]) -> Result<SiteverifyRequest, FormError> {
    super::parse(content_type, body)
}

fn request(secret: &str, response: &str) -> SiteverifyRequest {
    SiteverifyRequest {
        secret: Some(secret.into()),
        response: Some(response.into()),
        ..SiteverifyRequest::default()
    }
}

fn parts(boundary: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    format!("{}--{boundary}--\r\n", parts.concat()).into_bytes()
}

#[test]
fn a_form_is_read_in_any_order() {
    let read = parse(FORM, b"response=mj1.a-b_c&remoteip=None&secret=mjs%5Fx").unwrap();
    assert_eq!(
        read,
        SiteverifyRequest { remoteip: Some("None".into()), ..request("mjs_x", "mj1.a-b_c") }
    );
    assert_eq!(parse("", b"secret=a&response=b"), Ok(request("a", "b")));
}

#[test]
fn json_is_read_whatever_its_charset_says() {
    let body = br#"{"response":"b","secret":"a","remoteip":null,"more":[1]}"#;
    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"]
    {
        assert_eq!(parse(content_type, body), Ok(request("a", "b")));
    }
}

#[test]
fn multipart_is_read_as_clients_write_it() {
    for boundary in ["x", "----WebKitFormBoundary7MA4YWxkTrZu0gW"] {
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let body = parts(boundary, &[("response", "b"), ("other", "1"), ("secret", "a")]);
        assert_eq!(parse(&content_type, &body), Ok(request("a", "b")));
    }
    let body = [b"preamble\r\n".as_slice(), &parts("x", &[("secret", "a"), ("response", "b")])];
    let content_type = "multipart/form-data; charset=utf-8; boundary=\"x\"";
    assert_eq!(parse(content_type, &body.concat()), Ok(request("a", "b")));
}

#[test]
fn missing_fields_are_left_for_the_rules_to_name() {
    assert_eq!(parse(FORM, b""), Ok(SiteverifyRequest::default()));
    assert_eq!(parse("application/json", b"{}"), Ok(SiteverifyRequest::default()));
}

#[test]
fn a_repeated_field_is_refused() {
    assert_eq!(parse(FORM, b"secret=a&secret=b&response=c"), Err(FormError::Repeated));
    let body = parts("x", &[("secret", "a"), ("secret", "b")]);
    let content_type = "multipart/form-data; boundary=x";
    assert_eq!(parse(content_type, &body), Err(FormError::Repeated));
    let body = br#"{"secret":"a","secret":"b"}"#;
    assert_eq!(parse("application/json", body), Err(FormError::Body));
}

#[test]
fn what_is_not_a_request_is_refused() {
    let many: Vec<u8> = b"a=1&".repeat(40);
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    for (content_type, body, error) in [
        ("text/plain", b"secret=a".as_slice(), FormError::ContentType),
        ("application/json", b"[]", FormError::Body),
        ("application/json", b"{\"secret\":1}", FormError::Body),
        ("application/json", b"\xff", FormError::Body),
        ("application/json", b"{", FormError::Body),
        ("application/x-www-form-urlencoded", b"secret=%ff", FormError::Body),
        ("application/x-www-form-urlencoded", &many, FormError::Body),
        ("multipart/form-data", b"--x--", FormError::Body),
        (&long, b"", FormError::Body),
        ("multipart/form-data; boundary=x", b"", FormError::Body),
        ("multipart/form-data; boundary=x", b"--x", FormError::Body),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nvalue", FormError::Body),
        ("multipart/form-data; boundary=x", b"--x\r\nno headers\r\n--x--", FormError::Body),
    ] {
        assert_eq!(parse(content_type, body), Err(error), "{content_type} {body:?}");
    }
}

#[test]
fn every_truncation_of_a_multipart_body_is_an_error_or_a_request() {
    let body = parts("x", &[("secret", "a"), ("response", "b")]);
    for length in 0..body.len() {
        let _ = parse("multipart/form-data; boundary=x", &body[..length]);
    }
}

#[test]
fn stray_percent_signs_stay() {
    assert_eq!(parse(FORM, b"secret=100%&response=%zz+%"), Ok(request("100%", "%zz %")));
}

#[test]
fn a_query_is_parsed_like_a_form() {
    assert_eq!(parse_query("response=b&secret=a&remoteip="), {
        Ok(SiteverifyRequest { remoteip: Some(String::new()), ..request("a", "b") })
    });
    assert_eq!(parse_query(""), Ok(SiteverifyRequest::default()));
    assert_eq!(parse_query::<SiteverifyRequest>("secret=a&secret=b"), Err(FormError::Repeated));
}

#[test]
fn outcomes_have_fields_of_their_own() {
    let body = b"secret=a&id=b&outcome=fraudulent&reason=spam&idempotency_key=c&response=d";
    let text = |text: &str| Some(text.to_owned());
    let expected = OutcomeRequest {
        secret: text("a"),
        id: text("b"),
        outcome: text("fraudulent"),
        reason: text("spam"),
        idempotency_key: text("c"),
    };
    assert_eq!(super::parse(FORM, body), Ok(expected.clone()));
    let json = serde_json::to_vec(&expected).unwrap();
    assert_eq!(super::parse("application/json", &json), Ok(expected));
    let twice = super::parse::<OutcomeRequest>(FORM, b"id=a&id=b");
    assert_eq!(twice, Err(FormError::Repeated));
}
