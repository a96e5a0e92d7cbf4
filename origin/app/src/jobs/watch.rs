//! Searches for anomalies, and queues the notifications. One transaction: every
//! notification is about a row that exists, and an interrupted search has
//! notified no one.

mod attacks;

use std::collections::{BTreeMap, BTreeSet};

use munjigi_domain::accounts::Id;
use munjigi_domain::anomalies::{
    self, Hour, Kind, NETWORKS_PER_SITE, Past, Sighting, Standing, Transition,
};
use munjigi_domain::email::EmailKind;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::shown::Shown;
use munjigi_domain::webhooks::{AnomalyMessage, Event, body_of_anomaly};
use munjigi_i18n::Locale;
use munjigi_keys::UnixMillis;
use munjigi_store::anomalies::{self as store, Measured, Open, SiteNumbers, Subject};
use munjigi_store::{DatabaseError, Unit, mails, webhooks};
use reqwest::Url;
use sqlx::PgConnection;

pub use attacks::Attacks;

const MINUTE_MILLIS: u64 = 60_000;
const HOUR_MILLIS: u64 = 60 * MINUTE_MILLIS;

/// Sentences in one email; the page lists the rest.
const MOST_IN_A_LETTER: usize = 10;

/// One search. Output: how many anomalies opened and closed; `None` if another
/// origin was searching.
#[derive(Debug)]
pub struct Watch<'a> {
    pub now: UnixMillis,
    /// For ids.
    pub entropy: &'a Entropy,
    /// The console's address, if there is one.
    pub console: Option<&'a Url>,
}

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Findings {
    pub opened: usize,
    pub closed: usize,
}

/// Numbers to judge.
#[derive(Default)]
struct Numbers {
    /// The past hour that the last sixty minutes are compared with: the one
    /// that contains their middle.
    at: u64,
    sites: BTreeMap<String, SiteNumbers>,
    hours: BTreeMap<Subject, Hour>,
    site_pasts: BTreeMap<String, Past>,
    network_pasts: BTreeMap<Subject, BTreeMap<u64, Hour>>,
}

impl Unit for Watch<'_> {
    type Output = Option<Findings>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        if !store::try_lock(connection).await? {
            return Ok(None);
        }
        let open = store::open(connection).await?;
        let numbers = self.numbers(connection, &open).await?;
        let mut open: BTreeMap<(Subject, Kind), Open> =
            open.into_iter().map(|open| ((open.subject.clone(), open.kind), open)).collect();
        let subjects: BTreeSet<Subject> =
            numbers.hours.keys().cloned().chain(open.keys().map(|(it, _)| it.clone())).collect();
        let (mut findings, mut standing_now) = (Findings::default(), Vec::new());
        for subject in subjects {
            for kind in Kind::OF_AN_HOUR {
                let open = open.remove(&(subject.clone(), kind));
                let verdict = numbers.judge(kind, &subject);
                match anomalies::step(open.as_ref().map(|open| open.standing), verdict, self.now) {
                    Transition::Nothing => {}
                    Transition::Opens(standing) => {
                        let new = self.opening(&subject, kind, standing);
                        if store::insert(connection, &new).await? {
                            findings.opened += 1;
                            self.post(connection, &numbers, &new, None).await?;
                            standing_now.push(new);
                        }
                    }
                    Transition::Stays(standing) => {
                        if let Some(open) = open {
                            if open.standing != standing {
                                store::update(connection, &open.id, &standing).await?;
                            }
                            standing_now.push(Open { standing, ..open });
                        }
                    }
                    Transition::Closes => {
                        if let Some(open) = open {
                            store::close(connection, &open.id, self.now).await?;
                            findings.closed += 1;
                            self.post(connection, &numbers, &open, Some(self.now)).await?;
                        }
                    }
                }
            }
        }
        self.write_emails(connection, &numbers, &standing_now).await?;
        Ok(Some(findings))
    }
}

