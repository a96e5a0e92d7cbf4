//! Static files of the pages. Their names contain a hash of their content.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::page_error::PageError;

#[derive(Debug)]
pub struct Asset {
    /// URL path.
    pub path: String,
    name: String,
    kind: &'static str,
    bytes: &'static [u8],
}

/// The style sheet of every page.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("console", "css", "text/css; charset=utf-8", include_bytes!("../assets/console.css"))
});

/// The style sheet of pages to read: home, documents, status.
pub static PAGES: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("pages", "css", "text/css; charset=utf-8", include_bytes!("../assets/pages.css"))
});

/// Passkeys do not work without a script.
pub static PASSKEYS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "passkeys",
        "js",
        "text/javascript; charset=utf-8",
        include_bytes!("../assets/passkeys.js"),
    )
});

/// Updates the numbers on the overview.
pub static LIVE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("live", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/live.js"))
});

/// Updates the set-up steps on a site's page.
pub static AWAITED: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "awaited",
        "js",
        "text/javascript; charset=utf-8",
        include_bytes!("../assets/awaited.js"),
    )
});

/// Keys and frames on the page of a photo.
pub static REVIEW: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "review",
        "js",
        "text/javascript; charset=utf-8",
        include_bytes!("../assets/review.js"),
    )
});

/// Makes a chosen picture small enough for a form.
pub static MODELS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "models",
        "js",
        "text/javascript; charset=utf-8",
        include_bytes!("../assets/models.js"),
    )
});

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, bytes: &'static [u8]) -> Self {
        let digest = HEXLOWER.encode(&Sha256::digest(bytes));
        let short: String = digest.chars().take(12).collect();
        let name = format!("{stem}.{short}.{ending}");
        Self { path: format!("/assets/{name}"), name, kind, bytes }
    }
}

pub async fn show(Path(name): Path<String>) -> Result<Response, PageError> {
    let all = [&*STYLE, &*PAGES, &*PASSKEYS, &*LIVE, &*AWAITED, &*REVIEW, &*MODELS];
    let asset = all.into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or(PageError::nothing_here())?;
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.bytes).into_response())
}
