use munjigi_protocol::PictureType;
use munjigi_scene::Seed;

use super::*;

fn ask(number: u64) -> Ask {
    Ask { picture_type: PictureType::Grid, seed: Seed::numbered(number), seed_text: String::new() }
}

fn later() -> Deadline {
    Deadline::after(Duration::from_mins(5))
}

#[tokio::test]
async fn a_queue_takes_all_of_a_call_or_none() {
    // No one draws, so pictures stay in the queue.
    let studio = Studio::new(0, 3).unwrap();
    let two = studio.submit(vec![ask(1), ask(2)], Priority::Low, later()).unwrap();
    let full = studio.submit(vec![ask(3), ask(4)], Priority::High, later()).unwrap_err();
    assert!(full.retry_after >= 1);
    assert!(studio.submit(vec![ask(3)], Priority::High, later()).is_ok());
    drop(two);
}

#[tokio::test]
async fn a_picture_that_comes_too_late_is_given_up() {
    let studio = Studio::new(0, 3).unwrap();
    let deadline = Deadline::after(Duration::from_millis(20));
    let drawing = studio.submit(vec![ask(1)], Priority::High, deadline).unwrap().remove(0);
    assert_eq!(drawing.finished().await.unwrap_err(), NotDone::Late);
}

#[test]
fn high_goes_first_and_low_is_not_starved() {
    let studio = Studio::new(0, 100).unwrap();
    let _low = studio.submit((0..2).map(ask).collect(), Priority::Low, later()).unwrap();
    let _high = studio.submit((10..26).map(ask).collect(), Priority::High, later()).unwrap();
    let mut queue = studio.shared.queue();
    let order: Vec<u8> = std::iter::from_fn(|| queue.next()).map(|job| job.ask.seed.0[0]).collect();
    assert_eq!(order[..9], [10, 11, 12, 13, 14, 15, 16, 0, 17]);
    assert_eq!(order.len(), 18);
    assert_eq!(order.iter().filter(|&&number| number < 10).count(), 2);
}
