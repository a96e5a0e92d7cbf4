use std::path::Path;

use super::*;

#[test]
fn every_figure_says_what_when_where_and_how() {
    let figures = read(MEASURED, ATTACKED).unwrap().figures;
    for figure in &figures {
        let texts = [&figure.machine, &figure.name, &figure.unit].map(|worded| {
            // A unit may be the same everywhere.
            let is_said = |tag: &str| worded.others.iter().any(|(other, _)| other.as_str() == tag);
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

/// The text of every Rust file below a folder.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &sources(&path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all += &std::fs::read_to_string(&path).unwrap();
        }
    }
    all
}

/// Whether a command of the record runs something that is there.
fn is_there(command: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let words: Vec<&str> = command.split(' ').collect();
    match words[..] {
        ["scripts/bench", bench] => root.join(format!("tests/bench/{bench}.mjs")).exists(),
        ["scripts/test", check] => {
            sources(&root.join("tools/src/checks")).contains(&format!("\"{check}\""))
                || std::fs::read_to_string(root.join("tools/src/checks.rs"))
                    .unwrap()
                    .contains(&format!("\"{check}\""))
        }
        [script] if script.starts_with("scripts/") => root.join(script).exists(),
        ["cargo", "test", "-p", package, "--test", program, name] => {
            let folder = match package {
                "munjigi-tests" => "tests",
                "munjigi-app" => "origin/app",
                other => panic!("where is {other}?"),
            };
            let folder = root.join(folder).join("tests").join(program);
            let is_module = folder.join(format!("{name}.rs")).exists();
            is_module || sources(&folder).contains(&format!("fn {name}"))
        }
        _ => false,
    }
}

#[test]
fn what_a_command_runs_is_there() {
    for figure in read(MEASURED, ATTACKED).unwrap().figures {
        assert!(is_there(&figure.command), "{figure:?}");
    }
    for gone in [
        "scripts/nothing",
        "scripts/bench nothing",
        "scripts/test nothing",
        "cargo test -p munjigi-tests --test redemption",
        "cargo test -p munjigi-tests --test whole no_such_test",
        "cargo test -p munjigi-app --test app no_such_test",
    ] {
        assert!(!is_there(gone), "{gone}");
    }
}

#[test]
fn six_charts_decide_and_each_has_bars_of_their_numbers() {
    let charts = read(MEASURED, ATTACKED).unwrap().charts;
    assert_eq!(charts.len(), 6);
    for chart in &charts {
        assert!(!chart.bars.is_empty() && chart.commands.len() <= 2, "{chart:?}");
        assert!(chart.bars.iter().any(|bar| !bar.is_pale), "{chart:?}");
    }
    let bytes = &charts[4].bars;
    assert_eq!(
        (bytes[3].value.as_str(), bytes[3].length, bytes[3].is_pale),
        ("31,016", 1_000, true)
    );
    assert_eq!((bytes[0].length, bytes[0].is_pale), (542, false));
    let once = &charts[2].bars[0];
    assert_eq!((once.value.as_str(), once.length), ("1", 1));
    assert!(charts[5].bars.iter().all(|bar| (bar.value.as_str(), bar.length) == ("0", 0)));
}

#[test]
fn a_bar_needs_its_chart_a_name_and_a_number() {
    let good = MEASURED.to_owned();
    assert!(read(&good, ATTACKED).is_ok());
    for (from, to) in [
        ("chart = \"bytes\"", "chart = \"nothing\""),
        ("id = \"once\"", "id = \"twice\""),
        ("bar = { en = \"Cap\", ko = \"Cap\" }\n", ""),
        ("value = \"628 · 872\"", "value = \"some\""),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(read(&good.replacen(from, to, 1), ATTACKED).is_err(), "{from}");
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
