//! What is learnt from which pictures: augmented inputs, targets, and the loss
//! of an output.

mod change;
mod things;
mod tiles;
mod views;

use crate::dice::Dice;
use crate::net::{Batch, Layer};

pub use change::{fed, planes};
pub use things::{CELLS, STRIDE, Things};
pub use tiles::Tiles;
pub use views::{BINS, Views, shares};

/// Something that a network can learn.
pub trait Task: Sync {
    /// The network that learns it.
    fn layers() -> Vec<Layer>;
    /// Height and width of its pictures.
    const SIZE: [usize; 2];
    /// Length of a sample's target.
    const TARGET: usize;
    /// Draws a sample: its planes (red, green, blue) and its target.
    fn sample(&self, dice: &mut Dice, planes: &mut [f32], target: &mut [f32]);
    /// The mean loss of a batch and its gradient by each output.
    fn loss(outputs: &[Batch], targets: &[f32]) -> (f32, Vec<Batch>);
}

/// The cross-entropy of scores against shares, sample by sample.
#[expect(clippy::cast_precision_loss, reason = "batches are small")]
fn cross_entropy(scores: &Batch, targets: &[f32]) -> (f32, Batch) {
    let Batch { channels, count, .. } = *scores;
    let mut slope = scores.blank();
    let mut loss = 0.0;
    for sample in 0..count {
        let own = |channel: usize| scores.data[channel * count + sample];
        let largest = (0..channels).map(own).fold(f32::MIN, f32::max);
        let sum: f32 = (0..channels).map(|channel| (own(channel) - largest).exp()).sum();
        for channel in 0..channels {
            let wanted = targets[sample * channels + channel];
            let share = (own(channel) - largest).exp() / sum;
            loss -= wanted * (own(channel) - largest - sum.ln());
            slope.data[channel * count + sample] = (share - wanted) / count as f32;
        }
    }
    (loss / count as f32, slope)
}
