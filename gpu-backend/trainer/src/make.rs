//! Makes the committed networks: draws, trains, exports, measures, writes.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::export;
use crate::harvest::{AREA, AreaRound, Record as _, SIDE, Scenes, Store, TileRecord, Use, Wide};
use crate::interval::Share;
use crate::likeliest::{largest, likeliest_cell};
use crate::net::{Batch, Net};
use crate::record::{Manifest, Record, load, run, write};
use crate::task::{Task, Things, Tiles, planes};
use crate::train::{Plan, train};

/// Number of drawing threads.
pub const THREADS: usize = 2;
/// The version that is committed.
pub const VERSION: &str = "1.0.0";

/// How much is drawn and learnt.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Pictures to learn from.
    pub pictures: usize,
    /// Pictures to measure with.
    pub held: usize,
    /// How the network is fitted.
    pub plan: Plan,
}

impl Effort {
    /// The file in which a run records its progress.
    fn note(&self, store: &Store, name: &str, scenes: Scenes) -> PathBuf {
        let Plan { seed, steps, batch, .. } = self.plan;
        store.file(&format!("{name}-{}-{steps}-{batch}-{seed}.run", self.pictures), scenes)
    }
}

/// The result of a run, besides the network.
pub struct Made {
    pub bytes: Vec<u8>,
    /// Right answers to the held-back pictures.
    pub held_out: Share,
    /// Number of fitted parameters.
    pub parameters: usize,
}

/// `scene-tile`.
pub fn tile(store: &Store, effort: Effort) -> Result<Made> {
    let records = store.records::<TileRecord>(Use::Learn, effort.pictures, THREADS)?;
    let note = effort.note(store, "scene-tile", Scenes::Tiles);
    let (net, _) = train(&Tiles { records: &records }, effort.plan, Some(&note))?;
    let bytes = export::tile(&net)?;
    let model = load(bytes.clone())?;
    let held = store.records::<TileRecord>(Use::Held, effort.held, THREADS)?;
    let mut share = Share { passed: 0, tried: 0 };
    for record in held.chunks_exact(TileRecord::BYTES).map(TileRecord::read) {
        let input = planes(&[record.rgb], SIDE, SIDE);
        let outputs = run(&model, &input)?;
        agrees(&net, &input, &outputs[0])?;
        share.tried += 1;
        share.passed += u32::from(largest(&outputs[0]) == record.kind);
    }
    Ok(Made { bytes, held_out: share, parameters: net.weights.len() })
}

/// `scene-things`: an answer is right if its point is within the mask of the
/// target.
pub fn things(store: &Store, effort: Effort) -> Result<Made> {
    let records = store.records::<Wide>(Use::Learn, effort.pictures, THREADS)?;
    let note = effort.note(store, "scene-things", Scenes::Areas);
    let (net, _) = train(&Things { records: &records }, effort.plan, Some(&note))?;
    let bytes = export::things(&net)?;
    let model = load(bytes.clone())?;
    let held = store.records::<AreaRound>(Use::Held, effort.held, THREADS)?;
    let mut share = Share { passed: 0, tried: 0 };
    for round in held.chunks_exact(AreaRound::BYTES).map(AreaRound::read) {
        let outputs = run(&model, &planes(&[round.rgb], AREA[1], AREA[0]))?;
        share.tried += 1;
        share.passed += u32::from(round.holds(likeliest_cell(&outputs[1], round.target)));
    }
    Ok(Made { bytes, held_out: share, parameters: net.weights.len() })
}

/// Writes a network with its manifest and record into a folder of models.
pub fn keep(
    folder: &Path,
    name: &str,
    effort: Effort,
    made: &Made,
    (date, training_seconds): (&str, u64),
) -> Result<()> {
    let (task, size, scenes, measure) = if name == "scene-tile" {
        let measure = "kinds named rightly, of tiles drawn at 64 x 64";
        ("classify", Tiles::SIZE, Scenes::Tiles, measure)
    } else {
        let measure = "points within the asked thing and its margin, of areas as served";
        ("segment", Things::SIZE, Scenes::Areas, measure)
    };
    let Plan { seed, steps, batch, .. } = effort.plan;
    let record = Record {
        command: format!(
            "munjigi-trainer {name} --pictures {} --held {} --steps {steps} --batch {batch} --seed {seed}",
            effort.pictures, effort.held
        ),
        date: date.to_owned(),
        scenes: scenes.hash().to_owned(),
        seed,
        pictures: effort.pictures,
        steps,
        batch,
        parameters: made.parameters,
        training_seconds,
        measure: measure.to_owned(),
        held_out: made.held_out,
        accuracy: made.held_out.rate(),
        interval: made.held_out.interval(),
    };
    write(folder, &Manifest { name, version: VERSION, task, size }, &record, &made.bytes)
}

/// Checks that the file gives the same answers as the network.
fn agrees(net: &Net, input: &Batch, outputs: &[f32]) -> Result<()> {
    let own = net.run(input.clone()).remove(0);
    let near = own.data.iter().zip(outputs).all(|(own, output)| (own - output).abs() < 1e-2);
    ensure!(near, "the exported file computes something else");
    Ok(())
}
