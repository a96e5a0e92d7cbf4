//! No one keeps an owner out of the console by trying in their name.

use munjigi_domain::accounts::session::PROOF_MILLIS;
use sqlx::PgPool;

use munjigi_rig::people::PASSWORD;
use munjigi_rig::people::link_to;
use munjigi_rig::{HOUR, MINUTE, Rig, Tab};

const TEN_SECONDS: u64 = 10_000;

/// Logs in as an owner does.
async fn log_in(tab: &mut Tab<'_>, email: &str) {
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", email), ("password", PASSWORD)]).await;
}

/// Tries a wrong password every ten seconds, from one network; returns how
/// many attempts were looked at.
async fn keep_trying(rig: &Rig, email: &str, millis: u64) -> u32 {
    let mut stranger = Tab::new(rig);
    "198.51.100.9".clone_into(&mut stranger.address);
    stranger.open("/log-in").await;
    let key = stranger.csrf_token();
    let fields = [("csrf_token", key.as_str()), ("email", email), ("password", "wrong password")];
    let mut looked_at = 0;
    for _ in 0..millis / TEN_SECONDS {
        rig.pass(TEN_SECONDS);
        looked_at += u32::from(stranger.send_raw("/log-in", &fields, &[]).await.status == 422);
    }
    looked_at
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn one_network_that_keeps_trying_keeps_no_owner_from_log_in(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    // Ten at once, then one a minute; the first comes after ten seconds.
    assert_eq!(keep_trying(&rig, &kim.email, HOUR).await, 69);
    let mut owner = Tab::new(&rig);
    log_in(&mut owner, &kim.email).await;
    assert!(owner.path.starts_with("/console/"), "{} {}", owner.status, owner.path);
}

/// However many networks try, and even beside the owner's own.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_number_of_networks_keeps_an_owner_out_of_a_browser_that_knows_them(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let mut owner = Tab::new(&rig);
    log_in(&mut owner, &kim.email).await;
    owner.send("/log-out", &[]).await;
    let mut stranger = Tab::new(&rig);
    for number in 0..250 {
        stranger.address =
            if number < 20 { owner.address.clone() } else { format!("10.0.{number}.1") };
        stranger.open("/log-in").await;
        stranger.send("/log-in", &[("email", &kim.email), ("password", "wrong password")]).await;
    }
    assert_eq!(stranger.status, 429);
    let mut elsewhere = Tab::new(&rig);
    elsewhere.address = "203.0.113.77".to_owned();
    log_in(&mut elsewhere, &kim.email).await;
    assert_eq!(elsewhere.status, 429);
    log_in(&mut owner, &kim.email).await;
    assert!(owner.path.starts_with("/console/"), "{} {}", owner.status, owner.path);

    // It knows no other account, and guesses no faster than a network.
    let mut thief = Tab::new(&rig);
    let (name, cookie) = owner.cookies.iter().find(|(name, _)| name.ends_with("-known")).unwrap();
    thief.cookies.insert(name.clone(), cookie.clone());
    let mut looked_at = 0;
    for number in 0..40 {
        thief.address = format!("10.1.{number}.1");
        thief.open("/log-in").await;
        thief.send("/log-in", &[("email", &kim.email), ("password", "wrong password")]).await;
        looked_at += u32::from(thief.status == 422);
    }
    // The owner's own log-in was one of ten.
    assert_eq!(looked_at, 9);
    thief.open("/log-in").await;
    thief.send("/log-in", &[("email", &lee.email), ("password", "wrong password")]).await;
    assert_eq!(thief.status, 422, "counted as any other's");
}

