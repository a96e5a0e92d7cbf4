//! The second factor: on, off, spent codes, guessed codes.

use munjigi_domain::accounts::limits;
use munjigi_domain::accounts::session::PROOF_MILLIS;
use sqlx::PgPool;

use munjigi_rig::device::{Device, ORIGIN};
use munjigi_rig::forms::{code, shown_key, switch_on};
use munjigi_rig::people::{PASSWORD, Someone};
use munjigi_rig::{MINUTE, Rig, Tab};

const PATH: &str = "/console/account/factor";

async fn half_way<'a>(rig: &'a Rig, someone: &Someone) -> Tab<'a> {
    let mut tab = Tab::new(rig);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &someone.email), ("password", PASSWORD)]).await;
    assert_eq!(tab.path, "/log-in/code");
    tab
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_code_is_good_once_and_a_recovery_code_too(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (key, codes) = switch_on(&rig, &mut tab).await;
    let spent = code(&rig, &key);

    let mut again = half_way(&rig, &kim).await;
    let before = again.cookies.clone();
    again.send("/log-in/code", &[("code", &spent)]).await;
    assert_eq!(again.status, 422, "it switched the app on");
    rig.pass(MINUTE);
    again.send("/log-in/code", &[("code", &code(&rig, &key))]).await;
    assert!(again.path.starts_with("/console/"), "{}", again.path);
    let session = "__Host-munjigi-session";
    assert_ne!(again.cookies[session], before[session], "a new cookie with each step");

    for (typed, status) in [(codes[0].to_uppercase(), 200), (codes[0].clone(), 422)] {
        let mut tab = half_way(&rig, &kim).await;
        tab.send("/log-in/code", &[("code", &typed)]).await;
        assert_eq!(tab.status, status, "{typed}");
    }
    tab.open("/console/account").await;
    assert!(tab.page.contains("9 recovery codes left"), "{}", tab.page);
    assert_eq!(emails(&rig, "Logging in now requires a code").await, 1);
}

