//! A steady flow of visitors, so that a test sees whether they are served.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use munjigi_tools::stack::Site;
use tokio::task::JoinHandle;

use crate::client::Connection;

/// At a time, unless a test wants more.
const FEW: usize = 4;

/// Visitors who pass and are verified, one after the other on a few
/// connections, until told to stop.
#[derive(Debug)]
pub struct Visitors {
    stop: Arc<AtomicBool>,
    redeemed: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<()>>,
}

impl Visitors {
    /// Starts the flow.
    pub fn come(edge: &str, site: &Site) -> Self {
        Self::crowd(edge, site, FEW)
    }

    /// Starts a flow of so many at a time, each of whom passes up to twenty
    /// times a second.
    pub fn crowd(edge: &str, site: &Site, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let redeemed = Arc::new(AtomicUsize::new(0));
        let tasks = (0..count)
            .map(|_| {
                let (stop, redeemed) = (Arc::clone(&stop), Arc::clone(&redeemed));
                let (edge, site) = (edge.to_owned(), site.clone());
                tokio::spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        let passed = pass(&edge, &site).await.unwrap_or(false);
                        redeemed.fetch_add(usize::from(passed), Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                })
            })
            .collect();
        Self { stop, redeemed, tasks }
    }

    /// Number of tokens redeemed so far.
    pub fn redeemed(&self) -> usize {
        self.redeemed.load(Ordering::Relaxed)
    }

    /// Stops the flow, waits for those in progress and returns the number
    /// redeemed.
    pub async fn leave(self) -> Result<usize> {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await?;
        }
        Ok(self.redeemed.load(Ordering::Relaxed))
    }
}

async fn pass(edge: &str, site: &Site) -> Result<bool> {
    let mut connection = Connection::open(edge).await?;
    let token = connection.token(&site.sitekey, &site.hostname, &[]).await?;
    Ok(connection.siteverify(&site.secret, &token, &[]).await?.success)
}
