//! What an attacker writes into Redis, and what they learn there.

use munjigi_app::cache::Redis;
use munjigi_domain::accounts::Token;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

use super::beside;
use munjigi_rig::{Rig, Tab};

async fn text(redis: &Redis, key: &str) -> Vec<u8> {
    redis.ask::<Option<Vec<u8>>>(redis::cmd("GET").arg(key)).await.unwrap().unwrap()
}

async fn keys(redis: &Redis) -> Vec<String> {
    redis.ask(redis::cmd("KEYS").arg("munjigi:session:*")).await.unwrap()
}

async fn write(redis: &Redis, key: &str, value: &[u8]) {
    redis.ask::<String>(redis::cmd("SET").arg(key).arg(value)).await.unwrap();
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_copy_is_used_and_tells_its_reader_nothing(pool: PgPool) {
    let Some((rig, server)) = beside(pool).await else { return };
    let kim = rig.someone("Kim").await;
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open("/console/account").await;
    assert_eq!(tab.status, 200);
    let redis = server.connection();
    let copies = keys(&redis).await;
    assert_eq!(copies.len(), 1);
    let copy = text(&redis, &copies[0]).await;
    assert!(!String::from_utf8_lossy(&copy).contains(kim.account.as_str()));
    // The copy is read: the row is gone, and no one announced it.
    sqlx::query("DELETE FROM sessions").execute(&rig.pool).await.unwrap();
    tab.open("/console/account").await;
    assert_eq!(tab.path, "/console/account");
    // But no longer than its lifetime, even if an attacker keeps it there.
    write(&redis, &copies[0], &copy).await;
    rig.pass(30_000);
    tab.open("/console/account").await;
    assert!(tab.path.starts_with("/log-in"), "{}", tab.path);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn writing_into_redis_logs_no_one_in(pool: PgPool) {
    let Some((rig, server)) = beside(pool).await else { return };
    let kim = rig.someone("Kim").await;
    rig.tab_of(&kim.account).await.open("/console/account").await;
    let redis = server.connection();
    let copy = text(&redis, &keys(&redis).await[0]).await;
    let theirs = Token::draw(&rig.app.entropy);
    let key = data_encoding::BASE64URL_NOPAD.encode(theirs.hash().as_bytes());
    for forged in [copy.as_slice(), b"", b"{}", b"{\"at\":1795176030000,\"row\":{}}"] {
        write(&redis, &format!("munjigi:session:{key}"), forged).await;
        let mut tab = Tab::new(&rig);
        tab.cookies.insert("__Host-munjigi-session".to_owned(), theirs.reveal().to_string());
        tab.open("/console/account").await;
        assert!(tab.path.starts_with("/log-in"), "{}", tab.path);
    }
}

/// Hashes that anyone could compute of the user who is counted here.
fn guesses(email: &str) -> Vec<Vec<u8>> {
    let both = format!("{email} 203.0.113.0/24");
    let counted = [
        ("log-in-by-account-and-prefix", both.as_str()),
        ("log-in-by-prefix", "203.0.113.0/24"),
        ("log-in-by-account", email),
    ];
    let hash = |(name, whom)| Sha256::digest(format!("{name}\0{whom}")).to_vec();
    counted.map(hash).to_vec()
}

async fn fail_to_log_in(rig: &Rig, email: &str) {
    let mut tab = Tab::new(rig);
    tab.open("/log-in").await;
    tab.send("/log-in", &[("email", email), ("password", "not this one")]).await;
    assert_eq!(tab.status, 422);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_one_finds_out_by_guessing_whom_postgres_counts(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let kim = rig.someone("Kim").await;
    fail_to_log_in(&rig, &kim.email).await;
    let counts: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT key FROM limits").fetch_all(&rig.pool).await.unwrap();
    assert_eq!(counts.len(), 3);
    for guess in guesses(&kim.email) {
        assert!(!counts.contains(&guess));
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_one_finds_out_by_guessing_whom_redis_counts(pool: PgPool) {
    let Some((rig, server)) = beside(pool).await else { return };
    let kim = rig.someone("Kim").await;
    fail_to_log_in(&rig, &kim.email).await;
    let redis = server.connection();
    let counts: Vec<String> = redis.ask(redis::cmd("KEYS").arg("munjigi:limit:*")).await.unwrap();
    assert_eq!(counts.len(), 3);
    for guess in guesses(&kim.email) {
        let guess = data_encoding::BASE64URL_NOPAD.encode(&guess);
        assert!(!counts.contains(&format!("munjigi:limit:{guess}")));
    }
}
