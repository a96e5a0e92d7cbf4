//! A plan for people: inputs, formulas, sizes, money, and what comes next.

use std::fmt::Write as _;

use munjigi_domain::plan::{Basis, Bill, Plan, REQUESTS_A_PASS, Subject, Target};

use super::super::table::columns;

pub fn of(plan: &Plan) -> String {
    let mut text = String::new();
    for part in [inputs, demand, community, sizes, money, phases, figures, warnings] {
        let part = part(plan);
        if !part.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&part);
        }
    }
    text
}

fn section<const N: usize>(title: &str, rows: &[[String; N]]) -> String {
    let lines = columns(rows);
    let lines: Vec<String> = lines.lines().map(|line| format!("  {line}\n")).collect();
    format!("{title}\n{}", lines.concat())
}

fn row<const N: usize>(cells: [&str; N]) -> [String; N] {
    cells.map(str::to_owned)
}

fn inputs(plan: &Plan) -> String {
    let inputs = &plan.inputs;
    let (flag, number, meaning) = match inputs.subject {
        Subject::MonthlyPeople(number) => ("--mau", number, "people active in a month"),
        Subject::Users(number) => ("--users", number, "registered people active in a month"),
        Subject::PeakRequests(number) => ("--rps", number, "our own requests/s at the peak"),
    };
    let rows = [
        (flag, grouped(number), meaning),
        ("--passes", told(inputs.passes_per_person), "passes per person and month"),
        ("--peak", told(inputs.peak_factor), "peak second ÷ mean second"),
        ("--pictures", told(inputs.picture_percent), "% of passes that show a picture"),
        ("--reads", told(inputs.reads_per_million), "reads/s of the whole site per million people"),
        ("--writes", told(inputs.writes_per_million), "writes/s of the same"),
        ("--headroom", told(inputs.headroom_percent), "% of the whole site"),
        ("--days", told(inputs.event_days), "days of events in Postgres"),
        ("--memory", told(inputs.machine_memory_gib), "GiB of one machine"),
    ];
    section("Inputs", &rows.map(|(flag, number, meaning)| row([flag, &number, meaning])))
}

fn demand(plan: &Plan) -> String {
    let demand = &plan.demand;
    let factor = told(plan.inputs.passes_per_person);
    let people = match plan.inputs.subject {
        Subject::PeakRequests(_) => {
            "peak ÷ peak factor ÷ 4 × 2,592,000 s ÷ passes per person".to_owned()
        }
        _ => "given".to_owned(),
    };
    let rows = [
        ("people a month", demand.people, people),
        ("passes a month", demand.passes_per_month, format!("people × {factor}")),
        (
            "requests a month",
            demand.requests_per_month,
            format!("passes × {REQUESTS_A_PASS}: frame, challenge, solution, siteverify"),
        ),
        ("requests/s, mean", demand.mean_requests_per_second, "÷ 2,592,000 s".to_owned()),
        (
            "requests/s, peak",
            demand.peak_requests_per_second,
            format!("mean × {}", told(plan.inputs.peak_factor)),
        ),
        ("passes/s, peak", demand.peak_passes_per_second, "peak ÷ 4".to_owned()),
    ];
    section("Demand", &rows.map(|(what, number, how)| [what.to_owned(), told(number), how]))
}

fn community(plan: &Plan) -> String {
    let site = &plan.community;
    let headroom = format!("with {} % headroom", told(plan.inputs.headroom_percent));
    let ours = site.our_percent.map_or("–".to_owned(), |percent| format!("{} %", told(percent)));
    let rows = [
        row(["reads/s", &grouped(site.reads_per_second)]),
        row(["writes/s", &grouped(site.writes_per_second)]),
        row(["together/s", &grouped(site.requests_per_second)]),
        row([&headroom, &grouped(site.with_headroom_per_second)]),
        row(["our own peak, of that", &ours]),
    ];
    section("The whole site of that size, most of which is not Munjigi's", &rows)
}

fn sizes(plan: &Plan) -> String {
    let sizes = &plan.sizes;
    let core_us = sizes.gate_core_seconds_per_pass * 1e6;
    let events = format!("passes × {} days ÷ 30 × event-bytes", told(plan.inputs.event_days));
    let rows = [
        (
            "gate: cores at the peak",
            told(sizes.gate_cores),
            format!(
                "passes/s × {} core-µs: 2 ÷ gate-challenge + 1 ÷ gate-solution + 1 ÷ gate-siteverify",
                told(core_us)
            ),
        ),
        (
            "gate: siteverify rate used",
            format!("{} %", told(sizes.gate_siteverify_percent)),
            "passes/s ÷ gate-siteverify".to_owned(),
        ),
        (
            "gate: machines",
            grouped(sizes.gate_machines),
            "each used by 50 % at the peak".to_owned(),
        ),
        (
            "gate: memory",
            format!("{} MiB", told(sizes.gate_memory_mib)),
            "gate-memory, idle".to_owned(),
        ),
        (
            "gate: rows of the store",
            bytes(sizes.gate_store_bytes),
            "(passes/s × 2,160 s + passes of a mean day, at most 1,000,000) × gate-store-bytes"
                .to_owned(),
        ),
        (
            "origin: events/s, peak",
            told(sizes.origin_events_per_second),
            "one a pass; `scripts/bench intake` measures what yours takes".to_owned(),
        ),
        ("Postgres: events", bytes(sizes.postgres_bytes), events),
        (
            "Postgres: own machines",
            grouped(sizes.postgres_machines),
            "once its events fill half of a machine's memory".to_owned(),
        ),
        (
            "traffic a month, at most",
            bytes(sizes.traffic_bytes_per_month),
            "passes × first-visit-bytes".to_owned(),
        ),
        (
            "traffic, peak",
            format!("{} Mbit/s", told(sizes.peak_mbit_per_second)),
            "the same at the peak".to_owned(),
        ),
        (
            "pictures shown a month",
            told(plan.demand.pictures_per_month),
            format!("{}/s at the peak", told(sizes.peak_pictures_per_second)),
        ),
    ];
    section("Sizes", &rows.map(|(what, number, how)| [what.to_owned(), number, how]))
}

