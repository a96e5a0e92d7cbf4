//! The bytes of messages, defined only here. docs/webhooks.md describes each
//! field; fields may be added, none changes its meaning.

use munjigi_i18n::Texts;
use munjigi_keys::UnixMillis;
use serde::Serialize;

use crate::accounts::Id;
use crate::anomalies::{Figures, Sighting};

/// The event that a message reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    AnomalyOpened,
    AnomalyClosed,
    /// A member pressed the test button.
    Test,
}

impl Event {
    /// Hierarchical words with full stops, as the specification advises.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnomalyOpened => "anomaly.opened",
            Self::AnomalyClosed => "anomaly.closed",
            Self::Test => "webhook.test",
        }
    }
}

#[derive(Serialize)]
struct Message<T> {
    #[serde(rename = "type")]
    event: &'static str,
    #[serde(rename = "timestamp")]
    timestamp: String,
    #[serde(rename = "data")]
    data: T,
}

#[derive(Serialize)]
struct Anomaly<'a> {
    #[serde(rename = "id")]
    id: &'a str,
    #[serde(rename = "organisation")]
    organisation: &'a str,
    #[serde(rename = "sitekey")]
    sitekey: &'a str,
    #[serde(rename = "site")]
    site: String,
    #[serde(rename = "kind")]
    kind: &'static str,
    #[serde(rename = "severity")]
    severity: &'static str,
    #[serde(rename = "asn")]
    asn: Option<u32>,
    #[serde(rename = "opened_at")]
    opened_at: String,
    #[serde(rename = "closed_at")]
    closed_at: Option<String>,
    #[serde(rename = "figures")]
    figures: Figures,
    #[serde(rename = "text")]
    text: String,
    #[serde(rename = "link")]
    link: Option<&'a str>,
}

#[derive(Serialize)]
struct Test<'a> {
    #[serde(rename = "organisation")]
    organisation: &'a str,
    #[serde(rename = "text")]
    text: &'static str,
}

/// The content of a message about an anomaly.
#[derive(Debug)]
pub struct AnomalyMessage<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    pub sitekey: &'a str,
    pub seen: &'a Sighting,
    /// When it began.
    pub opened_at: UnixMillis,
    /// When it ended, if it has.
    pub closed_at: Option<UnixMillis>,
    /// The page to look at.
    pub link: Option<&'a str>,
}

/// The body of `anomaly.opened`, or of `anomaly.closed` if it has ended.
pub fn body_of_anomaly(message: &AnomalyMessage<'_>) -> String {
    let AnomalyMessage { id, organisation, sitekey, seen, opened_at, closed_at, link } = message;
    let event = if closed_at.is_some() { Event::AnomalyClosed } else { Event::AnomalyOpened };
    let data = Anomaly {
        id: id.as_str(),
        organisation: organisation.as_str(),
        sitekey,
        site: seen.site.to_string(),
        kind: seen.kind.as_str(),
        severity: seen.severity.as_str(),
        asn: seen.asn,
        opened_at: opened_at.rfc3339(),
        closed_at: closed_at.map(UnixMillis::rfc3339),
        figures: seen.figures,
        text: seen.sentence(&Texts::default()).into(),
        link: *link,
    };
    body(event, closed_at.unwrap_or(*opened_at), data)
}

/// The body of `webhook.test`.
pub fn body_of_test(organisation: &Id, now: UnixMillis) -> String {
    let text = "This is a test message. Someone pressed “Test” on the Notifications page.";
    body(Event::Test, now, Test { organisation: organisation.as_str(), text })
}

fn body(event: Event, at: UnixMillis, data: impl Serialize) -> String {
    let message = Message { event: event.as_str(), timestamp: at.rfc3339(), data };
    serde_json::to_string(&message).expect("numbers are finite and keys are text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomalies::{Basis, Kind, Severity};
    use crate::entropy::Entropy;
    use crate::shown::Shown;

    /// 2026-11-20T12:00:30Z.
    const NOON: UnixMillis = UnixMillis(1_795_176_030_000);
    const HOUR: u64 = 3_600_000;

    #[test]
    fn messages_are_spelt_as_they_are_described() {
        let entropy = Entropy::from_seed(1);
        let (id, organisation) = (Id::draw(&entropy), Id::draw(&entropy));
        let figures = Figures {
            measured: 12_000.0,
            usual: 950.5,
            deviation: 40.0,
            score: 186.26,
            counted: 12_000,
            hours: 8,
            basis: Basis::HourOfWeek,
        };
        let seen = Sighting {
            site: Shown::of("Shop"),
            asn: Some(64_500),
            kind: Kind::Flood,
            severity: Severity::Critical,
            figures,
        };
        let mut message = AnomalyMessage {
            id: &id,
            organisation: &organisation,
            sitekey: "mj_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            seen: &seen,
            opened_at: NOON,
            closed_at: None,
            link: Some("https://console.example/console/0/anomalies"),
        };
        let opened = body_of_anomaly(&message);
        message.closed_at = Some(UnixMillis(NOON.0 + HOUR));
        let all = [opened, body_of_anomaly(&message), body_of_test(&organisation, NOON)];
        insta::assert_snapshot!(all.join("\n"));
    }
}
