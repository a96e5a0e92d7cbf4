//! A dry run: what changed rules would have done to a site's recent visits,
//! compared with the current rules. Which rule matches a visit is decided by
//! the same code as at the edge; here it is only counted.
//!
//! **dry run**: what a change would do, without making it.

use std::collections::BTreeMap;

use munjigi_captcha::{
    Action, Country, Exemption, Holds, Hostname, List, ListId, Listings, Prediction, SeenHost,
    Sighting, Site, SiteError,
};
use munjigi_protocol::{Rule, Signs, SiteConfig, Verdict};

/// How many hosts, countries and networks are listed.
const NAMED: usize = 5;

/// Visits with the same recorded properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visits {
    pub did: Did,
    /// Host name of the page, empty if unknown.
    pub hostname: String,
    /// The action, may be empty.
    pub action: String,
    /// Empty if unknown.
    pub country: String,
    /// 0 if unknown.
    pub asn: u32,
    /// What the visits came to, where that is recorded.
    pub scored: Option<Scored>,
    pub count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// 0 = bot, 100 = person.
    pub score: u8,
    pub signs: Signs,
}

/// What visitors did, which determines how much is recorded about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// They arrived: a challenge was issued, or they were blocked. No action is
    /// recorded, and the host by a name that the site's owner wrote.
    Come,
    /// They passed; action and host are recorded.
    Pass,
    /// Their token was redeemed; so are score and signs.
    Redeem,
}

/// What would have happened to some visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DryRunResult {
    /// The proposed rules give another verdict. The two are indexes into
    /// [`VERDICTS`].
    Changed {
        /// With the current rules.
        before: u8,
        /// With the proposed rules.
        after: u8,
        /// Unless an earlier rule decides, which cannot be determined.
        unless_earlier: bool,
    },
    /// Whether something changes depends on properties that were not recorded.
    Open,
    Same {
        /// The verdict; `None` if an earlier rule may decide.
        verdict: Option<u8>,
    },
}

/// Verdicts in the order of the report; the first is that of risk alone.
pub const VERDICTS: [Option<Verdict>; 6] = [
    None,
    Some(Verdict::Allow),
    Some(Verdict::Harder),
    Some(Verdict::Picture),
    Some(Verdict::Block),
    // Risk, with any weight of rules.
    Some(Verdict::Weigh(0)),
];

/// What would have happened to one kind of visits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRunReport {
    /// Number of visits.
    pub total: u64,
    /// How many would have been treated differently, at most.
    pub changed: u64,
    /// For how many that cannot be determined.
    pub open: u64,
    /// Visits by outcome, changes first.
    pub outcomes: Vec<(DryRunResult, u64)>,
    /// Hosts of visits that change, most frequent first.
    pub hosts: Vec<(String, u64)>,
    /// Countries of visits that change.
    pub countries: Vec<(String, u64)>,
    /// Networks of visits that change.
    pub networks: Vec<(u32, u64)>,
}

/// Two lists of rules side by side.
#[derive(Debug)]
pub struct DryRun {
    /// The rules before the first difference.
    shared: Site,
    before: Site,
    after: Site,
    /// The lists that the rules name.
    lists: BTreeMap<ListId, List>,
}

impl DryRun {
    /// For a site's current rules and the proposed ones, and the lists that
    /// these name.
    pub fn new(
        config: &SiteConfig,
        proposed: &[Rule],
        lists: BTreeMap<ListId, List>,
    ) -> Result<Self, SiteError> {
        let alike = config.rules.iter().zip(proposed).take_while(|(one, other)| one == other);
        let (shared, before) = config.rules.split_at(alike.count());
        let after = proposed.split_at(shared.len()).1;
        let site = |rules: &[Rule]| {
            let config = SiteConfig { rules: rules.to_vec(), ..config.clone() };
            Site::parse(&config, Exemption::Ignored)
        };
        let (shared, before, after) = (site(shared)?, site(before)?, site(after)?);
        Ok(Self { shared, before, after, lists })
    }

    /// What would have happened to visits of one kind.
    pub fn run(&self, did: Did, visits: &[Visits]) -> DryRunReport {
        let mut report = DryRunReport::default();
        let mut outcomes = BTreeMap::new();
        let (mut hosts, mut countries, mut networks) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for visits in visits.iter().filter(|visits| visits.did == did) {
            let outcome = self.outcome(visits);
            report.total += visits.count;
            *outcomes.entry(outcome).or_default() += visits.count;
            match outcome {
                DryRunResult::Changed { .. } => {
                    report.changed += visits.count;
                    *hosts.entry(visits.hostname.clone()).or_default() += visits.count;
                    *countries.entry(visits.country.clone()).or_default() += visits.count;
                    *networks.entry(visits.asn).or_default() += visits.count;
                }
                DryRunResult::Open => report.open += visits.count,
                DryRunResult::Same { .. } => {}
            }
        }
        DryRunReport {
            outcomes: outcomes.into_iter().collect(),
            hosts: most(hosts),
            countries: most(countries),
            networks: most(networks),
            ..report
        }
    }

