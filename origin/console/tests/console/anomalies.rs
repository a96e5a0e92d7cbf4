//! Anomalies as users see them, and who is notified.

use munjigi_delivery::notifications::Courier;
use munjigi_domain::accounts::Role;
use munjigi_process::stop;
use munjigi_protocol::CountKind;
use sqlx::PgPool;

use munjigi_rig::hooks::{self, Next, Receiver};
use munjigi_rig::people::Someone;
use munjigi_rig::{HOUR, MINUTE, Rig, Tab};

async fn flooded(rig: &Rig) -> (Someone, String) {
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop <b>").await;
    rig.weeks(&shop, 1_000).await;
    rig.happens(1, &shop, 64_500, &[(CountKind::Issued, 20_000)]).await;
    rig.jobs().watch().await.unwrap();
    (kim, shop)
}

async fn carry(rig: &Rig) {
    let courier = Courier {
        pool: rig.pool.clone(),
        clock: rig.app.clock.clone(),
        entropy: rig.app.entropy.clone(),
        vault: rig.app.console.vault.clone(),
        hooks: rig.app.hooks.clone(),
    };
    let (_stopper, stop) = stop::pair();
    courier.carry_due(&stop).await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_flood_is_shown_until_it_is_acknowledged(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, _) = flooded(&rig).await;
    let lee = rig.someone("Lee").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let base = format!("/console/{}", kim.organisation);
    let sentence = "Shop &#60;b&#62;: 20000 challenges within an hour. 1000 is usual at this time.";
    tab.open(&base).await;
    assert!(tab.page.contains("Unusual activity") && tab.page.contains(sentence), "{}", tab.page);
    assert!(tab.page.contains("add a rule for it"), "{}", tab.page);
    tab.open(&format!("{base}/anomalies")).await;
    assert!(
        tab.page.contains(sentence) && tab.page.contains("from network AS64500"),
        "{}",
        tab.page
    );
    assert!(tab.page.contains("the same hour in 8 weeks"), "{}", tab.page);
    // Both are acknowledged, one of them twice.
    let first = tab.page.split("name=\"anomaly\" value=\"").nth(1).unwrap()[..16].to_owned();
    for _ in 0..2 {
        tab.send(&format!("{base}/anomalies"), &[("anomaly", &first)]).await;
        assert!(
            tab.page.contains("Acknowledged.") && tab.page.contains(&kim.email),
            "{}",
            tab.page
        );
    }
    let second = tab.page.split("name=\"anomaly\" value=\"").nth(1).unwrap()[..16].to_owned();
    tab.send(&format!("{base}/anomalies"), &[("anomaly", &second)]).await;
    tab.open(&base).await;
    assert!(!tab.page.contains("Unusual activity"), "{}", tab.page);
    let seen = "SELECT count(*) FROM audit WHERE action = 'anomaly.acknowledge'";
    assert_eq!(rig.number(seen).await, 2);
    // Once it is over, it is in the history.
    for minutes in [61, 31] {
        rig.pass(minutes * MINUTE);
        rig.jobs().watch().await.unwrap();
    }
    tab.open(&format!("{base}/anomalies")).await;
    assert!(
        tab.page.contains("No anomalies.") && tab.page.contains("<td>20000</td>"),
        "{}",
        tab.page
    );
    // Another organisation neither sees nor acknowledges it.
    let mut lees = rig.tab_of(&lee.account).await;
    let theirs = format!("/console/{}/anomalies", lee.organisation);
    lees.open(&theirs).await;
    assert!(!lees.page.contains("20000"), "{}", lees.page);
    lees.send(&theirs, &[("anomaly", &first)]).await;
    assert_eq!(lees.status, 404);
}

