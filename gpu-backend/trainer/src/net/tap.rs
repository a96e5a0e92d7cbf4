//! Outputs: a weighted sum of the channels, at each place or over all places.

use super::{Batch, product};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    /// Number of input channels.
    pub from: usize,
    /// Number of outputs.
    pub to: usize,
    pub reading: Reading,
    /// The output before anything is learnt.
    pub start: f32,
}

/// Where an output is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// At each place.
    Each,
    /// The mean over all places.
    Mean,
}

impl Tap {
    /// Number of parameters: weights, then a bias for each output.
    pub(super) const fn weights(self) -> usize {
        (self.from + 1) * self.to
    }

    #[expect(clippy::cast_precision_loss, reason = "channels are few")]
    pub(super) fn begin(self, dice: &mut Dice, weights: &mut Vec<f32>) {
        let scale = 0.5 / (self.from as f32).sqrt();
        weights.extend((0..self.from * self.to).map(|_| dice.normal() * scale));
        weights.extend(vec![self.start; self.to]);
    }

    fn seen(self, input: &Batch) -> Batch {
        match self.reading {
            Reading::Each => input.clone(),
            Reading::Mean => {
                #[expect(clippy::cast_precision_loss, reason = "planes are small")]
                let share = 1.0 / input.plane() as f32;
                let mut mean = Batch::zeros(input.channels, input.count, 1, 1);
                let planes = input.data.chunks_exact(input.plane());
                for (mean, plane) in mean.data.iter_mut().zip(planes) {
                    *mean = plane.iter().sum::<f32>() * share;
                }
                mean
            }
        }
    }

    pub(super) fn read(self, weights: &[f32], input: &Batch) -> Batch {
        let seen = self.seen(input);
        let row = seen.row();
        let mut output = Batch::zeros(self.to, seen.count, seen.height, seen.width);
        let (weights, biases) = weights.split_at(self.from * self.to);
        for (row, bias) in output.data.chunks_exact_mut(row).zip(biases) {
            row.fill(*bias);
        }
        product::add(
            (weights, ([self.to, self.from], [self.from, 1])),
            (&seen.data, ([self.from, row], [row, 1])),
            1.0,
            (&mut output.data, ([self.to, row], [row, 1])),
        );
        output
    }

    /// Adds to `change`, and adds the gradient by the input to `total`.
    pub(super) fn back(
        self,
        weights: &[f32],
        input: &Batch,
        slope: &Batch,
        change: &mut [f32],
        total: &mut Batch,
    ) {
        let seen = self.seen(input);
        let row = seen.row();
        let (change, biases) = change.split_at_mut(self.from * self.to);
        for (bias, slope) in biases.iter_mut().zip(slope.data.chunks_exact(row)) {
            *bias += slope.iter().sum::<f32>();
        }
        let out = ([self.to, row], [row, 1]);
        product::add(
            (&slope.data, out),
            (&seen.data, ([row, self.from], [1, row])),
            1.0,
            (change, ([self.to, self.from], [self.from, 1])),
        );
        let mut own = seen.blank();
        product::add(
            (&weights[..self.from * self.to], ([self.from, self.to], [1, self.from])),
            (&slope.data, out),
            0.0,
            (&mut own.data, ([self.from, row], [row, 1])),
        );
        #[expect(clippy::cast_precision_loss, reason = "planes are small")]
        let share = (own.plane() as f32) / (total.plane() as f32);
        let wide = total.plane() / own.plane();
        for (total, own) in total.data.chunks_exact_mut(wide).zip(&own.data) {
            for total in total {
                *total += own * share;
            }
        }
    }
}
