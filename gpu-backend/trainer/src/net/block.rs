//! A 3 by 3 convolution with normalisation of each channel over the batch, then
//! everything below 0 dropped. The finished network has the normalisation
//! folded into the convolution.

use super::Batch;
use super::product::{add, gather, spread};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Input channels.
    pub from: usize,
    /// Output channels.
    pub to: usize,
    /// 1, or 2 to halve height and width.
    pub stride: usize,
}

pub(super) struct Trace {
    input: Batch,
    /// Normalised values, before gain and shift.
    normal: Batch,
    /// One over the deviation of each channel.
    sharp: Vec<f32>,
}

/// Keeps a constant channel from being divided by 0.
const EPSILON: f32 = 1e-4;
/// Size of the surroundings written out at a time, in values: what a core's
/// cache holds.
const CHUNK: usize = 1 << 18;

impl Block {
    const fn depth(self) -> usize {
        self.from * 9
    }

    /// Number of weights, gains and shifts, which are stored in this order.
    pub(super) const fn weights(self) -> usize {
        self.to * (self.depth() + 2)
    }

    #[expect(clippy::cast_precision_loss, reason = "channels are few")]
    pub(super) fn begin(self, dice: &mut Dice, weights: &mut Vec<f32>) {
        let scale = (2.0 / self.depth() as f32).sqrt();
        weights.extend((0..self.to * self.depth()).map(|_| dice.normal() * scale));
        weights.extend(vec![1.0; self.to]);
        weights.extend(vec![0.0; self.to]);
    }

    /// An empty output for an input.
    fn shaped(self, input: &Batch) -> Batch {
        let (high, wide) = (input.height.div_ceil(self.stride), input.width.div_ceil(self.stride));
        Batch::zeros(self.to, input.count, high, wide)
    }

    /// Groups of samples that are processed together.
    fn chunks(self, output: &Batch) -> impl Iterator<Item = [usize; 2]> + use<> {
        let (count, step) = (output.count, (CHUNK / (self.depth() * output.plane())).max(1));
        (0..count).step_by(step).map(move |from| [from, (from + step).min(count)])
    }

    fn convolved(self, weights: &[f32], input: &Batch) -> Batch {
        let mut output = self.shaped(input);
        let (row, plane) = (output.row(), output.plane());
        let mut columns = Vec::new();
        for samples @ [from, to] in self.chunks(&output) {
            spread(input, samples, self.stride, &mut columns);
            let wide = (to - from) * plane;
            let end = (self.to - 1) * row + to * plane;
            add(
                (&weights[..self.to * self.depth()], ([self.to, self.depth()], [self.depth(), 1])),
                (&columns, ([self.depth(), wide], [wide, 1])),
                0.0,
                (&mut output.data[from * plane..end], ([self.to, wide], [row, 1])),
            );
        }
        output
    }

    /// Also stores means, then variances, in `seen`.
    pub(super) fn learn(
        self,
        weights: &[f32],
        input: Batch,
        seen: &mut Vec<f32>,
    ) -> (Batch, Trace) {
        let mut normal = self.convolved(weights, &input);
        let row = normal.row();
        #[expect(clippy::cast_precision_loss, reason = "a batch has fewer than 2^24 places")]
        let each = 1.0 / row as f32;
        let mut output = normal.blank();
        let affine = &weights[self.to * self.depth()..];
        let (gains, shifts) = affine.split_at(self.to);
        let mut sharp = Vec::with_capacity(self.to);
        let mut variances = Vec::with_capacity(self.to);
        let rows = normal.data.chunks_exact_mut(row).zip(output.data.chunks_exact_mut(row));
        for ((normal, output), (gain, shift)) in rows.zip(gains.iter().zip(shifts)) {
            let [sum, squares] = sums(normal, normal);
            let mean = sum * each;
            let variance = (squares * each - mean * mean).max(0.0);
            let own = 1.0 / (variance + EPSILON).sqrt();
            for (normal, output) in normal.iter_mut().zip(output) {
                *normal = (*normal - mean) * own;
                *output = (*normal * gain + shift).max(0.0);
            }
            seen.push(mean);
            variances.push(variance);
            sharp.push(own);
        }
        seen.extend(variances);
        (output, Trace { input, normal, sharp })
    }

