//! Prints how long pictures take to draw on the CPU, their size in bytes, and
//! the distribution of their clarity: `cargo run --release --example
//! measure_pictures`.

use munjigi_gpu_backend::clock::Stopwatch;
use munjigi_gpu_backend::draw::{Ask, draw};
use munjigi_protocol::{PictureType, RightRound};
use munjigi_scene::Seed;

fn main() {
    let count: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20);
    let folder = std::env::args().nth(2);
    for &picture_type in PictureType::ALL {
        let stopwatch = Stopwatch::start();
        let (mut bytes, mut clarity, mut covered) = (vec![], vec![], vec![]);
        for number in 0..count {
            let ask =
                Ask { picture_type, seed: Seed::numbered(number.into()), seed_text: String::new() };
            let picture = draw(&ask, &|| true).expect("no one leaves").picture;
            bytes.push(picture.images.iter().map(|image| image.data.len() * 3 / 4).sum::<usize>());
            clarity.push(format!("{:.2}", picture.clarity));
            if let RightRound::Area { mask, .. } = &picture.answer {
                covered.push(mask.iter().map(|byte| byte.count_ones()).sum::<u32>());
            }
            if let Some(folder) = &folder {
                for (index, image) in picture.images.iter().enumerate() {
                    let data = munjigi_protocol::base64::decode(&image.data).expect("ours");
                    let end = image.content_type.trim_start_matches("image/");
                    let name = format!("{}-{number}-{index}.{end}", picture_type.as_str());
                    std::fs::write(format!("{folder}/{name}"), data).expect("the folder is there");
                }
            }
        }
        bytes.sort_unstable();
        clarity.sort();
        covered.sort_unstable();
        println!(
            "{picture_type:?}: {:.3} s each",
            stopwatch.elapsed().as_secs_f64() / f64::from(count)
        );
        println!("  bytes {bytes:?}\n  clarity {clarity:?}\n  squares of 2400 {covered:?}");
    }
}
