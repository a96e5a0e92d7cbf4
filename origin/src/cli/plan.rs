//! `munjigi plan`: what an installation of a given size needs and costs.

mod page;
mod text;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, ValueHint};
use munjigi_domain::plan::{
    Basis, Currency, Figures, Inputs, MEASURED, PUBLISHED, Plan, Price, Prices, Subject, Target,
    Unit,
};
use munjigi_domain::timestamp::to_timestamp;
use time::Date;

use super::{Exit, Fail, Shell, print, print_json};

/// The largest size that can be planned for.
const MOST: u64 = 10_000_000_000;

#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("size").required(true).args(["mau", "users", "rps"]),
    after_help = "\
Examples:
  munjigi plan --mau 1000000                 everything, with what each phase changes
  munjigi plan --users 5000 --on aws         a small community, with its budget
  munjigi plan --rps 300 --on vm --vm-price 60000
  munjigi plan --mau 50000 --json            the same as data
  munjigi plan --mau 50000 --page plan.html  the same as a page with a chart

Sizes follow from measured rates (docs/figures.toml), money from prices with
source and date (docs/prices.toml): docs/sizing.md. Nothing is bought or changed."
)]
pub struct Arguments {
    /// People who are active in a month.
    #[arg(long, value_name = "NUMBER", value_parser = size, allow_negative_numbers = true)]
    mau: Option<u64>,
    /// The same for a small community: registered people who are active in a
    /// month, and the budget of a published plan beside the sum.
    #[arg(long, value_name = "NUMBER", value_parser = size, allow_negative_numbers = true)]
    users: Option<u64>,
    /// Munjigi's own requests per second at the peak, four a pass.
    #[arg(long, value_name = "NUMBER", value_parser = size, allow_negative_numbers = true)]
    rps: Option<u64>,
    /// Where it runs: vm, cloudflare, aws or kakaocloud [default: all].
    #[arg(long, value_name = "TARGET", value_parser = target())]
    on: Option<Target>,
    /// Passes per person and month.
    #[arg(long, value_name = "NUMBER", default_value = "3", value_parser = factor)]
    passes: f64,
    /// Peak second ÷ mean second.
    #[arg(long, value_name = "FACTOR", default_value = "10", value_parser = factor)]
    peak: f64,
    /// Share of passes that show a picture.
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    pictures: f64,
    /// Reads per second of the whole site, per million people a month.
    #[arg(long, value_name = "NUMBER", default_value = "1210", value_parser = rate)]
    reads: f64,
    /// Writes per second of the whole site, per million people a month.
    #[arg(long, value_name = "NUMBER", default_value = "333", value_parser = rate)]
    writes: f64,
    /// Headroom of the whole site.
    #[arg(long, value_name = "PERCENT", default_value = "50", value_parser = rate)]
    headroom: f64,
    /// Days for which Postgres keeps events.
    #[arg(long, value_name = "DAYS", default_value = "90", value_parser = factor)]
    days: f64,
    /// Memory of one machine.
    #[arg(long, value_name = "GIB", default_value = "4", value_parser = factor)]
    memory: f64,
    /// A file of prices instead of the one that is built in.
    #[arg(long, value_name = "FILE.toml", value_hint = ValueHint::FilePath)]
    prices: Option<PathBuf>,
    /// What one machine costs you a month, in won. Replaces the machine prices
    /// of `vm`.
    #[arg(long, value_name = "WON", value_parser = clap::value_parser!(u32).range(..=1_000_000_000))]
    vm_price: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Write a page with a chart to a file that does not exist.
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath, conflicts_with = "json")]
    page: Option<PathBuf>,
}

pub fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let plan = arguments.plan(to_timestamp(shell.clock.now()).date())?;
    if let Some(path) = &arguments.page {
        return write(path, &plan);
    }
    if arguments.json { print_json(&plan) } else { print(&text::of(&plan)) }
}

