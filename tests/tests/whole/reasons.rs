//! Every reason that a back end can be told, made to happen at a running edge,
//! in each dialect that has a field for it.

use anyhow::{Context as _, Result, bail};
use munjigi_protocol::{
    AlgorithmName, ChallengeReply, ScoreReason, ScoreWeights, Sign, Signals, SiteConfig,
    SolutionReply, UnderAttack, routes,
};
use munjigi_tests::client::{Connection, challenge_request, solution_request};
use munjigi_tests::stage::{self, CHEAP, network};
use munjigi_tools::stack::{Site, Stack};
use serde_json::{Value, json};

/// A visitor, and what is unusual about the visit.
#[derive(Clone)]
struct Visitor {
    address: String,
    agent: String,
    /// `Sec-CH-UA`.
    hints: &'static str,
    /// Where the solution comes from, if not from `address`.
    moved_to: Option<&'static str>,
    algorithm: AlgorithmName,
    signals: Signals,
}

impl Visitor {
    /// Someone in Firefox who came eight seconds ago, moved the pointer and
    /// typed. The same number is the same interaction.
    fn person(address: &str, number: u32) -> Self {
        let signals = Signals {
            since_load_ms: Some(8_000),
            since_focus_ms: Some(2_000 + number),
            pointer: Some(3),
            keys: Some(2),
            webdriver: Some(false),
            languages: Some(2),
            visible: Some(true),
            ..Signals::default()
        };
        Self {
            address: address.to_owned(),
            agent: browser(number),
            hints: "",
            moved_to: None,
            algorithm: AlgorithmName::HashWx,
            signals,
        }
    }

    fn headers<'a>(&'a self, address: &'a str) -> Vec<(&'static str, &'a str)> {
        let mut headers = vec![
            ("cf-connecting-ip", address),
            ("user-agent", self.agent.as_str()),
            ("accept-language", "en"),
        ];
        if !self.hints.is_empty() {
            headers.push(("sec-ch-ua", self.hints));
        }
        headers
    }

    async fn challenge(&self, edge: &mut Connection, site: &Site) -> Result<ChallengeReply> {
        let mut request = challenge_request(&site.sitekey, &site.hostname);
        request.algorithms = vec![self.algorithm];
        request.signals = self.signals;
        let headers = self.headers(&self.address);
        Ok(edge.post_json(routes::CHALLENGES.path, &headers, &request).await?.json()?)
    }

    async fn token(&self, edge: &mut Connection, site: &Site) -> Result<String> {
        let mut challenge = self.challenge(edge, site).await?;
        let headers = self.headers(self.moved_to.unwrap_or(&self.address));
        for _ in 0..8 {
            let mut request = solution_request(&challenge)?;
            let Signals { solve_ms, agreement, .. } = request.signals;
            request.signals = Signals { solve_ms, agreement, ..self.signals };
            match edge.post_json(routes::SOLUTIONS.path, &headers, &request).await?.json()? {
                SolutionReply::Passed { token, .. } => return Ok(token),
                SolutionReply::Next(next) => challenge = next,
            }
        }
        bail!("asked for more and more")
    }
}

fn browser(number: u32) -> String {
    let version = 120 + number % 20;
    format!("Mozilla/5.0 (X11; Linux x86_64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0")
}

/// Visits to a new site.
struct Visits {
    site: Site,
    edge: Connection,
}

impl Visits {
    async fn to_a_new_site(stack: &Stack, known: Option<fn(&mut SiteConfig)>) -> Result<Self> {
        let site = stage::site(stack, &CHEAP, "[]").await?;
        if let Some(known) = known {
            stage::publish(stack, &site, known).await?;
        }
        let edge = Connection::open(&stack.edge.url()).await?;
        Ok(Self { site, edge })
    }

    /// Others pass before.
    async fn after(&mut self, others: impl IntoIterator<Item = Visitor>) -> Result<()> {
        for other in others {
            other.token(&mut self.edge, &self.site).await?;
        }
        Ok(())
    }

    /// What each dialect says of a visit, which is made once for each, by its
    /// number: its score as a person's, and its reasons.
    async fn told(&mut self, visit: impl Fn(u32) -> Visitor) -> Result<Told> {
        let mut told = Told { scores: Vec::new(), reasons: Vec::new() };
        let paths = [
            routes::SITEVERIFY.path,
            routes::SITEVERIFY_RECAPTCHA.path,
            routes::SITEVERIFY_HCAPTCHA.path,
            routes::SITEVERIFY_TURNSTILE.path,
        ];
        for (number, path) in (0..).zip(paths) {
            let visitor = visit(number);
            let token = visitor.token(&mut self.edge, &self.site).await?;
            let body = format!("secret={}&response={token}", self.site.secret);
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            let answer = self.edge.send(hyper::Method::POST, path, &headers, body).await?;
            let answer: Value = answer.json()?;
            assert_eq!(answer["success"], true, "{path}: {answer}");
            let is_hcaptcha = path == routes::SITEVERIFY_HCAPTCHA.path;
            let field = if is_hcaptcha { "score_reason" } else { "reasons" };
            let score = answer.get("score").map(|score| score.as_f64().context("no number"));
            if let Some(score) = score.transpose()? {
                told.scores.push(if is_hcaptcha { 1.0 - score } else { score });
            }
            told.reasons.extend(answer.get(field).cloned());
        }
        // reCAPTCHA's answers have a score alone, Turnstile's neither.
        assert_eq!((told.scores.len(), told.reasons.len()), (3, 2), "{told:?}");
        Ok(told)
    }
}

