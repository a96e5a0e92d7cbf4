//! Photos from a bucket, over the wire: an S3 server on a folder, and a few
//! answers that it never gives.

use std::path::Path;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use munjigi_bucket::server::serve;
use munjigi_bucket::{BucketError, BucketSettings, Signing};
use munjigi_delivery::http_client;
use munjigi_pictures::photos::{Bucket, Found, Import, Imported, Labels, ScanError, Source, scan};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{LIST, import, photo, write};
use munjigi_rig::pictures::Workshop;
use munjigi_rig::silent_port;

const KEY: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "shop"), ("AWS_SECRET_ACCESS_KEY", "hush")];
const LARGE: u64 = 10 * 1024 * 1024 + 1;

async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    endpoint
}

/// One that checks signatures, with an empty bucket `photos`.
async fn shop() -> (TempDir, String) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("photos")).unwrap();
    let endpoint = serve(root.path(), Some(("shop", "hush"))).await.unwrap();
    (root, endpoint)
}

async fn open(
    endpoint: &str,
    address: &str,
    variables: &[(&str, &str)],
) -> Result<Bucket, BucketError> {
    let read = |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()),
    };
    let settings = BucketSettings::read(read).unwrap();
    Bucket::open(&address.parse().unwrap(), &settings, http_client::client().unwrap()).await
}

fn names(found: &[Found]) -> Vec<&str> {
    found.iter().map(|file| file.name.as_str()).collect()
}

