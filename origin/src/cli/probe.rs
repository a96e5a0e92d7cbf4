//! `munjigi probe`: a check for an operator's monitoring.

use munjigi_delivery::http_client;
use munjigi_protocol::SiteverifyCode;
use reqwest::Url;
use serde::Serialize;

use super::table::columns;
use super::{Exit, Fail, print, print_json};
use crate::config::parse_edge_url;
use crate::solver::{AtPicture, Passed, SolveError, Solver, StepTaken};

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
    let mut solver = solver(&arguments.edge, &arguments.sitekey, &arguments.hostname)?;
    let result = walk(&mut solver, &arguments.secret).await;
    let steps = solver.taken.as_slice();
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

async fn walk(solver: &mut Solver, secret: &str) -> Result<(), Fail> {
    let token = match solver.pass(AtPicture::AnotherWay).await {
        Ok(Passed::Token(token)) => token,
        Ok(Passed::Picture(_)) => {
            return Err(fail_of(solver, &SolveError::Endless));
        }
        Err(error) => return Err(fail_of(solver, &error)),
    };
    let first = solver
        .siteverify("siteverify", secret, &token)
        .await
        .map_err(|error| Fail::new(exit_of(&error, Exit::Siteverify), "no verdict", error))?;
    if !first.success {
        let why = codes(&first.error_codes);
        return Err(Fail::new(Exit::Siteverify, "siteverify refused a fresh token", why)
            .fix("check that the secret belongs to the sitekey"));
    }
    let second = solver
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

/// A solver with an HTTP client.
pub fn solver(edge: &Url, sitekey: &str, hostname: &str) -> Result<Solver, Fail> {
    let http = http_client::client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    Ok(Solver {
        edge: edge.clone(),
        http,
        sitekey: sitekey.to_owned(),
        hostname: hostname.to_owned(),
        taken: Vec::new(),
    })
}

/// The failed step decides the exit code.
pub fn fail_of(solver: &Solver, error: &SolveError) -> Fail {
    let (refused, what) = match solver.taken.last().map(|step| step.step) {
        None | Some("challenge") => (Exit::Challenge, "no challenge was issued"),
        Some(_) => (Exit::Solution, "no token was issued for the solution"),
    };
    let fix = match error {
        SolveError::Unreachable(_) | SolveError::Strange { .. } => {
            "check the URL and that the edge is running".to_owned()
        }
        SolveError::Refused { problem, .. } => format!("see {}", problem.type_uri),
        SolveError::UnknownPuzzle | SolveError::Endless => {
            "use the same version of munjigi as the edge".to_owned()
        }
    };
    Fail::new(exit_of(error, refused), what, error).fix(fix)
}

fn exit_of(error: &SolveError, refused: Exit) -> Exit {
    match error {
        SolveError::Unreachable(_) | SolveError::Strange { .. } => Exit::EdgeAway,
        SolveError::Refused { .. } | SolveError::UnknownPuzzle | SolveError::Endless => refused,
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
