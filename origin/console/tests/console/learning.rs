//! Sites learn from their outcomes: trained in one night, judged the next by
//! what came since, published to that site alone, and undone.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{ScoreWeights, Sign, Signs};
use munjigi_store::audit::Author;
use munjigi_store::sites::{self, UndoLearning, Undone};
use munjigi_store::transact;
use sqlx::PgPool;

use munjigi_rig::{DAY, HOUR, Rig};

/// Reports of the last hours: what rents machines is fraudulent, what passed
/// before is not, and one report in twenty is wrong.
async fn reports(rig: &Rig, site: &str, salt: u8, number: u32) {
    for index in 0..number {
        let wrong = index % 20 == 7;
        let fraud = index % 2 == 0;
        let sign = if fraud == wrong { Sign::PassedBefore } else { Sign::Hosting };
        let mut id = [salt; 16];
        id[..4].copy_from_slice(&index.to_be_bytes());
        let at = UnixMillis(rig.now().0 - HOUR - u64::from(index) * 1_000);
        sqlx::query(
            "INSERT INTO outcomes (sitekey, id, solved_at, signs, score, outcome, reported_at)
            VALUES ($1, $2, to_timestamp($3), $4, 90, $5, to_timestamp($3))",
        )
        .bind(site)
        .bind(id.as_slice())
        .bind(i64::try_from(at.seconds()).unwrap())
        .bind(i64::try_from(Signs::NONE.with(sign).bits()).unwrap())
        .bind(if fraud { "fraudulent" } else { "legitimate" })
        .execute(&rig.pool)
        .await
        .unwrap();
    }
}

async fn weights(rig: &Rig, site: &str) -> Option<ScoreWeights> {
    sites::find(&rig.pool, site).await.unwrap().unwrap().config.score_weights
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_is_learned_waits_a_night_and_reaches_its_own_site_alone(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (shop, blog) = (rig.site_of(&kim, "Shop").await, rig.site_of(&kim, "Blog").await);
    reports(&rig, &shop, 1, 600).await;
    reports(&rig, &blog, 2, 60).await;
    rig.jobs().learn().await.unwrap();
    assert_eq!(weights(&rig, &shop).await, None, "they are in the shadow");
    // Once more on the same night: nothing is due.
    rig.jobs().learn().await.unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM score_courses").await, 2);

    let before = sites::find(&rig.pool, &shop).await.unwrap().unwrap().config.version;
    rig.pass(DAY);
    reports(&rig, &shop, 3, 300).await;
    rig.jobs().learn().await.unwrap();
    let learned = weights(&rig, &shop).await.unwrap();
    assert!(learned.weights[&Sign::Hosting] > 1_000, "{learned:?}");
    assert!(learned.weights[&Sign::PassedBefore] < -1_000, "{learned:?}");
    let after = sites::find(&rig.pool, &shop).await.unwrap().unwrap();
    assert!(after.config.version > before, "the edge would refuse it");
    assert_eq!(weights(&rig, &blog).await, None, "too few of its own");

    let place = format!("/console/{}/sites/{shop}/scores", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&place).await;
    for part in ["is in force", "<code>hosting</code>", "against the visit", "for the visit"] {
        assert!(tab.page.contains(part), "{part}: {}", tab.page);
    }
    let by = Author::Command;
    let other = UndoLearning { sitekey: &shop, shown: Some(0), by, now: rig.now() };
    assert_eq!(transact(&rig.pool, &other).await.unwrap(), Undone::Nothing, "others are in force");
    let undo = UndoLearning { shown: Some(learned.version), ..other };
    let Undone::Done(course) = transact(&rig.pool, &undo).await.unwrap() else { panic!("nothing") };
    assert_eq!((course.published(), weights(&rig, &shop).await), (None, None));
    rig.pass(DAY);
    reports(&rig, &shop, 4, 300).await;
    rig.jobs().learn().await.unwrap();
    assert_eq!(weights(&rig, &shop).await, None, "an undo lasts");
    let again = UndoLearning { shown: None, now: rig.now(), ..undo };
    assert_eq!(transact(&rig.pool, &again).await.unwrap(), Undone::Nothing);
    let missing = UndoLearning { sitekey: "mj_00000000000000000000000000", ..again };
    assert_eq!(transact(&rig.pool, &missing).await.unwrap(), Undone::Unknown);
    // The owner's audit log has both, and nothing of nights that changed nothing.
    let logged: Vec<(String, String, String, bool, bool)> = sqlx::query_as(
        "SELECT organisation, action, actor, before IS NULL, after IS NULL FROM audit
        WHERE subject = $1 AND action LIKE 'site.scores-%' ORDER BY id",
    )
    .bind(&shop)
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    let entry = |action: &str, actor: &str, began: bool, ended: bool| {
        (kim.organisation.to_string(), action.to_owned(), actor.to_owned(), began, ended)
    };
    let expected = [
        entry("site.scores-learn", "housekeeping", true, false),
        entry("site.scores-undo", "command", false, true),
    ];
    assert_eq!(logged, expected);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn weights_that_judge_worse_are_not_published(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    reports(&rig, &shop, 1, 600).await;
    rig.jobs().learn().await.unwrap();
    rig.pass(DAY);
    // Since then everything is the other way round.
    reports(&rig, &shop, 2, 300).await;
    sqlx::query(
        "UPDATE outcomes SET outcome = CASE outcome WHEN 'fraudulent' THEN 'legitimate'
            ELSE 'fraudulent' END
        WHERE reported_at > to_timestamp($1)",
    )
    .bind(i64::try_from(rig.now().seconds() - DAY / 1_000).unwrap())
    .execute(&rig.pool)
    .await
    .unwrap();
    rig.jobs().learn().await.unwrap();
    assert_eq!(weights(&rig, &shop).await, None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_owner_undoes_what_was_learned_in_the_console(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let shop = rig.site_of(&kim, "Shop").await;
    let place = format!("/console/{}/sites/{shop}/scores", kim.organisation);
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&place).await;
    assert!(tab.page.contains("The fixed weights are in force"), "{}", tab.page);
    reports(&rig, &shop, 1, 600).await;
    rig.jobs().learn().await.unwrap();
    tab.open(&place).await;
    assert!(tab.page.contains("New weights wait"), "{}", tab.page);
    assert!(!tab.page.contains("Restore the previous"), "{}", tab.page);
    rig.pass(DAY);
    reports(&rig, &shop, 2, 300).await;
    rig.jobs().learn().await.unwrap();
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&place).await;
    assert!(tab.page.contains("Restore the previous"), "{}", tab.page);
    // No one else's.
    let mut other = rig.tab_of(&lee.account).await;
    let elsewhere = format!("/console/{}/sites/{shop}/scores", lee.organisation);
    other.open(&elsewhere).await;
    assert_eq!(other.status, 404);
    assert!(weights(&rig, &shop).await.is_some());
    let version = tab.value_of("version");
    tab.send(&place, &[("version", &version)]).await;
    assert!(tab.page.contains("Undone"), "{}", tab.page);
    assert!(tab.page.contains("The fixed weights are in force"), "{}", tab.page);
    assert_eq!(weights(&rig, &shop).await, None);
    // A second click undoes nothing more.
    tab.send(&place, &[("version", &version)]).await;
    assert!(tab.page.contains("no longer in force"), "{}", tab.page);
}
