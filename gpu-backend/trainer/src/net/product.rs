//! Matrix products, and pictures as matrices.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};

use super::Batch;

/// A matrix within numbers: rows, columns, and the steps between both.
pub(super) type Shape = ([usize; 2], [usize; 2]);

/// Adds `left · right` to `into`, after scaling `into` by `keep`.
pub(super) fn add(
    (left, left_shape): (&[f32], Shape),
    (right, right_shape): (&[f32], Shape),
    keep: f32,
    (into, into_shape): (&mut [f32], Shape),
) {
    let left = view(left, left_shape);
    let right = view(right, right_shape);
    let ([rows, columns], [down, across]) = into_shape;
    let mut into = ArrayViewMut2::from_shape((rows, columns).strides((down, across)), into)
        .expect("a matrix lies within its numbers");
    general_mat_mul(1.0, &left, &right, keep, &mut into);
}

fn view(numbers: &[f32], ([rows, columns], [down, across]): Shape) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, columns).strides((down, across)), numbers)
        .expect("a matrix lies within its numbers")
}

/// Writes the 3 by 3 surroundings of each pixel of some samples as columns.
pub(super) fn spread(input: &Batch, samples: [usize; 2], stride: usize, into: &mut Vec<f32>) {
    let [from, to] = samples;
    let (high, wide) = (input.height.div_ceil(stride), input.width.div_ceil(stride));
    into.clear();
    into.reserve(input.channels * 9 * (to - from) * high * wide);
    for channel in 0..input.channels {
        for (down, right) in (0..9).map(|tap| (tap / 3, tap % 3)) {
            for sample in from..to {
                let plane = input.of(channel, sample);
                for y in 0..high {
                    let Some(row) =
                        (y * stride + down).checked_sub(1).filter(|&r| r < input.height)
                    else {
                        into.resize(into.len() + wide, 0.0);
                        continue;
                    };
                    let row = &plane[row * input.width..(row + 1) * input.width];
                    if stride == 1 {
                        let start = into.len();
                        match right {
                            0 => {
                                into.push(0.0);
                                into.extend_from_slice(&row[..wide - 1]);
                            }
                            1 => into.extend_from_slice(row),
                            _ => into.extend_from_slice(&row[1..]),
                        }
                        into.resize(start + wide, 0.0);
                    } else {
                        into.extend((0..wide).map(|x| {
                            let column = (x * stride + right).checked_sub(1);
                            column.and_then(|column| row.get(column)).copied().unwrap_or(0.0)
                        }));
                    }
                }
            }
        }
    }
}

/// The inverse of [`spread`]: adds columns to the pixels they came from.
pub(super) fn gather(columns: &[f32], samples: [usize; 2], stride: usize, into: &mut Batch) {
    let [from, to] = samples;
    let (height, width) = (into.height, into.width);
    let (high, wide) = (height.div_ceil(stride), width.div_ceil(stride));
    let mut rows = columns.chunks_exact(wide);
    for channel in 0..into.channels {
        for (down, right) in (0..9).map(|tap| (tap / 3, tap % 3)) {
            for sample in from..to {
                let plane = into.of_mut(channel, sample);
                for y in 0..high {
                    let source = rows.next().expect("a row for each row");
                    let Some(row) = (y * stride + down).checked_sub(1).filter(|&r| r < height)
                    else {
                        continue;
                    };
                    let row = &mut plane[row * width..(row + 1) * width];
                    if stride == 1 {
                        let (row, source) = match right {
                            0 => (&mut row[..wide - 1], &source[1..]),
                            1 => (row, source),
                            _ => (&mut row[1..], &source[..wide - 1]),
                        };
                        for (pixel, change) in row.iter_mut().zip(source) {
                            *pixel += change;
                        }
                    } else {
                        for (x, change) in source.iter().enumerate() {
                            let column = (x * stride + right).checked_sub(1);
                            if let Some(pixel) = column.and_then(|column| row.get_mut(column)) {
                                *pixel += change;
                            }
                        }
                    }
                }
            }
        }
    }
}
