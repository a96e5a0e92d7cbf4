//! Prices, each with its source and date. None is built into the code: they
//! come from `docs/prices.toml`, or from a file of the same form.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Month};

use super::number::float;

/// The prices that are compiled in.
pub const PUBLISHED: &str = include_str!("../../../../docs/prices.toml");

/// Days after which a price should be looked up again.
pub const FRESH_DAYS: i64 = 180;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Any machine, such as one that you own or rent.
    Vm,
    /// The edge on Cloudflare Workers.
    Cloudflare,
    /// Machines at Amazon Web Services.
    Aws,
    /// Machines at KakaoCloud.
    KakaoCloud,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 4] = [Self::Vm, Self::Cloudflare, Self::Aws, Self::KakaoCloud];

    /// Its name in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Cloudflare => "cloudflare",
            Self::Aws => "aws",
            Self::KakaoCloud => "kakaocloud",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a price is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Once a month.
    Month,
    /// For each machine of the service, a month.
    MachineMonth,
    /// For each million requests, beyond those included.
    MillionRequests,
    /// For each million calls of a redemption object, beyond those included.
    MillionObjectRequests,
    /// Not charged: what a free plan includes, in requests a day.
    FreeRequestsPerDay,
    /// Not charged: what a whole plan of someone else costs a month.
    Comparison,
}

/// Currency of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// South Korean won.
    Krw,
    /// US dollars.
    Usd,
}

/// What kind of source a price has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The provider's own list.
    ListPrice,
    /// A plan that someone else published; the list may differ.
    PublishedPlan,
    /// What you were offered, or entered yourself.
    Own,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub target: Target,
    pub item: String,
    /// What it is multiplied by.
    pub unit: Unit,
    /// Price of one unit, in `currency`.
    pub price: f64,
    /// Currency of the price.
    pub currency: Currency,
    /// Units that are free each month (of requests: single ones, not millions).
    #[serde(default)]
    pub included: u64,
    pub basis: Basis,
    /// URL of the price, or words that say where it comes from.
    pub source: String,
    /// The day it was read: `2026-11-21`.
    pub date: String,
}

/// What a dollar costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Won for one US dollar.
    pub won_per_dollar: f64,
    /// URL of the rate, or words that say where it comes from.
    pub source: String,
    /// The day of the rate: `2026-11-21`.
    pub date: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// What a dollar costs.
    pub exchange: Exchange,
    #[serde(default, rename = "price")]
    pub prices: Vec<Price>,
}

/// Why a file of prices cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The file is not TOML of this form.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A price is negative, infinite or too large.
    #[error("the price of `{0}` is not a number from 0 to 1,000,000,000")]
    Price(String),
    /// A day is not written as `2026-11-21`, or does not exist.
    #[error("the date of `{0}` is not a day of the form 2026-11-21")]
    Date(String),
    /// A text is empty.
    #[error("the price of `{0}` needs an item and a source")]
    Source(String),
    /// The exchange rate is not above zero.
    #[error("won_per_dollar is not a number above 0")]
    Exchange,
}

const MOST: f64 = 1e9;

impl Prices {
    /// Reads a file of prices.
    pub fn read(text: &str) -> Result<Self, PricesError> {
        let file: Self = toml::from_str(text)?;
        let Exchange { won_per_dollar, source, date } = &file.exchange;
        if !(*won_per_dollar > 0.0 && *won_per_dollar <= MOST) {
            return Err(PricesError::Exchange);
        }
        let exchange = ("the exchange rate", source, date);
        let lines = file.prices.iter().map(|line| (line.item.as_str(), &line.source, &line.date));
        for (item, source, date) in lines.chain([exchange]) {
            if item.trim().is_empty() || source.trim().is_empty() {
                return Err(PricesError::Source(item.to_owned()));
            }
            day(date).ok_or_else(|| PricesError::Date(item.to_owned()))?;
        }
        match file.prices.iter().find(|line| !(0.0..=MOST).contains(&line.price)) {
            Some(line) => Err(PricesError::Price(line.item.clone())),
            None => Ok(file),
        }
    }

    /// The prices of a target.
    pub fn of(&self, target: Target) -> impl Iterator<Item = &Price> {
        self.prices.iter().filter(move |price| price.target == target)
    }

    /// Price of one unit in won.
    pub fn won(&self, price: &Price) -> f64 {
        match price.currency {
            Currency::Krw => price.price,
            Currency::Usd => price.price * self.exchange.won_per_dollar,
        }
    }

    /// Requests a day that a target's free plan includes.
    pub(super) fn free_requests_per_day(&self, target: Target) -> Option<f64> {
        let free = self.of(target).find(|price| price.unit == Unit::FreeRequestsPerDay);
        free.map(|price| float(price.included))
    }

    /// Says which prices of these targets, and whether the exchange rate, were
    /// read more than [`FRESH_DAYS`] days before today.
    pub fn stale(&self, targets: &[Target], today: Date) -> Vec<String> {
        let lines = self.prices.iter().filter(|price| targets.contains(&price.target));
        let lines = lines.map(|line| (format!("{} · {}", line.target, line.item), &line.date));
        let exchange = ("exchange rate".to_owned(), &self.exchange.date);
        let days = |date: &str| day(date).map(|day| (today - day).whole_days());
        let dated = lines.chain([exchange]).filter_map(|(what, date)| Some((what, days(date)?)));
        let old = dated.filter(|(_, days)| *days > FRESH_DAYS);
        old.map(|(what, days)| {
            format!(
                "{what}: this price is {days} days old; look it up again and pass --prices FILE"
            )
        })
        .collect()
    }
}

/// A day written as `2026-11-21`.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || [year.len(), month.len(), day.len()] != [4, 2, 2] {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}
