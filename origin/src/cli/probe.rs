//! `munjigi probe`: what an operator puts into monitoring.

use munjigi_protocol::SiteverifyCode;
use reqwest::Url;
use serde::Serialize;

use super::table::columns;
use super::{Exit, Fail, print, print_json};
use crate::config::parse_edge_url;
use crate::edge;
use crate::visitor::{AtPicture, Passed, StepTaken, VisitError, Visitor};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  munjigi probe --edge https://captcha.example --sitekey mj_… --secret mjs_… \\
      --hostname shop.example

Exit codes:
  0   a token was issued, accepted once, and refused the second time
  10  the edge does not respond, or its response is unexpected
  11  no challenge was issued
  12  the solution was refused
  13  siteverify refused the fresh token
  14  siteverify did not refuse the spent token as timeout-or-duplicate")]
pub struct Arguments {
    /// URL of the edge.
    #[arg(long, value_parser = parse_edge_url)]
    edge: Url,
    /// Sitekey of the site.
    #[arg(long)]
    sitekey: String,
    /// Secret of the site. If you set it in the environment, it stays out of the
    /// process list.
    #[arg(long, env = "MUNJIGI_PROBE_SECRET", hide_env_values = true)]
    secret: String,
    /// Host name of the page. The site must allow it.
    #[arg(long, default_value = "localhost")]
    hostname: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    ok: bool,
    steps: &'a [StepTaken],
    total_milliseconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub async fn run(arguments: &Arguments) -> Result<(), Fail> {
    let mut visitor = visitor(&arguments.edge, &arguments.sitekey, &arguments.hostname)?;
    let result = walk(&mut visitor, &arguments.secret).await;
    let steps = visitor.taken.as_slice();
    let total_milliseconds = steps.iter().map(|step| step.milliseconds).sum();
    if arguments.json {
        let error = result.as_ref().err().map(Fail::to_string);
        print_json(&Report { ok: result.is_ok(), steps, total_milliseconds, error })?;
    } else {
        print(&people(steps, total_milliseconds))?;
        if result.is_ok() {
            print("\nok: the token was accepted once and refused the second time\n")?;
        }
    }
    result
}

async fn walk(visitor: &mut Visitor, secret: &str) -> Result<(), Fail> {
    let token = match visitor.pass(AtPicture::AnotherWay).await {
        Ok(Passed::Token(token)) => token,
        Ok(Passed::Picture(_)) => {
            return Err(fail_of(visitor, &VisitError::Endless));
        }
        Err(error) => return Err(fail_of(visitor, &error)),
    };
    let first = visitor
        .siteverify("siteverify", secret, &token)
        .await
        .map_err(|error| Fail::new(exit_of(&error, Exit::Siteverify), "no verdict", error))?;
    if !first.success {
        let why = codes(&first.error_codes);
        return Err(Fail::new(Exit::Siteverify, "siteverify refused a fresh token", why)
            .fix("check that the secret belongs to the sitekey"));
    }
    let second = visitor
        .siteverify("siteverify again", secret, &token)
        .await
        .map_err(|error| Fail::new(exit_of(&error, Exit::SpentTwice), "no verdict", error))?;
    let refused_as_spent =
        !second.success && second.error_codes.first() == Some(&SiteverifyCode::TimeoutOrDuplicate);
    if refused_as_spent {
        return Ok(());
    }
    let why = if second.success {
        "it was accepted a second time".to_owned()
    } else {
        format!("it was refused with {}", codes(&second.error_codes))
    };
    Err(Fail::new(Exit::SpentTwice, "a spent token must be refused as timeout-or-duplicate", why)
        .fix("tokens may be spent twice: check the redemption objects first"))
}

/// A visitor with an HTTP client.
pub fn visitor(edge: &Url, sitekey: &str, hostname: &str) -> Result<Visitor, Fail> {
    let http = edge::http_client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    Ok(Visitor {
        edge: edge.clone(),
        http,
        sitekey: sitekey.to_owned(),
        hostname: hostname.to_owned(),
        taken: Vec::new(),
    })
}

/// Which step failed decides the exit code.
pub fn fail_of(visitor: &Visitor, error: &VisitError) -> Fail {
    let (refused, what) = match visitor.taken.last().map(|step| step.step) {
        None | Some("challenge") => (Exit::Challenge, "no challenge was issued"),
        Some(_) => (Exit::Solution, "no token was issued for the solution"),
    };
    let fix = match error {
        VisitError::Unreachable(_) | VisitError::Strange { .. } => {
            "check the URL and that the edge is running".to_owned()
        }
        VisitError::Refused { problem, .. } => format!("see {}", problem.type_uri),
        VisitError::UnknownPuzzle | VisitError::Endless => {
            "use the same version of munjigi as the edge".to_owned()
        }
    };
    Fail::new(exit_of(error, refused), what, error).fix(fix)
}

fn exit_of(error: &VisitError, refused: Exit) -> Exit {
    match error {
        VisitError::Unreachable(_) | VisitError::Strange { .. } => Exit::EdgeAway,
        VisitError::Refused { .. } | VisitError::UnknownPuzzle | VisitError::Endless => refused,
    }
}

fn codes(codes: &[SiteverifyCode]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(", ")
}

fn people(steps: &[StepTaken], total_milliseconds: f64) -> String {
    let heading = ["step", "ms", "outcome"].map(str::to_owned);
    let rows = steps.iter().map(|step| {
        [step.step.to_owned(), format!("{:>9.1}", step.milliseconds), step.outcome.clone()]
    });
    let total = ["total".to_owned(), format!("{total_milliseconds:>9.1}"), String::new()];
    let rows: Vec<_> = std::iter::once(heading).chain(rows).chain([total]).collect();
    columns(&rows)
}
