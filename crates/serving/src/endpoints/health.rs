//! `GET /health`: whether visitors are served, and the state of the stores. The
//! origin is not asked: nothing here waits for it.

use munjigi_protocol::{Health, HealthCheck, Status};

use crate::answer::Answer;
use crate::platform::Platform;
use crate::ports::{ControlStore, Values};
use crate::request_context::RequestContext;

/// A key that is never written.
const ABSENT_KEY: &str = "health";
/// More waiting rows of one object than a short interruption of the origin
/// explains.
const LONG_BACKLOG: u32 = 10_000;

/// Anyone may ask, so asking must not cause work for the stores.
const KEPT_MS: u64 = 10_000;
/// Recovery should be visible quickly.
const DOWN_KEPT_MS: u64 = 1_000;

/// Answers with the worst of the checks.
pub async fn answer<P: Platform>(edge: &RequestContext<'_, P>) -> Answer {
    let known = edge.state.health.copy();
    let health = match known {
        Some((health, fresh_until)) if edge.now.0 < fresh_until => health,
        _ => {
            let health = look(edge).await;
            let fresh_until = edge.now.0 + kept_ms(health.status);
            edge.state.health.with(|known| *known = Some((health.clone(), fresh_until)));
            health
        }
    };
    let answer = Answer::json(&health);
    match health.status {
        Status::Ok | Status::Degraded => answer,
        Status::Down => answer.with_status(503).with_retry_after(2),
    }
}

const fn kept_ms(status: Status) -> u64 {
    match status {
        Status::Ok | Status::Degraded => KEPT_MS,
        Status::Down => DOWN_KEPT_MS,
    }
}

async fn look<P: Platform>(edge: &RequestContext<'_, P>) -> Health {
    let mut checks = vec![rings(edge), sites(edge).await, redemptions(edge).await];
    checks.extend(edge.platform.checks());
    Health { status: worst(&checks), checks }
}

/// Without rings no request gets as far as this.
fn rings<P: Platform>(edge: &RequestContext<'_, P>) -> HealthCheck {
    let one = edge.state.config.root_kids.len();
    let detail = match one {
        1 => String::new(),
        keys => format!("{keys} keys open: a rotation is in progress"),
    };
    HealthCheck { name: "rings".into(), status: Status::Ok, detail }
}

/// While their store is down, known sites are served from caches.
async fn sites<P: Platform>(edge: &RequestContext<'_, P>) -> HealthCheck {
    let answers = match edge.platform.values() {
        // A store that hangs must not make callers wait.
        _ if edge.platform.trouble().is_some() => false,
        Ok(values) => values.load(ABSENT_KEY).await.is_ok(),
        Err(_) => false,
    };
    let (status, detail) =
        if answers { (Status::Ok, "") } else { (Status::Degraded, P::STORE_MESSAGES.values_down) };
    HealthCheck { name: "sites".into(), status, detail: detail.into() }
}

/// Without their store no token is accepted.
async fn redemptions<P: Platform>(edge: &RequestContext<'_, P>) -> HealthCheck {
    let trouble = edge.platform.trouble();
    let backlog = match edge.platform.redemptions() {
        Ok(redemptions) => redemptions.backlog().await,
        Err(error) => Err(error),
    };
    let (status, detail) = match backlog {
        _ if trouble.is_some() => (Status::Down, trouble.unwrap_or_default()),
        // Without an origin they wait because the operator wants it so.
        Ok(waiting) if waiting > LONG_BACKLOG && edge.state.config.origin_url.is_some() => {
            (Status::Degraded, format!("{waiting} events of one object are waiting for the origin"))
        }
        Ok(_) => (Status::Ok, String::new()),
        Err(_) => (Status::Down, P::STORE_MESSAGES.redemptions_down.to_owned()),
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

    #[test]
    fn an_edge_that_is_down_is_checked_again_soon() {
        assert!(kept_ms(Status::Down) < kept_ms(Status::Degraded));
        assert_eq!(kept_ms(Status::Ok), 10_000);
    }
}
