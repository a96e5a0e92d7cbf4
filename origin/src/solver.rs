//! A visitor without a browser: requests a challenge from the edge, solves it
//! on every core, follows further steps, and ends with a token. For monitoring
//! and scripts; it gains nothing that a browser does not.

use std::num::NonZero;
use std::time::Duration;

use munjigi_delivery::edge::below;
use munjigi_pow::Puzzle;
use munjigi_process::clock::Stopwatch;
use munjigi_process::reasons::reasons;
use munjigi_protocol::{
    Algorithm, AlgorithmName, ChallengeReply, ChallengeRequest, Problem, PuzzleStep, Signals,
    SiteverifyReply, SiteverifyRequest, SolutionReply, SolutionRequest, Step, Want, routes,
};
use reqwest::{Client, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// More rounds than any policy requires: an edge that never ends is broken.
const MOST_ROUNDS: usize = 6;

/// Why the edge returned no token or no verdict.
#[derive(Debug, thiserror::Error)]
pub enum SolveError {
    /// No answer.
    #[error("the edge does not respond: {0}")]
    Unreachable(String),
    /// A refusal with its problem document.
    #[error("refused with {status} {}: {}", .problem.code, .problem.detail)]
    Refused {
        /// HTTP status.
        status: StatusCode,
        problem: Box<Problem>,
    },
    /// An answer that violates the protocol.
    #[error("answered {status}, which Munjigi's edge does not do here: {reason}")]
    Strange {
        /// HTTP status.
        status: StatusCode,
        /// What is wrong with it.
        reason: String,
    },
    /// A puzzle that this program cannot solve.
    #[error("the edge requires a puzzle that this version of munjigi does not know")]
    UnknownPuzzle,
    /// The edge kept sending further challenges.
    #[error("the edge required more than {MOST_ROUNDS} rounds")]
    Endless,
}

/// What to do when a picture is required, which only people can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtPicture {
    /// Take the longer puzzle that is open to everybody.
    AnotherWay,
    /// Stop there.
    Stop,
}

/// How far a visitor got.
#[derive(Debug, Clone, PartialEq)]
pub enum Passed {
    /// To the end.
    Token(String),
    /// To a picture.
    Picture(ChallengeReply),
}

/// The start of a visit; with a test sitekey it is already the end.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Begun {
    Challenge(ChallengeReply),
    Ended(SolutionReply),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepTaken {
    /// `challenge`, `solve`, `solution`, `siteverify`, `siteverify again`.
    pub step: &'static str,
    pub milliseconds: f64,
    pub outcome: String,
}

#[derive(Debug)]
pub struct Solver {
    pub edge: Url,
    pub http: Client,
    pub sitekey: String,
    pub hostname: String,
    pub taken: Vec<StepTaken>,
}

impl Solver {
    /// Passes, unless a picture is required and is to be left to people.
    pub async fn pass(&mut self, at_picture: AtPicture) -> Result<Passed, SolveError> {
        let mut reply = match self.challenge().await? {
            Begun::Challenge(reply) | Begun::Ended(SolutionReply::Next(reply)) => reply,
            Begun::Ended(SolutionReply::Passed { token, .. }) => return Ok(Passed::Token(token)),
        };
        for _ in 0..MOST_ROUNDS {
            let solution = match (&reply.step, at_picture) {
                (Step::Puzzle(step), _) => {
                    let nonces = self.solve(step).await?;
                    solution(&reply.challenge, Some(nonces))
                }
                (Step::Picture(_), AtPicture::AnotherWay) => solution(&reply.challenge, None),
                (Step::Picture(_), AtPicture::Stop) => return Ok(Passed::Picture(reply)),
            };
            match self.solution(&solution).await? {
                SolutionReply::Passed { token, .. } => return Ok(Passed::Token(token)),
                SolutionReply::Next(next) => reply = next,
            }
        }
        Err(SolveError::Endless)
    }

    /// What the site's back end would do with the token. `step` names it in the
    /// list of steps.
    pub async fn siteverify(
        &mut self,
        step: &'static str,
        secret: &str,
        token: &str,
    ) -> Result<SiteverifyReply, SolveError> {
        let request = SiteverifyRequest {
            secret: Some(secret.to_owned()),
            response: Some(token.to_owned()),
            ..SiteverifyRequest::default()
        };
        let stopwatch = Stopwatch::start();
        let reply: Result<SiteverifyReply, _> = self.post(routes::SITEVERIFY.path, &request).await;
        let outcome = match &reply {
            Ok(reply) if reply.success => "success".to_owned(),
            Ok(reply) => {
                let codes: Vec<&str> = reply.error_codes.iter().map(|code| code.as_str()).collect();
                codes.join(", ")
            }
            Err(error) => error.to_string(),
        };
        self.note(step, stopwatch, outcome);
        reply
    }

