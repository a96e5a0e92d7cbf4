//! The page that a user wanted before log-in.

use serde::Deserialize;

/// The page to go to after log-in.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    /// Untrusted until `within` has checked that it is a path of the console.
    #[serde(default)]
    pub next: String,
}

/// A path of the console; anything else could lead to another host.
pub fn within(next: &str) -> &str {
    let is_ours = next == "/console" || next.starts_with("/console/");
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_ours && is_plain && next.len() <= 1_000 { next } else { "/console" }
}

/// The second-factor page, on the way to another page. Its query is not
/// trusted: the target is checked again.
pub fn by_code(next: &str) -> String {
    let here = "/log-in/code";
    match within(next) {
        "/console" => here.to_owned(),
        next => {
            let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
            format!("{here}?{query}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_our_host() {
        for path in ["/console", "/console/0123456789abcdef/sites?sort=name"] {
            assert_eq!(within(path), path);
        }
        for path in [
            "",
            "//evil.example",
            "https://evil.example",
            "https:/console",
            "\\\\evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            " //evil.example",
            "/consoles",
            "/console/\\evil",
            "/console/\nx",
            "/log-out",
        ] {
            assert_eq!(within(path), "/console", "{path:?}");
        }
    }
}
