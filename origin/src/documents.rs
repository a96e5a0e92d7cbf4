//! The pages of `docs/`, and those beside it that they point to, as HTML,
//! compiled in: the reader of a console sees the
//! documentation of the release that runs there. How Markdown becomes HTML is
//! `render`'s; what stands around it is the console's.

mod render;
mod slug;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

/// Every file, by name.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// What a newcomer reads first; pages that are not named here follow by name.
const ORDER: [&str; 12] = [
    "integration",
    "verify",
    "migrate-turnstile",
    "migrate-hcaptcha",
    "migrate-recaptcha",
    "console",
    "webhooks",
    "operation",
    "errors",
    "protocol",
    "hashwx",
    "bot-pass-rates",
];
/// What the curious read last.
const LAST: [&str; 3] = ["SECURITY", "ARCHITECTURE", "CHANGELOG"];

static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let pages = FILES.iter().filter_map(|(file, text)| Some((file.strip_suffix(".md")?, *text)));
    let mut documents: Vec<Document> = pages.map(|(name, text)| render::page(name, text)).collect();
    let place = |document: &Document| {
        let within = |names: &[&str]| names.iter().position(|name| *name == document.name);
        let last = within(&LAST).map(|place| ORDER.len() + 1 + place);
        within(&ORDER).or(last).unwrap_or(ORDER.len())
    };
    // Files come by name, and the sort keeps that order within a place.
    documents.sort_by_key(place);
    documents
});

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// As its file: `integration`, `SECURITY`, `migrate-turnstile`.
    pub name: &'static str,
    /// Its first heading.
    pub title: String,
    /// Its first paragraph, without marks.
    pub summary: String,
    /// All of it, with its heading.
    pub html: String,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A section of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What stands behind `#`.
    pub anchor: String,
    /// Its heading.
    pub title: String,
    /// The sections within it.
    pub parts: Vec<Section>,
}

/// Every page, in the order of reading.
pub fn all() -> &'static [Document] {
    &DOCUMENTS
}

/// A page by its name.
pub fn find(name: &str) -> Option<&'static Document> {
    all().iter().find(|document| document.name == name)
}

/// A file that pages point to and that is not one itself.
pub fn data(file: &str) -> Option<&'static str> {
    let is_data = |name: &str| name == file && name.strip_suffix(".md").is_none();
    let found = FILES.iter().find(|(name, _)| is_data(name));
    found.map(|(_, text)| *text)
}