#[derive(Debug)]
struct Told {
    scores: Vec<f64>,
    reasons: Vec<Value>,
}

impl Told {
    /// Every dialect that has a field told this reason alone, and the score of
    /// the protocol's page.
    fn is(&self, reasons: &[ScoreReason], score: f64) {
        let expected: Vec<_> = reasons.iter().map(|reason| reason.as_str()).collect();
        for told in &self.reasons {
            assert_eq!(*told, json!(expected), "{self:?}");
        }
        for told in &self.scores {
            assert!((told - score).abs() < 0.001, "{expected:?}: {self:?} instead of {score}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_says_of_itself_is_told_in_every_dialect() -> Result<()> {
    let stack = stage::stack(&[&[]]).await?;
    let mut visits = Visits::to_a_new_site(&stack, None).await?;
    let person = |number: u32| Visitor::person(&network(10, number.into()), number);

    visits.told(person).await?.is(&[], 1.0);

    let driven = |number| {
        let mut driven = person(10 + number);
        driven.signals.webdriver = Some(true);
        driven
    };
    visits.told(driven).await?.is(&[ScoreReason::Automation], 0.5);

    let program = |number| Visitor { agent: "reqwest/0.12".to_owned(), ..person(20 + number) };
    visits.told(program).await?.is(&[ScoreReason::Automation], 0.45);

    let hints = r#""Chromium";v="140""#;
    let forged = |number| Visitor { hints, ..person(30 + number) };
    visits.told(forged).await?.is(&[ScoreReason::InconsistentClient], 0.7);

    let moved = |number| Visitor { moved_to: Some("198.51.100.1"), ..person(40 + number) };
    visits.told(moved).await?.is(&[ScoreReason::SolvedElsewhere], 0.95);

    let fallback = |number| Visitor { algorithm: AlgorithmName::Sha256, ..person(50 + number) };
    visits.told(fallback).await?.is(&[ScoreReason::WorkAlone], 0.5);

    let silent = |number| {
        let signals = Signals { webdriver: Some(false), ..Signals::default() };
        Visitor { signals, ..person(60 + number) }
    };
    visits.told(silent).await?.is(&[ScoreReason::TooLittleData], 0.95);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_did_before_is_told_in_every_dialect() -> Result<()> {
    let stack = stage::stack(&[&[]]).await?;

    // The same interaction from forty networks.
    let mut visits = Visits::to_a_new_site(&stack, None).await?;
    let recorded = Visitor::person("192.0.2.1", 0);
    let others = (1..=40).map(|number| Visitor {
        address: network(20, number.into()),
        agent: browser(number),
        ..recorded.clone()
    });
    visits.after(others).await?;
    visits.told(|_| recorded.clone()).await?.is(&[ScoreReason::ReplayedTrace], 0.76);

    // The same software from seven hundred networks.
    let mut visits = Visits::to_a_new_site(&stack, None).await?;
    let agent = "Mozilla/5.0 (X11; Linux x86_64) HappyBrowser/9.1";
    let of_the_fleet = |address: &str, number| Visitor {
        agent: agent.to_owned(),
        ..Visitor::person(address, number)
    };
    visits.after((1..=700).map(|number| of_the_fleet(&network(30, number.into()), number))).await?;
    visits.told(|number| of_the_fleet("192.0.2.2", number)).await?.is(&[ScoreReason::Fleet], 0.95);

    // An address that asks and does not solve.
    let mut visits = Visits::to_a_new_site(&stack, None).await?;
    let busy = |number| Visitor { agent: browser(0), ..Visitor::person("192.0.2.3", number) };
    for number in 10..50 {
        busy(number).challenge(&mut visits.edge, &visits.site).await?;
    }
    visits.told(busy).await?.is(&[ScoreReason::NetworkLoad], 0.85);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_is_known_for_is_told_in_every_dialect() -> Result<()> {
    let stack = stage::stack(&[&[]]).await?;

    let person = |number: u32| Visitor::person(&network(10, number.into()), number);
    let on = |config: &mut SiteConfig| config.under_attack = UnderAttack::On;
    let mut visits = Visits::to_a_new_site(&stack, Some(on)).await?;
    visits.told(person).await?.is(&[ScoreReason::SiteUnderAttack], 0.95);

    // Who points a lot is as likely a fraud as not.
    let taught = |config: &mut SiteConfig| {
        let weights = [(Sign::MuchPointer, 2_944)].into();
        config.score_weights = Some(ScoreWeights { version: 1, bias: -2_944, weights });
    };
    let mut visits = Visits::to_a_new_site(&stack, Some(taught)).await?;
    visits.told(person).await?.is(&[ScoreReason::Outcomes], 0.5);
    Ok(())
}
