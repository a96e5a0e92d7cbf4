//! Training: logistic regression over the signs, with a Gaussian prior around
//! what signs are worth everywhere. The weights are the most probable ones.
//!
//! Both classes count alike, however many labels each has: owners report fraud
//! more eagerly than its absence, so the share of labels says nothing of the
//! share of visits. Choosing by outcome distorts the intercept alone and no
//! weight (Prentice and Pyke 1979), and the intercept is then set for the share
//! that every score assumes (`munjigi_captcha::weights::BIAS`). Together, the
//! labels count as their harmonic mean for each class: two hundred of one kind
//! and a million of the other tell little more than four hundred.

use munjigi_captcha::weights::{
    BIAS, CONVICTION, MOST, MOST_BIAS, Weight, Weights, features, prior, weight,
};
use munjigi_protocol::{ScoreWeights, Sign};

use super::Label;
use super::cholesky::Symmetric;
use super::counted::{Counted, Tally};

/// Labels of each kind from which a site gets weights of its own.
pub const NEEDED: u32 = 200;

/// The standard deviation of the prior, in log-odds: a sign's odds at a site are
/// taken to be within a factor of e² (seven) of what they are everywhere for two
/// sites in three. In `docs/reports/scores.md`, narrower ones lose more where a site
/// differs than they win where it does not, and wider ones win next to nothing.
pub const WIDTH: f64 = 2.0;

/// Steps of Newton's method; five to ten are enough.
const STEPS: usize = 60;

/// The largest change of a last step, in log-odds: a tenth of what the wire
/// can tell.
const DONE: f64 = 1e-4;

/// Why there are no weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrained {
    /// Fewer labels than [`NEEDED`] of one kind: no error, since more may come.
    #[error("{legitimate} labels say legitimate and {fraudulent} fraudulent, of {NEEDED} each")]
    TooFew {
        /// Labels that say "legitimate".
        legitimate: u32,
        /// Labels that say "fraudulent".
        fraudulent: u32,
    },
    /// The calculation came to no finite numbers, or to none that an edge
    /// accepts: a mistake of this release.
    #[error("the training came to no result")]
    NoResult,
}

/// The weights of a site after these labels.
///
/// # Errors
///
/// [`Untrained::TooFew`] where the site keeps what it has.
pub fn fit(labels: &[Label], version: u32) -> Result<Weights, Untrained> {
    fit_as_sure(labels, version, WIDTH)
}

/// The same with a prior of another standard deviation, in log-odds.
///
/// # Errors
///
/// As [`fit`]; [`Untrained::NoResult`] too where the deviation is not above 0.
pub fn fit_as_sure(labels: &[Label], version: u32, width: f64) -> Result<Weights, Untrained> {
    let counted = Counted::of(labels);
    let Tally { legitimate, fraudulent } = counted.all;
    if !counted.all.has(NEEDED) {
        return Err(Untrained::TooFew { legitimate, fraudulent });
    }
    let found = Problem::of(&counted, width).solve().ok_or(Untrained::NoResult)?;
    let mut found = found.into_iter();
    let bias = BIAS + thousandths(found.next().ok_or(Untrained::NoResult)?)?;
    let weights = features()
        .zip(found)
        .map(|(sign, value)| Ok((sign, within_bounds(sign, thousandths(value)?))))
        .filter(|entry| !matches!(entry, Ok((_, 0))))
        .collect::<Result<_, Untrained>>()?;
    let bias = bias.clamp(-MOST_BIAS, MOST_BIAS);
    Weights::parse(&ScoreWeights { version, bias, weights }).map_err(|_| Untrained::NoResult)
}

fn within_bounds(sign: Sign, adds: i32) -> i32 {
    let least = if weight(sign) == Weight::Convicts { CONVICTION } else { -MOST };
    adds.clamp(least, MOST)
}

