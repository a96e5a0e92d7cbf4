//! The published figures: what was measured, when, where, and what prints it
//! again. They stand in `docs/figures.toml`, and those of programs that look
//! at pictures in `docs/bot-pass-rates.toml`; nothing here makes one up.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::locale::Locale;

const MEASURED: &str = include_str!("../../docs/figures.toml");
const ATTACKED: &str = include_str!("../../docs/bot-pass-rates.toml");

static FIGURES: LazyLock<Figures> = LazyLock::new(|| {
    read(MEASURED, ATTACKED).unwrap_or_else(|error| {
        // A test keeps this from being released.
        tracing::error!(%error, "the published figures cannot be read");
        Figures { figures: Vec::new() }
    })
});

/// Text in every language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worded {
    en: String,
    ko: String,
}

impl Worded {
    /// In one of them; by reference, as templates pass it.
    pub fn to(&self, locale: &Locale) -> &str {
        match locale {
            Locale::En => &self.en,
            Locale::Ko => &self.ko,
        }
    }
}

/// Whom a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// What visitors pay.
    Visitors,
    /// What the service bears.
    Service,
    /// What programs pay and reach.
    Attackers,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Whom it is about.
    pub group: Group,
    /// `2026-11-20`.
    pub date: String,
    /// Where.
    pub machine: Worded,
    /// What.
    pub name: Worded,
    /// As it is shown.
    pub value: String,
    /// Of the value.
    pub unit: Worded,
    /// What prints it again.
    pub command: String,
}

#[derive(Debug)]
struct Figures {
    figures: Vec<Figure>,
}

/// What was measured of a group.
pub fn of(group: Group) -> impl Iterator<Item = &'static Figure> {
    FIGURES.figures.iter().filter(move |figure| figure.group == group)
}

/// Every machine that something was measured on, once.
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
    #[error("no machine is called {0}")]
    UnknownMachine(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    machine: Vec<Machine>,
    figure: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Machine {
    name: String,
    en: String,
    ko: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    group: Group,
    date: String,
    machine: String,
    command: String,
    name: Worded,
    value: String,
    unit: Worded,
}

/// As much of `scripts/attack`'s results as is shown.
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
        let worded = found.map(|it| Worded { en: it.en.clone(), ko: it.ko.clone() });
        worded.ok_or_else(|| FiguresError::UnknownMachine(name.to_owned()))
    };
    let mut figures = Vec::new();
    for row in measured.figure {
        let Row { group, date, machine: on, command, name, value, unit } = row;
        let machine = machine(&on)?;
        figures.push(Figure { group, date, machine, name, value, unit, command });
    }
    // Attacks are always measured beside the benches, on their machine.
    let on = machine("two-cores")?;
    figures.extend(attacked.kind.iter().map(|kind| kind.figure(&attacked.date, on.clone())));
    Ok(Figures { figures })
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
            name: Worded {
                en: format!(
                    "Pictures of kind “{name}” that the best outside program passes ({low} to {high} %)"
                ),
                ko: format!("가장 나은 외부 프로그램이 통과하는 ‘{name}’ 그림 ({low}–{high}%)"),
            },
            value: percent(self.pass_rate),
            unit: Worded { en: "%".to_owned(), ko: "%".to_owned() },
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
            let texts = [&figure.machine, &figure.name, &figure.unit]
                .map(|worded| Locale::ALL.map(|locale| worded.to(&locale)));
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
                let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
                assert!(root.join(word).exists(), "{figure:?}");
            }
        }
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
        let one_language = fields.join("\n").replace(", ko = \"b\"", "");
        assert!(read(&format!("{whole}{one_language}"), ATTACKED).is_err());
        let elsewhere = fields.join("\n").replace("two-cores", "three-cores");
        assert!(read(&format!("{whole}{elsewhere}"), ATTACKED).is_err());
    }
}