/// Each log-in is hashed, also with the right password, and each gives a cookie.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_number_of_browsers_that_know_an_account_has_more_passwords_hashed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut known = Vec::new();
    for number in 0..8 {
        let mut tab = Tab::new(&rig);
        tab.address = format!("10.2.{number}.1");
        log_in(&mut tab, &kim.email).await;
        let cookie = tab.cookies.iter().find(|(name, _)| name.ends_with("-known")).unwrap();
        known.push((cookie.0.clone(), cookie.1.clone()));
    }
    let mut hashed = 0;
    for (name, cookie) in known.iter().cycle().take(120) {
        let mut tab = Tab::new(&rig);
        tab.address = "198.51.100.9".to_owned();
        tab.cookies.insert(name.clone(), cookie.clone());
        log_in(&mut tab, &kim.email).await;
        hashed += u32::from(tab.status != 429);
        // No cookie is made where one is kept.
        let after = tab.cookies.iter().filter(|(name, _)| name.ends_with("-known")).count();
        assert_eq!(after, 1);
    }
    // As many as by the browsers of a network that are known, and by all others.
    assert_eq!(hashed, 60);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn one_network_that_keeps_trying_keeps_no_owner_from_a_proof(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut owner = rig.tab_of(&kim.account).await;
    keep_trying(&rig, &kim.email, PROOF_MILLIS).await;
    let path = format!("/console/{}/keys", kim.organisation);
    owner.open("/console/account/proof").await;
    owner.send("/console/account/proof", &[("password", PASSWORD), ("next", &path)]).await;
    assert_eq!((owner.status, owner.path.as_str()), (200, path.as_str()));
    owner.send(&path, &[("name", "deploy"), ("scope:sites:read", "yes")]).await;
    assert_eq!(owner.status, 201, "{}", owner.page);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_session_guesses_as_slowly_as_a_network(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut found = rig.tab_of(&kim.account).await;
    let mut looked_at = 0;
    for number in 0..40 {
        found.address = format!("10.0.{number}.1");
        found.open("/console/account/proof").await;
        found.send("/console/account/proof", &[("password", "wrong password")]).await;
        looked_at += u32::from(found.status == 422);
    }
    assert_eq!(looked_at, 10);
    // The owner's own session is another one.
    let mut owner = rig.tab_of(&kim.account).await;
    owner.open("/console/account/proof").await;
    owner.send("/console/account/proof", &[("password", PASSWORD)]).await;
    assert!(owner.path.starts_with("/console"), "{} {}", owner.status, owner.path);
    assert_eq!(owner.status, 200);
}

async fn ask_for_a_link(tab: &mut Tab<'_>, email: &str) {
    tab.open("/recover").await;
    tab.send("/recover", &[("email", email)]).await;
}

async fn emails(rig: &Rig) -> i64 {
    rig.app.console.later.settled().await;
    rig.number("SELECT count(*) FROM mails").await
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn one_network_that_keeps_asking_for_emails_keeps_none_from_their_owner(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut stranger = Tab::new(&rig);
    stranger.address = "198.51.100.9".to_owned();
    for _ in 0..HOUR / (5 * MINUTE) {
        rig.pass(5 * MINUTE);
        ask_for_a_link(&mut stranger, &kim.email).await;
        assert_eq!(stranger.status, 200);
    }
    // Three at once, then one in twenty minutes.
    let strangers = emails(&rig).await;
    assert!((5..=6).contains(&strangers), "{strangers}");
    let mut owner = Tab::new(&rig);
    ask_for_a_link(&mut owner, &kim.email).await;
    assert_eq!(emails(&rig).await, strangers + 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn many_networks_together_do_not_flood_a_mailbox(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    for network in 0..60 {
        let mut stranger = Tab::new(&rig);
        stranger.address = format!("10.0.{network}.1");
        ask_for_a_link(&mut stranger, &kim.email).await;
        assert_eq!(stranger.status, 200);
    }
    assert_eq!(emails(&rig).await, 12);
}

/// Choosing a password takes as much proof as logging in does.
#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_browser_in_which_a_password_was_chosen_is_known(pool: PgPool) {
    const NEW: &str = "harbour candle syntax";
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;

    let mut changed = rig.tab_of(&kim.account).await;
    changed.open("/console/account").await;
    changed.send("/console/account/password", &[("old", PASSWORD), ("new", NEW)]).await;
    assert_known(&mut changed, &kim.email, NEW).await;

    let mut reset = Tab::new(&rig);
    reset.open("/recover").await;
    reset.send("/recover", &[("email", &kim.email)]).await;
    reset.open(&link_to(&rig, &kim.email).await).await;
    let link = reset.value_of("link");
    reset.send("/recover/password", &[("link", &link), ("password", PASSWORD)]).await;
    assert_known(&mut reset, &kim.email, PASSWORD).await;

    let mut signed_up = Tab::new(&rig);
    signed_up.open("/sign-up").await;
    let email = "lee@shop.example";
    let fields = [("name", "Lee"), ("email", email), ("password", PASSWORD)];
    signed_up.send("/sign-up", &fields).await;
    signed_up.open(&link_to(&rig, email).await).await;
    let link = signed_up.value_of("link");
    signed_up.send("/confirm", &[("link", &link), ("password", PASSWORD)]).await;
    assert_known(&mut signed_up, email, PASSWORD).await;

    let email = "choi@shop.example";
    let team = format!("/console/{}/team", kim.organisation);
    reset.open(&team).await;
    reset.send(&format!("{team}/invite"), &[("email", email), ("role", "analyst")]).await;
    let mut invited = Tab::new(&rig);
    invited.open(&link_to(&rig, email).await).await;
    let link = invited.value_of("link");
    let fields = [("link", link.as_str()), ("name", "Choi"), ("password", PASSWORD)];
    invited.send("/invitation", &fields).await;
    assert_known(&mut invited, email, PASSWORD).await;
}

/// Asserts that a browser logs in where its network alone no longer does.
async fn assert_known(tab: &mut Tab<'_>, email: &str, password: &str) {
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.status, tab.path);
    tab.send("/log-out", &[]).await;
    let known = tab.cookies.clone();
    tab.cookies.retain(|name, _| !name.ends_with("-known"));
    assert_ne!(tab.cookies, known);
    for _ in 0..12 {
        tab.open("/log-in").await;
        tab.send("/log-in", &[("email", email), ("password", "wrong password")]).await;
    }
    assert_eq!(tab.status, 429);
    tab.cookies = known;
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", email), ("password", password)]).await;
    assert!(tab.path.starts_with("/console/"), "{} {}", tab.status, tab.path);
}
