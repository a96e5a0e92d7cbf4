//! What a process does after an answer, so that no visitor waits for it.

use crate::platform::{BackgroundTask, Platform};
use crate::{meter, report};

/// Does a task. This is what [`Platform::later`] runs.
pub async fn run<P: Platform>(platform: &P, task: BackgroundTask) {
    match task {
        BackgroundTask::SendCounts(urgency) => report::send(platform, urgency).await,
        BackgroundTask::AskMeter => meter::ask(platform).await,
    }
}
