//! A classifier on photos whose things are known: how often it names them, how far
//! apart the engines are, and how many photos a second the processor does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use munjigi_gpu_backend::clock::Stopwatch;
use munjigi_gpu_backend::engine::Engine as _;
use munjigi_gpu_backend::engine::choice::Engines;
use munjigi_gpu_backend::onnx::Canonical;
use munjigi_gpu_backend::registry::{Entry, Input, Opened, Outputs};
use munjigi_gpu_backend::task::{classify, feed};
use munjigi_gpu_backend::trust::difference;
use munjigi_gpu_backend::upload::{Fit, check, place};
use serde::Deserialize;

/// Photos that are computed together.
const BATCH: usize = 8;
/// Labels that count as a good guess.
const GUESSES: usize = 5;
/// Percent of the photos with a label that must be named at once, and among
/// [`GUESSES`]: EfficientNet-Lite0 names 77 and 95, and weights that were misread
/// none.
const LEAST: [usize; 2] = [70, 90];

/// Labels that name what a photo shows, by folder and by the photo's name without
/// the digits at its end.
#[derive(Deserialize)]
struct Truth(BTreeMap<String, BTreeMap<String, Vec<String>>>);

struct Photo {
    folder: String,
    path: PathBuf,
    /// Places of the right labels; none where the network has no label for it.
    right: BTreeSet<usize>,
}

#[derive(Default)]
struct Counted {
    photos: usize,
    named: usize,
    first: usize,
    among: usize,
}

/// Computes every photo on the processor and some batches on the adapter as well, and
/// prints a row for each folder. Fails where the engines
/// are further apart than the model's manifest admits.
pub fn measure(
    engines: &Engines,
    model: &Path,
    photos: &Path,
    truth: &Path,
    compared: usize,
) -> Result<()> {
    let Opened { entry, graph, outputs, .. } = Entry::read(model)?.open()?;
    let manifest = entry.manifest;
    let Outputs::Classes(scores) = outputs else { bail!("{} is no classifier", manifest.name) };
    let truth: Truth = toml::from_str(&std::fs::read_to_string(truth)?)?;
    let photos = list(photos, &truth, &manifest.labels)?;
    let canonical = Canonical::new(&graph, BATCH)?;
    let cpu = engines.cpu.load(&canonical)?;

    let clock = Stopwatch::start();
    let mut batches = Vec::new();
    for group in photos.chunks(BATCH) {
        let mut numbers = Vec::new();
        for photo in group {
            numbers.extend(input(&photo.path, &manifest.input)?);
        }
        let one = numbers.len() / group.len();
        numbers.resize(one * BATCH, 0.0);
        let answers = cpu.run(&[&numbers])?.swap_remove(0);
        batches.push((numbers, answers));
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred photos")]
    let rate = photos.len() as f64 / clock.elapsed().as_secs_f64();

    let labels = manifest.labels.len();
    let mut folders: BTreeMap<&str, Counted> = BTreeMap::new();
    for (photo, answers) in
        photos.iter().zip(batches.iter().flat_map(|(_, answers)| answers.chunks(labels)))
    {
        let guesses = classify(answers, scores, labels)?;
        let is_right =
            |guess: &munjigi_gpu_backend::task::Score| photo.right.contains(&guess.label);
        let counted = folders.entry(&photo.folder).or_default();
        counted.photos += 1;
        counted.named += usize::from(!photo.right.is_empty());
        counted.first += usize::from(guesses.first().is_some_and(is_right));
        counted.among += usize::from(guesses.iter().take(GUESSES).any(is_right));
    }
    println!("| folder | photos | with a label of the network's | right at once | among five |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    let mut all = Counted::default();
    for (folder, Counted { photos, named, first, among }) in folders {
        println!("| {folder} | {photos} | {named} | {first} | {among} |");
        all.photos += photos;
        all.named += named;
        all.first += first;
        all.among += among;
    }
    let Counted { photos: count, named, first, among } = all;
    println!("| all | {count} | {named} | {first} | {among} |\n");
    let [least_first, least_among] = LEAST.map(|percent| named * percent / 100);
    ensure!(named > 0, "no photo shows anything that the network knows");
    ensure!(first >= least_first && among >= least_among, "it names too few of them");
    println!("{rate:.1} photos a second on the processor, from file to label");

    let Some(gpu) = &engines.gpu else { return Ok(()) };
    let session = gpu.load(&canonical)?;
    let mut furthest = 0.0_f32;
    for (numbers, wanted) in batches.iter().take(compared) {
        let found = session.run(&[numbers])?.swap_remove(0);
        furthest = furthest.max(difference(&found, wanted).relative);
    }
    println!("the engines are {furthest:.1e} of the largest number apart at most");
    let tolerance = manifest.tolerance;
    ensure!(furthest <= tolerance, "more than {tolerance}");
    Ok(())
}

fn list(folder: &Path, Truth(truth): &Truth, labels: &[String]) -> Result<Vec<Photo>> {
    let mut photos = Vec::new();
    let mut unused: BTreeSet<(String, String)> = BTreeSet::new();
    for (kind, names) in truth {
        unused.extend(names.keys().map(|name| (kind.clone(), name.clone())));
    }
    for kind in sorted(folder)? {
        let kind_name = name(&kind)?;
        for path in sorted(&kind)? {
            if path.extension().is_none_or(|end| end != "webp") {
                continue;
            }
            let stem = path.file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
            let thing = stem.trim_end_matches(|letter: char| letter.is_ascii_digit());
            let said = truth.get(&kind_name).and_then(|things| things.get(thing));
            unused.remove(&(kind_name.clone(), thing.to_owned()));
            let right = said.map(|said| places(said, labels)).transpose()?.unwrap_or_default();
            photos.push(Photo { folder: kind_name.clone(), path, right });
        }
    }
    ensure!(unused.is_empty(), "there are no such photos: {unused:?}");
    Ok(photos)
}

/// Labels by name, or by their places: `151-268`.
fn places(said: &[String], labels: &[String]) -> Result<BTreeSet<usize>> {
    let mut found = BTreeSet::new();
    for text in said {
        let range = text.split_once('-').and_then(|(first, last)| {
            Some(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?)
        });
        if let Some(range) = range {
            found.extend(range);
            continue;
        }
        let place = labels.iter().position(|label| label == text);
        found.insert(place.with_context(|| format!("the network has no label {text}"))?);
    }
    Ok(found)
}

fn input(path: &Path, input: &Input) -> Result<Vec<f32>> {
    let bytes = std::fs::read(path)?;
    let image = check(&bytes, None).and_then(|checked| checked.decode());
    let image = image.with_context(|| path.display().to_string())?;
    Ok(feed(input, &place(&image, input, Fit::Cover).pixels)?)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(std::ffi::OsStr::to_str);
    name.map(str::to_owned).with_context(|| path.display().to_string())
}
