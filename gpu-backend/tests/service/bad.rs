//! Bad input: every kind of image that must be refused, each with its code, and
//! ten thousand of them without a memory leak.

#[cfg(target_os = "linux")]
use std::process::Command;

use munjigi_gpu_backend::onnx::{Canonical, Graph};

use crate::files::*;
use crate::models::{LABELS, Stocked, classifier, put as put_model};

const TARGET: &str = "/v1/predict?caller=factory&model=shapes";

/// A name, the code, the declared content type, the body.
type Row = (&'static str, &'static str, &'static str, Vec<u8>);

fn of_no_type() -> Vec<Row> {
    let code = "image-type-unsupported";
    let files: &[(&str, &[u8])] = &[
        ("text", b"not an image at all"),
        ("one byte", b"\xff"),
        ("a GIF", b"GIF89a\x01\0\x01\0\0\0\0;"),
        ("an animated GIF", b"GIF89a\x01\0\x01\0\0\0\0!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0;"),
        ("a BMP", b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0"),
        ("a TIFF", b"II*\0\x08\0\0\0"),
        ("an SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("HTML", b"<!doctype html><script>alert(1)</script>"),
        ("a PDF", b"%PDF-1.7\n"),
        ("an archive", b"PK\x03\x04\x14\0\0\0"),
        ("an icon", b"\0\0\x01\0\x01\0\x10\x10"),
        ("an AVIF", b"\0\0\0\x1cftypavif\0\0\0\0"),
        ("a HEIC", b"\0\0\0\x18ftypheic\0\0\0\0"),
        ("a video", b"\0\0\0\x18ftypmp42\0\0\0\0"),
        ("a sound in RIFF", b"RIFF\x24\0\0\0WAVEfmt "),
        ("zeros", &[0; 512]),
    ];
    files.iter().map(|(name, file)| (*name, code, "", file.to_vec())).collect()
}

fn mislabelled() -> Vec<Row> {
    vec![
        ("a JPEG as PNG", "image-type-mismatch", "image/png", jpeg(8, 8)),
        ("a PNG as JPEG", "image-type-mismatch", "image/jpeg", png(8, 8)),
        ("a PNG as WebP", "image-type-mismatch", "image/webp", png(8, 8)),
        ("a WebP as JPEG", "image-type-mismatch", "image/jpeg; q=1", webp(8, 8)),
        ("a PNG as GIF", "image-type-unsupported", "image/gif", png(8, 8)),
        ("a PNG as HTML", "image-type-unsupported", "text/html", png(8, 8)),
        ("HTML as PNG", "image-type-unsupported", "image/png", b"<html>".to_vec()),
    ]
}

fn jpegs() -> Vec<Row> {
    let whole = jpeg(40, 40);
    let rows: Vec<(&str, &str, Vec<u8>)> = vec![
        ("cut in half", "image-truncated", cut(whole.clone(), whole.len() / 2)),
        ("without its end", "image-truncated", cut(whole.clone(), 2)),
        ("its first bytes", "image-truncated", whole[..4].to_vec()),
        ("no frame", "image-malformed", jpeg_of(&[])),
        ("no scan", "image-malformed", jpeg_of(&[frame(0xc0, 8, 8)])),
        ("no tables", "image-malformed", jpeg_of(&[frame(0xc0, 8, 8), scan()])),
        ("two frames", "image-malformed", jpeg_of(&[frame(0xc0, 8, 8), frame(0xc0, 9, 9), scan()])),
        ("arithmetic", "image-malformed", jpeg_of(&[frame(0xc9, 8, 8), scan()])),
        ("lossless", "image-malformed", jpeg_of(&[frame(0xc3, 8, 8), scan()])),
        ("no height", "image-malformed", jpeg_of(&[frame(0xc0, 8, 0), scan()])),
        ("a segment of nothing", "image-malformed", jpeg_of(&[vec![0xff, 0xe0, 0, 0]])),
        ("a missing marker", "image-malformed", insert(whole.clone(), 20, b"abc")),
        ("huge", "image-too-large", jpeg_of(&[frame(0xc0, 65_535, 65_535), scan()])),
        ("wide", "image-too-large", jpeg_of(&[frame(0xc0, 65_535, 1), scan()])),
        (
            "a thousand scans",
            "image-too-costly",
            jpeg_of(&[vec![frame(0xc2, 4_000, 4_000)], vec![scan(); 1_000]].concat()),
        ),
    ];
    rows.into_iter().map(|(name, code, file)| (name, code, "image/jpeg", file)).collect()
}

fn pngs() -> Vec<Row> {
    let whole = png(40, 40);
    let of = |chunks: &[Vec<u8>]| [SIGNATURE, &chunks.concat()].concat();
    let end = || chunk(*b"IEND", b"");
    let data = || chunk(*b"IDAT", b"no zlib");
    let rows: Vec<(&str, &str, Vec<u8>)> = vec![
        ("cut in half", "image-truncated", cut(whole.clone(), whole.len() / 2)),
        ("without its end", "image-truncated", cut(whole.clone(), 12)),
        ("its signature", "image-truncated", SIGNATURE.to_vec()),
        ("a chunk that claims 2 GB", "image-truncated", put(whole.clone(), 33, &[0x7f; 4])),
        ("a chunk that claims 4 GB", "image-malformed", put(whole.clone(), 33, &[0xff; 4])),
        ("no header", "image-malformed", of(&[data(), end()])),
        ("two headers", "image-malformed", of(&[header(8, 8, 8, 2), header(8, 8, 8, 2), end()])),
        ("no name", "image-malformed", put(whole.clone(), 37, &[0; 4])),
        ("a wrong check sum", "image-malformed", put(whole.clone(), 29, &[0; 4])),
        ("no data", "image-malformed", of(&[header(8, 8, 8, 2), end()])),
        ("no zlib", "image-malformed", of(&[header(8, 8, 8, 2), data(), end()])),
        ("no width", "image-malformed", of(&[header(0, 8, 8, 2), data(), end()])),
        ("depth 3", "image-malformed", of(&[header(8, 8, 3, 2), data(), end()])),
        ("colours 5", "image-malformed", of(&[header(8, 8, 8, 5), data(), end()])),
        ("a short header", "image-truncated", of(&[chunk(*b"IHDR", &[0, 0, 0, 8]), end()])),
        ("huge", "image-too-large", of(&[header(100_000, 100_000, 8, 2), data(), end()])),
        ("wide", "image-too-large", of(&[header(20_000, 1, 8, 2), data(), end()])),
        ("a bomb", "image-too-costly", flat_png(6_000, 6_000)),
        ("animated", "image-animated", animated_png()),
    ];
    rows.into_iter().map(|(name, code, file)| (name, code, "image/png", file)).collect()
}

fn webps() -> Vec<Row> {
    let whole = webp(40, 40);
    let frame: &[u8] = &[0x10, 0, 0, 0x9d, 0x01, 0x2a, 8, 0, 8, 0, 1, 2, 3, 4];
    let lossless: &[u8] = &[0x2f, 7, 0xc0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff];
    let still = canvas(0, 8, 8);
    let rows: Vec<(&str, &str, Vec<u8>)> = vec![
        ("cut in half", "image-truncated", cut(whole.clone(), whole.len() / 2)),
        ("without its last byte", "image-truncated", cut(whole.clone(), 1)),
        ("a length that lies", "image-truncated", put(whole.clone(), 4, &[0xff; 4])),
        ("no chunks", "image-malformed", webp_of(&[])),
        ("no frame", "image-malformed", webp_of(&[(b"VP8X", &still)])),
        ("a short canvas", "image-malformed", webp_of(&[(b"VP8X", &[0; 4])])),
        ("a frame of junk", "image-malformed", webp_of(&[(b"VP8 ", frame)])),
        ("a lossless frame of junk", "image-malformed", webp_of(&[(b"VP8L", lossless)])),
        ("huge", "image-too-large", webp_of(&[(b"VP8X", &canvas(0, 16_000, 16_000))])),
        ("flagged as animated", "image-animated", webp_of(&[(b"VP8X", &canvas(2, 8, 8))])),
        (
            "with a frame that moves",
            "image-animated",
            webp_of(&[(b"VP8X", &still), (b"ANMF", &[0; 16])]),
        ),
    ];
    rows.into_iter().map(|(name, code, file)| (name, code, "image/webp", file)).collect()
}

fn rows() -> Vec<Row> {
    let missing = vec![("nothing", "image-missing", "", vec![])];
    [missing, of_no_type(), mislabelled(), jpegs(), pngs(), webps()].concat()
}

#[tokio::test]
async fn every_bad_image_has_its_code() {
    let stocked = Stocked::new().await;
    let rows = rows();
    assert!(rows.len() >= 40, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for (name, code, content_type, file) in rows {
        let answer = stocked.rig.send(stocked.rig.signed(TARGET, content_type, &file)).await;
        let (status, found) = (answer.status, answer.code());
        if found != code {
            let detail = answer.json()["detail"].to_string();
            wrong.push(format!("{content_type} {name}: {status} {found} ({detail}), not {code}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let long = vec![0xff; 10 * 1024 * 1024 + 1];
    let answer = stocked.rig.send(stocked.rig.signed(TARGET, "", &long)).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "payload-too-large"));
}

/// Bytes of memory in use by this process.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Whether this process runs only the named test; otherwise another one is
/// started that does, and must succeed. Memory that other tests allocate
/// meanwhile then does not count.
#[cfg(target_os = "linux")]
fn runs_alone(test: &str) -> bool {
    const ALONE: &str = "MUNJIGI_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let mut own = Command::new(std::env::current_exe().unwrap());
    let ended = own.args(["--exact", test]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ten_thousand_bad_inputs_leave_no_memory_behind() {
    if !runs_alone("bad::ten_thousand_bad_inputs_leave_no_memory_behind") {
        return;
    }
    let stocked = Stocked::with(&[], |models| {
        put_model(models, "shapes", "1.0.0", &classifier(5), &LABELS);
    })
    .await;
    let images: Vec<Row> = rows().into_iter().filter(|row| row.3.len() < 20_000).collect();
    let network = classifier(7);
    let mut refused = 0;
    let mut settled = 0;
    for number in 0..10_000_usize {
        if number % 4 == 3 {
            // A network with a few bytes changed.
            let mut file = network.clone();
            for (place, byte) in [(number * 31, 0x91), (number * 57, 0xff), (number * 11, 0x08)] {
                let length = file.len();
                file[place % length] ^= byte;
            }
            refused +=
                usize::from(Graph::read(&file).map(|graph| Canonical::new(&graph, 1)).is_err());
        } else {
            let (_, code, content_type, file) = &images[number % images.len()];
            let request = stocked.rig.signed(TARGET, content_type, file);
            assert_eq!(&stocked.rig.send(request).await.code(), code);
            refused += 1;
        }
        if number == 2_000 {
            settled = resident();
        }
    }
    let grown = resident().saturating_sub(settled);
    assert!(refused >= 7_500);
    assert!(grown < 32 << 20, "{grown} bytes more after 8,000 bad inputs");
}