    /// On which of a site's lists visits of a system were, as far as the system
    /// decides.
    fn listed(&self, site: &Site, system: u32) -> Listings {
        let lists = site.lists().iter().enumerate();
        lists.fold(Listings::default(), |listed, (place, id)| {
            // No one is on a list that does not exist.
            let holds = self.lists.get(id).map(|list| list.holds(Some(system), None));
            listed.with(place, holds.unwrap_or(Holds::No))
        })
    }

    fn outcome(&self, visits: &Visits) -> DryRunResult {
        let (host, action) = (Hostname::parse(&visits.hostname), Action::parse(&visits.action));
        let seen = Sighting {
            host: host.as_ref().ok().map(|host| match visits.did {
                Did::Come => SeenHost::counted_as(&self.shared, host),
                Did::Pass | Did::Redeem => SeenHost::Exact(host),
            }),
            action: action.as_ref().ok().filter(|_| visits.did != Did::Come),
            country: Some(Country::parse(&visits.country)),
            asn: Some(visits.asn),
            score: visits.scored.map(|scored| scored.score),
            signs: visits.scored.map(|scored| scored.signs),
            ..Sighting::default()
        };
        let predict =
            |site: &Site| site.predict(&Sighting { listed: self.listed(site, visits.asn), ..seen });
        let unless_earlier = match predict(&self.shared) {
            Prediction::Certain(Some(verdict)) => return same(Some(verdict)),
            Prediction::Certain(None) => false,
            Prediction::Open => true,
        };
        match (predict(&self.before), predict(&self.after)) {
            (Prediction::Certain(before), Prediction::Certain(after)) if before == after => {
                if unless_earlier {
                    DryRunResult::Same { verdict: None }
                } else {
                    same(before)
                }
            }
            (Prediction::Certain(before), Prediction::Certain(after)) => DryRunResult::Changed {
                before: number(before),
                after: number(after),
                unless_earlier,
            },
            (Prediction::Open, _) | (_, Prediction::Open) => DryRunResult::Open,
        }
    }
}

fn same(verdict: Option<Verdict>) -> DryRunResult {
    DryRunResult::Same { verdict: Some(number(verdict)) }
}

/// Its index in [`VERDICTS`].
const fn number(verdict: Option<Verdict>) -> u8 {
    match verdict {
        None => 0,
        Some(Verdict::Allow) => 1,
        Some(Verdict::Harder) => 2,
        Some(Verdict::Picture) => 3,
        Some(Verdict::Block) => 4,
        Some(Verdict::Weigh(_)) => 5,
    }
}

