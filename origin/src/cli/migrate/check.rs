//! `munjigi migrate check`.

use std::fmt::Write;
use std::time::Duration;

use munjigi_app::moving::{Report, Setting, Use, inspect};
use munjigi_delivery::http_client::client_builder;
use munjigi_process::reasons::reasons;
use reqwest::{Response, Url, redirect};

use crate::cli::{Exit, Fail, print, print_json};
use crate::config::parse_edge_url;

const TIMEOUT: Duration = Duration::from_secs(20);
const MOST_REDIRECTS: usize = 5;
/// More than any page that people would wait for.
const MOST_BYTES: usize = 4 << 20;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi migrate check https://shop.example/contact
  munjigi migrate check https://shop.example/contact --edge https://captcha.example --json

Fetches the page once and runs none of its scripts. Changes nothing.
Exit code 8: the page does not use reCAPTCHA, hCaptcha or Turnstile.")]
pub struct Arguments {
    /// The page, an http or https URL.
    #[arg(value_name = "URL", value_parser = parse_page)]
    page: Url,
    /// The edge to load the widget from.
    #[arg(long, value_parser = parse_edge_url, default_value = "https://captcha.example")]
    edge: Url,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(arguments: &Arguments) -> Result<(), Fail> {
    let (url, policy, html) = fetch(&arguments.page).await?;
    let report = inspect(&url, &html, &policy, &arguments.edge);
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&people(&report))?;
    }
    if report.vendors.is_empty() {
        let why = "it loads no script from reCAPTCHA, hCaptcha or Turnstile";
        return Err(Fail::new(Exit::NoVendor, "nothing to migrate on this page", why)
            .fix("choose the page that shows the widget; another script may load it later"));
    }
    Ok(())
}

/// The page's address after redirects, its policy and its HTML.
async fn fetch(page: &Url) -> Result<(Url, String, String), Fail> {
    let failed = |why: String| {
        Fail::new(Exit::Failed, format!("cannot read {page}"), why)
            .fix("choose a page that a browser can open without logging in")
    };
    let client = client_builder()
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::limited(MOST_REDIRECTS))
        .build()
        .map_err(|error| failed(reasons(&error)))?;
    let response = client.get(page.clone()).send().await;
    let response = response.map_err(|error| failed(reasons(&error)))?;
    if !response.status().is_success() {
        return Err(failed(format!("it answers {}", response.status())));
    }
    let header = |name: &str| {
        let values = response.headers().get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ")
    };
    let kind = header("content-type");
    if !kind.contains("html") {
        return Err(failed(format!("it is {kind:?}, not HTML")));
    }
    let (url, policy) = (response.url().clone(), header("content-security-policy"));
    let html = read(response).await.map_err(failed)?;
    Ok((url, policy, html))
}

async fn read(mut response: Response) -> Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reasons(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return Err(format!("it is larger than {} MiB", MOST_BYTES >> 20));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn people(report: &Report) -> String {
    let mut text = format!("{}\n", report.page);
    for found in &report.vendors {
        let _ = write!(text, "\nUses {}.\n", name(found.vendor));
        vendor(&mut text, found);
    }
    if report.other_scripts > 0 {
        let _ = write!(
            text,
            "\n{} other scripts on the page were not read. They may use more.\n",
            report.other_scripts
        );
    }
    text
}

fn vendor(text: &mut String, found: &Use) {
    text.push_str("\n  What to change:\n");
    for change in &found.changes {
        let _ =
            write!(text, "    {}\n      - {}\n      + {}\n", change.place, change.from, change.to);
    }
    for widget in &found.widgets {
        let sitekey = widget.sitekey.as_deref().unwrap_or("none of its own");
        let _ = write!(text, "\n  Widget, sitekey {sitekey}\n");
        settings(text, &widget.options);
    }
    if !found.parameters.is_empty() {
        text.push_str("\n  Parameters of the script\n");
        settings(text, &found.parameters);
    }
    if !found.functions.is_empty() {
        text.push_str("\n  Functions called by the page\n");
        settings(text, &found.functions);
    }
    for remark in &found.remarks {
        let _ = write!(text, "\n  Note: {remark}\n");
    }
    let _ = write!(
        text,
        "\n  Keys: `munjigi site add NAME --host HOST --vendor {}` creates a pair in\n  the vendor's format. All differences: docs/migrate/{}.md\n",
        found.vendor, found.vendor
    );
}

fn settings(text: &mut String, settings: &[Setting]) {
    for Setting { name, value, different } in settings {
        let equals = if value.is_empty() { "" } else { "=" };
        let _ = writeln!(text, "    {name}{equals}{value}: {}", different.unwrap_or("the same"));
    }
}

fn name(vendor: &str) -> &str {
    match vendor {
        "recaptcha" => "reCAPTCHA",
        "hcaptcha" => "hCaptcha",
        _ => "Turnstile",
    }
}

fn parse_page(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err("must be a URL that starts with http:// or https://".to_owned()),
    }
}
