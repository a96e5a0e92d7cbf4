//! What goes into the page and the back end: snippets with the user's own
//! sitekey, or, for a site that was integrated with another vendor, the URLs to
//! change.

use munjigi_captcha::Vendor;
use munjigi_domain::site_keys;
use munjigi_protocol::SiteConfig;

use munjigi_app::moving;

#[derive(Debug)]
pub struct Snippets {
    /// The sitekey that the page contains.
    pub sitekey: String,
    /// Two lines of HTML.
    pub page: String,
    /// The siteverify call, by language.
    pub check: Vec<(&'static str, String)>,
    /// For sites that move from another vendor, instead of the snippets.
    pub moved: Option<Moved>,
}

/// What changes in a page and a back end that were written for another vendor.
#[derive(Debug)]
pub struct Moved {
    pub vendor: Vendor,
    /// Each of their URLs, and ours.
    pub addresses: [(String, String); 2],
}

impl Snippets {
    pub fn of(edge: &str, config: &SiteConfig) -> Self {
        let sitekey = site_keys::public(config).to_owned();
        let page = format!(
            "<script src=\"{edge}/v1/api.js\" async defer></script>\n\
             <div class=\"munjigi\" data-sitekey=\"{sitekey}\"></div>"
        );
        let check = CHECKS.iter().map(|(name, text)| (*name, text.replace("{edge}", edge)));
        let moved = site_keys::shape(&config.aliases)
            .map(|vendor| Moved { vendor, addresses: moving::addresses(vendor, edge) });
        Self { sitekey, page, check: check.collect(), moved }
    }
}

const CHECKS: [(&str, &str); 6] = [
    (
        "curl",
        "curl {edge}/siteverify \\\n  -d secret=\"$MUNJIGI_SECRET\" \\\n  -d response=\"$TOKEN\"",
    ),
    (
        "Node",
        "const answer = await fetch(\"{edge}/siteverify\", {\n  method: \"POST\",\n  body: new URLSearchParams({\n    secret: process.env.MUNJIGI_SECRET,\n    response: form.get(\"munjigi-response\"),\n  }),\n});\nconst { success } = await answer.json();",
    ),
    (
        "Python",
        "answer = requests.post(\"{edge}/siteverify\", data={\n    \"secret\": os.environ[\"MUNJIGI_SECRET\"],\n    \"response\": request.form[\"munjigi-response\"],\n}, timeout=5)\nsuccess = answer.json()[\"success\"]",
    ),
    (
        "PHP",
        "$answer = file_get_contents(\"{edge}/siteverify\", false, stream_context_create([\"http\" => [\n  \"method\" => \"POST\",\n  \"header\" => \"content-type: application/x-www-form-urlencoded\",\n  \"content\" => http_build_query([\n    \"secret\" => getenv(\"MUNJIGI_SECRET\"),\n    \"response\" => $_POST[\"munjigi-response\"],\n  ]),\n]]));\n$success = json_decode($answer)->success;",
    ),
    (
        "Go",
        "answer, err := http.PostForm(\"{edge}/siteverify\", url.Values{\n\t\"secret\":   {os.Getenv(\"MUNJIGI_SECRET\")},\n\t\"response\": {r.FormValue(\"munjigi-response\")},\n})\nif err != nil {\n\treturn err\n}\ndefer answer.Body.Close()\nvar verdict struct{ Success bool }\nerr = json.NewDecoder(answer.Body).Decode(&verdict)",
    ),
    (
        "Rust",
        "let verdict: serde_json::Value = reqwest::Client::new()\n    .post(\"{edge}/siteverify\")\n    .form(&[(\"secret\", secret), (\"response\", token)])\n    .send().await?\n    .json().await?;\nlet success = verdict[\"success\"] == true;",
    ),
];

#[cfg(test)]
mod tests {
    use munjigi_captcha::KeyCheck;
    use munjigi_domain::entropy::Entropy;
    use munjigi_domain::settings::Settings;

    use super::*;

    fn config(aliases: Vec<String>) -> SiteConfig {
        SiteConfig { aliases, ..Settings::of_a_new_site().config("mj_0") }
    }

    #[test]
    fn pages_from_elsewhere_are_told_the_addresses_and_where_more_stands() {
        let check = KeyCheck::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap();
        let entropy = Entropy::from_seed(9);
        for vendor in [Vendor::Recaptcha, Vendor::Hcaptcha, Vendor::Turnstile] {
            let config = config(site_keys::aliases(&check, &entropy, Some(vendor)));
            let snippets = Snippets::of("https://captcha.example", &config);
            assert_eq!(snippets.sitekey, config.aliases[0]);
            let moved = snippets.moved.unwrap();
            assert_eq!(moved.vendor, vendor);
            for (theirs, ours) in &moved.addresses {
                assert!(theirs.starts_with("https://") && !theirs.contains("captcha.example"));
                assert!(ours.starts_with("https://captcha.example/"), "{ours}");
            }
            let document = format!("migrate-{}", vendor.as_str());
            assert!(munjigi_app::documents::find(&document).is_some(), "{document}");
        }
    }

    #[test]
    fn every_snippet_names_the_edge_and_the_site() {
        let snippets = Snippets::of("https://captcha.example", &config(Vec::new()));
        assert!(snippets.moved.is_none());
        assert!(snippets.page.contains("https://captcha.example/v1/api.js"));
        assert!(snippets.page.contains("data-sitekey=\"mj_0\""));
        for (language, text) in &snippets.check {
            assert!(text.contains("https://captcha.example/siteverify"), "{language}");
            assert!(text.contains("response") && !text.contains("{edge}"), "{language}");
        }
    }
}
