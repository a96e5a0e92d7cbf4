//! Vectors whose dot product says how similar two pictures are.

/// Scales a vector to length 1; a zero vector stays zero.
pub fn embed(output: &[f32]) -> Vec<f32> {
    let length = output.iter().map(|x| x * x).sum::<f32>().sqrt();
    let scale = if length > 0.0 { length.recip() } else { 0.0 };
    output.iter().map(|x| x * scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one_or_is_nothing() {
        assert_eq!(embed(&[3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(embed(&[0.0, 0.0]), [0.0, 0.0]);
    }
}
