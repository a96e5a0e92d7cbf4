//! What signs are worth before anything is known about a site's visitors.
//! `policy::risk` adds them up; a site's own weights begin with them.

use munjigi_protocol::Sign;

/// What a sign is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Hundredths, by the client itself: it says that a program drives it, or
    /// contradicts itself.
    Client(u32),
    /// Hundredths, by environment, behaviour or reputation, which together never
    /// come to more than what `risk` allows.
    Circumstance(u32),
    /// The conviction gate: at least [`CONVICTING`] hundredths.
    Convicts,
    /// Nothing, until a site's own outcomes say otherwise.
    Nothing,
}

/// The least risk that a convicting sign makes, in hundredths: enough for a
/// picture, or for the work that replaces one.
pub const CONVICTING: u32 = 70;

/// What a sign is worth before anything is known about a site's visitors.
pub const fn weight(sign: Sign) -> Weight {
    match sign {
        Sign::SeenDriven | Sign::SeenInconsistent => Weight::Convicts,
        // As much as the worst that it could have said without being convicted:
        // every widget has all the answers.
        Sign::Unasked => Weight::Client(60),
        // Not enough for a picture on its own: owners test their forms this way.
        // Programs that speak HTTP/1, as most do, are shown one.
        Sign::Program => Weight::Client(55),
        Sign::Webdriver => Weight::Client(50),
        // An incomplete disguise, or a developer's device mode; a driver that
        // joined a browser, or developer tools in a window of their own, which no
        // page can tell apart: enough for doubt.
        Sign::Contradictory | Sign::Differing | Sign::Attached => Weight::Client(30),
        // Every browser sends one.
        Sign::NoAgent => Weight::Client(10),
        // No browser that runs WebAssembly offers it. And a solution that four
        // workers on the fastest core cannot reach was found elsewhere.
        Sign::TlsOld | Sign::TooFast => Weight::Circumstance(25),
        // Beside `Busy`, 25 together.
        Sign::VeryBusy => Weight::Circumstance(17),
        // With `Replayed`, 24: no one does the same to the millisecond again.
        Sign::OftenReplayed => Weight::Circumstance(15),
        // An unconfigured headless browser; privacy browsers list one. And no
        // browser's solutions are wrong.
        Sign::NoLanguage | Sign::Failing | Sign::Hoarding | Sign::NoWindow => {
            Weight::Circumstance(15)
        }
        // Browsers speak HTTP/2 or 3 to the edge, and few tools do; but proxies
        // that inspect traffic at schools and offices speak HTTP/1 for them. What
        // many share is told to the owner, and stays below what doubles work.
        Sign::HttpOne | Sign::Busy | Sign::LargeFleet | Sign::Replayed => Weight::Circumstance(10),
        // Pages may start at once and in the background; phones change networks,
        // and solver farms do too; asking not to be tracked shows nothing.
        Sign::TlsOneTwo
        | Sign::Absent
        | Sign::Flood
        | Sign::AtOnce
        | Sign::Hidden
        | Sign::Moved
        | Sign::Injected
        | Sign::BusySystem
        | Sign::Fleet => Weight::Circumstance(5),
        Sign::NoPointer
        | Sign::MuchPointer
        | Sign::NoKeys
        | Sign::ManyKeys
        | Sign::Touch
        | Sign::Quick
        | Sign::Patient
        | Sign::Slow
        | Sign::Further
        | Sign::Fallback
        | Sign::WorkAlone
        | Sign::Loaded
        | Sign::BusyNeighbours
        | Sign::PassedBefore
        | Sign::TouchDiffers
        | Sign::Traced
        | Sign::Hosting
        | Sign::Outcomes => Weight::Nothing,
    }
}

/// The log-odds of fraud, in thousandths, that a site's own weights begin with:
/// one visit in twenty. A score of its own is stated for that share everywhere,
/// because labels do not tell how many visits are fraudulent: owners report
/// fraud more eagerly than its absence.
pub const BIAS: i32 = -2_944;

/// The share of frauds that [`BIAS`] stands for.
const SHARE: f64 = 0.05;

/// What a convicting sign adds to the log-odds, in thousandths.
pub const CONVICTION: i32 = 3_864;

/// What a sign adds to the log-odds before anything is known about a site's
/// visitors, in thousandths: as much as lifts the chance of fraud from one in
/// twenty to where the sign alone lifts it in the noisy OR.
pub fn prior(sign: Sign) -> i32 {
    let hundredths = match weight(sign) {
        Weight::Client(hundredths) | Weight::Circumstance(hundredths) => hundredths,
        Weight::Convicts => return CONVICTION,
        Weight::Nothing => return 0,
    };
    let chance = SHARE + (1.0 - SHARE) * f64::from(hundredths) / 100.0;
    thousandths(log_odds(chance) - log_odds(SHARE))
}

/// The chance of fraud, 0 to 1, that a risk of 0 to 100 stands for at the same
/// share: never none, and never certainty.
pub fn chance_of(risk: u8) -> f64 {
    SHARE + (1.0 - SHARE) * f64::from(risk.min(99)) / 100.0
}

fn log_odds(chance: f64) -> f64 {
    (chance / (1.0 - chance)).ln()
}

#[expect(clippy::cast_possible_truncation, reason = "log-odds of a chance between 1 and 99 %")]
fn thousandths(log_odds: f64) -> i32 {
    (log_odds * 1_000.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sign_adds_brings_a_visit_to_the_score_that_it_has_alone() {
        assert_eq!(thousandths(log_odds(SHARE)), BIAS);
        let share = SHARE + (1.0 - SHARE) * f64::from(CONVICTING) / 100.0;
        assert_eq!(thousandths(log_odds(share) - log_odds(SHARE)), CONVICTION);
        let of = [Sign::SeenDriven, Sign::Webdriver, Sign::Differing, Sign::Absent, Sign::Hidden];
        assert_eq!(of.map(prior), [3_864, 3_045, 2_259, 719, 719]);
        assert_eq!([Sign::Hosting, Sign::Outcomes].map(prior), [0, 0]);
    }
}
