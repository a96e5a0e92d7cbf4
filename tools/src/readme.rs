//! The table in the READMEs that compares Munjigi with others: what is stated,
//! from `docs/comparison.toml`, and what was measured, from
//! `docs/figures.toml`. No fact and no figure is written here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::project::Project;

const FACTS: &str = "docs/comparison.toml";
const RECORD: &str = "docs/figures.toml";
const BEGIN: &str = "<!-- generated: munjigi-tools readme -->\n";
const END: &str = "<!-- generated: end -->\n";

/// A README and its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    Korean,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::Korean];

    const fn file(self) -> &'static str {
        match self {
            Self::English => "README.md",
            Self::Korean => "README.ko.md",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Worded {
    en: String,
    ko: String,
}

impl Worded {
    fn to(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Korean => &self.ko,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparison {
    products: Vec<String>,
    /// For a fact that its maker does not state.
    unstated: String,
    unmeasured: Worded,
    row: Vec<Row>,
}

/// Either facts or figures, by product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: Worded,
    #[serde(default)]
    facts: BTreeMap<String, Fact>,
    /// Their English names in the record.
    #[serde(default)]
    figures: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    en: String,
    ko: String,
    source: String,
}

/// As much of the record as is shown.
#[derive(Debug, Deserialize)]
struct Record {
    machine: Vec<Machine>,
    figure: Vec<Figure>,
}

#[derive(Debug, Deserialize)]
struct Machine {
    name: String,
    en: String,
    ko: String,
}

#[derive(Debug, Deserialize)]
struct Figure {
    date: String,
    machine: String,
    command: String,
    name: Worded,
    value: String,
    unit: Worded,
}

impl Record {
    fn figure(&self, name: &str) -> Result<&Figure> {
        let mut found = self.figure.iter().filter(|figure| figure.name.en == name);
        let figure = found.next().with_context(|| format!("{RECORD} has no figure `{name}`"))?;
        ensure!(found.next().is_none(), "{RECORD} has several figures `{name}`");
        Ok(figure)
    }

    fn machine(&self, figure: &Figure, language: Language) -> Result<&str> {
        let machine = self.machine.iter().find(|machine| machine.name == figure.machine);
        let machine = machine.with_context(|| format!("no machine `{}`", figure.machine))?;
        Ok(match language {
            Language::English => &machine.en,
            Language::Korean => &machine.ko,
        })
    }
}

/// Writes the tables into the READMEs.
pub fn write(project: &Project) -> Result<()> {
    for (language, text) in renewed(project)? {
        let path = project.at(language.file());
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

/// What is wrong with the READMEs: a table that is not what the files say, or
/// a picture or page that is not there.
pub fn problems(project: &Project) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (language, text) in renewed(project)? {
        let file = language.file();
        if read(project, file)? != text {
            problems.push(format!("{file}: the table is stale; run `munjigi-tools readme`"));
        }
        problems.extend(absent(file, &text, project.root()));
    }
    Ok(problems)
}

fn renewed(project: &Project) -> Result<Vec<(Language, String)>> {
    let comparison = toml::from_str(&read(project, FACTS)?).context(FACTS)?;
    let record = toml::from_str(&read(project, RECORD)?).context(RECORD)?;
    let renew = |language: Language| {
        let old = read(project, language.file())?;
        let new = table(&comparison, &record, language)?;
        let text = between(&old, &new).with_context(|| format!("{}: markers", language.file()))?;
        Ok((language, text))
    };
    Language::ALL.into_iter().map(renew).collect()
}

fn read(project: &Project, file: &str) -> Result<String> {
    std::fs::read_to_string(project.at(file)).with_context(|| format!("read {file}"))
}

/// The text with something else between the markers.
fn between(text: &str, new: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{new}\n{END}{after}"))
}

fn table(comparison: &Comparison, record: &Record, language: Language) -> Result<String> {
    let Comparison { products, unstated, unmeasured, row: rows } = comparison;
    let mut text =
        format!("| | {} |\n|{}\n", products.join(" | "), " --- |".repeat(products.len() + 1));
    let mut shown: Vec<&Figure> = Vec::new();
    for row in rows {
        let name = row.name.to(language);
        let known = row.facts.keys().chain(row.figures.keys()).find(|it| !products.contains(it));
        ensure!(known.is_none(), "{FACTS}: `{name}` names {known:?}, which is no product");
        write!(text, "| {name} |")?;
        for product in products {
            let cell = if let Some(figure) = row.figures.get(product) {
                let figure = record.figure(figure)?;
                shown.push(figure);
                format!("{} {}", figure.value, figure.unit.to(language))
            } else if let Some(Fact { en, ko, source }) = row.facts.get(product) {
                let words = if language == Language::English { en } else { ko };
                format!("[{words}]({source})")
            } else if row.facts.is_empty() {
                unmeasured.to(language).to_owned()
            } else {
                unstated.clone()
            };
            write!(text, " {cell} |")?;
        }
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&measured(record, &shown, language)?);
    Ok(text)
}

/// When, by what and where the figures were measured.
fn measured(record: &Record, shown: &[&Figure], language: Language) -> Result<String> {
    let mut runs: Vec<(&str, &str)> = Vec::new();
    let mut machines: Vec<&str> = Vec::new();
    for figure in shown {
        let (run, machine) =
            ((figure.command.as_str(), figure.date.as_str()), record.machine(figure, language)?);
        if !runs.contains(&run) {
            runs.push(run);
        }
        if !machines.contains(&machine) {
            machines.push(machine);
        }
    }
    let runs: Vec<String> =
        runs.iter().map(|(command, date)| format!("`{command}` ({date})")).collect();
    let (runs, machines) = (runs.join(", "), machines.join("; "));
    Ok(match language {
        Language::English => format!("Measured by {runs} on a {machines}.\n"),
        Language::Korean => format!("측정: {runs}. 측정 환경: {machines}.\n"),
    })
}

/// The relative links and pictures of a page that lead nowhere.
fn absent(file: &str, text: &str, root: &Path) -> Vec<String> {
    let starts = [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')];
    let targets = starts.iter().flat_map(|(start, end)| {
        text.split(start).skip(1).filter_map(move |rest| rest.split(*end).next())
    });
    let mut problems = Vec::new();
    for target in targets {
        let path = target.split('#').next().unwrap_or_default();
        let is_elsewhere = path.is_empty() || path.contains("://");
        if !is_elsewhere && !root.join(path).exists() {
            problems.push(format!("{file}: {path} is not there"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPARED: &str = r#"
        products = ["Ours", "Theirs"]
        unstated = "–"
        unmeasured = { en = "not measured", ko = "측정하지 않음" }
        [[row]]
        name = { en = "Licence", ko = "라이선스" }
        facts.Ours = { en = "free", ko = "자유", source = "LICENSE" }
        facts.Theirs = { en = "closed", ko = "비공개", source = "https://theirs.example/terms" }
        [[row]]
        name = { en = "Size", ko = "크기" }
        figures.Ours = "Everything"
        [[row]]
        name = { en = "Place", ko = "장소" }
        facts.Ours = { en = "here", ko = "여기", source = "LICENSE" }
    "#;
    const MEASURED: &str = r#"
        [[machine]]
        name = "two-cores"
        en = "small machine"
        ko = "작은 컴퓨터"
        [[figure]]
        group = "visitors"
        date = "2026-11-20"
        machine = "two-cores"
        command = "scripts/bench sizes"
        name = { en = "Everything", ko = "전체" }
        value = "15,021"
        unit = { en = "bytes", ko = "바이트" }
    "#;

    fn rendered(compared: &str, measured: &str, language: Language) -> Result<String> {
        table(&toml::from_str(compared)?, &toml::from_str(measured)?, language)
    }

    #[test]
    fn a_fact_stands_with_its_source_and_a_figure_with_how_it_was_measured() {
        let english = rendered(COMPARED, MEASURED, Language::English).unwrap();
        assert_eq!(
            english,
            "| | Ours | Theirs |\n| --- | --- | --- |\n\
             | Licence | [free](LICENSE) | [closed](https://theirs.example/terms) |\n\
             | Size | 15,021 bytes | not measured |\n\
             | Place | [here](LICENSE) | – |\n\n\
             Measured by `scripts/bench sizes` (2026-11-20) on a small machine.\n"
        );
        let korean = rendered(COMPARED, MEASURED, Language::Korean).unwrap();
        assert!(korean.contains("| 크기 | 15,021 바이트 | 측정하지 않음 |"), "{korean}");
    }

    #[test]
    fn nothing_is_made_up() {
        let other = MEASURED.replace("Everything", "Something");
        assert!(rendered(COMPARED, &other, Language::English).is_err(), "no such figure");
        let silent = COMPARED.replace("facts.Theirs", "facts.Nobodys");
        assert!(rendered(&silent, MEASURED, Language::English).is_err(), "no such product");
        let unsourced = COMPARED.replace(", source = \"LICENSE\"", "");
        assert!(rendered(&unsourced, MEASURED, Language::English).is_err(), "no source");
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let old = format!("before\n{BEGIN}old\n{END}after\n");
        let new = between(&old, "new\n").unwrap();
        assert_eq!(new, format!("before\n{BEGIN}\nnew\n\n{END}after\n"));
        assert_eq!(between(&new, "new\n").unwrap(), new);
        assert_eq!(between("no markers", "new"), None);
    }

    #[test]
    fn pictures_and_pages_that_are_not_there_are_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("there.png"), "").unwrap();
        let text = "[a](there.png) [b](away.md#part) [c](https://a.example/) [d](#part)\n\
                    <source srcset=\"gone.png\"><img src=\"there.png\">";
        let absent = absent("README.md", text, dir.path());
        assert_eq!(absent, ["README.md: away.md is not there", "README.md: gone.png is not there"]);
    }
}
