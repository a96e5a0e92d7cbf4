//! The shop's pages as HTML. Everything that a visitor typed is escaped here.

use crate::texts::Texts;

#[derive(Default)]
pub struct Entered {
    pub name: String,
    pub email: String,
}

pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn layout(t: &Texts, body: &str, head: &str) -> String {
    let (lang, title, tagline) = (t.tag, escape(t.title), escape(t.tagline));
    format!(
        r#"<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
{head}
</head>
<body>
<header>
<h1><a href="/?lang={lang}">{title}</a></h1>
<p>{tagline}</p>
<nav><a href="/?lang=en" lang="en" hreflang="en">English</a> <a href="/?lang=ko" lang="ko" hreflang="ko">한국어</a></nav>
</header>
<main>
{body}
</main>
</body>
</html>
"#
    )
}

pub fn form(
    t: &Texts,
    edge: &str,
    sitekey: &str,
    problem: Option<&str>,
    entered: &Entered,
) -> String {
    let problem = problem.map_or_else(String::new, |text| {
        format!(r#"<p class="problem" role="alert">{}</p>"#, escape(text))
    });
    let body = format!(
        r#"<form method="post" action="/signup?lang={lang}">
<h2>{heading}</h2>
{problem}
<label>{name} <input name="name" autocomplete="name" maxlength="80" required value="{entered_name}"></label>
<label>{email} <input name="email" type="email" autocomplete="email" maxlength="254" required value="{entered_email}"></label>
<div class="munjigi" data-sitekey="{sitekey}" data-action="signup"></div>
<noscript><p>{noscript} <a href="mailto:shop@example.com">shop@example.com</a></p></noscript>
<button>{submit}</button>
</form>"#,
        lang = t.tag,
        heading = escape(t.heading),
        name = escape(t.name),
        email = escape(t.email),
        entered_name = escape(&entered.name),
        entered_email = escape(&entered.email),
        sitekey = escape(sitekey),
        noscript = escape(t.noscript),
        submit = escape(t.submit),
    );
    let head = format!(r#"<script src="{}/v1/api.js" async defer></script>"#, escape(edge));
    layout(t, &body, &head)
}

pub fn welcome(t: &Texts, name: &str) -> String {
    let body = format!(
        r#"<section id="welcome"><h2>{}</h2><p>{}</p>
<p><a href="/?lang={}">{}</a></p></section>"#,
        escape(&t.welcome.replace("{}", name)),
        escape(t.done),
        t.tag,
        escape(t.back),
    );
    layout(t, &body, "")
}

pub fn message(t: &Texts, text: &str) -> String {
    layout(t, &format!("<p>{}</p>", escape(text)), "")
}
