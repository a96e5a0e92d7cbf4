//! Has models look at organisations' images: leases the next jobs, sends each
//! to a gpu-backend, and records the answer. Any process may end at any moment;
//! another one takes the job over once its lease has run out.

use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_process::stop::Stop;
use munjigi_store::jobs::{self, JobEnd, LeaseJobs, LeasedJob};
use munjigi_store::{DatabaseError, Notices, transact};
use reqwest::StatusCode;
use sqlx::PgPool;
use tokio::task::{Id as TaskId, JoinSet};
use tokio::time::Instant;

use crate::factory::Factory;
use crate::gpu::{Gpu, GpuError, JOBS};

/// Jobs under way at once, for each gpu-backend: enough to fill a batch while
/// another is computed.
const AT_ONCE: usize = 8;
/// A gpu-backend must answer within this time.
const DEADLINE: Duration = Duration::from_secs(30);
/// Longer than an attempt, which also waits for those that do not respond.
const LEASE: Duration = Duration::from_secs(90);
const ATTEMPT: Duration = Duration::from_secs(75);
/// Longest interval between reads of the table: NOTIFY is a hint, the table is
/// the truth.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// While no gpu-backend responds, or Postgres does not.
const AWAY: Duration = Duration::from_secs(2);

struct Attempt {
    end: JobEnd,
    /// No gpu-backend takes another job before that.
    pause: Option<Duration>,
}

impl Factory {
    /// Runs jobs until told to stop, while the gpu-backends run. Those under way
    /// are finished first.
    pub async fn jobs_until(&self, sessions: &PgPool, mut stop: Stop) {
        let Some(gpu) = &self.gpu else { return };
        let slots = AT_ONCE * gpu.count();
        let mut notices = Notices::of(sessions.clone(), jobs::CHANNEL);
        let mut under_way = UnderWay::default();
        let mut resumed_at = Instant::now();
        while !stop.is_asked() {
            let paused = resumed_at.saturating_duration_since(Instant::now());
            let free = if paused.is_zero() { slots.saturating_sub(under_way.len()) } else { 0 };
            let wait = match self.begin(gpu, &mut under_way, free, slots / 2).await {
                // Others may have become due by what these leave free.
                Ok(begun) if begun > 0 => continue,
                Ok(_) if !paused.is_zero() => paused,
                Ok(_) => LONGEST_WAIT,
                Err(error) => {
                    tracing::warn!(%error, "jobs are waiting for Postgres");
                    notices.close();
                    AWAY
                }
            };
            if notices.began().await {
                // A job may have been created before we listened.
                continue;
            }
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(wait) => {}
                _ = notices.next() => {}
                Some(pause) = under_way.next() => {
                    let until = Instant::now() + pause.unwrap_or_default();
                    resumed_at = resumed_at.max(until);
                }
            }
        }
        while under_way.next().await.is_some() {}
    }

    /// Begins jobs, and says how many.
    async fn begin(
        &self,
        gpu: &Gpu,
        under_way: &mut UnderWay,
        free: usize,
        most_long: usize,
    ) -> Result<usize, DatabaseError> {
        let now = self.clock.now();
        if free == 0 || !self.config.hours.open(now) {
            return Ok(0);
        }
        let most_long = most_long.saturating_sub(under_way.long());
        let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let until = UnixMillis(now.0.saturating_add(lease));
        let leased = transact(&self.pool, &LeaseJobs { most: free, most_long, now, until }).await?;
        let begun = leased.len();
        for job in leased {
            let (factory, gpu, long) = (self.clone(), gpu.clone(), job.is_long());
            let task = under_way.tasks.spawn(async move { factory.run_job(&gpu, job).await });
            if long {
                under_way.long.push(task.id());
            }
        }
        Ok(begun)
    }

    async fn run_job(&self, gpu: &Gpu, mut job: LeasedJob) -> Option<Duration> {
        let image = std::mem::take(&mut job.image);
        let asked = gpu.predict(JOBS, &job.model, (&job.content_type, image), DEADLINE);
        let answered = tokio::time::timeout(ATTEMPT, asked).await;
        let Attempt { end, pause } = match answered.unwrap_or(Err(GpuError::TooSlow(ATTEMPT))) {
            Ok(reply) => Attempt { end: JobEnd::Done(serde_json::json!(reply)), pause: None },
            Err(error) => {
                tracing::debug!(job = %job.id, %error, "a job was not done");
                Attempt::failed(error)
            }
        };
        let label = match &end {
            JobEnd::Done(_) => "done",
            JobEnd::Failed(_) => "failed",
            JobEnd::Broken => "broken",
            JobEnd::Untried => "untried",
        };
        metrics::counter!("munjigi_image_jobs_total", "end" => label).increment(1);
        match jobs::end_job(&self.pool, &job, &end, self.clock.now()).await {
            Ok(()) => pause,
            Err(error) => {
                // Its lease runs out, and it is done again.
                tracing::warn!(job = %job.id, %error, "a job's end could not be recorded");
                Some(AWAY)
            }
        }
    }
}

