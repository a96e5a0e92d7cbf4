//! Fits a network to a task: batches split over threads, AdamW, a learning rate
//! that rises briefly and then falls as a cosine. The same plan gives the same
//! network: sums are computed in a fixed order.

use std::f32::consts::PI;
use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Result, ensure};

use crate::dice::Dice;
use crate::net::{Batch, Net};
use crate::task::Task;

/// How a network is fitted.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seed of weights, batches and augmentation.
    pub seed: u64,
    /// Number of batches.
    pub steps: usize,
    /// Samples per batch; even.
    pub batch: usize,
    /// The highest learning rate.
    pub rate: f32,
}

/// Each batch is normalised and differentiated in this many parts,
/// independently of the number of threads.
const PARTS: usize = 2;
/// Steps between checkpoints on disk.
const NOTE: usize = 250;

struct Run {
    net: Net,
    step: usize,
    /// Running means of gradients and of their squares.
    means: Vec<f32>,
    squares: Vec<f32>,
    loss: f32,
}

/// Fits a network. With a file, an interrupted run continues from its last
/// checkpoint there.
pub fn train<T: Task>(task: &T, plan: Plan, file: Option<&Path>) -> Result<(Net, f32)> {
    let mut run = Run::new(Net::new(T::layers(), plan.seed));
    if let Some(file) = file.filter(|file| file.exists()) {
        run.read(&fs::read(file)?)?;
    }
    while run.step < plan.steps {
        run.step(task, plan);
        if run.step.is_multiple_of(NOTE) || run.step == plan.steps {
            if let Some(file) = file {
                fs::write(file, run.bytes())?;
            }
            if file.is_some() {
                eprintln!("trained: step {} of {}, loss {:.3}", run.step, plan.steps, run.loss);
            }
        }
    }
    Ok((run.net, run.loss))
}

impl Run {
    fn new(net: Net) -> Self {
        let none = vec![0.0; net.weights.len()];
        Self { net, step: 0, means: none.clone(), squares: none, loss: 0.0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^24")]
    fn step<T: Task>(&mut self, task: &T, plan: Plan) {
        let share = plan.batch / PARTS;
        let net = &self.net;
        let number = self.step * PARTS;
        let parts: Vec<(f32, Vec<f32>, Vec<f32>)> = thread::scope(|scope| {
            let workers: Vec<_> = (number..number + PARTS)
                .map(|part| {
                    scope.spawn(move || learn(net, task, share, Dice::new(plan.seed, part as u64)))
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().expect("a pass does not panic"))
                .collect()
        });
        let loss = parts.iter().map(|part| part.0).sum::<f32>() / PARTS as f32;
        self.loss = if self.step == 0 { loss } else { self.loss.mul_add(0.98, loss * 0.02) };
        self.step += 1;
        let habit = (1.0 / self.step as f32).max(0.02);
        for (_, _, seen) in &parts {
            for (habits, seen) in self.net.habits.iter_mut().zip(seen) {
                *habits += (seen - *habits) * habit;
            }
        }
        let warm = (self.step as f32 / 60.0).min(1.0);
        let way = self.step as f32 / plan.steps as f32;
        let rate = plan.rate * warm * (0.5 + 0.5 * (PI * way).cos()).max(0.002);
        let corrections = [0.9_f32, 0.99].map(|keep| 1.0 - keep.powf(self.step as f32));
        for at in 0..self.net.weights.len() {
            let slope = parts.iter().map(|part| part.1[at]).sum::<f32>() / PARTS as f32;
            let (mean, square) = (&mut self.means[at], &mut self.squares[at]);
            *mean += (slope - *mean) * 0.1;
            *square += (slope * slope - *square) * 0.01;
            let size = (*square / corrections[1]).sqrt() + 1e-8;
            let weight = &mut self.net.weights[at];
            *weight -= rate * (*mean / corrections[0] / size + 0.02 * *weight);
        }
    }

    /// The whole state as numbers, for a file.
    #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^24")]
    fn bytes(&self) -> Vec<u8> {
        let lists = [&self.net.weights, &self.net.habits, &self.means, &self.squares];
        let numbers = lists.into_iter().flatten().copied();
        numbers.chain([self.step as f32, self.loss]).flat_map(f32::to_le_bytes).collect()
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a step was a whole number"
    )]
    fn read(&mut self, bytes: &[u8]) -> Result<()> {
        let numbers: Vec<f32> = bytes
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        let (weights, habits) = (self.net.weights.len(), self.net.habits.len());
        ensure!(numbers.len() == weights * 3 + habits + 2, "a note of another network");
        let mut rest = numbers.as_slice();
        let lists =
            [&mut self.net.weights, &mut self.net.habits, &mut self.means, &mut self.squares];
        for list in lists {
            let (own, others) = rest.split_at(list.len());
            list.copy_from_slice(own);
            rest = others;
        }
        self.step = rest[0] as usize;
        self.loss = rest[1];
        Ok(())
    }
}

/// Processes one part of a batch: returns the loss, its gradients, and the
/// means and variances seen.
fn learn<T: Task>(net: &Net, task: &T, count: usize, mut dice: Dice) -> (f32, Vec<f32>, Vec<f32>) {
    let [height, width] = T::SIZE;
    let plane = height * width;
    let mut input = Batch::zeros(3, count, height, width);
    let mut targets = vec![0.0; count * T::TARGET];
    let mut planes = vec![0.0; 3 * plane];
    for (sample, target) in targets.chunks_exact_mut(T::TARGET).enumerate() {
        task.sample(&mut dice, &mut planes, target);
        for (channel, plane) in planes.chunks_exact(plane).enumerate() {
            input.of_mut(channel, sample).copy_from_slice(plane);
        }
    }
    let (outputs, tape) = net.learn(input);
    let (loss, slopes) = T::loss(&outputs, &targets);
    let seen = tape.seen.clone();
    (loss, net.back(tape, &slopes), seen)
}
