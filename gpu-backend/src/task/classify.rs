//! Scores of a classifier.

use super::Misfit;
use crate::registry::outputs::Scores;

/// A label and how sure the network is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Its index in the manifest's list.
    pub label: usize,
    /// 0 to 1; the sum over all labels is 1.
    pub probability: f32,
}

/// Converts one sample's scores into probabilities, likeliest first. `labels`
/// is the number of labels in the manifest.
pub fn classify(scores: &[f32], are: Scores, labels: usize) -> Result<Vec<Score>, Misfit> {
    Misfit::check("the output", scores.len(), labels)?;
    let probabilities = match are {
        Scores::Raw => softmax(scores),
        Scores::Probabilities => scores.to_vec(),
    };
    let found = probabilities.into_iter().enumerate();
    let mut found: Vec<_> =
        found.map(|(label, probability)| Score { label, probability }).collect();
    found.sort_by(|left, right| right.probability.total_cmp(&left.probability));
    Ok(found)
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    // The largest is subtracted first: powers of large scores overflow.
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_the_likeliest_comes_first() {
        let found = classify(&[1.0, 900.0, 899.0], Scores::Raw, 3).unwrap();
        assert_eq!(found[0].label, 1);
        assert!((found[0].probability - 0.731).abs() < 1e-3);
        assert!((found.iter().map(|score| score.probability).sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn probabilities_of_a_network_that_ends_with_a_softmax_are_taken_as_they_are() {
        let found = classify(&[0.04, 0.96], Scores::Probabilities, 2).unwrap();
        assert_eq!(found[0], Score { label: 1, probability: 0.96 });
    }

    #[test]
    fn another_number_of_labels_is_a_misfit() {
        let wanted = Misfit { what: "the output", found: 2, wanted: 3 };
        assert_eq!(classify(&[0.0, 1.0], Scores::Raw, 3), Err(wanted));
    }
}
