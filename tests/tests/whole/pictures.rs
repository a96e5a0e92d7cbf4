//! Pictures at the edge, and clients that answer more than once: packs are
//! published without a gpu-backend, answers are read with the edge's keys.

use anyhow::{Context as _, Result, bail, ensure};
use hyper::{Method, StatusCode};
use munjigi_bucket::server;
use munjigi_protocol::{
    Answer, ChallengeReply, Code, PictureType, Problem, SolutionReply, Step, routes,
};
use munjigi_tests::client::{Connection, solution_request};
use munjigi_tests::pictures::{answering, right, wrong};
use munjigi_tests::{packs, stage};
use munjigi_tools::stack::{Site, Stack};
use tokio::task::JoinSet;

/// Requires a picture of every visitor, after next to no work.
const EVERYBODY: &str = r#"[{"match":{},"verdict":"picture"}]"#;
const CHEAP: [&str; 4] = ["--work-floor", "1", "--work-ceiling", "1"];
const BROWSER: (&str, &str) =
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0");

async fn stack(kinds: &[PictureType]) -> Result<Stack> {
    let stack = stage::stack(&[]).await?;
    packs::publish(&stack, kinds).await?;
    Ok(stack)
}

async fn site(stack: &Stack, kind: PictureType, rules: &str) -> Result<Site> {
    let options = [&["--pictures", kind.as_str()], &CHEAP[..]].concat();
    stage::site(stack, &options, rules).await
}

/// The result of an answer.
#[derive(Debug, PartialEq)]
enum Outcome {
    Passed(String),
    Refused(Code),
}

async fn answer(edge: &str, challenge: &str, answer: Answer) -> Result<Outcome> {
    let mut connection = Connection::open(edge).await?;
    let request = answering(challenge, answer);
    let got = connection.post_json(routes::SOLUTIONS.path, &[], &request).await?;
    if got.status == StatusCode::OK {
        return match got.json()? {
            SolutionReply::Passed { token, .. } => Ok(Outcome::Passed(token)),
            SolutionReply::Next(next) => bail!("an answer was followed by {:?}", next.step),
        };
    }
    let problem: Problem = serde_json::from_slice(&got.body)?;
    Ok(Outcome::Refused(problem.code))
}