/// A new tab that has given the password on the way to a page.
async fn on_the_way<'a>(rig: &'a Rig, someone: &Someone, next: &str) -> Tab<'a> {
    let mut tab = Tab::new(rig);
    tab.open("/log-in").await;
    let fields = [("email", someone.email.as_str()), ("password", PASSWORD), ("next", next)];
    tab.send("/log-in", &fields).await;
    assert!(tab.path.starts_with("/log-in/code"), "{}", tab.path);
    tab
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_code_redirects_to_the_requested_page(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (_, codes) = switch_on(&rig, &mut tab).await;
    let wanted = format!("/console/{}/audit?action=site.edit&text=a+b", kim.organisation);
    let mut tab = Tab::new(&rig);
    tab.open(&wanted).await;
    let next = tab.value_of("next").replace("&#38;", "&");
    let fields = [("email", kim.email.as_str()), ("password", PASSWORD), ("next", &next)];
    tab.send("/log-in", &fields).await;
    // Even after a mistyped code.
    for (code, status, path) in [("000000", 422, "/log-in/code"), (&codes[0], 200, &wanted)] {
        let next = tab.value_of("next").replace("&#38;", "&");
        assert_eq!(next, wanted);
        tab.send("/log-in/code", &[("code", code), ("next", &next)]).await;
        assert_eq!((tab.status, tab.path.as_str()), (status, path));
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_code_leads_to_no_other_host(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (_, codes) = switch_on(&rig, &mut tab).await;
    let evil = ["//evil.example", "https://evil.example", "\\\\evil.example", "/\\evil.example"];
    for (evil, code) in evil.into_iter().zip(&codes) {
        // Through log-in, through the page's URL, and through the form itself.
        let mut tab = on_the_way(&rig, &kim, evil).await;
        assert_eq!(tab.path, "/log-in/code", "{evil}");
        let query = serde_urlencoded::to_string([("next", evil)]).unwrap();
        tab.open(&format!("/log-in/code?{query}")).await;
        assert_eq!(tab.value_of("next"), "/console", "{evil}");
        tab.send("/log-in/code", &[("code", code), ("next", evil)]).await;
        assert_eq!((tab.status, tab.path.split('/').nth(1)), (200, Some("console")), "{evil}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn codes_cannot_be_guessed(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (key, _) = switch_on(&rig, &mut tab).await;
    rig.pass(MINUTE);
    let mut thief = half_way(&rig, &kim).await;
    let mut tried = 0;
    for number in 0..100 {
        thief.open("/log-in/code").await;
        thief.send("/log-in/code", &[("code", &format!("{number:06}"))]).await;
        tried += u32::from(thief.status == 422);
    }
    assert_eq!(tried, limits::SECOND_FACTOR.burst);
    thief.open("/log-in/code").await;
    thief.send("/log-in/code", &[("code", &code(&rig, &key))]).await;
    assert_eq!(thief.status, 429, "also for the right one");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn turning_off_two_factor_needs_the_password_again(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (key, codes) = switch_on(&rig, &mut tab).await;
    rig.pass(MINUTE);
    let right = code(&rig, &key);
    let path = "/console/account/factor/change";
    for (password, code) in [("wrong password", right.as_str()), (PASSWORD, "000000")] {
        tab.open("/console/account").await;
        tab.send(path, &[("change", "off"), ("password", password), ("code", code)]).await;
        assert_eq!(tab.status, 422, "{password} {code}");
        assert!(tab.page.contains("Incorrect password or code"), "{}", tab.page);
    }
    tab.send(path, &[("change", "codes"), ("password", PASSWORD), ("code", &codes[1])]).await;
    assert_eq!(tab.status, 201);
    assert!(!tab.page.contains(&codes[2]), "other ones");
    tab.send(path, &[("change", "off"), ("password", PASSWORD), ("code", &right)]).await;
    assert!(tab.page.contains("The authenticator app has been turned off."), "{}", tab.page);
    assert_eq!(rig.number("SELECT count(*) FROM recovery_codes").await, 0);
    assert_eq!(emails(&rig, "Logging in no longer requires a code").await, 1);
    let mut tab = Tab::new(&rig);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", &kim.email), ("password", PASSWORD)]).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_app_s_key_is_sealed_in_the_table(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (key, _) = switch_on(&rig, &mut tab).await;
    let key = data_encoding::BASE32.decode(key.replace(' ', "").as_bytes()).unwrap();
    let stored: Vec<u8> =
        sqlx::query_scalar("SELECT totp_key FROM accounts").fetch_one(&rig.pool).await.unwrap();
    assert!(!stored.windows(key.len()).any(|window| window == key));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_lost_key_of_the_installation_leaves_the_recovery_codes(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (key, codes) = switch_on(&rig, &mut tab).await;
    sqlx::query("UPDATE accounts SET totp_key = 'closed by another key'")
        .execute(&rig.pool)
        .await
        .unwrap();
    rig.pass(MINUTE);
    let mut tab = half_way(&rig, &kim).await;
    tab.send("/log-in/code", &[("code", &code(&rig, &key))]).await;
    assert_eq!(tab.status, 422);
    tab.send("/log-in/code", &[("code", &codes[0])]).await;
    assert!(tab.path.starts_with("/console/"), "{}", tab.path);
}

async fn emails(rig: &Rig, subject: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM mails WHERE subject = $1")
        .bind(subject)
        .fetch_one(&rig.pool)
        .await
        .unwrap()
}

/// Kim's audit entries, and the emails to Kim's address.
async fn told(rig: &Rig) -> (Vec<String>, Vec<String>) {
    let actions = sqlx::query_scalar("SELECT action FROM audit ORDER BY id");
    let subjects = sqlx::query_scalar("SELECT subject FROM mails ORDER BY id");
    (actions.fetch_all(&rig.pool).await.unwrap(), subjects.fetch_all(&rig.pool).await.unwrap())
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_unconfirmed_key_is_no_second_factor(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.add_passkey(&mut Device::default(), "Telephone").await;
    tab.open(PATH).await;
    let key = shown_key(&tab);

    let mut thief = half_way(&rig, &kim).await;
    thief.send("/log-in/code", &[("code", &code(&rig, &key))]).await;
    assert_eq!((thief.status, thief.path.as_str()), (422, "/log-in/code"));
    tab.open("/console/account/proof").await;
    tab.send("/console/account/proof", &[("password", PASSWORD), ("code", &code(&rig, &key))])
        .await;
    assert_eq!((tab.status, tab.path.as_str()), (422, "/console/account/proof"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_is_shown_and_taken_into_use_only_where_it_was_just_proven_who_is_there(
    pool: PgPool,
) {
    let rig = Rig::new(pool, crate::routes).await;
    let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
    let mut device = Device::default();
    let mut of_lee = rig.tab_of(&lee.account).await;
    of_lee.add_passkey(&mut device, "Telephone").await;
    let mut of_kim = rig.tab_of(&kim.account).await;
    rig.pass(PROOF_MILLIS);
    for tab in [&mut of_kim, &mut of_lee] {
        tab.open(PATH).await;
        assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    }
    assert_eq!(rig.number("SELECT count(*) FROM accounts WHERE totp_key IS NOT NULL").await, 0);

    // A user without a second factor proves their identity with the password; a
    // user with a passkey can use just that.
    of_kim.send("/console/account/proof", &[("password", PASSWORD), ("next", PATH)]).await;
    let options = of_lee.options("/console/account/proof/passkey/options").await;
    let answer = device.answer(ORIGIN, options).await;
    of_lee.send("/console/account/proof/passkey", &[("answer", &answer), ("next", PATH)]).await;
    rig.pass(PROOF_MILLIS - MINUTE);
    for tab in [&mut of_kim, &mut of_lee] {
        assert_eq!((tab.status, tab.path.as_str()), (200, PATH));
        tab.send(PATH, &[("code", "000000")]).await;
        assert_eq!((tab.status, tab.path.as_str()), (422, PATH));
    }
    rig.pass(MINUTE);
    for tab in [&mut of_kim, &mut of_lee] {
        let right = code(&rig, &shown_key(tab));
        tab.send(PATH, &[("code", &right)]).await;
        assert!(tab.path.starts_with("/console/account/proof"), "{}", tab.path);
    }
    let in_use = "SELECT count(*) FROM accounts WHERE totp_confirmed_at IS NOT NULL";
    assert_eq!(rig.number(in_use).await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_that_was_shown_expires(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    rig.pass(10 * MINUTE);
    tab.open(PATH).await;
    let shown = shown_key(&tab);
    rig.pass(10 * MINUTE);
    tab.open(PATH).await;
    tab.send("/console/account/proof", &[("password", PASSWORD), ("next", PATH)]).await;
    assert_eq!(shown_key(&tab), shown, "after ten minutes");
    rig.pass(5 * MINUTE);
    tab.send(PATH, &[("code", &code(&rig, &shown))]).await;
    assert_eq!(tab.status, 422);
    assert!(tab.page.contains("The key has expired"), "{}", tab.page);
    let next = shown_key(&tab);
    assert_ne!(next, shown);
    tab.send(PATH, &[("code", &code(&rig, &shown))]).await;
    assert_eq!(tab.status, 422, "the earlier key confirms nothing");
    tab.send(PATH, &[("code", &code(&rig, &next))]).await;
    assert_eq!(tab.status, 201);

    // An offered key that was never confirmed is deleted.
    let lee = rig.someone("Lee").await;
    rig.tab_of(&lee.account).await.open(PATH).await;
    let kept = "SELECT count(*) FROM accounts WHERE totp_key IS NOT NULL";
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(rig.number(kept).await, 2);
    rig.pass(15 * MINUTE);
    rig.jobs().keep_house().await.unwrap();
    assert_eq!(rig.number(kept).await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_is_told_when_it_is_shown_and_when_it_is_taken_into_use(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    let (mut actions, mut subjects) = (Vec::new(), Vec::new());
    for (what, action, subject) in [
        ("shown", "authenticator.offer", "An authenticator app is being set up"),
        ("taken", "authenticator.add", "Logging in now requires a code"),
        ("codes", "codes.replace", "Your recovery codes were replaced"),
    ] {
        match what {
            "shown" => tab.open(PATH).await.open(PATH).await,
            "taken" => {
                let right = code(&rig, &shown_key(&tab));
                tab.send(PATH, &[("code", &right)]).await
            }
            _ => {
                let one = tab.page.split("<li><code>").nth(1).unwrap();
                let one = one.split('<').next().unwrap().to_owned();
                let fields = [("change", "codes"), ("password", PASSWORD), ("code", &one)];
                tab.open("/console/account").await;
                tab.send("/console/account/factor/change", &fields).await
            }
        };
        actions.push(action.to_owned());
        subjects.push(subject.to_owned());
        assert_eq!(told(&rig).await, (actions.clone(), subjects.clone()), "{what}");
    }
}
