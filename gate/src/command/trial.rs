//! `munjigi-gate try`: a form on a port of its own, and the back end of a site
//! that verifies it. It shows what a page and a back end have to do.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, header};
use axum::response::Html;
use axum::routing::get;
use munjigi_protocol::SiteverifyReply;
use reqwest::Client;
use tokio::net::TcpListener;
use url::form_urlencoded;

use super::{Fail, KEYS, LOCAL_SECRET, read_file, say, settings};
use crate::config::{Config, local_url};
use crate::html::escaped;
use crate::http_client;

/// The page, in the words of [`Words`].
const PAGE: &str = include_str!("trial.html");
/// The field in which the widget puts its token.
const FIELD: &str = "munjigi-response";

/// A back end and what it knows of its site.
struct Shop {
    /// Where the widget comes from.
    page_url: String,
    /// Where the gate is, for this program.
    gate_url: String,
    sitekey: String,
    secret: String,
    client: Client,
}

struct Words {
    lang: &'static str,
    title: &'static str,
    lead: &'static str,
    email: &'static str,
    send: &'static str,
    passed: &'static str,
    refused: &'static str,
    missing: &'static str,
    away: &'static str,
    again: &'static str,
    back: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    title: "A form behind the gate",
    lead: "Fill it in and send it. The widget confirms you on the way, and this page’s server verifies the token.",
    email: "E-mail (any will do)",
    send: "Send",
    passed: "Accepted: the token is good, and now spent.",
    refused: "Refused: siteverify does not accept this token.",
    missing: "Refused: the form came without a token. Wait until the widget has confirmed you.",
    away: "The gate does not answer. Start it with `munjigi-gate serve`.",
    again: "Send the same token again",
    back: "Back to the form",
};

const KOREAN: Words = Words {
    lang: "ko",
    title: "게이트가 지키는 폼",
    lead: "작성하고 보내 보세요. 그 사이에 위젯이 확인을 마치고, 이 페이지의 서버가 토큰을 검증합니다.",
    email: "이메일 (아무 주소나 괜찮습니다)",
    send: "보내기",
    passed: "통과했습니다. 올바른 토큰이며, 이제 사용되었습니다.",
    refused: "거부되었습니다. siteverify가 이 토큰을 받아들이지 않습니다.",
    missing: "거부되었습니다. 토큰 없이 폼이 전송되었습니다. 위젯의 확인이 끝날 때까지 기다려 주세요.",
    away: "게이트가 응답하지 않습니다. `munjigi-gate serve`로 시작하세요.",
    again: "같은 토큰을 다시 보내기",
    back: "폼으로 돌아가기",
};

/// Serves the form until the process ends.
pub async fn run(config: &Config, file: &Path, listen: SocketAddr) -> Result<(), Fail> {
    let shop = Shop::new(config, file)?;
    let health = format!("{}/version", shop.gate_url);
    if shop.client.get(&health).send().await.is_err() {
        let why = format!("nothing answers at {}: start it with", shop.gate_url);
        return Err(Fail(format!("{why} `munjigi-gate serve`")));
    }
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| Fail(format!("cannot listen on {listen}: {error}")))?;
    let address = listener.local_addr().unwrap_or(listen);
    say(format_args!("The form is at {}; Ctrl+C ends it.", local_url(address)))?;
    let router = Router::new().route("/", get(form).post(verify)).with_state(Arc::new(shop));
    axum::serve(listener, router).await.map_err(|error| Fail(error.to_string()))
}

