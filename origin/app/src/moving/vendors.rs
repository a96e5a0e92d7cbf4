//! What each vendor's pages look like, and what differs with Munjigi.
//! `docs/migrate/` says the same, in sentences for people.

use std::collections::BTreeSet;

use munjigi_delivery::edge;
use reqwest::Url;

use super::page::{Element, Loaded};
use super::{Setting, Widget};

/// A vendor as it appears in its customers' pages.
pub struct Facts {
    pub name: &'static str,
    /// Hosts of its scripts.
    hosts: &'static [&'static str],
    /// Path prefixes of its loaders, each with the path of ours.
    loaders: &'static [(&'static str, &'static str)],
    class: &'static str,
    /// The vendor's siteverify, and our path.
    pub siteverify: (&'static str, &'static str),
    /// Hosts of its frames and of what its scripts load.
    domains: &'static [&'static str],
    global: &'static str,
    functions: &'static [&'static str],
    /// Options, parameters and functions that are different here.
    different: &'static [(&'static str, &'static str)],
    options: &'static [&'static str],
    parameters: &'static [&'static str],
}

const OPENS: &str = "called when a picture opens, not on a click on the widget";
const CLOSES: &str = "called when the picture closes";
const IGNORED: &str = "has no effect";
const PLAIN_THEME: &str = "`contrast` and custom themes are shown as `light`";
const UNDOCUMENTED: &str = "not documented by the vendor; has no effect";

/// In the order in which ambiguous elements are assigned.
pub const VENDORS: [Facts; 3] = [
    Facts {
        name: "recaptcha",
        hosts: &["www.google.com", "www.recaptcha.net", "recaptcha.net", "google.com"],
        loaders: &[
            ("/recaptcha/api.js", "/recaptcha/api.js"),
            ("/recaptcha/enterprise.js", "/recaptcha/enterprise.js"),
        ],
        class: "g-recaptcha",
        siteverify: (
            "https://www.google.com/recaptcha/api/siteverify",
            "/recaptcha/api/siteverify",
        ),
        domains: &[
            "www.google.com",
            "www.gstatic.com",
            "www.recaptcha.net",
            "recaptcha.google.com",
        ],
        global: "grecaptcha",
        functions: &["ready", "render", "execute", "reset", "getResponse"],
        different: &[
            ("badge", "no badge is shown"),
            ("isolated", IGNORED),
            ("type", IGNORED),
            ("stoken", IGNORED),
        ],
        options: &[
            "sitekey",
            "theme",
            "size",
            "tabindex",
            "callback",
            "expired-callback",
            "error-callback",
            "action",
        ],
        parameters: &["onload", "render", "hl"],
    },
    Facts {
        name: "hcaptcha",
        hosts: &["js.hcaptcha.com", "hcaptcha.com", "www.hcaptcha.com"],
        loaders: &[("/1/api.js", "/1/api.js"), ("/1/secure-api.js", "/1/api.js")],
        class: "h-captcha",
        siteverify: ("https://api.hcaptcha.com/siteverify", "/siteverify"),
        domains: &["hcaptcha.com", "*.hcaptcha.com", "js.hcaptcha.com", "newassets.hcaptcha.com"],
        global: "hcaptcha",
        functions: &[
            "render",
            "execute",
            "reset",
            "close",
            "remove",
            "getResponse",
            "getRespKey",
            "setData",
        ],
        different: &[
            ("theme", PLAIN_THEME),
            ("open-callback", OPENS),
            ("close-callback", CLOSES),
            ("challenge-container", IGNORED),
            ("custom", IGNORED),
            ("mode", IGNORED),
            ("andint", IGNORED),
            ("tplinks", IGNORED),
            ("host", IGNORED),
            ("endpoint", IGNORED),
            ("assethost", IGNORED),
            ("imghost", IGNORED),
            ("reportapi", IGNORED),
            ("sentry", IGNORED),
            ("uj", IGNORED),
            ("setData", "accepts `rqdata` and ignores it"),
        ],
        options: &[
            "sitekey",
            "size",
            "tabindex",
            "callback",
            "expired-callback",
            "chalexpired-callback",
            "error-callback",
            "hl",
        ],
        parameters: &["render", "onload", "hl", "recaptchacompat"],
    },
    Facts {
        name: "turnstile",
        hosts: &["challenges.cloudflare.com"],
        loaders: &[("/turnstile/v0/", "/turnstile/v0/api.js")],
        class: "cf-turnstile",
        siteverify: (
            "https://challenges.cloudflare.com/turnstile/v0/siteverify",
            "/turnstile/v0/siteverify",
        ),
        domains: &["challenges.cloudflare.com"],
        global: "turnstile",
        functions: &[
            "ready",
            "render",
            "execute",
            "reset",
            "remove",
            "getResponse",
            "isExpired",
            "implicitRender",
        ],
        different: &[
            ("retry-interval", "the pause between attempts grows automatically"),
            ("refresh-timeout", "an expired picture is renewed when the visitor asks for it"),
            ("feedback-enabled", IGNORED),
            ("offlabel-show-privacy", IGNORED),
            ("offlabel-show-help", IGNORED),
        ],
        options: &[
            "sitekey",
            "action",
            "cdata",
            "callback",
            "error-callback",
            "expired-callback",
            "timeout-callback",
            "unsupported-callback",
            "before-interactive-callback",
            "after-interactive-callback",
            "execution",
            "appearance",
            "theme",
            "language",
            "tabindex",
            "response-field",
            "response-field-name",
            "size",
            "retry",
            "refresh-expired",
        ],
        parameters: &["render", "onload", "compat"],
    },
];

