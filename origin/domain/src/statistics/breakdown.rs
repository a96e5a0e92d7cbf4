//! Tables of statistics: their rows, the order of the rows, and what each is
//! compared with.

use std::collections::BTreeMap;

use super::{Dimension, Totals};

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// Hours or days.
    Time,
    Country,
    Network,
    Host,
    Action,
    Reason,
}

impl GroupBy {
    /// All kinds of rows.
    pub const ALL: [Self; 6] =
        [Self::Time, Self::Country, Self::Network, Self::Host, Self::Action, Self::Reason];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Country => "country",
            Self::Network => "asn",
            Self::Host => "host",
            Self::Action => "action",
            Self::Reason => "reason",
        }
    }

    /// From an address; time if the text is unknown.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|by| by.as_str() == text).unwrap_or(Self::Time)
    }

    /// The dimension to query; `None` for a series of times.
    pub const fn dimension(self) -> Option<Dimension> {
        match self {
            Self::Time => None,
            Self::Country => Some(Dimension::Country),
            Self::Network => Some(Dimension::Asn),
            Self::Host => Some(Dimension::Hostname),
            Self::Action => Some(Dimension::Action),
            Self::Reason => Some(Dimension::Code),
        }
    }

    /// Whether its rows have numbers of challenges: those are counted before
    /// the action is known, and a reason only counts refusals.
    pub const fn has_challenges(self) -> bool {
        !matches!(self, Self::Action | Self::Reason)
    }
}

/// A row: what happened there, now and in the previous period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row header.
    pub label: String,
    pub totals: Totals,
    /// The previous period of the same length.
    pub before: Totals,
}

/// Sets the values of two periods side by side, busiest first. A value that
/// only the previous period has gets a row too: that it stopped may be the
/// news.
pub fn beside(
    now: impl IntoIterator<Item = (String, Totals)>,
    before: impl IntoIterator<Item = (String, Totals)>,
) -> Vec<Row> {
    let mut rows: BTreeMap<String, (Totals, Totals)> = BTreeMap::new();
    for (value, totals) in now {
        rows.entry(value).or_default().0 = totals;
    }
    for (value, totals) in before {
        rows.entry(value).or_default().1 = totals;
    }
    let row = |(label, (totals, before))| Row { label, totals, before };
    let mut rows: Vec<Row> = rows.into_iter().map(row).collect();
    // Stable: rows with equal activity stay in the order of their names.
    rows.sort_by_key(|row| std::cmp::Reverse((row.totals.activity(), row.before.activity())));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redeemed(value: &str, redeemed: u64) -> (String, Totals) {
        (value.to_owned(), Totals { redeemed, ..Totals::default() })
    }

    #[test]
    fn the_busiest_come_first_and_what_stopped_comes_last() {
        let rows = beside(
            [redeemed("KR", 5), redeemed("DE", 5), redeemed("US", 9)],
            [redeemed("KR", 2), redeemed("FR", 7)],
        );
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.label.as_str(), row.totals.redeemed, row.before.redeemed))
            .collect();
        assert_eq!(told, [("US", 9, 0), ("KR", 5, 2), ("DE", 5, 0), ("FR", 0, 7)]);
    }

    #[test]
    fn addresses_come_back() {
        for by in GroupBy::ALL {
            assert_eq!(GroupBy::parse(by.as_str()), by);
            assert_eq!(by.dimension().is_none(), by == GroupBy::Time);
        }
        assert_eq!(GroupBy::parse("<script>"), GroupBy::Time);
    }
}
