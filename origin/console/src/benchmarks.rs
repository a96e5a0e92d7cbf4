//! The published figures: what was measured, when, where, and the command that
//! prints it again. They come from `docs/figures.toml`, and those of programs
//! that solve pictures from `docs/reports/bot-pass-rates.toml`; nothing here is made
//! up. Results of `scripts/prove-gpu` are shown if the adapter is a GPU.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use munjigi_i18n::{Locale, Text, Texts, UnknownLocale};
use serde::Deserialize;

const MEASURED: &str = include_str!("../../../docs/figures.toml");
const ATTACKED: &str = include_str!("../../../docs/reports/bot-pass-rates.toml");

static FIGURES: LazyLock<Figures> = LazyLock::new(|| {
    read(MEASURED, ATTACKED).unwrap_or_else(|error| {
        // A test prevents the release of such a file.
        tracing::error!(%error, "the published benchmarks cannot be read");
        Figures { figures: Vec::new(), charts: Vec::new() }
    })
});

/// Text in English, and in the other languages that it was given in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Worded {
    english: String,
    others: Vec<(Locale, String)>,
}

impl Worded {
    /// In one language, or in English.
    pub fn to(&self, locale: Locale) -> &str {
        let found = self.others.iter().find(|(other, _)| *other == locale);
        found.map_or(&self.english, |(_, text)| text)
    }

    /// A message in every language.
    fn of(message: impl Fn(Texts) -> Text) -> Self {
        let text = |locale: &Locale| (*locale, message(Texts::of(*locale)).to_string());
        let others = Locale::ALL.iter().filter(|locale| **locale != Locale::EN);
        let (_, english) = text(&Locale::EN);
        Self { english, others: others.map(text).collect() }
    }
}

/// Why a text cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WordedError {
    #[error("it is not in English")]
    NoEnglish,
    #[error(transparent)]
    UnknownLocale(#[from] UnknownLocale),
}

impl TryFrom<BTreeMap<String, String>> for Worded {
    type Error = WordedError;

    fn try_from(mut texts: BTreeMap<String, String>) -> Result<Self, WordedError> {
        let english = texts.remove(Locale::EN.as_str()).ok_or(WordedError::NoEnglish)?;
        let others = texts.into_iter().map(|(tag, text)| Ok((tag.parse()?, text)));
        Ok(Self { english, others: others.collect::<Result<_, UnknownLocale>>()? })
    }
}

/// The party that a figure concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    Visitors,
    Service,
    /// What programs pay and achieve.
    Attackers,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The party that it concerns.
    pub group: Group,
    /// `2026-11-20`.
    pub date: String,
    /// The machine it was measured on.
    pub machine: Worded,
    pub name: Worded,
    pub value: String,
    /// Unit of the value.
    pub unit: Worded,
    /// The command that prints it again.
    pub command: String,
}

/// Figures of one measurement beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What they show.
    pub title: Worded,
    /// What was measured.
    pub measures: Worded,
    /// Of the oldest of its figures.
    pub date: String,
    /// Each once.
    pub commands: Vec<String>,
    pub bars: Vec<Bar>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    pub name: Worded,
    pub value: String,
    pub unit: Worded,
    /// Of the longest or of the chart's whole, in thousandths.
    pub length: u16,
    /// Not Munjigi's, or not people's.
    pub is_pale: bool,
}

#[derive(Debug)]
struct Figures {
    figures: Vec<Figure>,
    charts: Vec<Chart>,
}

/// The charts of the home page.
pub fn charts() -> &'static [Chart] {
    &FIGURES.charts
}

/// The measurements that concern a party.
pub fn of(group: Group) -> impl Iterator<Item = &'static Figure> {
    FIGURES.figures.iter().filter(move |figure| figure.group == group)
}

