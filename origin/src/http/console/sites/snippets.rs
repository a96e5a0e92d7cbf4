//! What goes into the page and into the back end, filled with the reader's
//! own sitekey.

/// The texts.
#[derive(Debug)]
pub struct Snippets {
    /// Two lines of HTML.
    pub page: String,
    /// The check, by language.
    pub check: Vec<(&'static str, String)>,
}

impl Snippets {
    /// For a site of an edge.
    pub fn of(edge: &str, sitekey: &str) -> Self {
        let page = format!(
            "<script src=\"{edge}/v1/api.js\" async defer></script>\n\
             <div class=\"munjigi\" data-sitekey=\"{sitekey}\"></div>"
        );
        let check = CHECKS.iter().map(|(name, text)| (*name, text.replace("{edge}", edge)));
        Self { page, check: check.collect() }
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
    use super::*;

    #[test]
    fn every_snippet_names_the_edge_and_the_site() {
        let snippets = Snippets::of("https://captcha.example", "mj_0");
        assert!(snippets.page.contains("https://captcha.example/v1/api.js"));
        assert!(snippets.page.contains("data-sitekey=\"mj_0\""));
        for (language, text) in &snippets.check {
            assert!(text.contains("https://captcha.example/siteverify"), "{language}");
            assert!(text.contains("response") && !text.contains("{edge}"), "{language}");
        }
    }
}
