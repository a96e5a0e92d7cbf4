//! The factory's loop: checks the pools, queues what is to be drawn, and keeps
//! delivery and queue running alongside.

use std::time::Duration;

use munjigi_delivery::outbox;
use munjigi_process::stop::Stop;

use super::factory::Factory;
use super::queue;

/// Interval between passes.
const TEND_EVERY: Duration = Duration::from_secs(5);

impl Factory {
    /// Keeps the pools filled until told to stop.
    pub async fn run(self, stop: Stop) {
        if self.gpu.is_none() {
            tracing::info!("MUNJIGI_GPU_URL is not set: no pictures are drawn");
        }
        self.prepare(stop.clone()).await;
        tokio::join!(
            self.tend_until(stop.clone()),
            outbox::run(&self, stop.clone()),
            queue::run(&self, stop),
        );
    }

    /// Creates the queue's tables if anything is to be queued.
    async fn prepare(&self, mut stop: Stop) {
        let mut told = false;
        while self.gpu.is_some() && !stop.is_asked() {
            let Err(error) = queue::migrate(&self.pool).await else { return };
            if !told {
                tracing::warn!(%error, "no pictures have been drawn yet");
                told = true;
            }
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(TEND_EVERY) => {}
            }
        }
    }

    async fn tend_until(&self, mut stop: Stop) {
        let mut told = false;
        while !stop.is_asked() {
            match self.tend_and_queue().await {
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

    async fn tend_and_queue(&self) -> Result<(), queue::QueueError> {
        let packs = self.tend().await?;
        queue::add(&self.pool, &packs).await
    }
}
