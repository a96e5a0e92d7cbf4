use super::*;

const SITE: u64 = 7;
const COMMON: u64 = 1;
const RARE: u64 = 2;
const HALF: u16 = 32_768;
/// An attack in the name of six people.
const CHARGED: Measured = Measured::MostlyCharged { solved: 9_006, charged: 9_006 };

fn usual(history: &History, stack: u64, window: u64) -> Option<u16> {
    history.usual(SITE, Kind::Software, stack, window).share
}

fn is_half(share: Option<u16>) -> bool {
    share.is_some_and(|share| share.abs_diff(HALF) <= 64)
}

/// Half-lives in which a common software had half of a site's people.
fn calm(history: &mut History, windows: core::ops::Range<u64>) {
    for window in windows {
        history.site(SITE, window, 100, 200, 200);
        history.part(SITE, Kind::Software, COMMON, window, Measured::People(100));
    }
}

#[test]
fn what_was_seen_for_an_hour_is_usual() {
    let mut history = History::new(300);
    let unknown = history.usual(SITE, Kind::Site, SITE, 1);
    assert_eq!(unknown, Usual { share: None, people: None });
    calm(&mut history, 1..5);
    let of_loads = history.usual(SITE, Kind::Software, COMMON, 5);
    assert_eq!(of_loads, Usual { share: None, people: Some(200) });
    calm(&mut history, 5..13);
    assert_eq!(usual(&history, COMMON, 13), None);
    calm(&mut history, 13..14);
    assert!(is_half(usual(&history, COMMON, 14)));
    assert_eq!(usual(&history, RARE, 14), Some(0));
}

/// A program that three in a hundred people use, in the next day.
fn of_three_in_a_hundred() -> History {
    let mut history = History::new(300);
    for window in 1..289 {
        history.site(SITE, window, 100, 200, 200);
        history.part(SITE, Kind::Software, COMMON, window, Measured::People(6));
    }
    let before = usual(&history, COMMON, 289).unwrap();
    assert!(before.abs_diff(65_535 / 100 * 3) <= 64, "{before}");
    history
}

#[test]
fn a_long_attack_does_not_make_a_browser_look_rare() {
    let mut history = of_three_in_a_hundred();
    let before = usual(&history, COMMON, 289).unwrap();
    for window in 289..577 {
        history.site(SITE, window, 100, 200, 200);
        history.part(SITE, Kind::Software, COMMON, window, CHARGED);
    }
    let after = usual(&history, COMMON, 577).unwrap();
    // Nor does it become much more common, so that the attack is cheaper.
    assert!((before..before + 656).contains(&after), "{before} {after}");
}

#[test]
fn visitors_charged_for_being_new_are_usual_within_days() {
    let mut history = of_three_in_a_hundred();
    let day = |history: &mut History, day: u64| {
        for window in 288 * day + 1..=288 * (day + 1) {
            history.site(SITE, window, 100, 80, 80);
            let new = Measured::MostlyCharged { solved: 120, charged: 120 };
            history.part(SITE, Kind::Software, RARE, window, new);
        }
        usual(history, RARE, 288 * (day + 1) + 1).unwrap()
    };
    let days: Vec<u16> = (1..=9).map(|number| day(&mut history, number)).collect();
    assert!(days.is_sorted(), "{days:?}");
    assert!(days[0] >= 256, "{days:?}");
    // A factor of two at most, which is no charge.
    assert!(days[8] >= 65_535 / 20, "{days:?}");
}

#[test]
fn the_first_visitors_are_not_yet_usual() {
    let mut history = History::new(300);
    for window in 1..5 {
        history.site(SITE, window, 350, 500, 500);
        history.part(SITE, Kind::Software, RARE, window, Measured::People(350));
    }
    assert_eq!(usual(&history, RARE, 5), None);
}

#[test]
fn an_hour_does_not_become_usual() {
    let mut history = History::new(300);
    calm(&mut history, 1..289);
    let attack = |history: &mut History, windows| {
        for window in windows {
            history.site(SITE, window, 10_000, 20_000, 20_000);
            history.part(SITE, Kind::Software, RARE, window, Measured::People(18_000));
        }
    };
    attack(&mut history, 289..301);
    let share = usual(&history, RARE, 301).unwrap();
    assert!(share <= 128, "{share}");
    // After four days it is.
    attack(&mut history, 301..1_453);
    let share = usual(&history, RARE, 1_453).unwrap();
    assert!(share > HALF, "{share}");
}

#[test]
fn an_attack_of_hours_hardly_changes_how_many_usually_pass() {
    let mut history = History::new(300);
    calm(&mut history, 1..289);
    for window in 289..433 {
        history.site(SITE, window, 10_000, 20_000, 20_000);
    }
    let usual = history.usual(SITE, Kind::Site, SITE, 433).people.unwrap();
    // Without the bound, about 6,000.
    assert!(usual <= 600, "{usual}");
    // The first half-lives are bounded as well.
    for window in 1..5 {
        history.site(8, window, 10_000, 1_000_000, 1_000_000);
    }
    assert_eq!(history.usual(8, Kind::Site, 8, 5).people, Some(UNKNOWN));
}

