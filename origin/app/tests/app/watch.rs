//! Searching for anomalies on a real database.

use munjigi_protocol::{Count, CountKind};
use sqlx::PgPool;

use munjigi_rig::people::Someone;
use munjigi_rig::{self as rig, DAY, HOUR, MINUTE, NOON, Rig, count};

async fn told(rig: &Rig) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT kind || ' ' || coalesce('AS' || asn, 'all') || ' ' || severity
            || CASE WHEN closed_at IS NULL THEN '' ELSE ' closed' END
        FROM anomalies ORDER BY opened_at, kind, asn NULLS FIRST",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap()
}

async fn shop(rig: &Rig) -> (Someone, String) {
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    rig.weeks(&shop, 1_000).await;
    (kim, shop)
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_flood_opens_stays_and_closes(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (_, shop) = shop(&rig).await;
    rig.happens(1, &shop, 4_766, &[(CountKind::Issued, 1_000)]).await;
    rig.jobs().watch().await.unwrap();
    assert_eq!(told(&rig).await, Vec::<String>::new(), "as always");

    rig.happens(2, &shop, 64_500, &[(CountKind::Issued, 4_000)]).await;
    for _ in 0..3 {
        rig.jobs().watch().await.unwrap();
    }
    let both = ["flood all warning", "flood AS64500 critical"];
    assert_eq!(told(&rig).await, both, "once, however often it is looked at");

    rig.happens(3, &shop, 64_500, &[(CountKind::Issued, 9_000)]).await;
    rig.jobs().watch().await.unwrap();
    let worse = ["flood all critical", "flood AS64500 critical"];
    assert_eq!(told(&rig).await, worse);
    let worst =
        "SELECT max((figures ->> 'measured')::float8)::bigint FROM anomalies WHERE asn IS NULL";
    assert_eq!(rig.number(worst).await, 14_000);

    // The hour is over, and half an hour of calm.
    for minutes in [61, 10, 19] {
        rig.pass(minutes * MINUTE);
        rig.jobs().watch().await.unwrap();
        assert_eq!(told(&rig).await, worse);
    }
    rig.pass(MINUTE);
    rig.jobs().watch().await.unwrap();
    assert_eq!(told(&rig).await, ["flood all critical closed", "flood AS64500 critical closed"]);
}

/// Lets a member have emails from now on.
async fn reads_mail(rig: &Rig, someone: &Someone) {
    sqlx::query("INSERT INTO told_by_mail (organisation, account, since) VALUES ($1, $2, $3)")
        .bind(someone.organisation.as_str())
        .bind(someone.account.as_str())
        .bind(munjigi_domain::timestamp::to_timestamp(rig.now()))
        .execute(&rig.pool)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn several_origins_search_at_once_and_notify_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, shop) = shop(&rig).await;
    reads_mail(&rig, &kim).await;
    rig.happens(1, &shop, 64_500, &[(CountKind::Issued, 9_000)]).await;
    let mut looks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let jobs = rig.jobs();
        looks.spawn(async move { jobs.watch().await });
    }
    for look in looks.join_all().await {
        look.unwrap();
    }
    assert_eq!(told(&rig).await, ["flood all warning", "flood AS64500 critical"]);
    assert_eq!(rig.number("SELECT count(*) FROM mails").await, 1, "one letter for both");
    let message: String =
        sqlx::query_scalar("SELECT payload->>'text' FROM deliveries WHERE topic = 'emails'")
            .fetch_one(&rig.pool)
            .await
            .unwrap();
    assert!(message.contains("Shop: 9000 challenges from network AS64500"), "{message}");
    assert!(message.contains(&format!("/console/{}/anomalies", kim.organisation)), "{message}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_attack_from_changing_networks_does_not_flood_a_mailbox(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, shop) = shop(&rig).await;
    // Kim receives emails from now on, and knows the earlier anomalies.
    rig.happens(1, &shop, 64_500, &[(CountKind::Issued, 9_000)]).await;
    rig.jobs().watch().await.unwrap();
    rig.pass(MINUTE);
    reads_mail(&rig, &kim).await;
    let mut emails = Vec::new();
    for network in 0..26 {
        rig.jobs().watch().await.unwrap();
        emails.push(rig.number("SELECT count(*) FROM mails").await);
        let (batch, asn) = (network + 2, 65_000 + u32::from(network));
        rig.happens(batch, &shop, asn, &[(CountKind::Issued, 3_000)]).await;
        rig.pass(5 * MINUTE);
    }
    // The first at once, then one per hour, each about what is new.
    assert_eq!((emails[0], emails[1], emails[12], emails[13], emails[25]), (0, 1, 1, 2, 3));
    let texts: Vec<String> = sqlx::query_scalar(
        "SELECT payload->>'text' FROM deliveries WHERE topic = 'emails' ORDER BY key::bigint",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    assert!(texts[0].contains("AS65000") && !texts[0].contains("AS64500"), "{}", texts[0]);
    assert!(texts[1].contains("AS65001") && !texts[1].contains("AS65000"), "{}", texts[1]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_kind_is_found_in_what_was_counted(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (_, shop) = shop(&rig).await;
    let mut solved = Count {
        sitekey: shop.clone(),
        solve_ms: vec![0, 0, 0, 0, 0, 800, 0, 0, 0, 0, 0, 0],
        ..count(CountKind::Solved, 800)
    };
    solved.asn = 4_766;
    rig.post("/internal/counts", &rig::counts(1, &[solved])).await;
    let kinds = [(CountKind::Issued, 1_100), (CountKind::Failed, 900), (CountKind::Refused, 500)];
    rig.happens(2, &shop, 4_766, &kinds).await;
    rig.jobs().watch().await.unwrap();
    let found = told(&rig).await;
    for kind in ["failures all critical", "refusals all warning", "regular-solve-times all warning"]
    {
        assert!(found.iter().any(|it| it == kind), "{kind}: {found:?}");
    }
    assert!(!found.iter().any(|it| it.starts_with("flood")), "{found:?}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn young_small_and_unowned_sites_are_ignored(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let (young, small) = (rig.site_of(&kim, "Young").await, rig.site_of(&kim, "Small").await);
    let unowned = rig.create_site().await.sitekey;
    rig.weeks(&unowned, 1_000).await;
    sqlx::query("DELETE FROM minute_counts").execute(&rig.pool).await.unwrap();
    rig.weeks(&small, 2).await;
    for (batch, sitekey, issued) in [(1, &young, 50_000), (2, &small, 150), (3, &unowned, 50_000)] {
        rig.happens(batch, sitekey, 64_500, &[(CountKind::Issued, issued)]).await;
    }
    rig.jobs().watch().await.unwrap();
    assert_eq!(told(&rig).await, Vec::<String>::new());
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_anomaly_is_kept_for_a_year_and_deleted_with_its_site(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (_, shop) = shop(&rig).await;
    rig.happens(1, &shop, 64_500, &[(CountKind::Issued, 9_000)]).await;
    rig.jobs().watch().await.unwrap();
    sqlx::query("UPDATE anomalies SET closed_at = opened_at").execute(&rig.pool).await.unwrap();
    rig.pass(400 * DAY - HOUR);
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(told(&rig).await.len(), 2);
    rig.pass(2 * HOUR);
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(told(&rig).await, Vec::<String>::new());
    assert!(rig.now() > NOON);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_attack_is_told_at_once_and_ends_half_an_hour_later(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, shop) = shop(&rig).await;
    reads_mail(&rig, &kim).await;
    let flooded = |number| [(CountKind::Issued, 2 * number), (CountKind::Flooded, number)];
    rig.happens(1, &shop, 64_500, &flooded(19)).await;
    rig.jobs().watch_attacks().await.unwrap();
    assert_eq!(told(&rig).await, Vec::<String>::new(), "a few are none");
    rig.happens(2, &shop, 64_500, &flooded(60)).await;
    for _ in 0..3 {
        rig.jobs().watch_attacks().await.unwrap();
        // What is searched for by the hour does not touch it.
        rig.jobs().watch().await.unwrap();
    }
    assert_eq!(told(&rig).await, ["under-attack all critical"]);
    assert_eq!(rig.number("SELECT count(*) FROM mails").await, 1, "one letter");
    let issued = "SELECT (figures ->> 'measured')::float8::bigint FROM anomalies";
    assert_eq!(rig.number(issued).await, 158);
    for minutes in [3, 29] {
        rig.pass(minutes * MINUTE);
        rig.jobs().watch_attacks().await.unwrap();
        assert_eq!(told(&rig).await, ["under-attack all critical"]);
    }
    rig.pass(MINUTE);
    rig.jobs().watch_attacks().await.unwrap();
    assert_eq!(told(&rig).await, ["under-attack all critical closed"]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_is_expected_is_published_once(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, shop) = shop(&rig).await;
    rig.site_of(&kim, "Young").await;
    let version = "SELECT sum(version)::bigint FROM sites";
    let before = rig.number(version).await;
    rig.pass(MINUTE);
    rig.jobs().expect().await.unwrap();
    let expected: Vec<i32> = sqlx::query_scalar("SELECT expected FROM sites WHERE sitekey = $1")
        .bind(&shop)
        .fetch_one(&rig.pool)
        .await
        .unwrap();
    assert_eq!(expected, [1_000; 168]);
    let published = "SELECT count(*) FROM deliveries
        WHERE topic = 'sites' AND payload -> 'expected' ->> 167 = '1000'";
    assert_eq!(rig.number(published).await, 1);
    let after = rig.number(version).await;
    assert!(after > before);
    rig.pass(HOUR);
    rig.jobs().expect().await.unwrap();
    assert_eq!(rig.number(version).await, after, "nothing has changed");
    let known = "SELECT count(*) FROM sites WHERE cardinality(expected) > 0";
    assert_eq!(rig.number(known).await, 1, "one is too young");
}
