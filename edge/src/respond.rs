//! A response of the platform.

use munjigi_serving::answer::{Body, Response};
use worker::wasm_bindgen::JsValue;

use crate::glue;

/// Headers, an empty line and the body as one text, since every text that
/// crosses to the platform costs more than joining them. `glue.js` adds the
/// headers of every response.
pub fn respond(response: Response<JsValue>) -> Result<web_sys::Response, JsValue> {
    let Response { status, content_type, cache_control, request_id, headers, body, .. } = response;
    let mut text = String::with_capacity(512);
    for line in [content_type, &cache_control, &request_id] {
        text.push_str(line);
        text.push('\n');
    }
    for (name, value) in &headers {
        for part in [name, ":", value, "\n"] {
            text.push_str(part);
        }
    }
    text.push('\n');
    match body {
        Body::Text(body) => {
            text.push_str(&body);
            glue::respond(status, &text)
        }
        Body::Bytes(bytes) => glue::respond_bytes(status, &text, &bytes),
        Body::Empty => glue::respond_bytes(status, &text, &JsValue::NULL),
    }
}

#[cfg(test)]
mod tests {
    use munjigi_serving::answer::COMMON_HEADERS;

    #[test]
    fn every_response_gets_the_common_headers() {
        for (name, value) in COMMON_HEADERS {
            let line = format!("\"{name}\": \"{value}\",");
            assert!(include_str!("glue.js").contains(&line), "{line}");
        }
    }
}
