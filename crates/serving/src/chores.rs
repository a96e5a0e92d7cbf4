//! What a process does after an answer, so that no visitor waits for it.

use crate::platform::{Chore, Platform};
use crate::{meter, report};

/// Does a chore. This is what [`Platform::later`] runs.
pub async fn run<P: Platform>(platform: &P, chore: Chore) {
    match chore {
        Chore::SendCounts(urgency) => report::send(platform, urgency).await,
        Chore::AskMeter => meter::ask(platform).await,
    }
}
