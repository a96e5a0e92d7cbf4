//! Paths that are open unless a rule says otherwise.

/// What is open unless a rule says otherwise: read by programs that a site wants,
/// and nothing that a site would hide. Whole paths.
const EXEMPT: [&str; 18] = [
    "/robots.txt",
    "/sitemap.txt",
    "/favicon.ico",
    "/manifest.json",
    "/manifest.webmanifest",
    "/site.webmanifest",
    "/ads.txt",
    "/app-ads.txt",
    "/humans.txt",
    "/security.txt",
    "/webhook",
    "/webhooks",
    "/health",
    "/healthz",
    "/livez",
    "/readyz",
    "/ping",
    "/up",
];

/// Starts and ends of paths that are.
const EXEMPT_BETWEEN: [(&str, &str); 6] = [
    ("/.well-known/", ""),
    ("/sitemap", ".xml"),
    ("/sitemap", ".xml.gz"),
    ("/apple-touch-icon", ".png"),
    ("/webhook/", ""),
    ("/webhooks/", ""),
];

/// Names of feeds, in any folder, also with a slash behind them.
const FEEDS: [&str; 7] =
    ["feed", "feed.xml", "feed.json", "index.xml", "rss", "rss.xml", "atom.xml"];

/// Names of feeds below `/feed/`, in any folder: WordPress has one of each form.
const FEED_FORMS: [&str; 4] = ["atom", "rss", "rss2", "rdf"];

/// Ends of their other names.
const FEED_ENDINGS: [&str; 2] = [".rss", ".atom"];

/// Whether a path is open unless a rule says otherwise. It must be spelt plainly.
pub(super) fn is_exempt(path: &str) -> bool {
    let is_between = |(start, end): &(&str, &str)| {
        path.len() >= start.len() + end.len() && path.starts_with(start) && path.ends_with(end)
    };
    let folder = path.strip_suffix('/').unwrap_or(path);
    let at = folder.rfind('/').unwrap_or_default();
    let (above, name) = (folder.get(..at).unwrap_or_default(), folder.get(at + 1..));
    let is_feed = name.is_some_and(|name| {
        FEEDS.contains(&name)
            || FEED_ENDINGS.iter().any(|ending| name.ends_with(ending))
            || above.ends_with("/feed") && FEED_FORMS.contains(&name)
    });
    // Behind a file of scripts, servers ignore the rest: `/page.php/feed`.
    is_feed && !above.contains('.')
        || EXEMPT.contains(&path)
        || EXEMPT_BETWEEN.iter().any(is_between)
        || path.split_once("/webhooks/").is_some_and(|(above, _)| !above.contains('.'))
}
