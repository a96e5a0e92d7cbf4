//! The rules together: weeks of a site's life, judged.

use munjigi_keys::UnixMillis;
use proptest::prelude::*;

use super::*;

const NOW: u64 = 498_660;
const MINUTE: u64 = 60_000;

/// An hour with this many visitors, of whom some fail.
fn hour(issued: u64, failed: u64) -> Hour {
    let solved = issued * 9 / 10;
    let mut solve_ms = vec![0; 12];
    for (bucket, part) in [(3, 1), (4, 3), (5, 3), (6, 2), (7, 1)] {
        solve_ms[bucket] = solved * part / 10;
    }
    Hour { issued, solved, failed, refused: issued / 50, solve_ms }
}

/// A past in which a function makes each slot from its number.
fn past(of: impl Fn(u64) -> Hour) -> Past {
    let hours = slots(NOW).into_iter().enumerate();
    let hours = hours.map(|(index, slot)| (slot, of(index as u64))).collect();
    Past { first: Some(NOW - 10_000), hours }
}

fn verdict(kind: Kind, now: &Hour, past: &Past) -> Assessment {
    judge(kind, NOW, now, past, past)
}

fn severity(verdict: Assessment) -> Option<Severity> {
    match verdict {
        Assessment::Alarm(severity, _) => Some(severity),
        Assessment::Unknown | Assessment::Calm | Assessment::Raised(_) => None,
    }
}

#[test]
fn a_flood_is_seen_and_a_good_day_is_not() {
    let past = past(|index| hour(900 + index * 7 % 200, 10));
    for (issued, expected) in [
        (0, None),
        (1_000, None),
        (1_900, None),
        (2_700, None),
        (3_200, Some(Severity::Warning)),
        (12_000, Some(Severity::Critical)),
    ] {
        assert_eq!(severity(verdict(Kind::Flood, &hour(issued, 10), &past)), expected, "{issued}");
    }
}

#[test]
fn a_small_site_does_not_flicker() {
    let past = past(|index| hour(index % 3, 0));
    for issued in 0..150 {
        let now = hour(issued, issued / 2);
        for kind in [Kind::Flood, Kind::Regular] {
            assert_eq!(severity(verdict(kind, &now, &past)), None, "{kind:?} {issued}");
        }
        // Hours with so few visitors do not show what share is usual.
        assert_eq!(verdict(Kind::Failures, &now, &past), Assessment::Unknown);
    }
}

#[test]
fn a_failure_rate_that_jumps_is_seen() {
    let past = past(|index| hour(500, 10 + index % 5));
    for (failed, expected) in [
        (0, None),
        (15, None),
        (40, None),
        (90, Some(Severity::Warning)),
        (900, Some(Severity::Critical)),
    ] {
        let now = hour(500, failed);
        assert_eq!(severity(verdict(Kind::Failures, &now, &past)), expected, "{failed}");
    }
    let refused = Hour { refused: 600, ..hour(500, 10) };
    assert_eq!(severity(verdict(Kind::Refusals, &refused, &past)), Some(Severity::Critical));
}

#[test]
fn identical_machines_are_detected_by_their_similar_times() {
    let past = past(|_| hour(1_000, 10));
    let mut farm = hour(1_000, 10);
    farm.solve_ms = vec![0, 0, 0, 0, 0, 900, 0, 0, 0, 0, 0, 0];
    assert_eq!(severity(verdict(Kind::Regular, &farm, &past)), Some(Severity::Warning));
    // More expensive work takes everybody longer, and changes nothing.
    let mut dearer = hour(1_000, 10);
    dearer.solve_ms.rotate_right(2);
    assert_eq!(verdict(Kind::Regular, &dearer, &past), Assessment::Calm);
    // A network is compared with its site: it may never have been different.
    let always = self::past(|_| farm.clone());
    let seen = judge(Kind::Regular, NOW, &farm, &always, &past);
    assert_eq!(severity(seen), Some(Severity::Warning));
}

#[test]
fn a_site_without_a_past_is_not_judged() {
    let young = Past { first: Some(NOW - 100), ..Past::default() };
    for kind in Kind::ALL {
        for past in [&Past::default(), &young] {
            assert_eq!(verdict(kind, &hour(100_000, 50_000), past), Assessment::Unknown);
        }
    }
}

#[test]
fn a_flood_from_a_new_network_is_detected() {
    let quiet = past(|_| Hour::default());
    let seen = verdict(Kind::Flood, &hour(5_000, 0), &quiet);
    let Assessment::Alarm(Severity::Critical, figures) = seen else { panic!("{seen:?}") };
    assert!(figures.score.is_finite() && figures.usual < 1.0);
}

#[test]
fn the_attack_of_last_week_is_not_usual_this_week() {
    let attacked =
        past(|index| hour(if index % 7 == 6 && index < 21 { 50_000 } else { 1_000 }, 10));
    // Three of eight Mondays were attacked.
    assert_eq!(
        severity(verdict(Kind::Flood, &hour(50_000, 10), &attacked)),
        Some(Severity::Critical)
    );
    assert_eq!(verdict(Kind::Flood, &hour(1_000, 10), &attacked), Assessment::Calm);
}

