//! Lists that organisations keep.

use munjigi_captcha::{Address, Entry, ListId};
use munjigi_domain::accounts::{Id, MostSites};
use munjigi_domain::audit::Action;
use munjigi_domain::settings::{Edit, Mistake};
use munjigi_domain::site_change::Change;
use munjigi_protocol::{Rule, RuleMatch, Verdict};
use munjigi_store::audit::Author;
use munjigi_store::lists::{
    CreateList, DeleteList, ListRefused, ReplaceList, find, of_organisation,
};
use munjigi_store::sites::{EditRefused, EditSite, Edited, Intent};
use munjigi_store::transact;
use sqlx::PgPool;

use munjigi_rig::Rig;
use munjigi_rig::people::Someone;

fn entries(texts: &[&str]) -> Vec<Entry> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

async fn create(rig: &Rig, someone: &Someone, name: &str) -> Result<Id, ListRefused> {
    let id = rig.new_id();
    let unit = CreateList {
        id: &id,
        organisation: &someone.organisation,
        name: &name.parse().unwrap(),
        entries: &entries(&["192.0.2.0/24"]),
        by: Author::Command,
        now: rig.now(),
    };
    transact(&rig.pool, &unit).await.unwrap().map(|()| id)
}

async fn replace(
    rig: &Rig,
    someone: &Someone,
    id: &Id,
    shown: Option<u64>,
) -> Result<(), ListRefused> {
    let unit = ReplaceList {
        id,
        organisation: &someone.organisation,
        name: &"office".parse().unwrap(),
        entries: &entries(&["198.51.100.0/24", "AS64500"]),
        shown,
        by: Author::Command,
        now: rig.now(),
    };
    transact(&rig.pool, &unit).await.unwrap()
}

async fn delete(rig: &Rig, someone: &Someone, id: &Id) -> Result<(), ListRefused> {
    let (organisation, by, now) = (&someone.organisation, Author::Command, rig.now());
    transact(&rig.pool, &DeleteList { id, organisation, by, now }).await.unwrap()
}

/// Makes these lists the rules of a site.
async fn name(rig: &Rig, sitekey: &str, lists: &[&str]) -> Result<Edited, EditRefused> {
    let rule = |list: &&str| Rule {
        when: RuleMatch { list: Some((*list).to_owned()), ..RuleMatch::default() },
        verdict: Verdict::Block,
    };
    let edit = Edit { rules: Some(lists.iter().map(rule).collect()), ..Edit::default() };
    let unit = EditSite {
        sitekey,
        within: None,
        edit: &edit,
        shown: None,
        intent: Intent::Write,
        action: Action::SiteRules,
        by: Author::Command,
        now: rig.now(),
    };
    transact(&rig.pool, &unit).await.unwrap()
}