impl Shop {
    /// The site whose secret lies beside the keys.
    fn new(config: &Config, file: &Path) -> Result<Self, Fail> {
        let path = file.with_file_name(KEYS).join(LOCAL_SECRET);
        let secret = read_file(&path)?.trim().to_owned();
        let authority = settings(Some(file))?.key_check().map_err(Fail)?;
        let shown = path.display();
        let hash = authority.secret(&secret).map(|secret| secret.hash());
        let hash = hash.map_err(|error| Fail(format!("{shown}: {error}")))?;
        let site = config.sites.iter().map(|site| &site.config);
        let site = site.filter(|site| site.allow_loopback);
        let site =
            site.into_iter().find(|site| site.secrets.iter().any(|own| own == hash.as_str()));
        let site = site.ok_or_else(|| {
            let why = "has no site for pages on this machine with the secret in";
            Fail(format!("{} {why} {shown}", file.display()))
        })?;
        let page_url = config.page_url().ok_or_else(|| {
            let why =
                "set `url` to the address that visitors use: without it, this form cannot know it";
            Fail(format!("{}: {why}", file.display()))
        })?;
        let gate_url = config.local_url().unwrap_or_else(|| page_url.clone());
        let client = http_client::own_client(&gate_url);
        Ok(Self {
            gate_url,
            page_url,
            sitekey: site.sitekey.clone(),
            secret,
            client: client.map_err(|error| Fail(error.to_string()))?,
        })
    }

    /// What siteverify says about a token; `None`: nothing.
    async fn verify(&self, token: &str) -> Option<String> {
        let fields = [("secret", self.secret.as_str()), ("response", token)];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = "application/x-www-form-urlencoded";
        let url = format!("{}/siteverify", self.gate_url);
        let request = self.client.post(url).header(header::CONTENT_TYPE, form);
        request.body(body).send().await.ok()?.text().await.ok()
    }
}

async fn form(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Html<String> {
    let words = words(&headers);
    let body = format!(
        "<p>{lead}</p>
<form method=\"post\">
<label>{email} <input name=\"email\" type=\"email\" autocomplete=\"email\"></label>
<div class=\"munjigi\" data-sitekey=\"{sitekey}\"></div>
<button>{send}</button>
</form>
<script src=\"{url}/v1/api.js\" async defer></script>",
        lead = words.lead,
        email = words.email,
        send = words.send,
        sitekey = escaped(&shop.sitekey),
        url = escaped(&shop.page_url),
    );
    page(words, &body)
}

async fn verify(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Html<String> {
    let words = words(&headers);
    let mut fields = form_urlencoded::parse(&form);
    let token = fields.find(|(name, _)| name == FIELD).map(|(_, token)| token.into_owned());
    let token = token.filter(|token| !token.is_empty());
    let (outcome, reply) = match &token {
        None => (words.missing, None),
        Some(token) => match shop.verify(token).await {
            None => (words.away, None),
            Some(reply) if passes(&reply) => (words.passed, Some(reply)),
            Some(reply) => (words.refused, Some(reply)),
        },
    };
    let mut body = format!("<p role=\"status\"><strong>{outcome}</strong></p>\n");
    if let (Some(token), Some(reply)) = (token, reply) {
        let (token, reply) = (escaped(&token), escaped(&in_lines(reply)));
        let _ = write!(
            body,
            "<pre>{reply}</pre>
<form method=\"post\"><input type=\"hidden\" name=\"{FIELD}\" value=\"{token}\"><button>{}</button></form>\n",
            words.again
        );
    }
    let _ = write!(body, "<p><a href=\"/\">{}</a></p>", words.back);
    page(words, &body)
}

fn passes(reply: &str) -> bool {
    serde_json::from_str::<SiteverifyReply>(reply).is_ok_and(|reply| reply.success)
}

/// A reply as people read it, a field to a line.
fn in_lines(reply: String) -> String {
    let read = serde_json::from_str::<SiteverifyReply>(&reply);
    read.and_then(|read| serde_json::to_string_pretty(&read)).unwrap_or(reply)
}

fn page(words: &Words, body: &str) -> Html<String> {
    let page = PAGE.replace("{lang}", words.lang).replace("{title}", words.title);
    Html(page.replace("{body}", body))
}

/// The first language that the browser names decides.
fn words(headers: &HeaderMap) -> &'static Words {
    let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let is_korean = languages.is_some_and(|text| text.trim_start().starts_with("ko"));
    if is_korean { &KOREAN } else { &ENGLISH }
}
