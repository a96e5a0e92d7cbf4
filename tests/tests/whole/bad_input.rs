//! Runs the table of bad input against the running edge.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hyper::Method;
use munjigi_protocol::headers;
use munjigi_tests::bad_input::{Case, Table, fill};
use munjigi_tests::client::{Connection, solution_request};
use munjigi_tests::stage;
use munjigi_tools::stack::Stack;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn values(stack: &Stack) -> Result<BTreeMap<&'static str, String>> {
    let (edge, site) = (stack.edge.url(), &stack.bench_site);
    // A challenge of the ordinary site, so that a nonce can be wrong.
    let challenge = stage::challenge(&edge, &stack.site, "192.0.2.7").await?;
    let cheap = stage::challenge(&edge, site, "192.0.2.7").await?;
    let nonces = solution_request(&cheap)?.nonces.context("nonces")?;
    Ok(BTreeMap::from([
        ("sitekey", stack.site.sitekey.clone()),
        ("secret", site.secret.clone()),
        ("challenge", challenge.challenge),
        ("nonces", serde_json::to_string(&nonces)?),
        ("token", stage::token(&edge, site).await?),
    ]))
}

async fn fault(edge: &str, case: &Case, values: &BTreeMap<&str, String>) -> Result<Option<String>> {
    let (method, path) = case.request.split_once(' ').context("method and path")?;
    let path = fill(path, values)?;
    let mut given: Vec<(&str, &str)> = Vec::new();
    let body = case.bytes(values)?;
    if !body.is_empty() && !case.content_type.is_empty() {
        given.push(("content-type", &case.content_type));
    }
    given.extend(case.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut connection = Connection::open(edge).await?;
    let answer =
        connection.send(Method::from_bytes(method.as_bytes())?, &path, &given, body).await?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let got = format!("{} {}", answer.status, text.chars().take(300).collect::<String>());
    if answer.status.as_u16() != case.status {
        return Ok(Some(format!("wanted {}, got {got}", case.status)));
    }
    for header in
        [headers::REQUEST_ID, "cache-control", "x-content-type-options", "referrer-policy"]
    {
        if !answer.headers.contains_key(header) {
            return Ok(Some(format!("no {header} on {got}")));
        }
    }
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    let as_wanted = match (&case.code, &case.codes, &case.page) {
        (Some(code), ..) => {
            let complete = ["type", "title", "status", "code", "detail", "request_id"]
                .iter()
                .all(|field| json.get(field).is_some());
            complete && json["code"] == **code
        }
        (_, Some(codes), _) => {
            json["success"] == false && json["error-codes"] == Value::from(codes.clone())
        }
        (_, _, Some(page)) => text.contains(&format!("data-error=\"{page}\"")),
        _ => false,
    };
    Ok((!as_wanted).then_some(got))
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_gets_its_documented_code_and_never_a_500() -> Result<()> {
    all_cases(&stage::stack(&[]).await?).await
}

/// Sends every case, and then redeems a token.
pub async fn all_cases(stack: &Stack) -> Result<()> {
    let table: Table = toml::from_str(include_str!("../../contract/bad-input.toml"))?;
    let values = values(stack).await?;
    let mut faults = Vec::new();
    for case in &table.case {
        if let Some(fault) = fault(&stack.edge.url(), case, &values).await? {
            faults.push(format!("{}: {fault}", case.id));
        }
    }
    println!(
        "{} of {} cases answered as documented",
        table.case.len() - faults.len(),
        table.case.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // Nothing was spent or broken along the way.
    assert!(stage::verify(&stack.edge.url(), &stack.bench_site, &values["token"]).await?.success);
    Ok(())
}

/// A body that never comes, to paths that take none.
#[tokio::test(flavor = "multi_thread")]
async fn no_one_waits_for_a_body_that_no_route_takes() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let url = reqwest::Url::parse(&stack.edge.url())?;
    let address =
        format!("{}:{}", url.host_str().context("a host")?, url.port().context("a port")?);
    for path in ["/v1/frame/x", "/nothing", "/internal/state"] {
        let mut stream = TcpStream::connect(&address).await?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: 65536\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = [0; 12];
        tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut answer))
            .await
            .with_context(|| format!("{path} waits for its body"))??;
        let status = String::from_utf8_lossy(&answer).into_owned();
        assert!(status.starts_with("HTTP/1.1 4"), "{path}: {status}");
    }
    Ok(())
}
