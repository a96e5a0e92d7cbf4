use super::*;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_mins(1);

fn fence(serving: Duration) -> Fence {
    Fence::new(Patience { serving, loading: LONG })
}

/// Work that ends when the other end is dropped.
fn stuck() -> (mpsc::Sender<()>, impl FnOnce() + Send + 'static) {
    let (release, released) = mpsc::channel::<()>();
    (release, move || assert!(released.recv().is_err()))
}

#[test]
fn a_panic_is_reported_and_the_next_work_is_done() {
    let fence = fence(LONG);
    let panicked = fence.serve(LONG, || -> u8 { panic!("a driver's bug") });
    assert_eq!(panicked, Err(Unanswered::Panicked("a driver's bug".to_owned())));
    assert_eq!(fence.serve(LONG, || 7), Ok(7));
    assert_eq!(fence.load(|| 8), Ok(8));
}

#[test]
fn an_adapter_that_hangs_is_never_used_again() {
    let fence = fence(SHORT);
    let (release, hanging) = stuck();
    assert!(matches!(fence.serve(LONG, hanging), Err(Unanswered::Lost(_))));
    drop(release);
    assert!(fence.left().unwrap().contains("within 0.05 s"));
    assert!(matches!(fence.serve(LONG, || ()), Err(Unanswered::Lost(_))));
    assert!(matches!(fence.load(|| ()), Err(Unanswered::Lost(_))));
}

#[test]
fn an_adapter_that_is_only_late_is_busy_and_recovers() {
    let fence = fence(LONG);
    let (release, slow) = stuck();
    assert_eq!(fence.serve(SHORT, slow), Err(Unanswered::Busy));
    // At once: no call waits behind abandoned work.
    assert_eq!(fence.serve(LONG, || ()), Err(Unanswered::Busy));
    assert_eq!(fence.left(), None);
    drop(release);
    assert_eq!(fence.load(|| 7), Ok(7));
    assert_eq!(fence.serve(LONG, || 8), Ok(8));
}

#[test]
fn a_call_waits_a_limited_time_for_a_load() {
    let fence = fence(LONG);
    let (release, slow) = stuck();
    let loading = fence.clone();
    let (started, start) = mpsc::channel();
    let loading = thread::spawn(move || {
        loading.load(move || {
            started.send(()).unwrap();
            slow();
        })
    });
    start.recv().unwrap();
    assert_eq!(fence.serve(SHORT, || ()), Err(Unanswered::Busy));
    drop(release);
    assert_eq!(fence.serve(LONG, || 7), Ok(7));
    assert_eq!(loading.join().unwrap(), Ok(()));
}
