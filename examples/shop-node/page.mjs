// The shop's pages as HTML. Everything that a visitor typed is escaped here.

import { TEXTS } from "./texts.mjs";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escape = (text) => String(text).replace(/[&<>"']/g, (c) => ENTITIES[c]);

function layout(lang, body, head = "") {
  const t = TEXTS[lang];
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(t.title)}</title>
<link rel="stylesheet" href="/style.css">
${head}
</head>
<body>
<header>
<h1><a href="/?lang=${lang}">${escape(t.title)}</a></h1>
<p>${escape(t.tagline)}</p>
<nav><a href="/?lang=en" lang="en" hreflang="en">English</a> <a href="/?lang=ko" lang="ko" hreflang="ko">한국어</a></nav>
</header>
<main>
${body}
</main>
</body>
</html>
`;
}

// `problem` is a key of the texts; `entered` is the visitor's earlier input.
export function form({ lang, edge, sitekey, problem, entered = {} }) {
  const t = TEXTS[lang];
  const value = (name) => escape(entered[name] ?? "");
  return layout(
    lang,
    `<form method="post" action="/signup?lang=${lang}">
<h2>${escape(t.heading)}</h2>
${problem ? `<p class="problem" role="alert">${escape(t[problem])}</p>` : ""}
<label>${escape(t.name)} <input name="name" autocomplete="name" maxlength="80" required value="${value("name")}"></label>
<label>${escape(t.email)} <input name="email" type="email" autocomplete="email" maxlength="254" required value="${value("email")}"></label>
<div class="munjigi" data-sitekey="${escape(sitekey)}" data-action="signup"></div>
<noscript><p>${escape(t.noscript)} <a href="mailto:shop@example.com">shop@example.com</a></p></noscript>
<button>${escape(t.submit)}</button>
</form>`,
    `<script src="${escape(edge)}/v1/api.js" async defer></script>`,
  );
}

export function welcome(lang, name) {
  const t = TEXTS[lang];
  return layout(
    lang,
    `<section id="welcome"><h2>${escape(t.welcome(name))}</h2><p>${escape(t.done)}</p>
<p><a href="/?lang=${lang}">${escape(t.back)}</a></p></section>`,
  );
}

export function message(lang, key) {
  return layout(lang, `<p>${escape(TEXTS[lang][key])}</p>`);
}
