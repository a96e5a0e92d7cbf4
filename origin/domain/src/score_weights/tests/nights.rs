use super::*;

/// Some nights of a site, from `first` on; each day's labels come in addition.
fn nights(mut course: Course, labels: &mut Vec<Label>, days: &[Vec<Label>]) -> Vec<Night> {
    let first = labels.iter().map(|label| (label.at.0 - BEGIN) / DAY + 1).max().unwrap_or(0);
    let mut nights = Vec::new();
    for (number, day) in days.iter().enumerate() {
        labels.extend(day);
        let night = night(&course, labels, after(first + number as u64));
        course = night.course.clone();
        nights.push(night);
    }
    nights
}

fn course(nights: &[Night]) -> Course {
    nights.last().unwrap().course.clone()
}

const fn published(night: &Night) -> bool {
    matches!(night.judgement, Judgement::Of(Decision::Publish(_)))
}

/// A site that has learned for three days.
fn learned(owner: &mut Owner) -> (Course, Vec<Label>) {
    let mut labels = Vec::new();
    let days: Vec<_> = (0..3).map(|day| owner.day(day, 300, 5)).collect();
    let nights = nights(Course::default(), &mut labels, &days);
    (course(&nights), labels)
}

#[test]
fn weights_are_trained_in_one_night_and_published_in_the_next() {
    let mut owner = Owner::new(1);
    let days: Vec<_> = (0..3).map(|day| owner.day(day, 150, 5)).collect();
    let found = nights(Course::default(), &mut Vec::new(), &days);
    let few = Untrained::TooFew { legitimate: 150, fraudulent: 150 };
    assert!(matches!(found[0].training, Training::Not(Untrained::TooFew { .. })), "{few}");
    assert_eq!((found[1].judgement, found[1].training), (Judgement::None, Training::Trained(1)));
    assert_eq!(found[1].course.in_force, Model::Fixed);
    assert!(published(&found[2]), "{:?}", found[2].judgement);
    assert_eq!(found[2].course.before, Some(Model::Fixed));
    let Model::Own(weights) = &found[2].course.in_force else { panic!() };
    assert_eq!((weights.version(), found[2].training), (1, Training::Trained(2)));
}

#[test]
fn a_quiet_site_waits_and_is_then_judged_by_its_last_fifth() {
    let mut owner = Owner::new(1);
    let mut days = vec![owner.day(0, 500, 5)];
    days.extend((1..9).map(|day| owner.day(day, 5, 5)));
    let found = nights(Course::default(), &mut Vec::new(), &days);
    for night in &found[1..7] {
        assert!(matches!(night.judgement, Judgement::Of(Decision::Unknown(_))));
        assert_eq!((night.training, night.course.trainings), (Training::Waits, 1));
    }
    let last = &found[7];
    assert!(matches!(last.judgement, Judgement::OfTheLastFifth(Decision::Publish(_))), "{last:?}");
    assert_eq!(last.training, Training::Trained(3));
}

#[test]
fn an_undo_goes_back_and_stays_there() {
    let mut owner = Owner::new(1);
    let (course, mut labels) = learned(&mut owner);
    let undone = undo(&course, after(2)).unwrap();
    assert_eq!((&undone.in_force, &undone.shadow), (&Model::Fixed, &None));
    assert_eq!(undo(&undone, after(2)), Err(NothingToUndo));
    assert_eq!(undo(&Course::default(), after(2)), Err(NothingToUndo));
    labels.extend(owner.day(3, 300, 5));
    let paused = night(&undone, &labels, after(3));
    assert_eq!((paused.training, &paused.course), (Training::Paused, &undone));
    // Later, it learns again, and no version is given out twice.
    let later = night(&undone, &labels, UnixMillis(after(2).0 + PAUSE_MILLIS));
    assert_eq!(later.training, Training::Trained(undone.trainings + 1));
    assert_eq!(later.course.paused_until, None);
}

#[test]
fn labels_of_one_kind_alone_publish_nothing() {
    for outcome in Outcome::ALL {
        let mut owner = Owner::new(1);
        let (before, mut labels) = learned(&mut owner);
        let all = |day| -> Vec<Label> {
            let labels = owner.day(day, 300, 0).into_iter();
            labels.map(|label| Label { outcome, ..label }).collect()
        };
        let days: Vec<_> = (3..10).map(all).collect();
        let found = nights(before.clone(), &mut labels, &days);
        assert!(!found.iter().any(published));
        assert_eq!(course(&found).in_force, before.in_force);
    }
}

#[test]
fn people_who_are_called_frauds_beside_frauds_hardly_change_who_looks_like_one() {
    // The shop goes on to report who paid; a thief of its secret reports all
    // others, people among them.
    let mut owner = Owner::new(1);
    let (before, mut labels) = learned(&mut owner);
    let mut day = |day| -> Vec<Label> {
        let mut labels = owner.day(day, 300, 0);
        let everybody = owner.day(day, 600, 0).into_iter();
        labels.extend(everybody.map(|label| Label { outcome: Outcome::Fraudulent, ..label }));
        labels
    };
    let days: Vec<_> = (3..10).map(&mut day).collect();
    let found = nights(before.clone(), &mut labels, &days);
    let truth = Owner::new(2).day(0, 5_000, 0);
    let areas =
        [before.in_force, course(&found).in_force].map(|model| area(&model, &truth).unwrap());
    assert!(areas[1] > areas[0] - 0.01, "{areas:?}");
}

#[test]
fn labels_that_turn_round_one_day_publish_nothing() {
    let mut owner = Owner::new(1);
    let (before, mut labels) = learned(&mut owner);
    let days: Vec<_> = (3..17).map(|day| owner.day(day, 300, 95)).collect();
    let found = nights(before.clone(), &mut labels, &days);
    for night in &found {
        assert_eq!(night.course.in_force, before.in_force, "{:?}", night.judgement);
    }
}

#[test]
fn one_sites_labels_move_no_other() {
    let mut owner = Owner::new(1);
    let (course, labels) = learned(&mut owner);
    let alone = night(&course, &labels, after(3));
    let mut thief = Owner::new(2);
    let (other, mut poisoned) = learned(&mut thief);
    let days: Vec<_> = (3..6).map(|day| thief.day(day, 900, 100)).collect();
    nights(other, &mut poisoned, &days);
    assert_eq!(night(&course, &labels, after(3)), alone);
    // Nor what a site begins with.
    assert_eq!(Course::default().in_force, Model::Fixed);
}

#[test]
fn where_a_site_stands_survives_being_stored() {
    let (course, _) = learned(&mut Owner::new(1));
    assert!(course.shadow.is_some() && course.before.is_some());
    let text = serde_json::to_string(&course).unwrap();
    assert_eq!(serde_json::from_str::<Course>(&text).unwrap(), course);
    assert_eq!(
        serde_json::from_str::<Course>(r#"{"in_force":"fixed"}"#).unwrap(),
        Course::default()
    );
    // A weight beyond its bounds is not read back.
    let beyond = text.replacen("\"bias\":", "\"bias\":9", 1);
    assert!(serde_json::from_str::<Course>(&beyond).is_err() || !beyond.contains("\"bias\":9"));
}
