//! An entry of a site's list of hosts: of its own pages, or of pages around them.

use core::fmt;

use super::{HostError, HostPattern};

/// What an entry for pages around the site's own begins with.
const EMBEDDER: &str = "embedder:";

/// An entry of a site's list of hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteHost {
    /// `shop.example`: its pages may show the widget.
    Page(HostPattern),
    /// `embedder:portal.example`: its pages may have the site's pages in frames, but
    /// not the widget itself. Browsers ask for each page around a frame
    /// (<https://www.w3.org/TR/CSP3/#directive-frame-ancestors>).
    Embedder(HostPattern),
}

impl SiteHost {
    /// Reads an entry in the one spelling that browsers use.
    ///
    /// # Errors
    ///
    /// As [`HostPattern::parse`].
    pub fn parse(text: &str) -> Result<Self, HostError> {
        match text.strip_prefix(EMBEDDER) {
            Some(around) => HostPattern::parse(around).map(Self::Embedder),
            None => HostPattern::parse(text).map(Self::Page),
        }
    }

    /// Reads an entry as people type it: `embedder:https://Portal.Example/` as
    /// `embedder:portal.example`.
    ///
    /// # Errors
    ///
    /// As [`HostPattern::typed`].
    #[cfg(feature = "typed-hosts")]
    pub fn typed(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        match text.split_at_checked(EMBEDDER.len()) {
            Some((mark, around)) if mark.eq_ignore_ascii_case(EMBEDDER) => {
                HostPattern::typed(around).map(Self::Embedder)
            }
            _ => HostPattern::typed(text).map(Self::Page),
        }
    }

    /// Those entries of a list that are for the site's own pages.
    pub fn of_pages(hosts: &[String]) -> impl Iterator<Item = &str> {
        hosts.iter().map(String::as_str).filter(|host| !host.starts_with(EMBEDDER))
    }
}

impl fmt::Display for SiteHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(pattern) => pattern.fmt(f),
            Self::Embedder(pattern) => write!(f, "{EMBEDDER}{pattern}"),
        }
    }
}