impl Attempt {
    fn failed(error: GpuError) -> Self {
        let untried = |pause| Self { end: JobEnd::Untried, pause: Some(pause) };
        match error {
            GpuError::Unreachable { begun: false, .. } => untried(AWAY),
            GpuError::Busy { retry_after } => untried(retry_after.min(LONGEST_WAIT)),
            // The keys of the two sides differ: the operator's to correct.
            GpuError::Refused { status: StatusCode::UNAUTHORIZED, .. } => untried(LONGEST_WAIT),
            GpuError::Refused { code: Some(code), .. } => {
                Self { end: JobEnd::Failed(code), pause: None }
            }
            GpuError::Unreachable { begun: true, .. }
            | GpuError::TooSlow(_)
            | GpuError::Refused { code: None, .. }
            | GpuError::Malformed(_) => Self { end: JobEnd::Broken, pause: None },
        }
    }
}

/// Jobs under way in this process.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<Option<Duration>>,
    /// The long ones among them.
    long: Vec<TaskId>,
}

impl UnderWay {
    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn long(&self) -> usize {
        self.long.len()
    }

    /// Waits until one has ended, and says how long to pause. Returns `None`
    /// without any.
    async fn next(&mut self) -> Option<Option<Duration>> {
        let ended = self.tasks.join_next_with_id().await?;
        let (id, pause) = ended.unwrap_or_else(|error| {
            tracing::error!(%error, "a job was interrupted");
            (error.id(), None)
        });
        self.long.retain(|long| *long != id);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reached_a_backend_counts_against_an_image() {
        let url = || "http://127.0.0.1:1".parse().unwrap();
        let away = |begun| GpuError::Unreachable { url: url(), begun, reason: "gone".to_owned() };
        let refused = |status, code: Option<&str>| GpuError::Refused {
            status,
            code: code.map(str::to_owned),
        };
        let unknown = refused(StatusCode::NOT_FOUND, Some("model-unknown"));
        for (error, end, pauses) in [
            (away(false), JobEnd::Untried, true),
            (away(true), JobEnd::Broken, false),
            (GpuError::TooSlow(DEADLINE), JobEnd::Broken, false),
            (GpuError::Busy { retry_after: Duration::from_hours(1) }, JobEnd::Untried, true),
            (refused(StatusCode::UNAUTHORIZED, Some("unsigned")), JobEnd::Untried, true),
            (unknown, JobEnd::Failed("model-unknown".to_owned()), false),
            (refused(StatusCode::BAD_GATEWAY, None), JobEnd::Broken, false),
        ] {
            let attempt = Attempt::failed(error);
            assert_eq!((attempt.end, attempt.pause.is_some()), (end, pauses));
            assert!(attempt.pause.is_none_or(|pause| pause <= LONGEST_WAIT));
        }
    }
}