fn wire(id: &Id) -> String {
    ListId::of_own(id.as_str()).unwrap().to_string()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_list_reaches_the_edge_with_every_change(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let anna = rig.someone("Anna").await;
    let id = create(&rig, &anna, "office").await.unwrap();
    rig.publish_due().await;
    let at_edge = rig.edge.list(&wire(&id)).unwrap();
    assert!(at_edge.contains(Address::parse("192.0.2.1").unwrap(), 0));
    let shown = of_organisation(&rig.pool, &anna.organisation).await.unwrap().pop().unwrap();
    assert_eq!((shown.name.as_str(), shown.is_delivered), ("office", true));
    rig.pass(1_000);
    replace(&rig, &anna, &id, Some(shown.version)).await.unwrap();
    // The same again changes nothing; another change of what was shown is late.
    replace(&rig, &anna, &id, Some(shown.version)).await.unwrap();
    rig.publish_due().await;
    let at_edge = rig.edge.list(&wire(&id)).unwrap();
    assert!(!at_edge.contains(Address::parse("192.0.2.1").unwrap(), 0));
    assert!(at_edge.contains(Address::parse("203.0.113.1").unwrap(), 64_500));
    delete(&rig, &anna, &id).await.unwrap();
    rig.publish_due().await;
    assert_eq!(rig.edge.list(&wire(&id)), None);
    assert_eq!(rig.number("SELECT count(*) FROM deliveries WHERE topic = 'lists'").await, 0);
    let actions = "SELECT count(*) FROM audit WHERE action LIKE 'list.%'";
    assert_eq!(rig.number(actions).await, 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn names_are_unique_within_an_organisation_and_changes_do_not_collide(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (anna, ben) = (rig.someone("Anna").await, rig.someone("Ben").await);
    let id = create(&rig, &anna, "one").await.unwrap();
    create(&rig, &anna, "office").await.unwrap();
    create(&rig, &ben, "one").await.unwrap();
    assert_eq!(create(&rig, &anna, "one").await, Err(ListRefused::NameTaken));
    assert_eq!(replace(&rig, &anna, &id, None).await, Err(ListRefused::NameTaken));
    assert_eq!(replace(&rig, &anna, &id, Some(1)).await, Err(ListRefused::ChangedSince));
    // Others' lists do not exist.
    assert_eq!(replace(&rig, &ben, &id, None).await, Err(ListRefused::Unknown));
    assert_eq!(delete(&rig, &ben, &id).await, Err(ListRefused::Unknown));
    let list = wire(&id).parse().unwrap();
    assert_eq!(find(&rig.pool, &ben.organisation, &list).await.unwrap(), None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_rule_names_published_lists_and_its_own_organisation_s(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (anna, ben) = (rig.someone("Anna").await, rig.someone("Ben").await);
    let (own, foreign) =
        (create(&rig, &anna, "own").await.unwrap(), create(&rig, &ben, "foreign").await.unwrap());
    let site = rig.site_of(&anna, "Shop").await;
    let unowned = rig.create_site().await.sitekey;
    let unknown = |list: &str| Err(Mistake::UnknownList { rule: 1, value: list.to_owned() });
    let (own_id, foreign_id) = (wire(&own), wire(&foreign));
    let cases = [
        (&site, "clouds", Ok(())),
        (&site, own_id.as_str(), Ok(())),
        (&site, "clowns", unknown("clowns")),
        (&site, foreign_id.as_str(), unknown(&foreign_id)),
        (&site, "list_0000000000000000", unknown("list_0000000000000000")),
        (&unowned, own_id.as_str(), unknown(&own_id)),
    ];
    for (site, list, result) in cases {
        let named = name(&rig, site, &["tor-exits", list]).await;
        let told = named.map(drop).map_err(|refused| match refused {
            EditRefused::Mistakes(mut mistakes) => mistakes.0.remove(0),
            refused => panic!("{refused}"),
        });
        assert_eq!(told, result, "{list}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_list_that_a_rule_names_cannot_be_deleted(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let anna = rig.someone("Anna").await;
    let id = create(&rig, &anna, "office").await.unwrap();
    let site = rig.site_of(&anna, "Shop").await;
    name(&rig, &site, &["tor-exits", &wire(&id)]).await.unwrap();
    let sites = vec!["Shop".to_owned()];
    assert_eq!(delete(&rig, &anna, &id).await, Err(ListRefused::InUse { sites: sites.clone() }));
    let shown = find(&rig.pool, &anna.organisation, &wire(&id).parse().unwrap()).await.unwrap();
    assert_eq!(shown.unwrap().sites, sites);
    // Nor while the site is deleted: restored, it would refuse no one.
    rig.change(&site, Change::Delete).await.unwrap();
    assert_eq!(delete(&rig, &anna, &id).await, Err(ListRefused::InUse { sites }));
    rig.change(&site, Change::Restore(MostSites(1))).await.unwrap();
    name(&rig, &site, &["tor-exits"]).await.unwrap();
    delete(&rig, &anna, &id).await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn lists_go_with_their_organisation_and_leave_the_edge(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let anna = rig.someone("Anna").await;
    create(&rig, &anna, "office").await.unwrap();
    rig.publish_due().await;
    sqlx::query("DELETE FROM organisations WHERE id = $1")
        .bind(anna.organisation.as_str())
        .execute(&rig.pool)
        .await
        .unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM lists").await, 0);
    let withdrawn =
        "SELECT count(*) FROM deliveries WHERE topic = 'lists' AND next_try_at IS NOT NULL";
    assert_eq!(rig.number(withdrawn).await, 1);
}