async fn picture(edge: &str, site: &Site) -> Result<ChallengeReply> {
    let mut connection = Connection::open(edge).await?;
    Ok(connection.picture(&site.sitekey, &site.hostname, &[]).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_512_parallel_answers_to_one_grid_at_most_one_is_looked_at() -> Result<()> {
    let stack = stack(&[PictureType::Grid]).await?;
    let (edge, eyes) = (stack.edge.url(), stage::eyes(&stack)?);
    let site = site(&stack, PictureType::Grid, EVERYBODY).await?;
    let challenge = picture(&edge, &site).await?.challenge;
    let seen = eyes.see(&challenge)?;
    let mut answers: Vec<Answer> = (0..511).map(|number| wrong(&seen, number)).collect();
    answers.insert(300, right(&seen));
    let mut calls = JoinSet::new();
    for one in answers {
        let (edge, challenge) = (edge.clone(), challenge.clone());
        calls.spawn(async move { answer(&edge, &challenge, one).await });
    }
    let (mut looked_at, mut exhausted, mut passed) = (0, 0, 0);
    while let Some(outcome) = calls.join_next().await {
        match outcome?? {
            Outcome::Refused(Code::AttemptsExhausted) => exhausted += 1,
            Outcome::Refused(Code::AnswerWrong) => looked_at += 1,
            Outcome::Passed(_) => {
                looked_at += 1;
                passed += 1;
            }
            other @ Outcome::Refused(_) => bail!("neither compared nor exhausted: {other:?}"),
        }
    }
    println!("512 answers: {looked_at} compared ({passed} passed), {exhausted} exhausted");
    assert_eq!((looked_at, exhausted), (1, 511));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_sent_twice_repeats_its_outcome_and_passes_once() -> Result<()> {
    let kinds = PictureType::ALL;
    let stack = stack(kinds).await?;
    let (edge, eyes) = (stack.edge.url(), stage::eyes(&stack)?);
    for kind in kinds {
        let site = site(&stack, *kind, EVERYBODY).await?;
        let challenge = picture(&edge, &site).await?.challenge;
        let seen = eyes.see(&challenge)?;
        let mut tokens = Vec::new();
        for _ in 0..2 {
            match answer(&edge, &challenge, right(&seen)).await? {
                Outcome::Passed(token) => tokens.push(token),
                Outcome::Refused(code) => bail!("{kind:?}: the right answer is {code:?}"),
            }
        }
        let another = answer(&edge, &challenge, wrong(&seen, 1)).await?;
        assert_eq!(another, Outcome::Refused(Code::AttemptsExhausted), "{kind:?}");
        let mut redeemed = 0;
        for token in &tokens {
            redeemed += usize::from(stage::verify(&edge, &site, token).await?.success);
        }
        assert_eq!(redeemed, 1, "{kind:?}");

        let challenge = picture(&edge, &site).await?.challenge;
        let seen = eyes.see(&challenge)?;
        for _ in 0..2 {
            let outcome = answer(&edge, &challenge, wrong(&seen, 1)).await?;
            assert_eq!(outcome, Outcome::Refused(Code::AnswerWrong), "{kind:?}");
        }
        let late = answer(&edge, &challenge, right(&seen)).await?;
        assert_eq!(late, Outcome::Refused(Code::AttemptsExhausted), "{kind:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solution_sent_again_with_better_signals_never_earns_a_token() -> Result<()> {
    let stack = stack(&[PictureType::Grid]).await?;
    let (edge, eyes) = (stack.edge.url(), stage::eyes(&stack)?);
    // Required by risk, not by a rule: a browser passes here without a picture.
    let site = site(&stack, PictureType::Grid, "[]").await?;
    let mut connection = Connection::open(&edge).await?;
    let challenge = connection.challenge(&site.sitekey, &site.hostname, &[BROWSER]).await?;
    let mut solution = solution_request(&challenge)?;
    solution.signals.webdriver = Some(true);
    let program = [("user-agent", "curl/8.0")];
    let path = routes::SOLUTIONS.path;
    let next = match connection.post_json(path, &program, &solution).await?.json()? {
        SolutionReply::Next(next) if matches!(next.step, Step::Picture(_)) => next,
        other => bail!("a program is not shown a picture: {other:?}"),
    };
    let mut tokens = 0;
    for time in 0..10 {
        solution.signals.webdriver = Some(false);
        solution.signals.pointer = Some(3);
        solution.signals.since_load_ms = Some(4_000 + time * 100);
        match connection.post_json(path, &[BROWSER], &solution).await?.json()? {
            SolutionReply::Passed { token, .. } => {
                tokens += 1;
                let reply = stage::verify(&edge, &site, &token).await?;
                ensure!(!reply.success, "sent again, it was redeemed: {reply:?}");
            }
            SolutionReply::Next(again) => assert_eq!(again.step, next.step, "another picture"),
        }
    }
    println!("ten replays: {tokens} tokens, none of which can be spent");
    let seen = eyes.see(&next.challenge)?;
    let Outcome::Passed(token) = answer(&edge, &next.challenge, right(&seen)).await? else {
        bail!("the picture cannot be answered any more");
    };
    assert!(stage::verify(&edge, &site, &token).await?.success);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_served_by_names_of_one_challenge_and_not_while_the_bucket_is_away() -> Result<()>
{
    let stack = stack(&[PictureType::Turn]).await?;
    let edge = stack.edge.url();
    let site = site(&stack, PictureType::Turn, EVERYBODY).await?;
    let (one, other) = (picture(&edge, &site).await?, picture(&edge, &site).await?);
    let names = |challenge: &ChallengeReply| match &challenge.step {
        Step::Picture(picture) => {
            picture.rounds.iter().flat_map(|round| round.images.clone()).collect::<Vec<_>>()
        }
        Step::Puzzle(_) => Vec::new(),
    };
    let (mine, others) = (names(&one), names(&other));
    assert_eq!(mine.len(), 4);
    assert!(mine.iter().all(|name| !others.contains(name)), "a name is used twice");
    let mut connection = Connection::open(&edge).await?;
    for name in &mine {
        let image = connection.send(hyper::Method::GET, name, &[], "").await?;
        assert_eq!(image.status, StatusCode::OK);
        assert_eq!(image.headers["content-type"], "image/jpeg");
        assert_eq!(image.body.len(), 700);
    }
    let away = format!("{}/bucket-away/PICTURES", stack.edge.admin_url().context("workerd")?);
    munjigi_tools::http::client().put(&away).send().await?.error_for_status()?;
    for name in &others {
        let image = connection.send(hyper::Method::GET, name, &[], "").await?;
        assert_eq!(image.status, StatusCode::SERVICE_UNAVAILABLE, "{image:?}");
        assert!(image.headers.contains_key("retry-after"));
    }
    // A visitor who cannot see pictures takes another way.
    let way = connection.another_way(&other.challenge, &[]).await?;
    let SolutionReply::Passed { token, .. } = connection.solve(&way, &[]).await? else {
        bail!("another way leads nowhere");
    };
    assert!(stage::verify(&edge, &site, &token).await?.success);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_pack_to_deal_from_risk_costs_work() -> Result<()> {
    let stack = stage::stack(&[]).await?;
    let (edge, site) = (stack.edge.url(), &stack.pictures_site);
    let mut connection = Connection::open(&edge).await?;
    let mut challenge = connection.challenge(&site.sitekey, &site.hostname, &[]).await?;
    let mut asked = 0;
    let token = loop {
        let Step::Puzzle(puzzle) = &challenge.step else { bail!("a picture out of nothing") };
        asked += puzzle.work * u64::from(puzzle.count);
        // Solving here does not block a connection.
        let solution = solution_request(&challenge)?;
        let mut connection = Connection::open(&edge).await?;
        match connection.post_json(routes::SOLUTIONS.path, &[], &solution).await?.json()? {
            SolutionReply::Passed { token, .. } => break token,
            SolutionReply::Next(next) => challenge = next,
        }
    };
    println!("{asked} hashes instead of a picture");
    assert!(asked > 16 * 40_000, "no more than everybody pays: {asked}");
    assert!(stage::verify(&edge, site, &token).await?.success);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn solve_prints_the_picture_and_ends_with_three() -> Result<()> {
    let stack = stack(PictureType::ALL).await?;
    let (edge, site) = (stack.edge.url(), &stack.pictures_site);
    let mut command = stack.origin.command();
    let output = command.args(["solve", "--edge", &edge, "--sitekey", &site.sitekey]).output()?;
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let reply: ChallengeReply = serde_json::from_slice(&output.stdout)?;
    assert!(matches!(reply.step, Step::Picture(_)));
    stage::eyes(&stack)?.see(&reply.challenge)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_deals_pictures_from_a_bucket_that_may_go_away() -> Result<()> {
    let root = tempfile::tempdir()?;
    std::fs::create_dir(root.path().join("captcha"))?;
    let elsewhere = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = root.path().to_owned();
    let serving =
        elsewhere.spawn(async move { server::serve(&folder, Some(("gate", "hush"))).await });
    let endpoint = serving.await??;
    let stack = stage::gate(&[
        ("MUNJIGI_GATE_PICTURES", "s3://captcha/edge"),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_ACCESS_KEY_ID", "gate"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
    ])
    .await?;
    packs::publish(&stack, &[PictureType::Grid]).await?;
    let (edge, eyes) = (stack.edge.url(), stage::eyes(&stack)?);
    let site = site(&stack, PictureType::Grid, EVERYBODY).await?;
    let reply = picture(&edge, &site).await?;
    let Step::Picture(step) = &reply.step else { bail!("no picture: {:?}", reply.step) };
    let path = step.rounds.first().and_then(|round| round.images.first()).context("an image")?;
    let mut connection = Connection::open(&edge).await?;
    let image = connection.send(Method::GET, path, &[], Vec::new()).await?;
    assert_eq!(image.status, StatusCode::OK);
    let (_, images) = packs::pack(PictureType::Grid, 1);
    assert!(images.chunks(image.body.len()).any(|one| one == &image.body[..]), "another image");

    elsewhere.shutdown_background();
    let image = connection.send(Method::GET, path, &[], Vec::new()).await?;
    assert_eq!(image.status, StatusCode::SERVICE_UNAVAILABLE);
    let seen = eyes.see(&reply.challenge)?;
    let Outcome::Passed(token) = answer(&edge, &reply.challenge, right(&seen)).await? else {
        bail!("the right answer was refused");
    };
    assert!(stage::verify(&edge, &site, &token).await?.success);
    Ok(())
}