/// Every machine that something was measured on, without duplicates.
pub fn machines() -> Vec<&'static Worded> {
    let mut machines: Vec<&Worded> = Vec::new();
    for figure in &FIGURES.figures {
        if !machines.contains(&&figure.machine) {
            machines.push(&figure.machine);
        }
    }
    machines
}

/// Why the files cannot be read.
#[derive(Debug, thiserror::Error)]
enum FiguresError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error("unknown machine {0}")]
    UnknownMachine(String),
    #[error("unknown chart {0}")]
    UnknownChart(String),
    #[error("the chart {0} has no bar, or one that is no number")]
    NoBar(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    machine: Vec<Machine>,
    #[serde(default)]
    chart: Vec<ChartRow>,
    figure: Vec<Row>,
    #[serde(default)]
    gpu: Vec<Gpu>,
}

/// The fields of an adapter's results that are shown.
#[derive(Deserialize)]
struct Gpu {
    adapter: String,
    #[serde(rename = "type")]
    device_type: String,
    date: String,
    command: String,
    tests: Tests,
    net: Vec<Net>,
}

#[derive(Deserialize)]
struct Tests {
    passed: usize,
    failed: usize,
}

/// A network with random weights of a usual shape, on both engines.
#[derive(Deserialize)]
struct Net {
    #[serde(rename = "net")]
    shape: String,
    /// Images at once.
    batch: u16,
    /// Milliseconds of a batch on the processor.
    rten_ms: f64,
    /// Milliseconds of a batch on the adapter, where that takes so many.
    wonnx_ms: Option<f64>,
}

/// Networks that are shown: one that classifies, one that segments.
const SHOWN_NETS: [&str; 2] = ["mobilenet-v2", "yolo-seg"];
/// Pictures at a time, of those that were measured.
const SHOWN_BATCH: u16 = 8;

/// What is no language, `Worded` refuses.
#[derive(Deserialize)]
struct Machine {
    name: String,
    /// For `munjigi plan`.
    #[serde(rename = "cores")]
    _cores: Option<u32>,
    #[serde(flatten)]
    description: Worded,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// For `munjigi plan`.
    #[serde(rename = "id")]
    _id: Option<String>,
    group: Group,
    date: String,
    machine: String,
    command: String,
    name: Worded,
    value: String,
    unit: Worded,
    /// The chart that it is a bar of.
    chart: Option<String>,
    /// Its name there.
    bar: Option<Worded>,
    #[serde(default)]
    pale: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartRow {
    id: String,
    title: Worded,
    measures: Worded,
    full: Option<f64>,
}

impl Row {
    /// The first number of the value.
    fn number(&self) -> Option<f64> {
        self.value.split(' ').next()?.replace(',', "").parse().ok()
    }
}

impl ChartRow {
    fn with(self, figures: &[Row]) -> Result<Chart, FiguresError> {
        let rows = || figures.iter().filter(|row| row.chart.as_ref() == Some(&self.id));
        let no_bar = || FiguresError::NoBar(self.id.clone());
        let numbers: Option<Vec<f64>> = rows().map(Row::number).collect();
        let numbers = numbers.ok_or_else(no_bar)?;
        let longest = numbers.iter().copied().fold(0.0, f64::max);
        let full = self.full.unwrap_or(longest);
        let date = rows().map(|row| &row.date).min().ok_or_else(no_bar)?.clone();
        let mut commands: Vec<String> = Vec::new();
        let mut bars = Vec::new();
        for (row, number) in rows().zip(numbers) {
            if !commands.contains(&row.command) {
                commands.push(row.command.clone());
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 1000"
            )]
            let length = (number / full * 1_000.0).clamp(0.0, 1_000.0) as u16;
            bars.push(Bar {
                name: row.bar.clone().ok_or_else(no_bar)?,
                value: row.value.clone(),
                unit: row.unit.clone(),
                length,
                is_pale: row.pale,
            });
        }
        Ok(Chart { title: self.title, measures: self.measures, date, commands, bars })
    }
}

