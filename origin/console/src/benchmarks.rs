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
        Figures { figures: Vec::new() }
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

#[derive(Debug)]
struct Figures {
    figures: Vec<Figure>,
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    machine: Vec<Machine>,
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
    Ok(Figures { figures })
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
mod tests {
    use super::*;

    #[test]
    fn every_figure_says_what_when_where_and_how() {
        let Figures { figures } = read(MEASURED, ATTACKED).unwrap();
        for figure in &figures {
            let texts = [&figure.machine, &figure.name, &figure.unit].map(|worded| {
                // A unit may be the same everywhere.
                let is_said =
                    |tag: &str| worded.others.iter().any(|(other, _)| other.as_str() == tag);
                assert!(is_said("ko") || worded.english.len() == 1, "{worded:?}");
                [Locale::EN, "ko".parse().unwrap()].map(|locale| worded.to(locale))
            });
            let others = [figure.value.as_str(), figure.command.as_str()];
            for text in texts.into_iter().flatten().chain(others) {
                assert!(!text.trim().is_empty(), "{figure:?}");
            }
            assert!(figure.value.chars().any(|char| char.is_ascii_digit()), "{figure:?}");
            let [year, month, day] = figure.date.split('-').collect::<Vec<_>>()[..] else {
                panic!("{figure:?}");
            };
            assert!(year.len() == 4 && month.len() == 2 && day.len() == 2, "{figure:?}");
            let runs = ["scripts/", "cargo test "].iter().any(|it| figure.command.starts_with(it));
            assert!(runs, "{figure:?}");
        }
        for group in [Group::Visitors, Group::Service, Group::Attackers] {
            assert!(of(group).count() >= 2, "{group:?}");
        }
    }

    #[test]
    fn a_command_that_is_a_script_is_there() {
        for figure in read(MEASURED, ATTACKED).unwrap().figures {
            let word = figure.command.split(' ').next().unwrap();
            if word.starts_with("scripts/") {
                let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
                assert!(root.join(word).exists(), "{figure:?}");
            }
        }
    }

    #[test]
    fn what_a_software_adapter_did_is_never_shown_and_what_a_gpu_did_is() {
        let machine = "[[machine]]\nname = \"two-cores\"\nen = \"a\"\nko = \"b\"\n";
        let shown = |device_type: &str, failed: usize| {
            let text = format!(
                "figure = []\n{machine}[[gpu]]\nadapter = \"Card 9\"\ntype = \"{device_type}\"\n\
                 date = \"2026-11-21\"\ncommand = \"scripts/prove-gpu\"\n\
                 tests = {{ passed = 24, failed = {failed} }}\n[[gpu.net]]\n\
                 net = \"yolo-seg\"\nbatch = 8\nrten_ms = 80.0\nwonnx_ms = 8.0\n"
            );
            let figures = read(&text, ATTACKED).unwrap().figures;
            figures.into_iter().filter(|figure| figure.machine.english.contains("Card 9")).collect()
        };
        let of_a_gpu: Vec<Figure> = shown("discrete", 0);
        assert_eq!((of_a_gpu.len(), of_a_gpu[0].value.as_str()), (1, "1000"));
        assert_eq!(of_a_gpu[0].machine.to(Locale::EN), "Card 9, discrete GPU");
        assert_eq!(of_a_gpu[0].machine.to("ko".parse().unwrap()), "Card 9, 외장 GPU");
        for (device_type, failed) in [("software", 0), ("other", 0), ("discrete", 1)] {
            assert!(shown(device_type, failed).is_empty(), "{device_type} {failed}");
        }
        let mut published = read(MEASURED, ATTACKED).unwrap().figures.into_iter();
        assert!(published.all(|figure| !figure.machine.english.contains("llvmpipe")));
    }

    #[test]
    fn a_figure_that_lacks_something_is_refused() {
        let whole = "[[machine]]\nname = \"two-cores\"\nen = \"a\"\nko = \"b\"\n[[figure]]\n";
        let fields = [
            "group = \"service\"",
            "date = \"2026-11-20\"",
            "machine = \"two-cores\"",
            "command = \"scripts/bench\"",
            "name = { en = \"a\", ko = \"b\" }",
            "value = \"1\"",
            "unit = { en = \"a\", ko = \"b\" }",
        ];
        assert!(read(&format!("{whole}{}", fields.join("\n")), ATTACKED).is_ok());
        for left_out in 0..fields.len() {
            let mut some = fields.to_vec();
            some.remove(left_out);
            assert!(read(&format!("{whole}{}", some.join("\n")), ATTACKED).is_err());
        }
        let no_english = fields.join("\n").replace("en = \"a\", ", "");
        assert!(read(&format!("{whole}{no_english}"), ATTACKED).is_err());
        let no_language = fields.join("\n").replace("ko =", "xx =");
        assert!(read(&format!("{whole}{no_language}"), ATTACKED).is_err());
        let elsewhere = fields.join("\n").replace("two-cores", "three-cores");
        assert!(read(&format!("{whole}{elsewhere}"), ATTACKED).is_err());
    }

    #[test]
    fn what_a_figure_is_not_said_in_is_said_in_english() {
        let texts = [("en", "cores"), ("ko", "코어")].map(|(tag, text)| (tag.into(), text.into()));
        let worded = Worded::try_from(BTreeMap::from(texts)).unwrap();
        for (tag, text) in [("en", "cores"), ("ko", "코어"), ("ja", "cores")] {
            assert_eq!(worded.to(tag.parse().unwrap()), text);
        }
    }
}
