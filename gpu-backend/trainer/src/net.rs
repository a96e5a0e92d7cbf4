//! Small convolutional networks: their layers, their parameters, and a pass
//! forwards or backwards. Values are ordered by channel, then by sample, so
//! that a layer is one matrix product for a whole batch. `train` fits the
//! parameters.

mod block;
mod pool;
mod product;
mod tap;
#[cfg(test)]
mod tests;

use crate::dice::Dice;

pub use block::Block;
pub use tap::{Reading, Tap};

/// An operation of a network; they follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    /// Convolves 3 by 3, normalises, and drops values below 0.
    Block(Block),
    /// Keeps the largest value of each 2 by 2.
    Pool,
    /// Reads an output; its input passes on unchanged.
    Tap(Tap),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Number of planes per sample.
    pub channels: usize,
    /// Number of samples.
    pub count: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Columns of a plane.
    pub width: usize,
    /// By channel, sample, row, column.
    pub data: Vec<f32>,
}

impl Batch {
    pub fn zeros(channels: usize, count: usize, height: usize, width: usize) -> Self {
        let data = vec![0.0; channels * count * height * width];
        Self { channels, count, height, width, data }
    }

    /// Another of the same shape, all zeros.
    #[must_use]
    pub fn blank(&self) -> Self {
        Self::zeros(self.channels, self.count, self.height, self.width)
    }

    /// Number of values in one channel over all samples.
    pub const fn row(&self) -> usize {
        self.count * self.height * self.width
    }

    /// Number of values in one plane.
    pub const fn plane(&self) -> usize {
        self.height * self.width
    }

    /// One sample's plane.
    pub fn of(&self, channel: usize, sample: usize) -> &[f32] {
        let at = channel * self.row() + sample * self.plane();
        &self.data[at..at + self.plane()]
    }

    /// One sample's plane.
    pub fn of_mut(&mut self, channel: usize, sample: usize) -> &mut [f32] {
        let plane = self.plane();
        let at = channel * self.row() + sample * plane;
        &mut self.data[at..at + plane]
    }
}

/// A network and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub layers: Vec<Layer>,
    /// Fitted parameters, layer by layer.
    pub weights: Vec<f32>,
    /// Running means and variances, for use after training.
    pub habits: Vec<f32>,
}

/// What one layer remembers of a training pass.
enum Trace {
    Block(block::Trace),
    Pool(pool::Trace),
    Tap(Batch),
}

/// What a training pass leaves for the backward pass.
pub struct Tape {
    traces: Vec<Trace>,
    /// Means and variances of this batch, as in [`Net::habits`].
    pub seen: Vec<f32>,
}

impl Net {
    /// A network with random weights (He).
    pub fn new(layers: Vec<Layer>, seed: u64) -> Self {
        let mut dice = Dice::new(0x6e65_7400, seed);
        let mut weights = Vec::new();
        let mut habits = Vec::new();
        for layer in &layers {
            match layer {
                Layer::Block(block) => {
                    block.begin(&mut dice, &mut weights);
                    habits.extend(vec![0.0; block.to]);
                    habits.extend(vec![1.0; block.to]);
                }
                Layer::Pool => {}
                Layer::Tap(tap) => tap.begin(&mut dice, &mut weights),
            }
        }
        Self { layers, weights, habits }
    }

    /// The parameters of each layer: weights and a bias for each output, with
    /// all normalisation folded in. Empty for a pool.
    pub fn folded(&self) -> Vec<(Vec<f32>, Vec<f32>)> {
        let (mut at, mut habit) = (0, 0);
        let layers = self.layers.iter().map(|layer| match layer {
            Layer::Block(block) => {
                let own = &self.weights[at..at + block.weights()];
                let habits = &self.habits[habit..habit + 2 * block.to];
                at += block.weights();
                habit += 2 * block.to;
                block.folded(own, habits)
            }
            Layer::Pool => (Vec::new(), Vec::new()),
            Layer::Tap(tap) => {
                let own = &self.weights[at..at + tap.weights()];
                at += tap.weights();
                let (weights, biases) = own.split_at(tap.from * tap.to);
                (weights.to_vec(), biases.to_vec())
            }
        });
        layers.collect()
    }

    /// A pass that records what the backward pass needs.
    pub fn learn(&self, input: Batch) -> (Vec<Batch>, Tape) {
        let mut value = input;
        let mut outputs = Vec::new();
        let mut tape = Tape { traces: Vec::new(), seen: Vec::with_capacity(self.habits.len()) };
        let mut at = 0;
        for layer in &self.layers {
            let trace = match layer {
                Layer::Block(block) => {
                    let weights = &self.weights[at..at + block.weights()];
                    at += block.weights();
                    let (next, trace) = block.learn(weights, value, &mut tape.seen);
                    value = next;
                    Trace::Block(trace)
                }
                Layer::Pool => {
                    let (next, trace) = pool::learn(&value);
                    value = next;
                    Trace::Pool(trace)
                }
                Layer::Tap(tap) => {
                    outputs.push(tap.read(&self.weights[at..at + tap.weights()], &value));
                    at += tap.weights();
                    Trace::Tap(value.clone())
                }
            };
            tape.traces.push(trace);
        }
        (outputs, tape)
    }

    /// The gradient of the loss by each weight, from its gradients by each
    /// output.
    #[expect(clippy::missing_panics_doc, reason = "the expectations state why none happens")]
    pub fn back(&self, tape: Tape, slopes: &[Batch]) -> Vec<f32> {
        let mut change = vec![0.0; self.weights.len()];
        let mut slopes = slopes.iter().rev();
        let mut at = self.weights.len();
        let mut slope: Option<Batch> = None;
        for (index, (layer, trace)) in self.layers.iter().zip(tape.traces).enumerate().rev() {
            slope = match (layer, trace) {
                (Layer::Block(block), Trace::Block(trace)) => {
                    at -= block.weights();
                    let span = at..at + block.weights();
                    let out = slope.expect("a network ends with a tap");
                    block.back(&self.weights[span.clone()], trace, out, &mut change[span], index)
                }
                (Layer::Pool, Trace::Pool(trace)) => {
                    Some(pool::back(&trace, &slope.expect("a network ends with a tap")))
                }
                (Layer::Tap(tap), Trace::Tap(input)) => {
                    at -= tap.weights();
                    let span = at..at + tap.weights();
                    let own = slopes.next().expect("a slope for each output");
                    let weights = &self.weights[span.clone()];
                    let mut total = slope.unwrap_or_else(|| input.blank());
                    tap.back(weights, &input, own, &mut change[span], &mut total);
                    Some(total)
                }
                _ => unreachable!("each layer leaves its own trace"),
            };
        }
        change
    }

    /// A pass of the finished network.
    pub fn run(&self, input: Batch) -> Vec<Batch> {
        let mut value = input;
        let mut outputs = Vec::new();
        for (layer, (weights, biases)) in self.layers.iter().zip(self.folded()) {
            match layer {
                Layer::Block(block) => value = block.run(&weights, &biases, &value),
                Layer::Pool => value = pool::learn(&value).0,
                Layer::Tap(tap) => outputs.push(tap.read(&[weights, biases].concat(), &value)),
            }
        }
        outputs
    }
}