    /// The gradient by the input; `None` for the network's first layer.
    pub(super) fn back(
        self,
        weights: &[f32],
        trace: Trace,
        mut slope: Batch,
        change: &mut [f32],
        layer: usize,
    ) -> Option<Batch> {
        let Trace { input, normal, sharp } = trace;
        let (row, plane) = (slope.row(), slope.plane());
        #[expect(clippy::cast_precision_loss, reason = "a batch has fewer than 2^24 places")]
        let each = 1.0 / row as f32;
        let (kernel, affine) = weights.split_at(self.to * self.depth());
        let (kernel_change, affine_change) = change.split_at_mut(self.to * self.depth());
        for channel in 0..self.to {
            let normal = &normal.data[channel * row..(channel + 1) * row];
            let slope = &mut slope.data[channel * row..(channel + 1) * row];
            let (gain, shift) = (affine[channel], affine[self.to + channel]);
            for (slope, normal) in slope.iter_mut().zip(normal) {
                *slope = if normal * gain + shift <= 0.0 { 0.0 } else { *slope };
            }
            let [level, along] = sums(slope, normal);
            affine_change[channel] += along;
            affine_change[self.to + channel] += level;
            let scale = gain * sharp[channel];
            for (slope, normal) in slope.iter_mut().zip(normal) {
                *slope = scale * (*slope - each * (level + normal * along));
            }
        }
        let mut total = (layer > 0).then(|| input.blank());
        let mut columns = Vec::new();
        let mut columns_slope = Vec::new();
        for samples @ [from, to] in self.chunks(&slope) {
            spread(&input, samples, self.stride, &mut columns);
            let wide = (to - from) * plane;
            let end = (self.to - 1) * row + to * plane;
            let own = (&slope.data[from * plane..end], ([self.to, wide], [row, 1]));
            add(
                own,
                (&columns, ([wide, self.depth()], [1, wide])),
                1.0,
                (&mut *kernel_change, ([self.to, self.depth()], [self.depth(), 1])),
            );
            if let Some(total) = &mut total {
                columns_slope.resize(columns.len(), 0.0);
                add(
                    (kernel, ([self.depth(), self.to], [1, self.depth()])),
                    own,
                    0.0,
                    (&mut columns_slope, ([self.depth(), wide], [wide, 1])),
                );
                gather(&columns_slope, samples, self.stride, total);
            }
        }
        total
    }

    /// Weights and biases with the normalisation folded in.
    pub fn folded(self, weights: &[f32], habits: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (kernel, affine) = weights.split_at(self.to * self.depth());
        let (means, variances) = habits.split_at(self.to);
        let mut folded = Vec::with_capacity(kernel.len());
        let mut biases = Vec::with_capacity(self.to);
        for (channel, kernel) in kernel.chunks_exact(self.depth()).enumerate() {
            let scale = affine[channel] / (variances[channel] + EPSILON).sqrt();
            folded.extend(kernel.iter().map(|weight| weight * scale));
            biases.push(affine[self.to + channel] - means[channel] * scale);
        }
        (folded, biases)
    }

    /// A pass with folded weights.
    pub(super) fn run(self, weights: &[f32], biases: &[f32], input: &Batch) -> Batch {
        let mut output = self.convolved(weights, input);
        let row = output.row();
        for (row, bias) in output.data.chunks_exact_mut(row).zip(biases) {
            for value in row {
                *value = (*value + bias).max(0.0);
            }
        }
        output
    }
}

/// The sum of numbers and of their products with others, in lanes that a
/// processor adds at once.
fn sums(own: &[f32], other: &[f32]) -> [f32; 2] {
    const LANES: usize = 16;
    let mut plain = [0.0_f32; LANES];
    let mut products = [0.0_f32; LANES];
    let (own, own_rest) = own.as_chunks::<LANES>();
    let (other, other_rest) = other.as_chunks::<LANES>();
    for (own, other) in own.iter().zip(other) {
        for lane in 0..LANES {
            plain[lane] += own[lane];
            products[lane] += own[lane] * other[lane];
        }
    }
    for (lane, (own, other)) in own_rest.iter().zip(other_rest).enumerate() {
        plain[lane] += own;
        products[lane] += own * other;
    }
    [plain.iter().sum(), products.iter().sum()]
}
