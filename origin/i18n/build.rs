//! Compiles in the Fluent files of every folder of `locales/`, so that adding a
//! language is adding files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let folder = Path::new("locales").canonicalize().expect("locales/ is beside build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let (mut tags, mut sources) = (String::from("&[\n"), String::from("&[\n"));
    for language in entries(&folder) {
        println!("cargo::rerun-if-changed={}", language.display());
        let tag = language.file_name().and_then(|name| name.to_str()).expect("tags are ASCII");
        writeln!(tags, "Locale({tag:?}),").expect("a String takes it");
        writeln!(sources, "({tag:?}, &[").expect("a String takes it");
        for file in entries(&language) {
            println!("cargo::rerun-if-changed={}", file.display());
            let path = file.to_str().expect("paths are UTF-8");
            writeln!(sources, "include_str!({path:?}),").expect("a String takes it");
        }
        sources.push_str("]),\n");
    }
    tags.push_str("]\n");
    sources.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    for (name, table) in [("tags.rs", tags), ("sources.rs", sources)] {
        std::fs::write(Path::new(&out).join(name), table).expect("OUT_DIR can be written");
    }
}

/// What a folder contains, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("locales/ can be read");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("locales/ can be read").path()).collect();
    paths.sort();
    paths
}
