use super::*;

const AT: UnixMillis = UnixMillis(1_000_000);

fn later(seconds: u64) -> UnixMillis {
    UnixMillis(AT.0 + seconds * 1_000)
}

#[test]
fn a_state_holds_since_it_was_first_seen() {
    use ComponentName::{Edge, Postgres};
    let found = |edge| vec![(Postgres, Status::Ok), (Edge, edge)];
    let first = Sighting::of(found(Status::Ok), None, AT);
    let second = Sighting::of(found(Status::Down), Some(&first), later(10));
    let third = Sighting::of(found(Status::Down), Some(&second), later(20));
    assert_eq!(third.components[0].since, AT);
    assert_eq!(third.components[1].since, later(10));
    let recovered = Sighting::of(found(Status::Ok), Some(&third), later(30));
    assert_eq!((recovered.components[1].since, recovered.at), (later(30), later(30)));
}

#[test]
fn only_an_unreachable_edge_blocks_visitors() {
    use ComponentName::{Edge, GpuBackend, Mail, Postgres};
    use ComponentState::{Degraded, Down, Ok, Starting};
    for (postgres, edge, mail, gpu, whole) in [
        (Ok, Ok, Ok, Ok, Ok),
        (Down, Ok, Ok, Ok, Degraded),
        (Ok, Degraded, Ok, Ok, Degraded),
        (Ok, Down, Ok, Ok, Down),
        (Ok, Ok, Degraded, Ok, Degraded),
        (Ok, Ok, Ok, Down, Degraded),
        (Starting, Ok, Ok, Ok, Starting),
        (Ok, Starting, Ok, Down, Starting),
        (Starting, Down, Ok, Ok, Down),
    ] {
        let found = [(Postgres, postgres), (Edge, edge), (Mail, mail), (GpuBackend, gpu)];
        let component = |(name, status)| Component { name, status, since: AT };
        let sighting = Sighting { at: AT, components: found.map(component).to_vec() };
        assert_eq!(sighting.status(), whole);
    }
}

/// The edge alone, checked repeatedly.
fn course(looks: &[(u64, Status)]) -> Vec<(ComponentState, u64)> {
    let mut before: Option<Sighting> = None;
    let mut course = Vec::new();
    for (seconds, found) in looks {
        let found = vec![(ComponentName::Edge, *found)];
        let sighting = Sighting::of(found, before.as_ref(), later(*seconds));
        let component = sighting.components[0];
        course.push((component.status, (component.since.0 - AT.0) / 1_000));
        before = Some(sighting);
    }
    course
}

#[test]
fn a_new_process_calls_nothing_down_that_was_never_healthy() {
    use Status::{Degraded, Down, Ok};
    // It starts a little later than the origin; later it really goes down.
    assert_eq!(
        course(&[(0, Down), (1, Degraded), (29, Down), (29, Ok), (30, Down)]),
        [
            (ComponentState::Starting, 0),
            (ComponentState::Starting, 0),
            (ComponentState::Starting, 0),
            (ComponentState::Ok, 29),
            (ComponentState::Down, 30)
        ]
    );
    // It never starts.
    assert_eq!(
        course(&[(0, Down), (30, Down), (31, Down)]),
        [(ComponentState::Starting, 0), (ComponentState::Down, 30), (ComponentState::Down, 30)]
    );
}
