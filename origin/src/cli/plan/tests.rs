//! What `munjigi plan` prints.

use clap::Parser;
use time::Month;

use super::*;
use crate::cli;

fn arguments(line: &str) -> Result<Arguments, clap::Error> {
    let parsed = cli::Arguments::try_parse_from(line.split(' '))?;
    let cli::Command::Plan(arguments) = parsed.command else { panic!("{line}") };
    Ok(arguments)
}

fn plan(line: &str) -> Plan {
    let today = Date::from_calendar_date(2026, Month::November, 27).unwrap();
    arguments(line).unwrap().plan(today).unwrap()
}

#[test]
fn a_plan_shows_inputs_formulas_sizes_and_money() {
    insta::assert_snapshot!(text::of(&plan("munjigi plan --mau 1000000")));
}

#[test]
fn a_small_community_sees_its_sum_and_budget() {
    insta::assert_snapshot!(text::of(&plan("munjigi plan --users 5000 --on aws")));
}

#[test]
fn the_same_as_data() {
    let plan = plan("munjigi plan --rps 300 --on vm --vm-price 60000 --json");
    insta::assert_snapshot!(serde_json::to_string_pretty(&plan).unwrap());
}

#[test]
fn prices_that_are_missing_are_asked_for() {
    let text = text::of(&plan("munjigi plan --mau 5000 --on kakaocloud"));
    assert!(text.contains("no sum") && text.contains("--prices FILE"), "{text}");
    let text = text::of(&plan("munjigi plan --mau 5000 --on vm"));
    assert!(text.contains("no sum") && text.contains("--vm-price WON"), "{text}");
}

#[test]
fn a_file_of_prices_replaces_the_published_ones() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let today = Date::from_calendar_date(2026, Month::November, 27).unwrap();
    let line =
        format!("munjigi plan --mau 5000 --on kakaocloud --prices {}", file.path().display());
    let planned = || arguments(&line).unwrap().plan(today);
    assert!(planned().unwrap_err().to_string().contains("docs/sizing.md"));
    let example = include_str!("../../../../docs/sizing.md");
    let (_, example) = example.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    std::fs::write(file.path(), example).unwrap();
    assert!(planned().unwrap().bills[0].sum_won.is_some());
}

#[test]
fn sizes_that_make_no_sense_are_refused_clearly() {
    for (line, expected) in [
        ("munjigi plan", "<--mau <NUMBER>|--users <NUMBER>|--rps <NUMBER>>"),
        ("munjigi plan --mau 0", "from 1 to 10000000000"),
        ("munjigi plan --mau -5", "from 1 to 10000000000"),
        ("munjigi plan --mau 1.5", "from 1 to 10000000000"),
        ("munjigi plan --users 10000000001", "from 1 to 10000000000"),
        ("munjigi plan --rps many", "from 1 to 10000000000"),
        ("munjigi plan --mau 1 --users 1", "cannot be used with"),
        ("munjigi plan --mau 1 --passes 0", "from 0.01 to 10000"),
        ("munjigi plan --mau 1 --pictures 101", "from 0 to 100"),
        ("munjigi plan --mau 1 --reads NaN", "from 0 to 1000000000"),
        ("munjigi plan --mau 1 --on moon", "kakaocloud"),
    ] {
        let error = arguments(line).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(expected), "{line}: {error}");
    }
    assert!(arguments("munjigi plan --mau 10000000000").is_ok());
}

#[test]
fn a_page_draws_what_each_phase_costs_and_says_it_in_a_table() {
    let plan = plan("munjigi plan --mau 1000000");
    let page = page::of(&plan).unwrap();
    let priced: usize = plan.phases.iter().map(|phase| phase.won.len()).sum();
    assert!(priced >= 10, "{priced}");
    // The keys have squares as well.
    assert_eq!(page.matches("<rect ").count(), priced + 2);
    for (_, won) in plan.phases.iter().flat_map(|phase| &phase.won) {
        assert!(page.contains(&format!("<td>{}</td>", text::grouped(*won))), "{won}");
    }
    assert!(page.contains("₩ a month, cloudflare") && page.contains("Postgres on its own machine"));
    assert!(!page.contains("<script") && !page.contains("http-equiv"));
    let mut unpriced = plan;
    unpriced.phases.iter_mut().for_each(|phase| phase.won.clear());
    assert!(!page::of(&unpriced).unwrap().contains("<svg"), "nothing to draw");
}

#[test]
fn a_page_replaces_no_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let plan = plan("munjigi plan --mau 5000");
    let fail = write(file.path(), &plan).unwrap_err();
    assert!(fail.to_string().contains("does not exist yet"), "{fail}");
    let path = file.path().with_extension("html");
    write(&path, &plan).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("<!doctype html>"));
    std::fs::remove_file(path).unwrap();
}
