//! `GET /` of an origin without a console: says what this is.

use axum::response::Html;

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Munjigi origin</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }
</style>
<h1>Munjigi</h1>
<p>This is the origin of a Munjigi CAPTCHA service. It stores sites and records;
visitors never connect to it.</p>
<p>Manage sites with the <code>munjigi</code> command: <code>munjigi site --help</code>.
The README shows how to get started.</p>
<ul>
<li>Health of each component, and metrics: at <code>MUNJIGI_OPERATOR_LISTEN</code>, for operators</li>
<li><a href="/version">Version</a></li>
</ul>
</html>
"#;

pub async fn handler() -> Html<&'static str> {
    Html(PAGE)
}
