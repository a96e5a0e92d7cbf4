//! Compiles in every page of `docs/`, by name.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    list_documents();
}

/// Pages beside `docs/` that pages in it point to.
const BESIDE: [&str; 3] = ["ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"];

/// Folders of `docs/` with pages.
const WITHIN: [&str; 4] = ["deploy", "migrate", "protocol", "reports"];

/// Writes a table of the files in `docs/`, so that a new page is served
/// without being listed.
fn list_documents() {
    let folder = Path::new("../../docs").canonicalize().expect("docs/ is beside origin/");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut table = String::from("&[\n");
    let beside = BESIDE.map(|name| folder.with_file_name(name));
    let within = WITHIN.iter().flat_map(|name| files(&folder.join(name)));
    for path in beside.into_iter().chain(files(&folder)).chain(within) {
        println!("cargo::rerun-if-changed={}", path.display());
        let (name, path) = (name_of(&folder, &path), path.to_str());
        let (name, path) = name.zip(path).expect("names are UTF-8");
        writeln!(table, "({name:?}, include_str!({path:?})),").expect("a String takes it");
    }
    table.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&out).join("documents.rs"), table).expect("OUT_DIR can be written");
}

/// A page's address has one segment: `migrate/turnstile.md` is
/// `migrate-turnstile.md`.
fn name_of(folder: &Path, path: &Path) -> Option<String> {
    let within = path.strip_prefix(folder).ok().or(path.file_name().map(Path::new));
    Some(within?.to_str()?.replace('/', "-"))
}

/// Pages and the data that they point to, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("docs/ can be read");
    let paths = entries.map(|entry| entry.expect("docs/ can be read").path());
    let is_text = |path: &PathBuf| {
        path.extension().is_some_and(|kind| kind == "md" || kind == "toml" || kind == "json")
    };
    let mut files: Vec<PathBuf> = paths.filter(is_text).collect();
    files.sort();
    files
}
