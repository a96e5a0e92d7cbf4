//! Asks siteverify about one token: munjigi-verify TOKEN HOSTNAME

use std::process::ExitCode;

// [verify]
use std::env;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(5)));
    Agent::new_with_config(config.max_redirects(0).build())
});

/// What became of the question.
pub enum Verdict {
    Passed,
    Refused(Vec<String>),
    Unreachable,
}

#[derive(Deserialize)]
struct Answer {
    success: bool,
    #[serde(default)]
    hostname: String,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

/// Whether the visitor of a page on `hostname` has passed.
pub fn verify(token: &str, hostname: &str, remote_ip: Option<&str>) -> Verdict {
    let refused = |code: &str| Verdict::Refused(vec![code.to_owned()]);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if token.is_empty() {
        return refused("missing-input-response");
    }
    // What cannot be a token is not sent, so that a visitor cannot fake a network failure.
    if token.len() > 2048 || !token.bytes().all(fits) {
        return refused("invalid-input-response");
    }
    match ask(token, remote_ip) {
        Err(_) => Verdict::Unreachable,
        Ok(answer) if !answer.success => Verdict::Refused(answer.error_codes),
        // A form that has an action compares it here too.
        Ok(answer) if answer.hostname != hostname => refused("hostname-mismatch"),
        Ok(_) => Verdict::Passed,
    }
}

fn ask(token: &str, remote_ip: Option<&str>) -> Result<Answer, ureq::Error> {
    let address = env::var("MUNJIGI_SITEVERIFY").expect("MUNJIGI_SITEVERIFY is set");
    let secret = env::var("MUNJIGI_SECRET").expect("MUNJIGI_SECRET is set");
    let mut fields = vec![("secret", secret.as_str()), ("response", token)];
    fields.extend(remote_ip.map(|address| ("remoteip", address)));
    let mut answer = AGENT.post(address).send_form(fields)?;
    // 429 and 503 say "later"; every verdict has status 200.
    match answer.status().as_u16() {
        200 => answer.body_mut().read_json(),
        other => Err(ureq::Error::StatusCode(other)),
    }
}
// [/verify]

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    let (token, hostname) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (line, code) = match verify(&token, &hostname, None) {
        Verdict::Passed => ("passed".to_owned(), 0),
        Verdict::Refused(codes) => (format!("refused {}", codes.join(" ")), 1),
        Verdict::Unreachable => ("unreachable".to_owned(), 2),
    };
    println!("{}", line.trim_end());
    ExitCode::from(code)
}
