//! The largest of each 2 by 2.

use super::Batch;

/// Position of each largest number.
pub(super) struct Trace {
    channels: usize,
    count: usize,
    height: usize,
    width: usize,
    from: Vec<u32>,
}

/// Halves height and width.
#[expect(clippy::cast_possible_truncation, reason = "a batch has far fewer than 2^32 numbers")]
pub(super) fn learn(input: &Batch) -> (Batch, Trace) {
    let Batch { channels, count, height, width, .. } = *input;
    let (high, wide) = (height / 2, width / 2);
    let mut output = Batch::zeros(channels, count, high, wide);
    let mut from = Vec::with_capacity(output.data.len());
    for (plane, pooled) in output.data.chunks_exact_mut(high * wide).enumerate() {
        let base = plane * height * width;
        for (at, best) in pooled.iter_mut().enumerate() {
            let corner = base + at / wide * 2 * width + at % wide * 2;
            let four = [corner, corner + 1, corner + width, corner + width + 1];
            let mut largest = corner;
            for place in four {
                if input.data[place] > input.data[largest] {
                    largest = place;
                }
            }
            *best = input.data[largest];
            from.push(largest as u32);
        }
    }
    (output, Trace { channels, count, height, width, from })
}

/// Passes each gradient to the number that was the largest.
pub(super) fn back(trace: &Trace, slope: &Batch) -> Batch {
    let mut input = Batch::zeros(trace.channels, trace.count, trace.height, trace.width);
    for (&from, change) in trace.from.iter().zip(&slope.data) {
        input.data[from as usize] += change;
    }
    input
}