#[test]
fn it_opens_stays_and_closes_once() {
    let past = past(|_| hour(1_000, 10));
    let mut open: Option<Standing> = None;
    let mut told = Vec::new();
    let course = [1_000, 9_000, 12_000, 2_500, 1_000, 4_000, 1_000, 1_000, 1_000, 1_000];
    for (index, issued) in course.into_iter().enumerate() {
        let now = UnixMillis(NOW * 60 * MINUTE + index as u64 * 10 * MINUTE);
        match step(open, verdict(Kind::Flood, &hour(issued, 10), &past), now) {
            Transition::Nothing => {}
            Transition::Opens(standing) => {
                told.push(format!("opens at {issued}"));
                open = Some(standing);
            }
            Transition::Stays(standing) => open = Some(standing),
            Transition::Closes => {
                let worst = open.take().unwrap().figures.measured;
                told.push(format!("closes after {worst}"));
            }
        }
    }
    assert_eq!(told, ["opens at 9000", "closes after 12000"]);
    assert_eq!(open, None);
}

#[test]
fn names_are_read_as_they_are_written() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
    }
    for severity in [Severity::Warning, Severity::Critical] {
        assert_eq!(Severity::parse(severity.as_str()), Some(severity));
    }
    assert_eq!((Kind::parse("Flood"), Severity::parse("")), (None, None));
}

fn any_hour() -> impl Strategy<Value = Hour> {
    let counts = (0..100_000_u64, 0..100_000_u64, 0..100_000_u64, 0..100_000_u64);
    (counts, prop::collection::vec(0..10_000_u64, 12)).prop_map(|(counts, solve_ms)| {
        let (issued, solved, failed, refused) = counts;
        Hour { issued, solved, failed, refused, solve_ms }
    })
}

fn any_verdict() -> impl Strategy<Value = Assessment> {
    let figures = Figures {
        measured: 900.0,
        usual: 100.0,
        deviation: 5.0,
        score: 100.0,
        counted: 900,
        hours: 8,
        basis: Basis::HourOfWeek,
    };
    prop::sample::select(vec![
        Assessment::Unknown,
        Assessment::Calm,
        Assessment::Raised(figures),
        Assessment::Alarm(Severity::Warning, figures),
        Assessment::Alarm(Severity::Critical, figures),
    ])
}

proptest! {
    #[test]
    fn a_constant_site_never_alarms(always in any_hour()) {
        let past = past(|_| always.clone());
        for kind in Kind::ALL {
            let verdict = verdict(kind, &always, &past);
            prop_assert!(matches!(verdict, Assessment::Calm | Assessment::Unknown), "{verdict:?}");
        }
    }

    #[test]
    fn one_hour_of_the_past_changes_no_verdict_of_a_constant_site(
        always in any_hour(), now in any_hour(), outlier in any_hour(), which in 0_u64..32
    ) {
        let clean = past(|_| always.clone());
        let spoilt = past(|index| if index == which { outlier.clone() } else { always.clone() });
        for kind in Kind::ALL {
            let (one, other) = (verdict(kind, &now, &clean), verdict(kind, &now, &spoilt));
            prop_assert_eq!(severity(one), severity(other), "{:?} {:?}", one, other);
        }
    }

    #[test]
    fn a_site_that_is_larger_by_a_factor_scores_the_same(
        then in prop::collection::vec(1_u64..10_000, 32), now in 0_u64..100_000, by in 1_u64..50
    ) {
        let scaled = |factor: u64| {
            let past = past(|index| hour(then[usize::try_from(index).unwrap()] * factor, 0));
            verdict(Kind::Flood, &hour(now * factor, 0), &past)
        };
        let (small, large) = (scaled(1), scaled(by));
        // Whatever is enough at a small site is enough at a large one.
        if let Assessment::Alarm(_, figures) = small {
            let Assessment::Alarm(_, larger) = large else { panic!("{large:?}") };
            prop_assert!((figures.score - larger.score).abs() < 1e-6 * figures.score.abs());
        }
    }

    #[test]
    fn figures_are_numbers_that_json_can_hold(now in any_hour(), then in any_hour()) {
        let past = past(|index| if index % 2 == 0 { then.clone() } else { Hour::default() });
        for kind in Kind::ALL {
            if let Assessment::Alarm(_, figures) | Assessment::Raised(figures) = verdict(kind, &now, &past) {
                let json = serde_json::to_string(&figures).unwrap();
                prop_assert_eq!(serde_json::from_str::<Figures>(&json).unwrap().counted, figures.counted);
            }
        }
    }

    #[test]
    fn nothing_flickers(verdicts in prop::collection::vec(any_verdict(), 1..200)) {
        let mut open: Option<Standing> = None;
        let (mut last_alarm, mut calm_for) = (0_u64, 0_u64);
        for (index, verdict) in verdicts.into_iter().enumerate() {
            let now = index as u64 * 5 * MINUTE;
            let above = matches!(verdict, Assessment::Alarm(..) | Assessment::Raised(_));
            calm_for = if above { 0 } else { calm_for + 1 };
            if above { last_alarm = now; }
            match step(open, verdict, UnixMillis(now)) {
                Transition::Nothing => prop_assert!(open.is_none()),
                Transition::Opens(standing) => {
                    prop_assert!(open.is_none() && matches!(verdict, Assessment::Alarm(..)));
                    open = Some(standing);
                }
                Transition::Stays(standing) => {
                    prop_assert!(standing.severity >= open.unwrap().severity);
                    open = Some(standing);
                }
                Transition::Closes => {
                    prop_assert!(open.is_some() && now - last_alarm >= CALM_MILLIS);
                    open = None;
                }
            }
            prop_assert!(open.is_none() || calm_for <= 7);
        }
    }
}
