//! A gate that is killed at random moments.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};
use munjigi_protocol::SiteverifyCode;
use munjigi_tools::process::Service as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;

use crate::alone::Alone;
use crate::stage;

/// Tokens that are redeemed while a gate is killed.
const TOKENS: usize = 60;

/// What happened to the tokens, all of which kept their promise.
#[derive(Debug)]
pub struct Kills {
    pub seed: u64,
    pub times: u32,
    /// Accepted before a kill, and never again.
    pub confirmed: usize,
    /// Without an answer: accepted once at most.
    pub unanswered: usize,
}

impl fmt::Display for Kills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, times, confirmed, unanswered } = self;
        write!(
            f,
            "killed {times} times (seed {seed}): {confirmed} tokens confirmed and not accepted again, {unanswered} without an answer and accepted once at most"
        )
    }
}

/// Kills a gate at random moments while tokens are redeemed. After each start,
/// what was confirmed is refused, and what had no answer is accepted once at
/// most.
pub async fn kill(alone: &mut Alone, times: u32) -> Result<Kills> {
    let (site, gate) = (&alone.site, &mut alone.gate);
    let seed = u64::from(std::process::id());
    let mut moment = StdRng::seed_from_u64(seed);
    let (mut confirmed, mut unanswered) = (0, 0);
    for _ in 0..times {
        let mut calls = JoinSet::new();
        let mut tokens = Vec::new();
        for _ in 0..TOKENS {
            tokens.push(stage::token(&gate.url(), site).await?);
        }
        for token in tokens {
            let (url, site) = (gate.url(), site.clone());
            calls.spawn(async move {
                let reply = stage::verify(&url, &site, &token).await;
                (token, reply.map(|reply| reply.success))
            });
        }
        tokio::time::sleep(Duration::from_micros(moment.random_range(0..80_000))).await;
        gate.kill();
        let mut answers = Vec::new();
        while let Some(call) = calls.join_next().await {
            answers.push(call?);
        }
        gate.start_again().await?;
        for (token, answer) in answers {
            let again = stage::verify(&gate.url(), site, &token).await?;
            if let Ok(success) = answer {
                ensure!(success, "a fresh token was refused");
                let duplicate = SiteverifyCode::TimeoutOrDuplicate;
                ensure!(stage::refused_with(&again, duplicate), "accepted twice: {again:?}");
                confirmed += 1;
            } else {
                let third = stage::verify(&gate.url(), site, &token).await?;
                ensure!(!third.success, "spent twice");
                unanswered += 1;
            }
        }
    }
    ensure!(confirmed > 0 && unanswered > 0, "every kill came at the wrong time");
    Ok(Kills { seed, times, confirmed, unanswered })
}
