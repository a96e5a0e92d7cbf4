//! One keep-alive connection to an edge, as a widget and a customer's back end
//! use it. Requests are prepared and calls share no state, so that the
//! generator costs little compared with what it measures.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use munjigi_protocol::{
    AlgorithmName, AttemptId, ChallengeReply, ChallengeRequest, Check, Signals, SiteverifyReply,
    SolutionReply, SolutionRequest, Step, routes,
};
use serde::de::DeserializeOwned;

/// Why a call did not give a usable answer.
#[derive(Debug)]
pub enum CallError {
    /// There is no connection, or it broke.
    Transport(String),
    /// Another status than the one expected, with the body's text.
    Status(StatusCode, String),
    /// The body does not follow the protocol.
    Body(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(why) => write!(f, "no answer: {why}"),
            Self::Status(status, body) => write!(f, "answered {status}: {body}"),
            Self::Body(why) => write!(f, "unreadable answer: {why}"),
        }
    }
}

impl std::error::Error for CallError {}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: hyper::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// Reads the body of a 200.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        if self.status != StatusCode::OK {
            let text = String::from_utf8_lossy(&self.body).into_owned();
            return Err(CallError::Status(self.status, text));
        }
        serde_json::from_slice(&self.body).map_err(|why| CallError::Body(why.to_string()))
    }
}

/// A request that is handed over in the moment in which its connection breaks may
/// never be answered nor fail: tests that kill servers under load meet that.
const ANSWERED_WITHIN: Duration = Duration::from_mins(1);

/// One connection to one server.
pub struct Connection {
    authority: String,
    /// What every path begins with.
    below: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects to `base`, an address such as `http://127.0.0.1:8787`, with or
    /// without a path.
    pub async fn open(base: &str) -> Result<Self, CallError> {
        let place = base.trim_start_matches("http://").trim_end_matches('/');
        let (authority, below) = place.split_at(place.find('/').unwrap_or(place.len()));
        let (authority, below) = (authority.to_owned(), below.to_owned());
        let stream = tokio::net::TcpStream::connect(&authority)
            .await
            .map_err(|why| CallError::Transport(format!("{authority}: {why}")))?;
        stream.set_nodelay(true).map_err(|why| CallError::Transport(why.to_string()))?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|why| CallError::Transport(why.to_string()))?;
        tokio::spawn(connection);
        Ok(Self { authority, below, sender })
    }

    /// Sends one request and reads the whole answer.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, CallError> {
        let answered = self.exchange(method, path, headers, body.into());
        let answered = tokio::time::timeout(ANSWERED_WITHIN, answered).await;
        answered.map_err(|why| CallError::Transport(why.to_string()))?
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, CallError> {
        let transport = |why: hyper::Error| CallError::Transport(why.to_string());
        self.sender.ready().await.map_err(transport)?;
        let mut request = Request::builder().method(method).uri([&self.below, path].concat());
        request = request.header("host", &self.authority);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request =
            request.body(Full::new(body)).map_err(|why| CallError::Transport(why.to_string()))?;
        let response = self.sender.send_request(request).await.map_err(transport)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.map_err(transport)?.to_bytes();
        Ok(Answer { status, headers, body })
    }

    pub async fn post_json(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &impl serde::Serialize,
    ) -> Result<Answer, CallError> {
        let body = serde_json::to_vec(body).map_err(|why| CallError::Body(why.to_string()))?;
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, body).await
    }

    /// Requests a challenge as a widget on `hostname` does.
    pub async fn challenge(
        &mut self,
        sitekey: &str,
        hostname: &str,
        headers: &[(&str, &str)],
    ) -> Result<ChallengeReply, CallError> {
        let request = challenge_request(sitekey, hostname);
        self.post_json(routes::CHALLENGES.path, headers, &request).await?.json()
    }

    /// Solves a puzzle and submits the nonces, once.
    pub async fn solve(
        &mut self,
        challenge: &ChallengeReply,
        headers: &[(&str, &str)],
    ) -> Result<SolutionReply, CallError> {
        let request = solution_request(challenge)?;
        self.post_json(routes::SOLUTIONS.path, headers, &request).await?.json()
    }

    /// Solves puzzles until a picture is shown.
    pub async fn picture(
        &mut self,
        sitekey: &str,
        hostname: &str,
        headers: &[(&str, &str)],
    ) -> Result<ChallengeReply, CallError> {
        let mut challenge = self.challenge(sitekey, hostname, headers).await?;
        loop {
            challenge = match self.solve(&challenge, headers).await? {
                SolutionReply::Next(next) => next,
                SolutionReply::Passed { .. } => {
                    return Err(CallError::Body("passed without a picture".to_owned()));
                }
            };
            if matches!(challenge.step, Step::Picture(_)) {
                return Ok(challenge);
            }
        }
    }

    /// Chooses "another way" instead of a picture.
    pub async fn another_way(
        &mut self,
        challenge: &str,
        headers: &[(&str, &str)],
    ) -> Result<ChallengeReply, CallError> {
        let body = serde_json::json!({ "challenge": challenge, "want": "work" });
        match self.post_json(routes::SOLUTIONS.path, headers, &body).await?.json()? {
            SolutionReply::Next(next) => Ok(next),
            SolutionReply::Passed { .. } => Err(CallError::Body("passed at once".to_owned())),
        }
    }

    /// Completes a whole attempt, including further puzzles.
    pub async fn token(
        &mut self,
        sitekey: &str,
        hostname: &str,
        headers: &[(&str, &str)],
    ) -> Result<String, CallError> {
        let mut challenge = self.challenge(sitekey, hostname, headers).await?;
        loop {
            match self.solve(&challenge, headers).await? {
                SolutionReply::Passed { token, .. } => return Ok(token),
                SolutionReply::Next(next) => challenge = next,
            }
        }
    }

    /// Spends a token as a customer's back end does.
    pub async fn siteverify(
        &mut self,
        secret: &str,
        token: &str,
        headers: &[(&str, &str)],
    ) -> Result<SiteverifyReply, CallError> {
        let body = format!("secret={secret}&response={token}");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers = [&[form], headers].concat();
        self.send(Method::POST, routes::SITEVERIFY.path, &headers, body).await?.json()
    }
}