impl Watch<'_> {
    async fn numbers(
        &self,
        connection: &mut PgConnection,
        open: &[Open],
    ) -> Result<Numbers, DatabaseError> {
        let to = UnixMillis(self.now.0 / MINUTE_MILLIS * MINUTE_MILLIS);
        let from = UnixMillis(to.0.saturating_sub(HOUR_MILLIS));
        let at = (from.0 + HOUR_MILLIS / 2) / HOUR_MILLIS;
        let is_open = |subject: &Subject| open.iter().any(|open| open.subject == *subject);
        let hours = chosen(store::window(connection, from, to).await?, is_open);
        let sitekeys: BTreeSet<String> = hours
            .keys()
            .map(|subject| subject.sitekey.clone())
            .chain(open.iter().map(|open| open.subject.sitekey.clone()))
            .collect();
        let sitekeys: Vec<String> = sitekeys.into_iter().collect();
        let networks: Vec<Subject> = hours.keys().filter(|it| it.asn.is_some()).cloned().collect();
        let slots = anomalies::slots(at);
        Ok(Numbers {
            at,
            sites: store::sites(connection, &sitekeys).await?,
            site_pasts: store::site_pasts(connection, &sitekeys, &slots).await?,
            network_pasts: store::network_pasts(connection, &networks, &slots).await?,
            hours,
        })
    }

    fn opening(&self, subject: &Subject, kind: Kind, standing: Standing) -> Open {
        let id = Id::draw(self.entropy);
        let (subject, opened_at) = (subject.clone(), self.now);
        Open { id, subject, kind, standing, opened_at, is_seen: false }
    }

    /// Queues a message to the organisation's webhooks.
    async fn post(
        &self,
        connection: &mut PgConnection,
        numbers: &Numbers,
        open: &Open,
        closed_at: Option<UnixMillis>,
    ) -> Result<(), DatabaseError> {
        let Some((site, seen)) = numbers.sighting(open) else { return Ok(()) };
        let link = self.link(&site.organisation);
        let body = body_of_anomaly(&AnomalyMessage {
            id: &open.id,
            organisation: &site.organisation,
            sitekey: &open.subject.sitekey,
            seen: &seen,
            opened_at: open.opened_at,
            closed_at,
            link: link.as_ref().map(Url::as_str),
        });
        let event = if closed_at.is_some() { Event::AnomalyClosed } else { Event::AnomalyOpened };
        let message = (event, body.as_str());
        webhooks::queue(connection, &site.organisation, message, self.now, self.entropy).await
    }

    /// An email to each recipient who got none within the hour, about every
    /// open anomaly that began since then and that no one has seen: an attack
    /// from a new network every few minutes fills no mailbox.
    async fn write_emails(
        &self,
        connection: &mut PgConnection,
        numbers: &Numbers,
        open: &[Open],
    ) -> Result<(), DatabaseError> {
        let mut by_organisation: BTreeMap<&Id, Vec<(UnixMillis, Sighting)>> = BTreeMap::new();
        for open in open.iter().filter(|open| !open.is_seen) {
            if let Some((site, seen)) = numbers.sighting(open) {
                by_organisation.entry(&site.organisation).or_default().push((open.opened_at, seen));
            }
        }
        for (organisation, all) in by_organisation {
            let Some(link) = self.link(organisation) else { continue };
            let newest = all.iter().map(|(opened_at, _)| *opened_at).max().unwrap_or(self.now);
            for untold in webhooks::tell(connection, organisation, newest, self.now).await? {
                let news = all.iter().filter(|(opened_at, _)| *opened_at >= untold.since);
                let seen = worst(news.map(|(_, seen)| seen.clone()).collect());
                let kind = EmailKind::Unusual { seen, link: link.clone() };
                let Ok(to) = untold.email.parse() else { continue };
                let locale: Locale = untold.locale.parse().unwrap_or_default();
                mails::queue(connection, &kind.message(to, locale), self.now).await?;
            }
        }
        Ok(())
    }

    fn link(&self, organisation: &Id) -> Option<Url> {
        let mut url = self.console?.clone();
        url.set_path(&format!("/console/{organisation}/anomalies"));
        Some(url)
    }
}

impl Numbers {
    fn judge(&self, kind: Kind, subject: &Subject) -> anomalies::Assessment {
        let (none, nothing) = (Past::default(), Hour::default());
        let of_site = self.site_pasts.get(&subject.sitekey).unwrap_or(&none);
        let now = self.hours.get(subject).unwrap_or(&nothing);
        if subject.asn.is_none() {
            return anomalies::judge(kind, self.at, now, of_site, of_site);
        }
        let hours = self.network_pasts.get(subject).cloned().unwrap_or_default();
        let own = Past { first: of_site.first, hours };
        anomalies::judge(kind, self.at, now, &own, of_site)
    }

    fn sighting(&self, open: &Open) -> Option<(&SiteNumbers, Sighting)> {
        let site = self.sites.get(&open.subject.sitekey)?;
        let Standing { severity, figures, .. } = open.standing;
        let (site_name, asn, kind) = (Shown::of(&site.name), open.subject.asn, open.kind);
        Some((site, Sighting { site: site_name, asn, kind, severity, figures }))
    }
}

/// As many as an email has room for. The worst first; at equal severity, sites
/// before their networks.
fn worst(mut seen: Vec<Sighting>) -> Vec<Sighting> {
    seen.sort_by_key(|seen| (std::cmp::Reverse(seen.severity), seen.asn.is_some()));
    seen.truncate(MOST_IN_A_LETTER);
    seen
}

/// Sites, and for each the networks with the most requests, along with those
/// that have an open anomaly. The input has the busiest first.
fn chosen(measured: Vec<Measured>, is_open: impl Fn(&Subject) -> bool) -> BTreeMap<Subject, Hour> {
    let mut networks: BTreeMap<String, usize> = BTreeMap::new();
    let mut hours = BTreeMap::new();
    for Measured { subject, hour } in measured {
        if subject.asn.is_some() {
            let count = networks.entry(subject.sitekey.clone()).or_default();
            *count += 1;
            if *count > NETWORKS_PER_SITE && !is_open(&subject) {
                continue;
            }
        }
        hours.insert(subject, hour);
    }
    hours
}
