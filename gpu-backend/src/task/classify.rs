//! Scores of a classifier.

use super::Misfit;

/// A label and how sure the network is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Its place in the manifest's list.
    pub label: usize,
    /// From 0 to 1; over all labels they sum to 1.
    pub probability: f32,
}

/// Turns one sample's raw scores (before any softmax) into probabilities,
/// likeliest first. `labels` is how many the manifest lists.
pub fn classify(scores: &[f32], labels: usize) -> Result<Vec<Score>, Misfit> {
    Misfit::check("the output", scores.len(), labels)?;
    // The largest is taken off first: powers of large scores overflow.
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    let probabilities = powers.iter().map(|power| power / sum).enumerate();
    let mut found: Vec<_> =
        probabilities.map(|(label, probability)| Score { label, probability }).collect();
    found.sort_by(|left, right| right.probability.total_cmp(&left.probability));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_the_likeliest_comes_first() {
        let found = classify(&[1.0, 900.0, 899.0], 3).unwrap();
        assert_eq!(found[0].label, 1);
        assert!((found[0].probability - 0.731).abs() < 1e-3);
        assert!((found.iter().map(|score| score.probability).sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn another_number_of_labels_is_a_misfit() {
        let wanted = Misfit { what: "the output", found: 2, wanted: 3 };
        assert_eq!(classify(&[0.0, 1.0], 3), Err(wanted));
    }
}