/// The fields of `scripts/attack`'s results that are shown.
#[derive(Deserialize)]
struct Attacked {
    date: String,
    kind: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    name: String,
    pass_rate: f64,
    interval: [f64; 2],
}

fn read(measured: &str, attacked: &str) -> Result<Figures, FiguresError> {
    let measured: Measured = toml::from_str(measured)?;
    let attacked: Attacked = toml::from_str(attacked)?;
    let machine = |name: &str| {
        let found = measured.machine.iter().find(|machine| machine.name == name);
        let worded = found.map(|machine| machine.description.clone());
        worded.ok_or_else(|| FiguresError::UnknownMachine(name.to_owned()))
    };
    let known = |id: &String| measured.chart.iter().any(|chart| chart.id == *id);
    let unknown = measured.figure.iter().filter_map(|row| row.chart.as_ref()).find(|id| !known(id));
    if let Some(id) = unknown {
        return Err(FiguresError::UnknownChart(id.clone()));
    }
    let charts = measured.chart.into_iter().map(|chart| chart.with(&measured.figure));
    let charts = charts.collect::<Result<_, _>>()?;
    let mut figures = Vec::new();
    for row in measured.figure {
        let Row { group, date, machine: on, command, name, value, unit, .. } = row;
        let machine = machine(&on)?;
        figures.push(Figure { group, date, machine, name, value, unit, command });
    }
    let gpus = measured.gpu.iter().filter(|gpu| gpu.is_shown());
    figures.extend(gpus.flat_map(Gpu::figures));
    // Attacks are always measured together with the benches, on their machine.
    let on = machine("two-cores")?;
    figures.extend(attacked.kind.iter().map(|kind| kind.figure(&attacked.date, on.clone())));
    Ok(Figures { figures, charts })
}

impl Gpu {
    /// Software is no GPU, and an adapter that computes wrong results has no
    /// speed.
    fn is_shown(&self) -> bool {
        let is_gpu = matches!(self.device_type.as_str(), "discrete" | "integrated" | "virtual");
        is_gpu && self.tests.passed > 0 && self.tests.failed == 0
    }

    fn figures(&self) -> impl Iterator<Item = Figure> {
        let machine = Worded::of(|t| {
            let machine = t.get("benchmarks-gpu").with("adapter", &self.adapter);
            machine.with("type", &self.device_type)
        });
        let is_shown =
            |net: &&Net| SHOWN_NETS.contains(&net.shape.as_str()) && net.batch == SHOWN_BATCH;
        self.net.iter().filter(is_shown).filter_map(
            move |Net { shape, batch, rten_ms, wonnx_ms }| {
                let per_second = |batch_ms: f64| f64::from(*batch) * 1_000.0 / batch_ms;
                let value = format!("{:.0}", per_second((*wonnx_ms)?));
                Some(Figure {
                    group: Group::Service,
                    date: self.date.clone(),
                    machine: machine.clone(),
                    name: Worded::of(|t| {
                        let name =
                            t.get("benchmarks-computed").with("net", shape).with("batch", batch);
                        name.with("processor", format_args!("{:.0}", per_second(*rten_ms)))
                    }),
                    value,
                    unit: Worded::of(|t| t.get("benchmarks-per-second")),
                    command: self.command.clone(),
                })
            },
        )
    }
}

impl Kind {
    fn figure(&self, date: &str, machine: Worded) -> Figure {
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        let [low, high] = self.interval.map(percent);
        let Self { name, .. } = self;
        Figure {
            group: Group::Attackers,
            date: date.to_owned(),
            machine,
            name: Worded::of(|t| {
                let name = t.get("benchmarks-passed").with("kind", name);
                name.with("low", &low).with("high", &high)
            }),
            value: percent(self.pass_rate),
            unit: Worded { english: "%".to_owned(), others: Vec::new() },
            command: "scripts/attack".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
