use image::{ExtendedColorType, ImageEncoder};

use super::*;
use crate::registry::Input;

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at % 251) as u8).collect();
    encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn decoded(bytes: &[u8], declared: Option<&str>) -> Result<RgbImage, ImageError> {
    check(bytes, declared)?.decode()
}

#[test]
fn an_image_is_what_its_bytes_say() {
    let png = png(20, 10);
    for declared in
        [None, Some("image/png"), Some("IMAGE/PNG; q=1"), Some("application/octet-stream")]
    {
        assert_eq!(decoded(&png, declared).unwrap().dimensions(), (20, 10));
    }
    let declared = "image/jpeg".to_owned();
    let found = ImageType::Png;
    assert_eq!(
        decoded(&png, Some("image/jpeg")).unwrap_err(),
        ImageError::Mismatch { declared, found }
    );
    assert_eq!(decoded(&png, Some("image/gif")).unwrap_err(), ImageError::Unsupported);
}

#[test]
fn transparency_is_white() {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let pixels = [255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128];
    encoder.write_image(&pixels, 3, 1, ExtendedColorType::Rgba8).unwrap();
    let image = decoded(&bytes, None).unwrap();
    assert_eq!(image.into_raw(), [255, 0, 0, 255, 255, 255, 127, 127, 127]);
}

fn input(channels: usize, height: usize, width: usize) -> Input {
    Input { channels, height, width, mean: vec![0.0; channels], deviation: vec![1.0; channels] }
}

#[test]
fn a_wide_image_is_cut_for_a_classifier_and_kept_for_a_segmenter() {
    let mut image = RgbImage::from_pixel(40, 20, Rgb([10, 20, 30]));
    image.put_pixel(0, 0, Rgb([255; 3]));
    let cut = place(&image, &input(3, 10, 10), Fit::Cover);
    assert!(cut.pixels.chunks(3).all(|pixel| pixel == [10, 20, 30]));
    assert_eq!((cut.scale.to_bits(), cut.left.to_bits()), (0.5_f32.to_bits(), (-5_f32).to_bits()));
    let whole = place(&image, &input(3, 10, 10), Fit::Contain);
    assert_eq!(whole.pixels[..3], [114; 3]);
    assert_eq!(whole.pixels[3 * 45..3 * 45 + 3], [10, 20, 30]);
    assert_eq!(whole.top.to_bits(), 2_f32.to_bits());
}

#[test]
fn every_size_fits_every_network() {
    for (width, height) in [(1, 1), (1, 300), (300, 1), (3, 7), (640, 480)] {
        for fit in [Fit::Cover, Fit::Contain] {
            for channels in [1, 3] {
                let image = RgbImage::new(width, height);
                let placed = place(&image, &input(channels, 32, 64), fit);
                assert_eq!(placed.pixels.len(), channels * 32 * 64);
            }
        }
    }
}
