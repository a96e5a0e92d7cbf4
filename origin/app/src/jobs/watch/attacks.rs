//! Attacks that the edge has found: told within a minute, where the search of
//! hours takes five.

use std::collections::BTreeMap;

use munjigi_domain::anomalies::{self, Assessment, Kind, Transition};
use munjigi_store::anomalies::{self as store, Open, Subject};
use munjigi_store::{DatabaseError, Unit};
use sqlx::PgConnection;

use super::{Findings, Numbers, Watch};

/// One look at what is flooded now. Output: how many attacks began and ended;
/// `None` if another origin was looking.
#[derive(Debug)]
pub struct Attacks<'a>(pub Watch<'a>);

impl Unit for Attacks<'_> {
    type Output = Option<Findings>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        if !store::try_lock(connection).await? {
            return Ok(None);
        }
        let Self(watch) = self;
        let mut open: BTreeMap<String, Open> = store::open(connection)
            .await?
            .into_iter()
            .filter(|open| open.kind == Kind::UnderAttack)
            .map(|open| (open.subject.sitekey.clone(), open))
            .collect();
        let named: Vec<String> = open.keys().cloned().collect();
        let attacked = store::attacked(connection, &named, watch.now).await?;
        let sitekeys: Vec<String> = attacked.keys().cloned().chain(named).collect();
        let numbers =
            Numbers { sites: store::sites(connection, &sitekeys).await?, ..Numbers::default() };
        let (mut findings, mut standing_now) = (Findings::default(), Vec::new());
        let verdicts =
            attacked.into_iter().map(|(sitekey, now)| (sitekey, anomalies::judge_attack(now)));
        // A site that was deleted meanwhile is calm.
        let mut verdicts: BTreeMap<String, Assessment> = verdicts.collect();
        for sitekey in open.keys() {
            verdicts.entry(sitekey.clone()).or_insert(Assessment::Calm);
        }
        for (sitekey, verdict) in verdicts {
            let known = open.remove(&sitekey);
            let standing = known.as_ref().map(|open| open.standing);
            match (anomalies::step(standing, verdict, watch.now), known) {
                (Transition::Opens(standing), _) => {
                    let subject = Subject { sitekey, asn: None };
                    let opening = watch.opening(&subject, Kind::UnderAttack, standing);
                    if store::insert(connection, &opening).await? {
                        findings.opened += 1;
                        watch.post(connection, &numbers, &opening, None).await?;
                        standing_now.push(opening);
                    }
                }
                (Transition::Stays(standing), Some(open)) => {
                    if open.standing != standing {
                        store::update(connection, &open.id, &standing).await?;
                    }
                    standing_now.push(Open { standing, ..open });
                }
                (Transition::Closes, Some(open)) => {
                    store::close(connection, &open.id, watch.now).await?;
                    findings.closed += 1;
                    watch.post(connection, &numbers, &open, Some(watch.now)).await?;
                }
                (Transition::Nothing | Transition::Stays(_) | Transition::Closes, _) => {}
            }
        }
        watch.write_emails(connection, &numbers, &standing_now).await?;
        Ok(Some(findings))
    }
}