fn money(plan: &Plan) -> String {
    let mut text = plan.bills.iter().map(bill).collect::<Vec<_>>().join("\n");
    let exchange = &plan.exchange;
    let _ = writeln!(
        text,
        "\nExchange rate: {} won a dollar ({}, {})",
        told(exchange.won_per_dollar),
        exchange.source,
        exchange.date
    );
    if let Some(budget) = &plan.budget {
        let within: Vec<&str> = budget.within.iter().map(|target| target.as_str()).collect();
        let within = if within.is_empty() { "none".to_owned() } else { within.join(", ") };
        let _ = writeln!(
            text,
            "Budget: {} won a month ({}); within it: {within}",
            grouped(budget.won),
            budget.source
        );
    }
    text
}

fn bill(bill: &Bill) -> String {
    let title = format!("Money a month on {}", bill.target);
    let mut rows: Vec<[String; 3]> = Vec::new();
    for line in &bill.lines {
        let basis = match line.basis {
            Basis::ListPrice => "list price",
            Basis::PublishedPlan => "from a published plan, not a list price",
            Basis::Own => "your price",
        };
        let (quantity, price) = (told(line.quantity), told(line.won_per_unit));
        let how = format!(
            "{quantity} {} × {price} won; {basis}, {}: {}",
            line.unit, line.date, line.source
        );
        rows.push([line.item.clone(), format!("{} won", grouped(line.won)), how]);
    }
    if let Some(sum) = bill.sum_won {
        rows.push(["sum".to_owned(), format!("{} won", grouped(sum)), String::new()]);
    }
    let mut text = section(&title, &rows);
    if bill.sum_won.is_none() {
        let machines = bill.machines;
        let _ = writeln!(text, "  no sum: the prices have none for a machine of {}", bill.target);
        if machines > 0 {
            let _ = writeln!(text, "  machines: {machines}");
        }
        text.push_str(match bill.target {
            Target::Vm => "  add yours: --vm-price WON, or --prices FILE (docs/sizing.md)\n",
            _ => "  add them: --prices FILE (docs/sizing.md)\n",
        });
    }
    for note in &bill.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}

fn phases(plan: &Plan) -> String {
    let headings =
        ["people", "passes", "requests/s", "of a gate", "Postgres", "won a month", "what changes"];
    let mut rows = vec![row(headings)];
    for phase in &plan.phases {
        let won = phase.won.iter().map(|(target, won)| format!("{target} {}", grouped(*won)));
        let changes = match phase.changes.as_slice() {
            [] if phase.people == 1_000 => "one machine".to_owned(),
            [] => "nothing".to_owned(),
            changes => changes.join("; "),
        };
        rows.push([
            grouped(phase.people),
            told(phase.passes_per_month),
            told(phase.peak_requests_per_second),
            format!("{} %", told(phase.gate_siteverify_percent)),
            bytes(phase.postgres_bytes),
            won.collect::<Vec<_>>().join(", "),
            changes,
        ]);
    }
    let mut text = section("Phases", &rows);
    let thresholds = plan.thresholds.iter().map(|threshold| {
        let above = format!("above {} people", grouped(threshold.people));
        [above, threshold.then.to_owned(), threshold.because.clone()]
    });
    text.push('\n');
    text.push_str(&section("Thresholds", &thresholds.collect::<Vec<_>>()));
    text
}

fn figures(plan: &Plan) -> String {
    let rows = plan.figures.iter().map(|figure| {
        let value = format!("{} {}", told(figure.value), figure.unit);
        let how = format!("{}: {}", figure.date, figure.command);
        [figure.id.clone(), value, how]
    });
    section("Measured rates (docs/figures.toml)", &rows.collect::<Vec<_>>())
}

fn warnings(plan: &Plan) -> String {
    let lines = plan.warnings.iter().map(|warning| format!("warning: {warning}\n"));
    lines.collect()
}

/// `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whole from a hundred on, otherwise at most three digits after the point.
pub fn told(number: f64) -> String {
    if number >= 100.0 {
        let whole = format!("{number:.0}");
        return whole.parse().map_or(whole, grouped);
    }
    let decimals = if number >= 10.0 {
        1
    } else if number >= 1.0 {
        2
    } else {
        3
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

fn bytes(number: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
    let found = units.into_iter().find(|(size, _)| number >= *size);
    found.map_or_else(
        || format!("{} bytes", told(number)),
        |(size, unit)| format!("{} {unit}", told(number / size)),
    )
}