fn write(path: &Path, plan: &Plan) -> Result<(), Fail> {
    let page = page::of(plan)
        .map_err(|error| Fail::new(Exit::Failed, "the page cannot be written", error))?;
    let created = std::fs::File::create_new(path);
    created.and_then(|mut file| file.write_all(page.as_bytes())).map_err(|error| {
        Fail::new(Exit::Failed, format!("cannot write {}", path.display()), error)
            .fix("name a file that does not exist yet, where you may write")
    })?;
    print(&format!("Wrote {}: open it in a browser\n", path.display()))
}

impl Arguments {
    fn plan(&self, today: Date) -> Result<Plan, Fail> {
        let figures = Figures::read(MEASURED).map_err(|error| {
            Fail::new(Exit::Failed, "the published figures cannot be used", error)
                .fix("this is a bug in Munjigi; please report it with this text")
        })?;
        let mut prices = self.prices()?;
        if let Some(won) = self.vm_price {
            prices.prices.retain(|price| price.target != Target::Vm);
            prices.prices.push(Price {
                target: Target::Vm,
                item: "machine".to_owned(),
                unit: Unit::MachineMonth,
                price: f64::from(won),
                currency: Currency::Krw,
                included: 0,
                basis: Basis::Own,
                source: "--vm-price".to_owned(),
                date: today.to_string(),
            });
        }
        let one = self.on.map(|target| vec![target]);
        let targets = one.unwrap_or_else(|| Target::ALL.to_vec());
        Ok(Plan::new(self.inputs(), &targets, &figures, &prices, today))
    }

    fn inputs(&self) -> Inputs {
        let people = self.mau.map(Subject::MonthlyPeople).or(self.users.map(Subject::Users));
        let subject = people.or(self.rps.map(Subject::PeakRequests));
        Inputs {
            subject: subject.expect("clap requires one of the group"),
            passes_per_person: self.passes,
            peak_factor: self.peak,
            picture_percent: self.pictures,
            reads_per_million: self.reads,
            writes_per_million: self.writes,
            headroom_percent: self.headroom,
            event_days: self.days,
            machine_memory_gib: self.memory,
        }
    }

    fn prices(&self) -> Result<Prices, Fail> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path)
                .map_err(|error| unusable(path, error).fix("name a file that can be read"))
        };
        let text = self.prices.as_ref().map(read).transpose()?;
        let file = self.prices.as_deref().unwrap_or_else(|| Path::new("docs/prices.toml"));
        Prices::read(text.as_deref().unwrap_or(PUBLISHED)).map_err(|error| {
            unusable(file, error).fix("correct it after the example in docs/sizing.md")
        })
    }
}

fn unusable(file: &Path, error: impl std::fmt::Display) -> Fail {
    let what = format!("the prices in {} cannot be used", file.display());
    Fail::new(Exit::Failed, what, error)
}

fn target() -> impl TypedValueParser<Value = Target> {
    PossibleValuesParser::new(Target::ALL.map(Target::as_str)).map(|name| {
        let found = Target::ALL.into_iter().find(|target| target.as_str() == name);
        found.expect("the parser allows these names only")
    })
}

fn size(text: &str) -> Result<u64, &'static str> {
    let size = text.parse().ok().filter(|size| (1..=MOST).contains(size));
    size.ok_or("use a whole number from 1 to 10000000000, without separators")
}

fn number(text: &str, least: f64, most: f64) -> Option<f64> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

fn factor(text: &str) -> Result<f64, &'static str> {
    number(text, 0.01, 10_000.0).ok_or("use a number from 0.01 to 10000")
}

fn rate(text: &str) -> Result<f64, &'static str> {
    number(text, 0.0, 1e9).ok_or("use a number from 0 to 1000000000")
}

fn percent(text: &str) -> Result<f64, &'static str> {
    number(text, 0.0, 100.0).ok_or("use a number from 0 to 100")
}

#[cfg(test)]
mod tests;
