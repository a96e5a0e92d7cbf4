//! The target of an `area` is not placed where a guess would be.

#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

use munjigi_scene::{Area, Seed, render};

const DEALS: u16 = 300;
/// Pixels of the test rendering, and the squares of the answer.
const LOOK: [u32; 2] = [60, 40];
/// Spots from left to right and from top to bottom.
const SPOTS: [usize; 2] = [6, 4];

/// How often each spot is right, averaged over its area: the thing's pixels and
/// those around them.
fn often() -> Vec<f64> {
    let [width, height] = [LOOK[0] as usize, LOOK[1] as usize];
    let mut often = vec![0.0; SPOTS[0] * SPOTS[1]];
    let pixels = (width / SPOTS[0]) * (height / SPOTS[1]);
    for deal in 0..DEALS {
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&deal.to_le_bytes());
        let area = Area::deal(Seed(seed));
        let mask = render(&area.scene, LOOK[0], LOOK[1]).mask(usize::from(area.answer));
        for (place, _) in mask.iter().enumerate().filter(|(place, _)| {
            let (x, y) = (place % width, place / width);
            let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
            rows.into_iter().any(|row| {
                (x.saturating_sub(1)..=(x + 1).min(width - 1))
                    .any(|column| mask[row * width + column])
            })
        }) {
            let (x, y) = (place % width, place / width);
            let spot = y * SPOTS[1] / height * SPOTS[0] + x * SPOTS[0] / width;
            often[spot] += 1.0 / (pixels as f64 * f64::from(DEALS));
        }
    }
    often
}

#[test]
fn no_spot_is_right_much_more_often_than_another() {
    let often = often();
    let mean = often.iter().sum::<f64>() / often.len() as f64;
    let best = often.iter().copied().fold(0.0, f64::max);
    // 1.5 of these few. When the camera held all things in its middle, one
    // square was right 4.3 times as often as the mean of 1,000.
    assert!(best < 1.8 * mean, "{best} where the mean is {mean}: {often:?}");
    assert!((0.02..=0.06).contains(&mean), "{mean}");
}
