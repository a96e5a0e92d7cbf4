//! What an installation of a given size needs and costs. From people to
//! passes, to requests, to what each part needs by the measured rates, to
//! money. Pure: figures, prices and the day are arguments.

mod demand;
mod figures;
mod money;
mod number;
mod phases;
mod prices;
mod sizes;
#[cfg(test)]
mod tests;

pub use demand::{Community, Demand, Inputs, MONTH_SECONDS, REQUESTS_A_PASS, Subject};
pub use figures::{Figure, Figures, FiguresError, MEASURED};
pub use money::{Bill, Budget, Line};
pub use phases::{PHASES, Phase, Threshold};
pub use prices::{
    Basis, Currency, Exchange, FRESH_DAYS, PUBLISHED, Price, Prices, PricesError, Target, Unit,
};
use serde::Serialize;
pub use sizes::{ROW_KEPT_SECONDS, Sizes, USED_SHARE};
use time::Date;

/// A plan: inputs, each step, sizes and money.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// What it was made from.
    pub inputs: Inputs,
    /// Passes and requests.
    pub demand: Demand,
    /// The whole site that Munjigi guards.
    pub community: Community,
    pub sizes: Sizes,
    /// What it costs, by target.
    pub bills: Vec<Bill>,
    /// For a small community: what it may cost.
    pub budget: Option<Budget>,
    /// When more is needed, in the order in which it is.
    pub thresholds: Vec<Threshold>,
    /// What changes on the way to a million people.
    pub phases: Vec<Phase>,
    /// The measured rates that were used.
    pub figures: Vec<Figure>,
    /// What a dollar costs.
    pub exchange: Exchange,
    /// Prices that should be looked up again.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Plans for these inputs, at these targets.
    pub fn new(
        inputs: Inputs,
        targets: &[Target],
        figures: &Figures,
        prices: &Prices,
        today: Date,
    ) -> Self {
        let demand = Demand::of(&inputs);
        let sizes = Sizes::of(&inputs, &demand, figures);
        let bill = |target: &Target| Bill::of(*target, &demand, &sizes, figures, prices);
        let bills: Vec<Bill> = targets.iter().map(bill).collect();
        let thresholds = phases::thresholds(&inputs, figures, prices);
        let phases = phases::phases(&inputs, figures, prices, &thresholds);
        let budget = match inputs.subject {
            Subject::Users(_) => Budget::of(&bills, prices),
            Subject::MonthlyPeople(_) | Subject::PeakRequests(_) => None,
        };
        Self {
            community: Community::of(&inputs, &demand),
            warnings: prices.stale(targets, today),
            figures: figures.all().into_iter().cloned().collect(),
            exchange: prices.exchange.clone(),
            inputs,
            demand,
            sizes,
            bills,
            budget,
            thresholds,
            phases,
        }
    }
}
