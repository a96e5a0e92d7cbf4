//! Embeds the built widget (`dist/`), each file also compressed, so that the
//! gate is one file and compresses nothing while it serves. Without a built
//! widget it embeds nothing, and the gate says so when it starts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Brotli's highest quality: once per build.
const QUALITY: u32 = 11;
/// Its usual window, 4 MB.
const WINDOW: u32 = 22;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let folder = root.join("../dist");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut table = String::from("&[\n");
    let mut headers = String::new();
    for (number, path) in files(&folder)?.iter().enumerate() {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
        let bytes = fs::read(path)?;
        if name == "_headers" {
            headers = String::from_utf8_lossy(&bytes).into_owned();
            continue;
        }
        let compressed = out.join(format!("{number}.br"));
        fs::write(&compressed, brotli(&bytes)?)?;
        let _ = writeln!(
            table,
            "    Embedded {{ path: {:?}, bytes: include_bytes!({:?}), brotli: include_bytes!({:?}) }},",
            format!("/{name}"),
            path.canonicalize()?.display().to_string(),
            compressed.display().to_string(),
        );
    }
    table.push_str("]\n");
    fs::write(out.join("files.rs"), table)?;
    fs::write(out.join("headers.txt"), headers)
}

/// Every file below a folder, in order; none if there is no folder.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(listing) = fs::read_dir(&folder) else { continue };
        for item in listing {
            let path = item?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut reader = brotli::CompressorReader::new(bytes, 4_096, QUALITY, WINDOW);
    io::Read::read_to_end(&mut reader, &mut compressed)?;
    Ok(compressed)
}
