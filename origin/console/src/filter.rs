//! The query of pages with numbers: site, period and breakdown. Other
//! parameters are ignored.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use munjigi_domain::accounts::Id;
use munjigi_domain::statistics::Period;
use munjigi_domain::statistics::breakdown::GroupBy;
use munjigi_store::statistics::Scope;
use serde::Deserialize;

/// The query as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Filter {
    period: String,
    /// A sitekey; empty for all sites.
    pub site: String,
    by: String,
}

impl<S: Sync> FromRequestParts<S> for Filter {
    type Rejection = Infallible;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Query::try_from_uri(&head.uri).map(|Query(filter)| filter).unwrap_or_default())
    }
}

impl Filter {
    pub fn period(&self) -> Period {
        Period::parse(&self.period)
    }

    pub fn by(&self) -> GroupBy {
        GroupBy::parse(&self.by)
    }

    /// The organisation's sites, or one of them.
    pub fn scope<'a>(&'a self, organisation: &'a Id) -> Scope<'a> {
        Scope { organisation, sitekey: Some(self.site.as_str()).filter(|site| !site.is_empty()) }
    }

    /// The same query with another breakdown or period.
    pub fn query(&self, by: GroupBy, period: Period) -> String {
        let site = Some(("site", self.site.as_str())).filter(|(_, site)| !site.is_empty());
        let pairs = [("by", by.as_str()), ("period", period.as_str())];
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs.into_iter().chain(site))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_was_chosen() {
        let filter = Filter { site: "mj_&x".to_owned(), ..Filter::default() };
        let query = filter.query(GroupBy::Network, Period::Week);
        assert_eq!(query, "by=asn&period=7d&site=mj_%26x");
        let back: Filter = serde_urlencoded::from_str(&query).unwrap();
        assert_eq!(
            (back.by(), back.period(), back.site),
            (GroupBy::Network, Period::Week, filter.site)
        );
        assert_eq!(Filter::default().query(GroupBy::Time, Period::Day), "by=time&period=24h");
    }
}