fn grow(root: &Path, name: &str) {
    let path = root.join(name);
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(LARGE).unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_bucket_is_imported_like_a_folder_and_once(pool: PgPool) {
    let workshop = Workshop::new(pool).await;
    let (root, endpoint) = shop().await;
    let folder = root.path();
    for number in 0..7_u8 {
        let name = format!("photos/2026/deep/green-{number}.png");
        write(folder, &name, photo([0, 200 + number, 0], 150));
        write(folder, &format!("photos/2026/red-{number}.png"), photo([200 + number, 0, 0], 150));
    }
    write(folder, "photos/2026/deep/LICENSE", "CC-BY-4.0, Kim\n");
    write(folder, "photos/2026/red-0.png.license", "Public domain");
    write(folder, "photos/2026/broken.png", "no image");
    let whole = photo([0, 0, 200], 150);
    write(folder, "photos/2026/cut.png", &whole[..whole.len() * 2 / 3]);
    write(folder, "photos/2026/large.png", "");
    grow(folder, "photos/2026/large.png");
    // A page of a listing has 1,000 keys: the red ones are on the third.
    for number in 0..2_000 {
        write(folder, &format!("photos/2026/note-{number:04}.txt"), "x");
    }
    write(folder, "photos/2026-07/other.png", photo([200, 0, 0], 150));
    write(folder, "photos/other.png", photo([200, 0, 0], 150));

    let source = Source::Bucket(open(&endpoint, "s3://photos/2026", &KEY).await.unwrap());
    let files = scan(&source, Some("CC0-1.0")).await.unwrap();
    assert_eq!(files.len(), 17, "{:?}", names(&files));
    assert_eq!(names(&files)[1..3], ["2026/cut.png", "2026/deep/green-0.png"]);
    let labels = Labels::read(LIST).unwrap();
    let import = Import { segmenter: None, ..import(&workshop, &labels, "colours") };
    let refused = vec![
        "2026/broken.png: image-malformed: refused by the gpu-backend".to_owned(),
        "2026/cut.png: image-malformed: refused by the gpu-backend".to_owned(),
        "2026/large.png: photo-too-large: larger than 10 MiB".to_owned(),
    ];
    let first =
        Imported { imported: 14, labelled: 14, areas: 0, known: 0, refused: refused.clone() };
    assert_eq!(import.run(&source, &files, |_| ()).await.unwrap(), first);
    let again = Imported { known: 14, refused, ..Imported::default() };
    assert_eq!(import.run(&source, &files, |_| ()).await.unwrap(), again);
    for (count, query) in [
        (7, "SELECT count(*) FROM photos WHERE licence = 'CC-BY-4.0, Kim'"),
        (1, "SELECT count(*) FROM photos WHERE licence = 'Public domain'"),
        (6, "SELECT count(*) FROM photos WHERE licence = 'CC0-1.0'"),
        (1, "SELECT count(*) FROM photos WHERE name = '2026/deep/green-0.png'"),
    ] {
        assert_eq!(workshop.rig.number(query).await, count, "{query}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_object_that_fails_does_not_stop_the_others(pool: PgPool) {
    let workshop = Workshop::new(pool).await;
    let (root, endpoint) = shop().await;
    let folder = root.path();
    for name in ["a-gone", "b-grown", "c-red"] {
        write(folder, &format!("photos/{name}.png"), photo([200, 0, 0], 150));
    }
    let source = Source::Bucket(open(&endpoint, "s3://photos", &KEY).await.unwrap());
    let files = scan(&source, Some("CC0-1.0")).await.unwrap();
    std::fs::remove_file(folder.join("photos/a-gone.png")).unwrap();
    grow(folder, "photos/b-grown.png");
    let labels = Labels::read(LIST).unwrap();
    let import = Import { segmenter: None, ..import(&workshop, &labels, "colours") };
    let refused = vec![
        "a-gone.png: there is no such object".to_owned(),
        "b-grown.png: photo-too-large: larger than 10 MiB".to_owned(),
    ];
    let imported = import.run(&source, &files, |_| ()).await.unwrap();
    assert_eq!((imported.imported, imported.refused), (1, refused));
}

#[tokio::test]
async fn an_object_without_a_licence_stops_everything() {
    let (root, endpoint) = shop().await;
    write(root.path(), "photos/2026/bare.png", "x");
    write(root.path(), "photos/2026/blank.jpg", "x");
    write(root.path(), "photos/2026/blank.jpg.license", " \n");
    write(root.path(), "photos/2026/told.webp", "x");
    write(root.path(), "photos/2026/told.webp.license", "CC0-1.0");
    write(root.path(), "photos/LICENSE", "of another folder");
    let source = Source::Bucket(open(&endpoint, "s3://photos/", &KEY).await.unwrap());
    let error = scan(&source, None).await.unwrap_err();
    assert_eq!(error.to_string(), "no licence for 2026/bare.png, 2026/blank.jpg");
    write(root.path(), "photos/2026/LICENSE", "Public domain");
    let source = Source::Bucket(open(&endpoint, "s3://photos/", &KEY).await.unwrap());
    let found = scan(&source, None).await.unwrap();
    let licences: Vec<&str> = found.iter().map(|file| file.licence.as_str()).collect();
    assert_eq!(licences, ["Public domain", "Public domain", "CC0-1.0"]);
    let source = Source::Bucket(open(&endpoint, "s3://photos/2025", &KEY).await.unwrap());
    assert!(matches!(scan(&source, None).await, Err(ScanError::Nothing)));
}

#[tokio::test]
async fn a_licence_is_read_no_further_than_it_is_kept() {
    let (root, endpoint) = shop().await;
    write(root.path(), "photos/a.png", "x");
    // Three bytes per character, so that the end of the read cuts one.
    write(root.path(), "photos/LICENSE", "자".repeat(100_000));
    let source = Source::Bucket(open(&endpoint, "s3://photos", &KEY).await.unwrap());
    let found = scan(&source, None).await.unwrap();
    assert_eq!(found[0].licence, "자".repeat(10_000));
    write(root.path(), "photos/LICENSE", [b'a', 0xff]);
    let error = scan(&source, None).await.unwrap_err().to_string();
    assert!(error.starts_with("LICENSE: "), "{error}");
}

#[tokio::test]
async fn a_denied_bucket_is_reported_with_the_reason() {
    let (_root, endpoint) = shop().await;
    let wrong = [("AWS_ACCESS_KEY_ID", "shop"), ("AWS_SECRET_ACCESS_KEY", "guess")];
    let unknown = [("AWS_ACCESS_KEY_ID", "nobody"), ("AWS_SECRET_ACCESS_KEY", "hush")];
    for (variables, expected, by) in [
        (&wrong[..], "SignatureDoesNotMatch", Signing::Signed),
        (&unknown[..], "NotSignedUp", Signing::Signed),
        (&[], "AccessDenied", Signing::Unsigned),
    ] {
        let error = open(&endpoint, "s3://photos", variables).await.unwrap_err();
        assert!(
            matches!(&error, BucketError::Denied { code: Some(code), signing }
                if code == expected && *signing == by),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_public_bucket_is_read_without_a_key() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "photos/a.png", "x");
    let endpoint = serve(root.path(), None).await.unwrap();
    let bucket = open(&endpoint, "s3://photos", &[]).await.unwrap();
    let found = scan(&Source::Bucket(bucket), Some("CC0-1.0")).await.unwrap();
    assert_eq!(names(&found), ["a.png"]);
}

#[tokio::test]
async fn a_missing_bucket_is_distinguished_from_a_missing_server() {
    let (_root, endpoint) = shop().await;
    let error = open(&endpoint, "s3://pictures/2026", &KEY).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{endpoint} has no bucket pictures"));
    let (_silent, address) = silent_port();
    let endpoint = format!("http://{address}");
    let error = open(&endpoint, "s3://photos", &KEY).await.unwrap_err();
    assert!(matches!(&error, BucketError::Unreachable { endpoint: at, .. } if *at == endpoint));
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

fn listing(key: &str) -> String {
    format!(
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{key}</Key>\
         <LastModified>2026-11-20T12:00:00.000Z</LastModified><Size>9</Size></Contents>\
         </ListBucketResult>"
    )
}

#[tokio::test]
async fn a_bucket_of_another_region_says_which() {
    let answer = || async {
        (StatusCode::MOVED_PERMANENTLY, [("x-amz-bucket-region", "eu-west-1")], "").into_response()
    };
    let endpoint = listen(Router::new().fallback(answer)).await;
    let error = open(&endpoint, "s3://photos", &KEY).await.unwrap_err();
    assert_eq!(error.to_string(), "the bucket is in another region: eu-west-1");
}

#[tokio::test]
async fn a_key_that_is_no_path_is_named() {
    let endpoint = listen(Router::new().fallback(|| async { listing("2026//a.png") })).await;
    let error = open(&endpoint, "s3://photos", &KEY).await.unwrap_err();
    assert!(matches!(error, BucketError::Key(_)), "{error:?}");
    assert!(error.to_string().contains("2026//a.png"), "{error}");
}

#[tokio::test]
async fn the_servers_message_is_passed_on() {
    let answer = || async {
        let xml =
            "<Error><Code>ExpiredToken</Code><Message>The token has expired.</Message></Error>";
        (StatusCode::BAD_REQUEST, xml)
    };
    let endpoint = listen(Router::new().fallback(answer)).await;
    let error = open(&endpoint, "s3://photos", &KEY).await.unwrap_err().to_string();
    assert_eq!(error, "the bucket cannot be used: ExpiredToken: The token has expired.");
}

#[tokio::test]
async fn a_truncated_answer_is_no_photo() {
    let object = || async {
        let chunks = [Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("cut"))];
        let body = Body::from_stream(futures_util::stream::iter(chunks));
        ([("content-length", "9")], body)
    };
    let router = Router::new()
        .route("/photos", get(|| async { listing("a.png") }))
        .route("/photos/a.png", get(object));
    let endpoint = listen(router).await;
    let source = Source::Bucket(open(&endpoint, "s3://photos", &[]).await.unwrap());
    let error = source.read(Path::new("a.png"), 100).await.unwrap_err();
    assert!(!error.is_away() && !error.is_missing(), "{error:?}");
    let error = source.read(Path::new("b.png"), 100).await.unwrap_err();
    assert!(error.is_missing(), "{error:?}");
}