/// Log-odds in thousandths.
fn thousandths(value: f64) -> Result<i32, Untrained> {
    if !value.is_finite() || value.abs() > 1_000.0 {
        return Err(Untrained::NoResult);
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most a million")]
    let rounded = (value * 1_000.0).round() as i32;
    Ok(rounded)
}

/// One set of signs, and how much its labels weigh.
struct Row {
    /// Places of its signs among the parameters, ascending; 0 is the bias.
    places: Vec<usize>,
    legitimate: f64,
    fraudulent: f64,
}

struct Parameter {
    /// What it is everywhere, in log-odds; of the bias, what is left when the
    /// share of frauds is taken away.
    prior: f64,
    least: f64,
    most: f64,
    /// How sure that is: one by the variance of the prior.
    precision: f64,
}

struct Problem {
    parameters: Vec<Parameter>,
    rows: Vec<Row>,
}

impl Problem {
    fn of(counted: &Counted, width: f64) -> Self {
        let [legitimate, fraudulent] =
            [counted.all.legitimate, counted.all.fraudulent].map(f64::from);
        let each = 2.0 * legitimate * fraudulent / (legitimate + fraudulent);
        let precision = 1.0 / (width * width);
        let log_odds = |thousandths: i32| f64::from(thousandths) / 1_000.0;
        let bias = Parameter {
            prior: 0.0,
            least: log_odds(-MOST_BIAS - BIAS),
            most: log_odds(MOST_BIAS - BIAS),
            precision,
        };
        let of_sign = |sign: Sign| {
            let [least, most] = match weight(sign) {
                // These are never learned from labels.
                Weight::Convicts => [CONVICTION, CONVICTION],
                Weight::Client(_) | Weight::Circumstance(_) | Weight::Nothing => [-MOST, MOST],
            };
            let [prior, least, most] = [prior(sign), least, most].map(log_odds);
            Parameter { prior, least, most, precision }
        };
        let rows = counted.rows().map(|(signs, tally)| {
            let held = features().enumerate().filter(|(_, sign)| signs.has(*sign));
            Row {
                places: std::iter::once(0).chain(held.map(|(place, _)| place + 1)).collect(),
                legitimate: f64::from(tally.legitimate) * each / legitimate,
                fraudulent: f64::from(tally.fraudulent) * each / fraudulent,
            }
        });
        let parameters = std::iter::once(bias).chain(features().map(of_sign)).collect();
        Self { parameters, rows: rows.collect() }
    }

    /// The most probable parameters within their bounds. What is beyond a bound
    /// is held there, and the others are found again.
    fn solve(&self) -> Option<Vec<f64>> {
        let mut held: Vec<Option<f64>> = self
            .parameters
            .iter()
            .map(|parameter| (parameter.most <= parameter.least).then_some(parameter.least))
            .collect();
        loop {
            let found = self.newton(&held)?;
            let mut beyond = false;
            for ((held, value), parameter) in held.iter_mut().zip(&found).zip(&self.parameters) {
                let within = value.clamp(parameter.least, parameter.most);
                if held.is_none() && (within - value).abs() > 0.0 {
                    *held = Some(within);
                    beyond = true;
                }
            }
            if !beyond {
                return Some(found);
            }
        }
    }

    /// Newton's method over what is not held, with steps halved until they help.
    fn newton(&self, held: &[Option<f64>]) -> Option<Vec<f64>> {
        let mut at: Vec<f64> = held
            .iter()
            .zip(&self.parameters)
            .map(|(held, parameter)| held.unwrap_or(parameter.prior))
            .collect();
        let mut cost = self.cost(&at);
        for _ in 0..STEPS {
            let step = self.step(&at, held)?;
            let mut part = 1.0;
            let (next, lower) = loop {
                let next: Vec<f64> =
                    at.iter().zip(&step).map(|(value, by)| value - part * by).collect();
                let lower = self.cost(&next);
                if lower <= cost || part < 1e-9 {
                    break (next, lower);
                }
                part /= 2.0;
            };
            let change = step.iter().fold(0.0_f64, |most, by| most.max(by.abs())) * part;
            (at, cost) = (next, lower);
            if change < DONE {
                return cost.is_finite().then_some(at);
            }
        }
        None
    }

    /// The negative logarithm of how probable parameters are.
    fn cost(&self, at: &[f64]) -> f64 {
        let of_prior: f64 = self
            .parameters
            .iter()
            .zip(at)
            .map(|(parameter, value)| parameter.precision * (value - parameter.prior).powi(2) / 2.0)
            .sum();
        let of_row = |row: &Row| {
            let odds = row.odds(at);
            row.legitimate * softplus(odds) + row.fraudulent * softplus(-odds)
        };
        of_prior + self.rows.iter().map(of_row).sum::<f64>()
    }

    /// The inverse of the curvature, times the slope.
    fn step(&self, at: &[f64], held: &[Option<f64>]) -> Option<Vec<f64>> {
        let mut slope: Vec<f64> = Vec::with_capacity(at.len());
        let mut curvature = Symmetric::zero(at.len());
        for (place, (parameter, value)) in self.parameters.iter().zip(at).enumerate() {
            slope.push(parameter.precision * (value - parameter.prior));
            curvature.add(place, place, parameter.precision);
        }
        for row in &self.rows {
            let chance = 1.0 / (1.0 + (-row.odds(at)).exp());
            let weighs = row.legitimate + row.fraudulent;
            let error = weighs * chance - row.fraudulent;
            let bend = weighs * chance * (1.0 - chance);
            let free = || row.places.iter().copied().filter(|place| held[*place].is_none());
            for place in free() {
                slope[place] += error;
                for below in free().take_while(|below| *below <= place) {
                    curvature.add(place, below, bend);
                }
            }
        }
        for (slope, held) in slope.iter_mut().zip(held) {
            if held.is_some() {
                *slope = 0.0;
            }
        }
        curvature.solve(&slope)
    }
}

impl Row {
    fn odds(&self, at: &[f64]) -> f64 {
        self.places.iter().map(|place| at[*place]).sum()
    }
}

/// `ln(1 + e^x)` without an overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