fn most<K: Ord>(counts: BTreeMap<K, u64>) -> Vec<(K, u64)> {
    let mut counts: Vec<(K, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(NAMED);
    counts
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::{RuleMatch, ScoreReason, Sign};

    use super::*;
    use crate::settings::Settings;

    fn rule(change: impl FnOnce(&mut RuleMatch), verdict: Verdict) -> Rule {
        let mut when = RuleMatch::default();
        change(&mut when);
        Rule { when, verdict }
    }

    fn block(country: &str) -> Rule {
        rule(|it| it.country = Some(country.to_owned()), Verdict::Block)
    }

    fn from_network(verdict: Verdict) -> Rule {
        rule(|it| it.prefix = Some("192.0.2.0/24".to_owned()), verdict)
    }

    fn come(country: &str, count: u64) -> Visits {
        Visits {
            did: Did::Come,
            hostname: "shop.example".to_owned(),
            action: String::new(),
            country: country.to_owned(),
            asn: 4_766,
            scored: None,
            count,
        }
    }

    /// `tor-exits` with one system and one network, `clouds` with one system.
    fn lists() -> BTreeMap<ListId, List> {
        let list = |entries: &[&str]| List::of(1, entries.iter().map(|it| it.parse().unwrap()));
        BTreeMap::from([
            ("tor-exits".parse().unwrap(), list(&["AS4766", "192.0.2.0/24"])),
            ("clouds".parse().unwrap(), list(&["AS4766"])),
        ])
    }

    #[test]
    fn a_list_is_decided_by_its_systems_where_they_decide() {
        let block = |list: &str| rule(|it| it.list = Some(list.to_owned()), Verdict::Block);
        let of = |asn, count| Visits { asn, ..come("KR", count) };
        let visits = [of(4_766, 1), of(1, 10), of(0, 100)];
        for (list, changed, open) in
            [("tor-exits", 1, 110), ("clouds", 1, 0), ("list_0123456789abcdef", 0, 0)]
        {
            let report = run(&[], &[block(list)], Did::Come, &visits);
            assert_eq!((report.changed, report.open), (changed, open), "{list}");
        }
    }

    fn run(rules: &[Rule], proposed: &[Rule], did: Did, visits: &[Visits]) -> DryRunReport {
        let hosts = vec!["shop.example".to_owned()];
        let settings = Settings { hosts, rules: rules.to_vec(), ..Settings::of_a_new_site() };
        let config = settings.config(&["mj_", &"0".repeat(26)].concat());
        DryRun::new(&config, proposed, lists()).unwrap().run(did, visits)
    }

    #[test]
    fn what_changes_is_counted_by_what_it_was_and_would_be() {
        let visits = [come("KR", 5), come("JP", 3), come("", 2)];
        let report = run(&[block("JP")], &[block("JP"), block("KR")], Did::Come, &visits);
        let changed = DryRunResult::Changed { before: 0, after: 4, unless_earlier: false };
        let same = |verdict| DryRunResult::Same { verdict: Some(verdict) };
        assert_eq!(report.outcomes, [(changed, 5), (same(0), 2), (same(4), 3)]);
        assert_eq!((report.total, report.changed, report.open), (10, 5, 0));
        assert_eq!(report.countries, [("KR".to_owned(), 5)]);
        assert_eq!(report.networks, [(4_766, 5)]);
        // Without it, the other way round.
        let back = run(&[block("JP"), block("KR")], &[block("JP")], Did::Come, &visits);
        let changed = DryRunResult::Changed { before: 4, after: 0, unless_earlier: false };
        assert_eq!(back.outcomes.first(), Some(&(changed, 5)));
    }

    #[test]
    fn what_was_not_recorded_is_left_open() {
        let visits = [come("KR", 5), come("JP", 3)];
        let action = rule(|it| it.action = Some("login".to_owned()), Verdict::Block);
        let report = run(&[], std::slice::from_ref(&action), Did::Come, &visits);
        assert_eq!((report.changed, report.open), (0, 8));
        let passed = Visits { did: Did::Pass, action: "login".to_owned(), ..come("KR", 4) };
        let report = run(&[], &[action], Did::Pass, &[passed, come("KR", 5)]);
        assert_eq!((report.total, report.changed, report.open), (4, 4, 0));
        let report = run(&[], &[from_network(Verdict::Block)], Did::Come, &visits);
        assert_eq!((report.changed, report.open), (0, 8));
    }

    #[test]
    fn score_and_reasons_are_known_of_what_was_redeemed() {
        let scored = |score, signs| Some(Scored { score, signs });
        let driven = Signs::NONE.with(Sign::Webdriver);
        let redeemed = |scored, count| Visits { did: Did::Redeem, scored, ..come("KR", count) };
        let visits = [
            redeemed(scored(50, driven), 1),
            redeemed(scored(49, Signs::NONE), 10),
            redeemed(scored(50, Signs::NONE), 100),
            Visits { did: Did::Pass, ..come("KR", 1_000) },
        ];
        let below = rule(|it| it.score_below = Some(50), Verdict::Block);
        let by = rule(|it| it.reason = Some(ScoreReason::Automation), Verdict::Block);
        for (rule, changed) in [(&below, 10), (&by, 1)] {
            let report = run(&[], std::slice::from_ref(rule), Did::Redeem, &visits);
            assert_eq!((report.total, report.changed, report.open), (111, changed, 0), "{rule:?}");
            let report = run(&[], std::slice::from_ref(rule), Did::Pass, &visits);
            assert_eq!((report.changed, report.open), (0, 1_000), "{rule:?}");
        }
    }

    #[test]
    fn an_earlier_rule_about_what_was_not_recorded_hides_nothing() {
        let visits = [come("KR", 5), come("JP", 3)];
        let earlier = from_network(Verdict::Allow);
        let rules = [earlier.clone()];
        let report = run(&rules, &[earlier, block("KR")], Did::Come, &visits);
        let changed = DryRunResult::Changed { before: 0, after: 4, unless_earlier: true };
        assert_eq!(report.outcomes, [(changed, 5), (DryRunResult::Same { verdict: None }, 3)]);
        assert_eq!((report.changed, report.open), (5, 0));
    }

    #[test]
    fn the_most_frequent_are_named() {
        let visits: Vec<Visits> =
            (0..20).map(|asn| Visits { asn, ..come("KR", u64::from(asn)) }).collect();
        let report = run(&[], &[block("KR")], Did::Come, &visits);
        assert_eq!(report.networks, [(19, 19), (18, 18), (17, 17), (16, 16), (15, 15)]);
    }

    #[test]
    fn every_verdict_has_its_number() {
        for (place, verdict) in VERDICTS.into_iter().enumerate() {
            assert_eq!(usize::from(number(verdict)), place);
        }
    }
}