/// Adds a webhook as an owner does; returns its secret.
async fn add(tab: &mut Tab<'_>, kim: &Someone, url: &str) -> String {
    let page = format!("/console/{}/notifications", kim.organisation);
    tab.open(&page).await;
    tab.send(&format!("{page}/add"), &[("url", url)]).await;
    assert_eq!(tab.status, 201, "{}", tab.page);
    let secret = tab.page.split("<code id=\"secret\">").nth(1).unwrap();
    secret.split('<').next().unwrap().to_owned()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_webhook_hears_of_the_beginning_and_the_end(pool: PgPool) {
    let rig = Rig::reaching(pool, hooks::local(), crate::routes).await;
    let kim = rig.someone("Kim").await;
    let shop = rig.site_of(&kim, "Shop").await;
    rig.weeks(&shop, 1_000).await;
    let receiver = Receiver::start().await;
    let mut tab = rig.tab_of(&kim.account).await;
    let secret = add(&mut tab, &kim, &receiver.url()).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    tab.open(&format!("/console/{}/notifications", kim.organisation)).await;
    assert!(!tab.page.contains(&secret), "shown once");
    rig.happens(1, &shop, 4_766, &[(CountKind::Issued, 9_000)]).await;
    rig.jobs().watch().await.unwrap();
    carry(&rig).await;
    for minutes in [61, 31] {
        rig.pass(minutes * MINUTE);
        rig.jobs().watch().await.unwrap();
    }
    carry(&rig).await;
    let got = receiver.got();
    assert!(got.iter().all(|got| got.is_signed_with(&secret)));
    let told: Vec<String> = got
        .iter()
        .map(|got| {
            let json = got.json();
            format!(
                "{} {} {}",
                json["type"].as_str().unwrap(),
                json["data"]["kind"].as_str().unwrap(),
                json["data"]["asn"]
            )
        })
        .collect();
    let mut expected = vec![
        "anomaly.opened flood null",
        "anomaly.opened flood 4766",
        "anomaly.closed flood null",
        "anomaly.closed flood 4766",
    ];
    let mut told: Vec<&str> = told.iter().map(String::as_str).collect();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    let link = got[0].json()["data"]["link"].as_str().unwrap().to_owned();
    tab.open(link.strip_prefix("https://console.example").unwrap()).await;
    assert_eq!(tab.status, 200);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_test_button_shows_the_response(pool: PgPool) {
    let rig = Rig::reaching(pool, hooks::local(), crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let receiver = Receiver::start().await;
    receiver.will([
        Next::Answer(200, "thank you"),
        Next::Answer(500, "<script>alert(1)</script>"),
        Next::Redirect("http://127.0.0.1:1/".to_owned()),
        Next::Silence,
    ]);
    let mut tab = rig.tab_of(&kim.account).await;
    let secret = add(&mut tab, &kim, &receiver.url()).await;
    let page = format!("/console/{}/notifications", kim.organisation);
    tab.open(&page).await;
    let webhook = tab.value_of("webhook");
    for (said, not_said) in [
        ("answered 200 after", "<span class=\"state bad\">Not accepted</span>"),
        ("answered 500 after", "<script>"),
        ("answered 302 after", "<span class=\"state good\">Accepted</span> <code>"),
        ("no response within", "answered"),
    ] {
        tab.send(&format!("{page}/test"), &[("webhook", &webhook)]).await;
        let section = tab.page.split("aria-label=\"Test\"").nth(1).unwrap();
        let section = section.split("</section>").next().unwrap();
        assert!(section.contains(said) && !section.contains(not_said), "{section}");
    }
    assert!(receiver.got().iter().all(|got| got.is_signed_with(&secret)));
    assert_eq!(receiver.got()[0].json()["type"], "webhook.test");
    assert_eq!(tab.page.matches("<td>webhook.test</td>").count(), 4);
    let tests = "SELECT count(*) FROM audit WHERE action = 'webhook.test'";
    assert_eq!(rig.number(tests).await, 4);
    // Not for another organisation.
    let mut lees = rig.tab_of(&lee.account).await;
    lees.open("/").await;
    for (part, fields) in [
        ("test", vec![("webhook", webhook.as_str())]),
        ("change", vec![("webhook", webhook.as_str()), ("change", "delete")]),
    ] {
        lees.open(&format!("/console/{}/notifications", lee.organisation)).await;
        lees.send(&format!("/console/{}/notifications/{part}", lee.organisation), &fields).await;
        assert_eq!(lees.status, 404, "{part}");
    }
    // Ten at once, and then one a minute.
    for _ in 0..6 {
        tab.open(&page).await;
        tab.send(&format!("{page}/test"), &[("webhook", &webhook)]).await;
        assert_eq!(tab.status, 200);
    }
    tab.open(&page).await;
    tab.send(&format!("{page}/test"), &[("webhook", &webhook)]).await;
    assert_eq!(tab.status, 429);
    assert_eq!(receiver.got().len(), 10);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_in_a_url_are_reported_and_no_input_is_lost(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let page = format!("/console/{}/notifications", kim.organisation);
    for (url, told) in [
        ("", "Enter a URL such as https://"),
        ("http://hooks.example/", "must start with https://"),
        ("https://169.254.169.254/latest/", "reachable on the internet"),
        ("https://localhost/", "reachable on the internet"),
        ("https://kim:secret@hooks.example/", "Remove the user name and password"),
        ("https://\"><script>/", "Enter a URL such as https://"),
    ] {
        tab.open(&page).await;
        tab.send(&format!("{page}/add"), &[("url", url)]).await;
        assert_eq!(tab.status, 422, "{url}");
        assert!(tab.page.contains(told), "{url}: {}", tab.page);
        assert!(!tab.page.contains("<script>"), "{url}");
    }
    for number in 0..5 {
        add(&mut tab, &kim, &format!("https://hooks.example/{number}")).await;
    }
    tab.open(&page).await;
    assert!(tab.page.contains("at most 5 webhooks."), "{}", tab.page);
    tab.send(&format!("{page}/add"), &[("url", "https://hooks.example/5")]).await;
    assert!(tab.page.contains("Delete one first."), "{}", tab.page);
    tab.send(&format!("{page}/add"), &[("url", "https://hooks.example/4")]).await;
    assert!(tab.page.contains("A webhook with this URL already exists"), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM webhooks").await, 5);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_webhook_is_paused_resumed_and_deleted_and_that_is_recorded(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    add(&mut tab, &kim, "https://hooks.example/services/T0/B0/secret").await;
    let page = format!("/console/{}/notifications", kim.organisation);
    tab.open(&page).await;
    let webhook = tab.value_of("webhook");
    for (change, told) in [
        ("pause", "The webhook is paused"),
        ("resume", "The webhook is active"),
        ("delete", "The webhook has been deleted"),
    ] {
        tab.send(&format!("{page}/change"), &[("webhook", &webhook), ("change", change)]).await;
        assert!(tab.page.contains(told), "{change}: {}", tab.page);
    }
    tab.send(&format!("{page}/change"), &[("webhook", &webhook), ("change", "pause")]).await;
    assert_eq!(tab.status, 404);
    let recorded: Vec<String> = sqlx::query_scalar(
        "SELECT action || ' ' || coalesce(after::text, '') FROM audit ORDER BY id",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    assert_eq!(recorded.len(), 4, "{recorded:?}");
    assert!(!recorded.iter().any(|entry| entry.contains("services")), "{recorded:?}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn chosen_members_get_an_email_in_their_language(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee, park) =
        (rig.someone("Kim").await, rig.someone("Lee").await, rig.someone("Park").await);
    rig.join(&kim.organisation, &lee.account, Role::Analyst).await;
    sqlx::query("UPDATE accounts SET locale = 'ko' WHERE id = $1")
        .bind(lee.account.as_str())
        .execute(&rig.pool)
        .await
        .unwrap();
    let shop = rig.site_of(&kim, "Shop").await;
    rig.weeks(&shop, 1_000).await;
    let mut tab = rig.tab_of(&kim.account).await;
    let page = format!("/console/{}/notifications", kim.organisation);
    tab.open(&page).await;
    // Park is not a member, whatever the form says.
    let accounts =
        [&kim.account, &lee.account, &park.account].map(|account| ("account", account.as_str()));
    let fields: Vec<_> = [("choice", "members")].into_iter().chain(accounts).collect();
    tab.send(&format!("{page}/recipients"), &fields).await;
    assert!(
        tab.page.contains("Saved.") && tab.page.matches(" checked").count() == 2,
        "{}",
        tab.page
    );
    tab.send(&format!("{page}/recipients"), &fields).await;
    let recorded = "SELECT count(*) FROM audit WHERE action = 'notification.recipients'";
    assert_eq!(rig.number(recorded).await, 1, "the same again is no change");
    rig.happens(1, &shop, 64_500, &[(CountKind::Issued, 9_000)]).await;
    rig.jobs().watch().await.unwrap();
    let subjects: Vec<String> =
        sqlx::query_scalar("SELECT recipient || ': ' || subject FROM mails ORDER BY recipient")
            .fetch_all(&rig.pool)
            .await
            .unwrap();
    assert_eq!(
        subjects,
        [
            "kim@shop.example: 2 anomalies at your sites",
            "lee@shop.example: 사이트에서 평소와 다른 일 2건",
        ]
    );
    // Members who leave get no more emails.
    sqlx::query("DELETE FROM members WHERE account = $1")
        .bind(lee.account.as_str())
        .execute(&rig.pool)
        .await
        .unwrap();
    assert_eq!(rig.number("SELECT count(*) FROM told_by_mail").await, 1);
    tab.open(&page).await;
    tab.send(&format!("{page}/recipients"), &[("choice", "members")]).await;
    assert_eq!(rig.number("SELECT count(*) FROM told_by_mail").await, 0);
    rig.pass(HOUR);
}
