//! Tells the meter what this process counted, and learns what all have counted:
//! every few seconds while there is something to tell.

use munjigi_captcha::ports::Meter;
use munjigi_keys::UnixMillis;

use crate::log::{Level, Line};
use crate::platform::{BackgroundTask, Platform};
use crate::state::State;

/// Makes sure that the meter is asked when it is time.
pub fn keep<P: Platform>(platform: &P, state: &State, now: UnixMillis) {
    if state.counters.with(|counters| counters.report_is_due(now)) {
        platform.later(BackgroundTask::AskMeter);
    }
}

/// Reports and learns. What goes wrong here costs nothing but knowledge of the
/// other processes.
pub(crate) async fn ask<P: Platform>(platform: &P) {
    let Some(state) = platform.state() else { return };
    let meter = platform.meter();
    let parts = meter.as_ref().map_or(1, Meter::parts);
    let now = platform.now();
    let reports = state.counters.with(|counters| counters.reports(parts, now));
    let mut away = 0;
    for report in &reports {
        let told = match &meter {
            Ok(meter) => meter.report(report).await,
            Err(error) => Err(*error),
        };
        away += u64::from(told.is_err());
        let now = platform.now();
        state.counters.with(|counters| match told {
            Ok(totals) => counters.learn(report, &totals, now),
            Err(_) => counters.report_failed(now),
        });
    }
    if away > 0 {
        platform.log(&Line::new(Level::Warn, "meter-away").with_count(away));
    }
}
