//! An S3 server on a folder, for tests of those who call one.

use std::io;
use std::path::Path;

use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

/// Serves each folder in `root` as a bucket, to those who sign with the key
/// (its id and its secret), or to all. Returns its address.
///
/// # Errors
///
/// The folder cannot be read, or no port is free.
pub async fn serve(root: &Path, key: Option<(&str, &str)>) -> io::Result<String> {
    let files = FileSystem::new(root).map_err(|error| io::Error::other(format!("{error:?}")))?;
    let mut service = S3ServiceBuilder::new(files);
    if let Some((id, secret)) = key {
        service.set_auth(SimpleAuth::from_single(id, secret));
    }
    let broken = |error: s3s::HttpError| async move {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}"))
    };
    let router = Router::new().fallback_service(HandleError::new(service.build(), broken));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(endpoint)
}
