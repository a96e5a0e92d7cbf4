//! Pictures to learn from and challenges to answer, drawn once and kept on
//! disk: a set is a file of records of one size, the n-th of them drawn from
//! the n-th seed of the set. An interrupted run continues where it stopped.

mod area;
mod grid;
mod turn;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use munjigi_scene::{Area, Kind, Seed, Tile, Turn, render, tile};
use sha2::{Digest, Sha256};

pub use area::{AREA, AreaRound, COLUMNS, JUDGED, ROWS, Wide};
pub use grid::{GridRound, SIDE, TileRecord};
pub use turn::{TurnRound, VIEWS, View};

/// How a record is drawn.
pub trait Record {
    /// Size of a record.
    const BYTES: usize;
    /// Name of the records, part of file names and seeds.
    const NAME: &'static str;
    /// The scenes that it shows.
    const SCENES: Scenes;
    /// Draws one.
    fn draw(seed: Seed) -> Result<Vec<u8>>;
}

/// What pictures are used for. No program learns from pictures that it is tried
/// on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// What attackers learn from, and the committed networks.
    Learn,
    /// Held back for measurements.
    Held,
    /// What attackers are tried on.
    Tried,
    Checked,
}

impl Use {
    const fn name(self) -> &'static str {
        match self {
            Self::Learn => "learn",
            Self::Held => "held",
            Self::Tried => "tried",
            Self::Checked => "checked",
        }
    }
}

/// The n-th seed of a use.
pub fn seed(use_of: Use, name: &str, number: usize) -> Seed {
    let text = format!("munjigi-trainer {} {name} {number}", use_of.name());
    Seed(Sha256::digest(text).into())
}

/// A folder of drawn sets and of files derived from them.
#[derive(Clone, Debug)]
pub struct Store {
    /// Each file is named after the scenes that it was made from.
    pub folder: PathBuf,
}

impl Store {
    /// A folder; it need not exist yet.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// A file that belongs to the present scenes: when these change, everything
    /// made from them is made again.
    pub fn file(&self, name: &str, scenes: Scenes) -> PathBuf {
        self.folder.join(format!("{}-{name}", scenes.hash()))
    }

    /// The first `count` records of a set; missing ones are drawn by this many
    /// threads.
    pub fn records<R: Record>(&self, use_of: Use, count: usize, threads: usize) -> Result<Vec<u8>> {
        let path = self.file(&format!("{}-{}.bin", R::NAME, use_of.name()), R::SCENES);
        let mut bytes = if path.exists() { fs::read(&path)? } else { Vec::new() };
        let whole = bytes.len() / R::BYTES * R::BYTES;
        if whole >= count * R::BYTES {
            bytes.truncate(count * R::BYTES);
            return Ok(bytes);
        }
        bytes.truncate(whole);
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.set_len(whole as u64)?;
        while bytes.len() < count * R::BYTES {
            let have = bytes.len() / R::BYTES;
            let round = (count - have).min(threads * 16);
            let drawn = draw::<R>(use_of, have, round, threads)?;
            append(&mut file, &drawn)?;
            bytes.extend(drawn);
            if have / 500 != (have + round) / 500 {
                eprintln!("drawn: {} {} of {count}", R::NAME, have + round);
            }
        }
        bytes.truncate(count * R::BYTES);
        Ok(bytes)
    }
}

fn append(file: &mut File, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes).context("a set grows")
}

fn draw<R: Record>(use_of: Use, from: usize, count: usize, threads: usize) -> Result<Vec<u8>> {
    let share = count.div_ceil(threads);
    let parts: Vec<Result<Vec<u8>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let numbers =
                    from + (worker * share).min(count)..from + ((worker + 1) * share).min(count);
                scope.spawn(move || {
                    let mut bytes = Vec::with_capacity(share * R::BYTES);
                    for number in numbers {
                        let record = R::draw(seed(use_of, R::NAME, number))?;
                        debug_assert_eq!(record.len(), R::BYTES);
                        bytes.extend(record);
                    }
                    Ok(bytes)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("drawing does not panic")).collect()
    });
    parts.into_iter().try_fold(Vec::new(), |mut all, part| {
        all.extend(part?);
        Ok(all)
    })
}

/// Kinds of scene, which change independently of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenes {
    /// One thing, and grids of single things.
    Tiles,
    /// Things in a room.
    Areas,
    /// A thing on a turntable.
    Turns,
}

impl Scenes {
    /// Identifies the present version of these scenes: the beginning of a hash
    /// over small pictures.
    pub fn hash(self) -> &'static str {
        static HASHES: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];
        HASHES[self as usize].get_or_init(|| {
            let mut hash = Sha256::new();
            match self {
                Self::Tiles => {
                    for (number, &kind) in (0..).zip(Kind::ALL) {
                        let scene = tile(Seed::numbered(number), kind, Tile::Busy);
                        hash.update(render(&scene, 16, 16).rgb);
                    }
                }
                Self::Areas => {
                    for number in 0..3 {
                        hash.update(render(&Area::deal(Seed::numbered(number)).scene, 24, 16).rgb);
                    }
                }
                Self::Turns => {
                    for number in 0..6 {
                        let turn = Turn::deal(Seed::numbered(number), VIEWS);
                        hash.update(render(&turn.view(3), 16, 16).rgb);
                        hash.update(render(&turn.reference, 16, 16).rgb);
                    }
                }
            }
            let mut text = HEXLOWER.encode(&hash.finalize());
            text.truncate(12);
            text
        })
    }
}

/// A kind as its number in the labels.
fn number(kind: Kind) -> u8 {
    let at = Kind::ALL.iter().position(|&other| other == kind).expect("every kind is listed");
    u8::try_from(at).expect("there are fewer than 256 kinds")
}