#[test]
fn what_is_usual_outlives_the_days_name() {
    let mut history = History::new(300);
    calm(&mut history, 1..15);
    history.rename(Kind::Software, COMMON, 9);
    assert!(is_half(usual(&history, 9, 15)));
    // What it has now under the new name is its own.
    history.site(SITE, 15, 100, 200, 200);
    history.part(SITE, Kind::Software, 9, 15, Measured::People(0));
    history.rename(Kind::Software, COMMON, 9);
    assert!(!is_half(usual(&history, 9, 16)));
    history.rename(Kind::Software, 77, 10);
    assert_eq!(usual(&history, 10, 16), Some(0));
}

#[test]
fn what_is_usual_survives_the_process() {
    let mut history = History::new(300);
    assert_eq!(history.keep(1), None, "nothing is known");
    calm(&mut history, 1..15);
    let kept = history.keep(15).unwrap();
    assert_eq!(history.keep(15), None, "nothing was added");
    let resumed = History::resumed(300, &kept);
    for name in [COMMON, RARE] {
        assert_eq!(usual(&resumed, name, 15), usual(&history, name, 15));
    }
    let people = |history: &History| history.usual(SITE, Kind::Site, SITE, 15).people;
    assert!(people(&resumed).is_some() && people(&resumed) == people(&history));
    // It goes on where it was.
    let mut resumed = resumed;
    calm(&mut resumed, 14..16);
    assert!(is_half(usual(&resumed, COMMON, 16)));
}

#[test]
fn what_cannot_be_read_is_nothing() {
    let mut history = History::new(300);
    calm(&mut history, 1..15);
    let kept = history.keep(15).unwrap();
    let of_another_form = [&[History::VERSION + 1], &kept[1..]].concat();
    let (short, long) = (kept[..kept.len() - 1].to_vec(), [&kept[..], &[0]].concat());
    for bytes in [vec![], vec![History::VERSION], vec![255; 99], of_another_form, short, long] {
        assert_eq!(usual(&History::resumed(300, &bytes), COMMON, 15), None);
    }
    // Half-lives of another length are numbered otherwise.
    assert_eq!(usual(&History::resumed(60, &kept), COMMON, 15), None);
}

#[test]
fn what_is_kept_is_these_bytes() {
    let mut history = History::new(43_200);
    history.site(SITE, 3, 100, 200, 200);
    history.part(SITE, Kind::Software, COMMON, 3, Measured::People(100));
    let kept = [
        ("01", "version"),
        ("02", "half-lives of the counters in a day"),
        ("01", "sites"),
        ("07", "name 7"),
        ("03808004", "  half-lives, times 65536: 1, last 3"),
        ("03c801", "  people: 200, last 3"),
        ("03c801000000000000", "  the last four, and by how many shares are measured"),
        ("01", "parts"),
        ("0901", "stack 1"),
        ("03808002", "  its share, times 65536: half, last 3"),
    ];
    munjigi_format::contract::format(&History { is_new: false, ..history }, &kept);
}

#[test]
fn what_is_kept_is_bounded_and_no_name_of_another_day() {
    let mut history = History::new(300);
    for site in 0..40_000 {
        history.site(site << 40, 400, 100, 200, 200);
        history.part(site << 40, Kind::Software, site << 40 | 1, 400, Measured::People(100));
    }
    let kept = history.keep(401).unwrap();
    assert!(kept.len() <= 1_200_000, "{}", kept.len());
    assert!(History::resumed(300, &kept).parts.len() > 8_000);
    history.site(SITE, 800, 100, 200, 200);
    let kept = history.keep(801).unwrap();
    assert_eq!(History::resumed(300, &kept).parts.len(), 0);
}

#[test]
fn a_half_life_counts_once_and_a_quiet_one_not_at_all() {
    let mut history = History::new(300);
    calm(&mut history, 1..15);
    let before = usual(&history, COMMON, 15);
    history.part(SITE, Kind::Software, COMMON, 14, Measured::People(200));
    history.site(SITE, 14, 100, 9_000, 9_000);
    history.site(SITE, 15, 2, 2, 2);
    history.part(SITE, Kind::Software, COMMON, 15, Measured::People(2));
    // The site did not have this one.
    history.part(SITE, Kind::Software, COMMON, 19, Measured::People(50));
    let after = usual(&history, COMMON, 16);
    assert!(after.unwrap().abs_diff(before.unwrap()) <= 64, "{before:?} {after:?}");
    let people = history.usual(SITE, Kind::Site, SITE, 16).people.unwrap();
    assert!((199..=200).contains(&people), "{people}");
}

#[test]
fn a_part_may_be_silent_for_a_while() {
    let mut history = History::new(300);
    for window in 1..13 {
        history.site(SITE, window, 100, 200, 200);
    }
    history.part(SITE, Kind::System, 5, 11, Measured::People(200));
    for window in 13..15 {
        history.site(SITE, window, 100, 200, 200);
    }
    let share = history.usual(SITE, Kind::System, 5, 15).share.unwrap();
    assert!((100..=65_535 / 14).contains(&share), "{share}");
}

#[test]
fn it_is_bounded() {
    let mut history = History::new(300);
    calm(&mut history, 1..15);
    history.site(SITE, 15, 1_000_000, 1_000_000, 1_000_000);
    for key in 10..100_000 {
        history.part(SITE, Kind::Software, key, 15, Measured::People(10));
        history.site(key, 15, 1, 1, 1);
    }
    assert!(history.parts.len() <= MOST && history.sites.len() <= MOST);
    assert!(usual(&history, COMMON, 16).unwrap() > HALF / 10 * 8);
}
