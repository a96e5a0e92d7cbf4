//! `GET /openapi.json`: the routes and their types, for tools. Generated from
//! the code; `docs/openapi.json` is the reviewed version.

use std::sync::OnceLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::answer::Problem;
use super::{health, metrics, predict, render, version};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "munjigi-gpu-backend",
        description = "Draws the pictures of Munjigi's challenges and runs models on images. Every error is a problem document with a stable code."
    ),
    paths(
        render::handler,
        predict::handler,
        health::handler,
        health::live,
        health::ready,
        version::handler,
        metrics::handler,
        handler
    ),
    components(schemas(Problem)),
    modifiers(&Signed)
)]
struct Document;

struct Signed;

impl Modify for Signed {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let about = "k=KID, a=gpu, t=SECONDS, n=NONCE, s=TAG over method, path, query and body";
        let key = ApiKeyValue::with_description(munjigi_protocol::headers::SIGNATURE, about);
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(key));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("signature", scheme);
    }
}

/// This document.
#[utoipa::path(
    get,
    operation_id = "openapi",
    path = "/openapi.json",
    responses((status = 200, description = "This document"))
)]
pub async fn handler() -> impl IntoResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(document);
    ([(header::CONTENT_TYPE, "application/json")], text.as_str())
}

/// The document as JSON.
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_reviewed_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
        if std::env::var_os("WRITE_DOCS").is_some() {
            std::fs::write(path, document() + "\n").unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap();
        assert!(
            kept.trim_end() == document(),
            "run this test with WRITE_DOCS=1, then look at {path}"
        );
    }
}
