//! `GET /health`: whether visitors are served, and what is behind it. The
//! origin is not asked: nothing here waits for it.

use munjigi_protocol::{Health, HealthCheck, Status};

use crate::answer::Answer;
use crate::edge::Edge;
use crate::objects::Objects;
use crate::sites::Kv;

/// A key that is never written.
const ABSENT_KEY: &str = "health";
/// So many rows of one object waiting for the origin are more than a pause.
const LONG_BACKLOG: u32 = 10_000;

/// Answers with the worst of the checks.
pub async fn answer(edge: &Edge<'_>) -> Answer {
    let checks = vec![rings(edge), sites(edge).await, redemptions(edge).await];
    let status = worst(&checks);
    let health = Health { status, checks };
    let answer = Answer::json(&health);
    match status {
        Status::Ok | Status::Degraded => answer,
        Status::Down => answer.with_status(503).with_retry_after(2),
    }
}

/// Without rings no request gets as far as this.
fn rings(edge: &Edge<'_>) -> HealthCheck {
    let one = edge.isolate.config.root_kids.len();
    let detail = match one {
        1 => String::new(),
        keys => format!("{keys} keys open: a rotation is under way"),
    };
    HealthCheck { name: "rings".into(), status: Status::Ok, detail }
}

/// Known sites are served from caches when KV is away.
async fn sites(edge: &Edge<'_>) -> HealthCheck {
    let answers = match Kv::new(edge.env) {
        Ok(kv) => kv.load(ABSENT_KEY).await.is_ok(),
        Err(_) => false,
    };
    let (status, detail) = if answers {
        (Status::Ok, "")
    } else {
        (
            Status::Degraded,
            "KV does not answer: only sites used lately are served. Check the binding SITES",
        )
    };
    HealthCheck { name: "sites".into(), status, detail: detail.into() }
}

/// Without its objects no token is accepted.
async fn redemptions(edge: &Edge<'_>) -> HealthCheck {
    let shards = edge.shards();
    let backlog = match Objects::new(edge.env, shards) {
        Ok(objects) => objects.sweep(shards, 0).await,
        Err(error) => Err(error),
    };
    let (status, detail) = match backlog {
        Ok(waiting) if waiting > LONG_BACKLOG => {
            (Status::Degraded, format!("{waiting} events of one object wait for the origin"))
        }
        Ok(_) => (Status::Ok, String::new()),
        Err(_) => (
            Status::Down,
            "a redemption object does not answer: siteverify accepts nothing. Check the binding REDEMPTIONS".to_owned(),
        ),
    };
    HealthCheck { name: "redemptions".into(), status, detail }
}

fn worst(checks: &[HealthCheck]) -> Status {
    let has = |status| checks.iter().any(|check| check.status == status);
    if has(Status::Down) {
        Status::Down
    } else if has(Status::Degraded) {
        Status::Degraded
    } else {
        Status::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_check_is_the_status() {
        let check = |status| HealthCheck { name: String::new(), status, detail: String::new() };
        assert_eq!(worst(&[check(Status::Ok), check(Status::Ok)]), Status::Ok);
        assert_eq!(worst(&[check(Status::Ok), check(Status::Degraded)]), Status::Degraded);
        assert_eq!(worst(&[check(Status::Down), check(Status::Degraded)]), Status::Down);
    }
}
