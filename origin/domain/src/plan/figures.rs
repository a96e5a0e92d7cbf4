//! The measured rates that a plan divides by. They are the published figures
//! of `docs/figures.toml`, found by their `id`, so that a plan cannot differ
//! from what was measured.

use serde::{Deserialize, Serialize};

/// The figures that are compiled in.
pub const MEASURED: &str = include_str!("../../../../docs/figures.toml");

/// A measured number that a plan uses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Its name in the file: `gate-siteverify`.
    pub id: String,
    /// What was measured, in English.
    pub name: String,
    /// The number, in `unit`.
    pub value: f64,
    /// Unit of the value.
    pub unit: String,
    /// The day it was measured: `2026-11-27`.
    pub date: String,
    /// The command that prints it again.
    pub command: String,
    /// Processor cores of the machine it was measured on.
    pub cores: u32,
}

/// The figures that a plan uses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Challenges per second at one gate.
    pub gate_challenge: Figure,
    /// Solutions checked per second by one gate.
    pub gate_solution: Figure,
    /// Tokens redeemed per second at one gate.
    pub gate_siteverify: Figure,
    /// Memory of an idle gate, MiB.
    pub gate_memory: Figure,
    /// Bytes in a gate's store for one pass.
    pub gate_store_bytes: Figure,
    /// Bytes in Postgres for one event, with its index.
    pub event_bytes: Figure,
    /// Everything that a first visitor downloads, bytes.
    pub first_visit_bytes: Figure,
    /// Cloudflare's price of a million passes, US dollars.
    pub edge_price: Figure,
}

/// Why the figures cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    /// The file is not TOML of this form.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error("no figure has the id `{0}`")]
    Missing(&'static str),
    /// A rate is there more than once.
    #[error("several figures have the id `{0}`")]
    Twice(&'static str),
    /// A value is text, or not above zero.
    #[error("the value of the figure `{id}` is not a number above 0: {value}")]
    Value { id: &'static str, value: String },
    /// A figure names a machine without a number of cores.
    #[error("the machine `{0}` does not say how many `cores` it has")]
    Cores(String),
}

/// As much of the file as plans use.
#[derive(Deserialize)]
struct File {
    machine: Vec<Machine>,
    figure: Vec<Row>,
}

#[derive(Deserialize)]
struct Machine {
    name: String,
    cores: Option<u32>,
}

#[derive(Deserialize)]
struct Row {
    id: Option<String>,
    date: String,
    machine: String,
    command: String,
    name: English,
    value: String,
    unit: English,
}

#[derive(Deserialize)]
struct English {
    en: String,
}

impl Figures {
    /// Reads the figures from the text of `docs/figures.toml`.
    pub fn read(text: &str) -> Result<Self, FiguresError> {
        let file: File = toml::from_str(text)?;
        Ok(Self {
            gate_challenge: file.figure("gate-challenge")?,
            gate_solution: file.figure("gate-solution")?,
            gate_siteverify: file.figure("gate-siteverify")?,
            gate_memory: file.figure("gate-memory")?,
            gate_store_bytes: file.figure("gate-store-bytes")?,
            event_bytes: file.figure("event-bytes")?,
            first_visit_bytes: file.figure("first-visit-bytes")?,
            edge_price: file.figure("edge-price")?,
        })
    }

    /// All of them, in the order in which a plan names them.
    pub fn all(&self) -> [&Figure; 8] {
        [
            &self.gate_challenge,
            &self.gate_solution,
            &self.gate_siteverify,
            &self.gate_memory,
            &self.gate_store_bytes,
            &self.event_bytes,
            &self.first_visit_bytes,
            &self.edge_price,
        ]
    }
}

impl File {
    fn figure(&self, id: &'static str) -> Result<Figure, FiguresError> {
        let mut found = self.figure.iter().filter(|row| row.id.as_deref() == Some(id));
        let row = found.next().ok_or(FiguresError::Missing(id))?;
        if found.next().is_some() {
            return Err(FiguresError::Twice(id));
        }
        let value = row.value.replace(',', "").parse::<f64>().ok();
        let value = value.filter(|value| value.is_finite() && *value > 0.0);
        let value = value.ok_or_else(|| FiguresError::Value { id, value: row.value.clone() })?;
        let machine = self.machine.iter().find(|machine| machine.name == row.machine);
        let cores = machine.and_then(|machine| machine.cores).filter(|cores| *cores > 0);
        let cores = cores.ok_or_else(|| FiguresError::Cores(row.machine.clone()))?;
        Ok(Figure {
            id: id.to_owned(),
            name: row.name.en.clone(),
            value,
            unit: row.unit.en.clone(),
            date: row.date.clone(),
            command: row.command.clone(),
            cores,
        })
    }
}
