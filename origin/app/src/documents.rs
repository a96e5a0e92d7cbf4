//! The pages of `docs/`, and the files that they link to, as HTML, compiled in:
//! a console shows the documentation of its own release. `render` turns
//! Markdown into HTML; the console adds the frame.

mod render;
mod slug;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

/// Every file, by name.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// What newcomers read first; pages that are not listed here follow by name.
const ORDER: [&str; 16] = [
    "integration",
    "verify",
    "migrate-turnstile",
    "migrate-hcaptcha",
    "migrate-recaptcha",
    "migrate-cap",
    "console",
    "webhooks",
    "operation",
    "errors",
    "protocol-routes",
    "protocol-types",
    "protocol-dialects",
    "protocol-seals",
    "hashwx",
    "reports-bot-pass-rates",
];
/// What the curious read last.
const LAST: [&str; 7] = [
    "SECURITY",
    "reports-security-tests",
    "ARCHITECTURE",
    "glossary",
    "data",
    "decisions",
    "CHANGELOG",
];

static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let pages = FILES.iter().filter_map(|(file, text)| Some((file.strip_suffix(".md")?, *text)));
    let mut documents: Vec<Document> = pages.map(|(name, text)| render::page(name, text)).collect();
    let place = |document: &Document| {
        let within = |names: &[&str]| names.iter().position(|name| *name == document.name);
        let last = within(&LAST).map(|place| ORDER.len() + 1 + place);
        within(&ORDER).or(last).unwrap_or(ORDER.len())
    };
    // Files are sorted by name, and the sort keeps that order within a place.
    documents.sort_by_key(place);
    documents
});

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file's name: `integration`, `SECURITY`, `migrate-turnstile`.
    pub name: &'static str,
    /// Its first heading.
    pub title: String,
    /// Its first paragraph, without markup.
    pub summary: String,
    /// The whole page, including its heading.
    pub html: String,
    pub sections: Vec<Section>,
}

/// A section of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The part after `#`.
    pub anchor: String,
    pub title: String,
    pub parts: Vec<Section>,
}

/// Every page, in reading order.
pub fn all() -> &'static [Document] {
    &DOCUMENTS
}

/// The page with a name.
pub fn find(name: &str) -> Option<&'static Document> {
    all().iter().find(|document| document.name == name)
}

/// A data file that pages link to.
pub fn data(file: &str) -> Option<&'static str> {
    let is_data = |name: &str| name == file && name.strip_suffix(".md").is_none();
    let found = FILES.iter().find(|(name, _)| is_data(name));
    found.map(|(_, text)| *text)
}
