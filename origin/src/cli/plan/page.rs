//! A plan as a page of its own, with a chart of what each phase costs.

use askama::Template;
use munjigi_domain::plan::{Plan, Target};

use super::text::{self, grouped, told};

/// Units of the drawing: the whole, the part of the bars, and one bar.
const WIDTH: u64 = 720;
const BASE: u64 = 290;
const TALLEST: u64 = 240;
const BAR: u64 = 30;
const CLASSES: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Template)]
#[template(path = "plan.html")]
struct Page {
    title: String,
    lead: String,
    keys: Vec<Key>,
    bars: Vec<Bar>,
    width: u64,
    phases: Vec<Phase>,
    text: String,
}

/// A target that has prices.
struct Key {
    class: &'static str,
    name: Target,
    x: u64,
}

struct Bar {
    class: &'static str,
    x: u64,
    y: u64,
    middle: u64,
    height: u64,
    won: String,
}

struct Phase {
    middle: u64,
    people: String,
    passes: String,
    requests: String,
    won: Vec<String>,
    changes: String,
}

/// The page, which needs no other file.
pub fn of(plan: &Plan) -> Result<String, askama::Error> {
    let mut targets: Vec<Target> = Vec::new();
    for (target, _) in plan.phases.iter().flat_map(|phase| &phase.won) {
        if !targets.contains(target) {
            targets.push(*target);
        }
    }
    let most = plan.phases.iter().flat_map(|phase| &phase.won).map(|(_, won)| *won).max();
    let most = most.unwrap_or_default().max(1);
    let group = WIDTH / (plan.phases.len() as u64).max(1);
    let taken = BAR * (targets.len() as u64);
    let mut bars = Vec::new();
    let mut phases = Vec::new();
    for (at, phase) in (0_u64..).zip(&plan.phases) {
        let middle = at * group + group / 2;
        let mut cells = Vec::new();
        for ((number, target), class) in (0_u64..).zip(&targets).zip(CLASSES) {
            let found = phase.won.iter().find(|(of, _)| of == target);
            cells.push(found.map_or_else(|| "–".to_owned(), |(_, won)| grouped(*won)));
            let Some((_, won)) = found else { continue };
            let height = (won * TALLEST).div_ceil(most);
            let x = middle - taken / 2 + number * BAR;
            bars.push(Bar {
                class,
                x: x + 2,
                y: BASE - height,
                middle: x + BAR / 2,
                height,
                won: in_thousands(*won),
            });
        }
        phases.push(Phase {
            middle,
            people: grouped(phase.people),
            passes: told(phase.passes_per_month),
            requests: told(phase.peak_requests_per_second),
            won: cells,
            changes: phase.changes.join("; "),
        });
    }
    let keys = (0_u64..).zip(targets).zip(CLASSES);
    let people = told(plan.demand.people);
    Page {
        title: format!("Munjigi for {people} people a month"),
        lead: format!(
            "{} passes a month, at most {} requests a second. Sizes follow from measured rates, money from prices with source and date.",
            told(plan.demand.passes_per_month),
            told(plan.demand.peak_requests_per_second)
        ),
        keys: keys.map(|((at, name), class)| Key { class, name, x: at * 130 }).collect(),
        bars,
        width: BAR - 4,
        phases,
        text: text::of(plan),
    }
    .render()
}

/// A label that fits above a bar: 186k.
fn in_thousands(won: u64) -> String {
    match won {
        0..1_000 => won.to_string(),
        won => format!("{}k", grouped((won + 500) / 1_000)),
    }
}
