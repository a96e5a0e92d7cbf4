//! The Worker as a proxy of a protected host asks it: the check, and what visitors
//! load below the host's own path.

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::{ClearanceReply, Level, Problem, Protection, WELL_KNOWN, headers};
use munjigi_tests::stage;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::json;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0";

/// Asks for a page as a browser does.
async fn page(client: &Client, url: &str, cookie: &str, agent: &str) -> Result<Response> {
    let asked = client.get(url).header(ACCEPT, "text/html").header(USER_AGENT, agent);
    Ok(asked.header(COOKIE, cookie).send().await?)
}

fn cookies(response: &Response) -> Vec<String> {
    let all = response.headers().get_all(SET_COOKIE).iter();
    let pair = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
    all.filter_map(|value| value.to_str().ok()).map(pair).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_gives_clearance_and_is_asked_for_it() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let site = stack.bench_site.clone();
    let rule = Protection {
        path: "/account/*".to_owned(),
        host: None,
        methods: Vec::new(),
        level: Some(Level::Worked),
        dry_run: false,
        no_exemptions: false,
        above_per_second: None,
    };
    stage::publish(&stack, &site, |config| config.protect = vec![rule]).await?;
    let edge = stack.edge.url();
    let client = Client::builder().redirect(Policy::none()).build()?;
    let url = |path: &str| format!("{edge}{path}");
    let check = |path: &str| {
        let asker = format!("sitekey={}&secret={}", site.sitekey, site.secret);
        url(&format!("/v1/clearance/check?{asker}&answer=303&path={path}"))
    };

    // Strangers are told nothing.
    let query = format!("sitekey={}&answer=303&path=/account/x", site.sitekey);
    for below in ["", WELL_KNOWN] {
        let asked = url(&format!("{below}/v1/clearance/check?{query}"));
        let stranger = page(&client, &asked, "", AGENT).await?;
        ensure!(stranger.status() == 404, "{stranger:?}");
    }

    let open = page(&client, &check("/nowhere"), "", AGENT).await?;
    ensure!(open.status() == 200 && open.headers()[headers::LEVEL] == "none", "{open:?}");
    let refused = page(&client, &check("/account/x?a=1"), "", AGENT).await?;
    ensure!(refused.status() == 303, "{refused:?}");
    let place = refused.headers().get(LOCATION).context("no place")?.to_str()?.to_owned();
    let to = place.strip_prefix(&format!("{WELL_KNOWN}/clearance?to=")).context("no page")?;
    // Envoy asks with the original method.
    let part = client.post(check("/account/x")).body("a=b").send().await?;
    ensure!(part.status() == 403, "{part:?}");
    let problem: Problem = part.json().await?;
    ensure!(problem.clearance.is_some_and(|wanted| wanted.level == Level::Worked));

    let shown = page(&client, &url(&place), "", AGENT).await?;
    ensure!(shown.status() == 200, "{shown:?}");
    let round = cookies(&shown).pop().context("no cookie")?;
    let file = client.get(url(&format!("{WELL_KNOWN}/v1/api.js"))).send().await?;
    ensure!(file.status() == 200, "{file:?}");

    let token = stage::token(&url(WELL_KNOWN), &site).await?;
    let body = json!({ "to": to, "token": token }).to_string();
    let redeem = client.post(url(&format!("{WELL_KNOWN}/clearance"))).body(body);
    let redeem = redeem.header(CONTENT_TYPE, "application/json").header(USER_AGENT, AGENT);
    let given = redeem.header(COOKIE, &round).send().await?;
    ensure!(given.status() == 200, "{given:?}");
    let [clearance, round] = cookies(&given).try_into().ok().context("two cookies")?;
    ensure!(round.starts_with("__Host-munjigi-rounds=1."), "{round}");
    ensure!(given.json::<ClearanceReply>().await?.path == "/account/x?a=1");

    let passed = page(&client, &check("/account/x?a=1"), &clearance, AGENT).await?;
    ensure!(passed.status() == 200 && passed.headers()[headers::LEVEL] == "worked", "{passed:?}");
    let copied = page(&client, &check("/account/x"), &clearance, "curl/8.5.0").await?;
    ensure!(copied.status() == 303, "{copied:?}");
    ensure!(!stage::verify(&url(WELL_KNOWN), &site, &token).await?.success, "spent");
    Ok(())
}
