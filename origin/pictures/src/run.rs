//! The factory's loops: what checks the pools, what has packs drawn, and what
//! delivers them, and what has models look at images.

use std::time::Duration;

use munjigi_delivery::outbox;
use munjigi_process::stop::Stop;
use sqlx::PgPool;

use super::draw::Drawings;
use super::factory::Factory;

/// Interval between passes.
const TEND_EVERY: Duration = Duration::from_secs(5);

impl Factory {
    /// Keeps the pools filled until told to stop. Listens on `direct` where its
    /// own pool is a pooler's.
    pub async fn run(self, direct: Option<PgPool>, stop: Stop) {
        let sessions = direct.as_ref().unwrap_or(&self.pool);
        tokio::join!(
            self.tend_until(stop.clone()),
            self.draw_until(sessions, stop.clone()),
            outbox::run(&self, sessions, stop.clone()),
            self.jobs_until(sessions, stop),
        );
    }

    async fn draw_until(&self, sessions: &PgPool, stop: Stop) {
        if self.gpu.is_none() {
            tracing::info!("MUNJIGI_GPU_URL is not set: no pictures are drawn");
        }
        outbox::run(&Drawings::of(self, stop.clone()), sessions, stop).await;
    }

    async fn tend_until(&self, mut stop: Stop) {
        let mut told = false;
        while !stop.is_asked() {
            match self.tend().await {
                Ok(()) => told = false,
                // The same reason once, not every few seconds.
                Err(error) if !told => {
                    tracing::warn!(%error, "the picture pools could not be maintained");
                    told = true;
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(TEND_EVERY) => {}
            }
        }
    }
}
