//! A picture as a network's input.

use super::Misfit;
use crate::registry::Input;

/// Converts a picture of the input's size, with interleaved channels, into
/// normalised planes, one per channel.
pub fn feed(input: &Input, pixels: &[u8]) -> Result<Vec<f32>, Misfit> {
    let Input { channels, height, width, ref mean, ref deviation } = *input;
    Misfit::check("the picture", pixels.len(), channels * height * width)?;
    let planes = mean.iter().zip(deviation).enumerate();
    Ok(planes
        .flat_map(|(channel, (mean, deviation))| {
            let plane = pixels.iter().skip(channel).step_by(channels);
            plane.map(move |&pixel| (f32::from(pixel) / 255.0 - mean) / deviation)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_planes() {
        let (mean, deviation) = (vec![0.0, 0.5, 1.0], vec![1.0, 0.5, 1.0]);
        let input = Input { channels: 3, height: 1, width: 2, mean, deviation };
        let planes = feed(&input, &[255, 0, 255, 0, 255, 0]).unwrap();
        assert_eq!(planes, [1.0, 0.0, -1.0, 1.0, 0.0, -1.0]);
        assert!(feed(&input, &[0; 5]).is_err());
    }
}
