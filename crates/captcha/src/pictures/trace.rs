//! What the way a picture was answered adds to the score. It only adds:
//! keyboards, switches and voice control answer without a pointer, some people
//! are slow, and some are very regular.

use munjigi_protocol::Trace;

/// The most that a trace adds, in hundredths of the score.
const MOST: u8 = 15;

/// Added for each feature that fits a person, in hundredths.
const EACH: u8 = 5;

/// No person sees what is asked and acts on it faster, in tenths of a second.
const FASTEST_ACT: u16 = 5;

/// Points for a trace. `shown_seconds` is how long ago the picture was dealt
/// by the edge's own clock, `rounds` how many rounds it had.
///
/// A bot can claim anything, but its claims must at least fit the edge's clock,
/// which forces it to wait.
pub(crate) fn bonus(trace: Trace, shown_seconds: u64, rounds: usize) -> u8 {
    let fits_the_clock =
        trace.whole > 0 && u64::from(trace.whole / 10) <= shown_seconds.saturating_add(1);
    if !fits_the_clock || usize::from(trace.acts) < rounds {
        return 0;
    }
    let took_time = trace.first_act >= FASTEST_ACT && trace.first_act <= trace.whole;
    let features = [took_time, trace.rhythm > 0, trace.scatter > 0];
    let points = features.iter().filter(|fits| **fits).count();
    u8::try_from(points).unwrap_or(0).saturating_mul(EACH).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: Trace = Trace { first_act: 14, whole: 52, acts: 5, rhythm: 2, scatter: 1 };

    #[test]
    fn a_trace_adds_what_fits() {
        for (trace, shown, points) in [
            (PERSON, 6, 15),
            (Trace { scatter: 0, ..PERSON }, 6, 10),
            (Trace { scatter: 0, rhythm: 0, ..PERSON }, 6, 5),
            (Trace { first_act: 4, ..PERSON }, 6, 10),
            (Trace { first_act: 60, ..PERSON }, 6, 10),
            // More time than has passed.
            (PERSON, 3, 0),
            (Trace { acts: 0, ..PERSON }, 6, 0),
            (Trace::default(), 6, 0),
        ] {
            assert_eq!(bonus(trace, shown, 1), points, "{trace:?} after {shown} s");
        }
    }
}