    async fn challenge(&mut self) -> Result<Begun, SolveError> {
        let request = ChallengeRequest {
            sitekey: self.sitekey.clone(),
            hostname: self.hostname.clone(),
            action: String::new(),
            cdata: String::new(),
            locale: "en".to_owned(),
            widget: env!("CARGO_PKG_VERSION").to_owned(),
            algorithms: vec![AlgorithmName::HashWx],
            signals: Signals::default(),
        };
        let stopwatch = Stopwatch::start();
        let reply: Result<Begun, _> = self.post(routes::CHALLENGES.path, &request).await;
        let outcome = match &reply {
            Ok(Begun::Challenge(reply) | Begun::Ended(SolutionReply::Next(reply))) => {
                asked(&reply.step)
            }
            Ok(Begun::Ended(SolutionReply::Passed { .. })) => "passed".to_owned(),
            Err(error) => error.to_string(),
        };
        self.note("challenge", stopwatch, outcome);
        reply
    }

    async fn solution(&mut self, request: &SolutionRequest) -> Result<SolutionReply, SolveError> {
        let stopwatch = Stopwatch::start();
        let reply: Result<SolutionReply, _> = self.post(routes::SOLUTIONS.path, request).await;
        let outcome = match &reply {
            Ok(SolutionReply::Passed { .. }) => "passed".to_owned(),
            Ok(SolutionReply::Next(next)) => {
                format!("more work is required: {}", asked(&next.step))
            }
            Err(error) => error.to_string(),
        };
        self.note("solution", stopwatch, outcome);
        reply
    }

    async fn solve(&mut self, step: &PuzzleStep) -> Result<Vec<u64>, SolveError> {
        if step.algorithm != Algorithm::HashWx || step.epoch_len != munjigi_pow::EPOCH_LEN {
            return Err(SolveError::UnknownPuzzle);
        }
        let puzzle = Puzzle {
            algorithm: munjigi_pow::Algorithm::HashWx,
            id: step.id.0,
            first: step.first,
            count: step.count,
            work: step.work,
        };
        let stopwatch = Stopwatch::start();
        let nonces = tokio::task::spawn_blocking(move || solve_on_every_core(&puzzle))
            .await
            .expect("the solver does not panic");
        let outcome = format!("{} sub-puzzles", nonces.len());
        self.note("solve", stopwatch, outcome);
        Ok(nonces)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, SolveError> {
        let url = below(&self.edge, path);
        let unreachable = |error: reqwest::Error| SolveError::Unreachable(reasons(&error));
        let response = self.http.post(url).json(body).send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return response
                .json()
                .await
                .map_err(|error| SolveError::Strange { status, reason: reasons(&error) });
        }
        Err(refusal(response).await)
    }

    fn note(&mut self, step: &'static str, stopwatch: Stopwatch, outcome: String) {
        let milliseconds = milliseconds(stopwatch.elapsed());
        self.taken.push(StepTaken { step, milliseconds, outcome });
    }
}

async fn refusal(response: Response) -> SolveError {
    let status = response.status();
    match response.json::<Problem>().await {
        Ok(problem) => SolveError::Refused { status, problem: Box::new(problem) },
        Err(error) => SolveError::Strange { status, reason: reasons(&error) },
    }
}

fn solution(challenge: &str, nonces: Option<Vec<u64>>) -> SolutionRequest {
    SolutionRequest {
        challenge: challenge.to_owned(),
        want: nonces.is_none().then_some(Want::Work),
        nonces,
        answer: None,
        signals: Signals::default(),
    }
}

fn asked(step: &Step) -> String {
    match step {
        Step::Puzzle(step) => format!("{} sub-puzzles of work {}", step.count, step.work),
        Step::Picture(_) => "a picture".to_owned(),
    }
}

/// Threads take the sub-puzzles in turn.
fn solve_on_every_core(puzzle: &Puzzle) -> Vec<u64> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut nonces = vec![0; usize::try_from(puzzle.count).unwrap_or_default()];
    let per_thread = nonces.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let mut first = puzzle.first;
        for part in nonces.chunks_mut(per_thread) {
            let count = u32::try_from(part.len()).expect("a part of a u32");
            let puzzle = Puzzle { first, count, ..*puzzle };
            first = first.wrapping_add(count);
            scope.spawn(move || part.copy_from_slice(&puzzle.solve()));
        }
    });
    nonces
}

/// With microseconds as decimals.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_solve_every_sub_puzzle_in_its_place() {
        for count in [1, 2, 3, 7] {
            let puzzle = Puzzle {
                algorithm: munjigi_pow::Algorithm::HashWx,
                id: [7; 16],
                first: 5,
                count,
                work: 3,
            };
            let nonces = solve_on_every_core(&puzzle);
            assert_eq!(puzzle.verify(&nonces), Ok(()), "{count}");
        }
    }
}