/// The request of a widget that reports nothing about its visitor.
pub fn challenge_request(sitekey: &str, hostname: &str) -> ChallengeRequest {
    ChallengeRequest {
        sitekey: sitekey.to_owned(),
        hostname: hostname.to_owned(),
        action: "load".to_owned(),
        cdata: String::new(),
        locale: "en".to_owned(),
        widget: env!("CARGO_PKG_VERSION").to_owned(),
        algorithms: vec![AlgorithmName::HashWx],
        signals: Signals::default(),
    }
}

/// Solves a puzzle natively, and says what a widget says whose checks found
/// nothing: a client that leaves that out is doubted.
pub fn solution_request(challenge: &ChallengeReply) -> Result<SolutionRequest, CallError> {
    let Step::Puzzle(puzzle) = &challenge.step else {
        return Err(CallError::Body(
            "asked for a picture, which a program cannot answer".to_owned(),
        ));
    };
    let began = Instant::now();
    let nonces = munjigi_pow::Puzzle {
        algorithm: match puzzle.algorithm {
            munjigi_protocol::Algorithm::HashWx => munjigi_pow::Algorithm::HashWx,
            munjigi_protocol::Algorithm::Sha256 => munjigi_pow::Algorithm::Sha256,
        },
        id: puzzle.id.0,
        first: puzzle.first,
        count: puzzle.count,
        work: puzzle.work,
    }
    .solve();
    let solve_ms = u32::try_from(began.elapsed().as_millis()).ok();
    let signals = Signals { solve_ms, ..unremarkable(puzzle.id) };
    Ok(SolutionRequest {
        challenge: challenge.challenge.clone(),
        nonces: Some(nonces),
        answer: None,
        want: None,
        signals,
    })
}

/// What every widget says after the first challenge of an attempt.
pub fn unremarkable(id: AttemptId) -> Signals {
    let [a, b, c, d, ..] = id.0;
    let made = (1 << Check::ALL.len()) - 1;
    let agreement = Some(made ^ u32::from_le_bytes([a, b, c, d]));
    Signals { webdriver: Some(false), agreement, ..Signals::default() }
}