impl Facts {
    /// Whether an address is that of its script.
    pub fn is_loader(&self, address: &Url) -> bool {
        let is_host = |host: &str| self.hosts.contains(&host);
        address.host_str().is_some_and(is_host) && self.loader(address).is_some()
    }

    /// Its first script's address, and the path of ours.
    pub fn script(&self) -> (String, &'static str) {
        let path = self.loaders.first().map_or("", |(_, ours)| ours);
        let host = self.hosts.first().map_or("", |host| host);
        (["https://", host, path].concat(), path)
    }

    fn loader(&self, address: &Url) -> Option<&'static str> {
        let path = address.path();
        let found = self.loaders.iter().find(|(theirs, _)| path.starts_with(theirs))?;
        path.rsplit('.').next().filter(|extension| *extension == "js").map(|_| found.1)
    }

    /// Our script's address with the same parameters.
    pub fn moved(&self, address: &Url, edge: &Url) -> String {
        let path = self.loader(address).unwrap_or_default();
        let query = address.query().map_or_else(String::new, |query| format!("?{query}"));
        [edge::address(edge), path, &query].concat()
    }

    /// Whether its script, or another's that replaces it, draws an element.
    pub fn draws(&self, element: &Element, scripts: &[(Url, &Loaded)]) -> bool {
        let asks = |name: &str, value: &str| {
            scripts
                .iter()
                .flat_map(|(address, _)| address.query_pairs())
                .any(|(a, b)| a == name && b == value)
        };
        match (self.name, element.class) {
            (_, class) if class == self.class => true,
            ("hcaptcha", "g-recaptcha") => !asks("recaptchacompat", "off"),
            ("turnstile", "g-recaptcha") => asks("compat", "recaptcha"),
            _ => false,
        }
    }

    /// Sources of policies that belong to this vendor.
    pub fn named_in<'a>(&self, policies: impl Iterator<Item = &'a str>) -> Vec<String> {
        let is_its = |source: &&str| {
            let host = source.strip_prefix("https://").unwrap_or(source);
            let host = host.split(['/', ':']).next().unwrap_or(host);
            self.domains.contains(&host)
        };
        let words = policies.flat_map(|policy| policy.split([' ', ';', ',']));
        let found: BTreeSet<&str> = words.filter(is_its).collect();
        found.into_iter().map(str::to_owned).collect()
    }

    /// A parameter of the script's address.
    pub fn parameter(&self, name: &str, value: String) -> Setting {
        self.setting(name, value, self.parameters)
    }

    /// An element as its script reads it.
    pub fn widget(&self, element: &Element) -> Widget {
        let is_sitekey = |(name, _): &&(String, String)| name == "sitekey";
        let sitekey = element.data.iter().find(is_sitekey).map(|(_, value)| value.clone());
        let options = element.data.iter().filter(|pair| !is_sitekey(pair));
        let options =
            options.map(|(name, value)| self.setting(name, value.clone(), self.options)).collect();
        Widget { sitekey, options }
    }

    fn setting(&self, name: &str, value: String, known: &[&str]) -> Setting {
        let told = self.different.iter().find(|(told, _)| *told == name).map(|(_, how)| *how);
        let different = match told {
            // The two themes that both sides have.
            Some(PLAIN_THEME) if value == "light" || value == "dark" => None,
            Some(how) => Some(how),
            None if known.contains(&name) => None,
            None => Some(UNDOCUMENTED),
        };
        Setting { name: name.to_owned(), value, different }
    }

    /// Its functions that a text names, in the order of the vendor's list.
    pub fn functions_in(&self, text: &str) -> Vec<Setting> {
        let global = [self.global, "."].concat();
        let named: BTreeSet<&str> = text
            .match_indices(&global)
            .filter(|(at, _)| !text.get(..*at).is_some_and(|before| before.ends_with(is_of_a_name)))
            .map(|(at, _)| {
                let rest = text.get(at + global.len()..).unwrap_or_default();
                word(rest.strip_prefix("enterprise.").unwrap_or(rest))
            })
            .collect();
        let found = self.functions.iter().filter(|name| named.contains(**name));
        found.map(|name| self.setting(name, String::new(), self.functions)).collect()
    }
}

/// What else has to be checked.
pub fn remarks(
    scripts: &[(Url, &Loaded)],
    elements: &[&Element],
    functions: &[Setting],
) -> Vec<String> {
    let mut remarks = Vec::new();
    if scripts.iter().any(|(_, script)| script.has_integrity) {
        remarks.push(
            "the script has an `integrity` attribute: remove it, or the script will not load"
                .to_owned(),
        );
    }
    if scripts.len() > 1 {
        remarks.push("the script is loaded more than once; once is enough".to_owned());
    }
    if elements.is_empty() && functions.is_empty() {
        let remark = "the page's HTML has no widget: another script renders it, with options that cannot be read here";
        remarks.push(remark.to_owned());
    }
    remarks
}

/// The identifier at the beginning of a text.
fn word(text: &str) -> &str {
    let end = text.find(|sign| !is_of_a_name(sign));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

const fn is_of_a_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '_' | '$')
}
