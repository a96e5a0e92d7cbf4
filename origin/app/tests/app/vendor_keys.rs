//! Imports on a real database, with an edge that records its calls.

use munjigi_captcha::{
    Exemption, Hostname, Imports, MAX_IMPORTS, Secret, SecretHash, Site, Vendor,
};
use munjigi_delivery::publish::verify;
use munjigi_domain::site_change::{Change, ChangeRefused};
use munjigi_protocol::{Code, SiteConfig};
use munjigi_store::sites::{AskImport, ImportRefused, MakeLive, RemoveImport, SiteRecord};
use munjigi_store::transact;
use munjigi_store::vendor_keys::Import;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;

use munjigi_rig::{MINUTE, Rig, check};

const KEY: &str = "0x4AAAAAAADnPIDROrmt1Wwj";
const OTHER_KEY: &str = "0x4AAAAAAAC3DHQFLr1GavR";
const HOST: &str = "shop.example";

fn secret(digit: char) -> SecretHash {
    Secret::foreign(&format!("0x4{}", digit.to_string().repeat(32))).unwrap().hash()
}

fn host() -> Hostname {
    Hostname::parse(HOST).unwrap()
}

async fn ask(
    rig: &Rig,
    sitekey: &str,
    key: &str,
    secret: &SecretHash,
) -> Result<Import, ImportRefused> {
    let (vendor, host, now) = (Vendor::Turnstile, host(), rig.now());
    let token = rig.app.entropy.request_id();
    let unit = AskImport { sitekey, vendor, key, host: &host, secret, token: &token, now };
    transact(&rig.pool, &unit).await.unwrap()
}

async fn make_live(rig: &Rig, sitekey: &str, import: &Import) -> Result<SiteConfig, ImportRefused> {
    transact(&rig.pool, &MakeLive { sitekey, import, now: rig.now() }).await.unwrap()
}

async fn import(rig: &Rig, sitekey: &str, key: &str, secret: &SecretHash) -> SiteConfig {
    let import = ask(rig, sitekey, key, secret).await.unwrap();
    make_live(rig, sitekey, &import).await.unwrap()
}

async fn remove(rig: &Rig, sitekey: &str, key: &str) -> Result<Import, ImportRefused> {
    let unit = RemoveImport { sitekey, key, host: HOST, now: rig.now() };
    transact(&rig.pool, &unit).await.unwrap()
}

async fn record(rig: &Rig, sitekey: &str) -> SiteRecord {
    munjigi_store::sites::find(&rig.pool, sitekey).await.unwrap().unwrap()
}

/// Whether the edge's filter accepts key and secret.
fn passes(rig: &Rig, key: &str, secret: &SecretHash) -> (bool, bool) {
    let imports = Imports::new(rig.edge.imports(), check());
    (!imports.names(key, &host()).is_empty(), imports.has_secret(secret))
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_key_is_published_when_it_is_live_and_its_filter_comes_first(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    rig.publish_due().await;
    rig.pass(1_000);
    let asked = ask(&rig, &site.sitekey, KEY, &secret('a')).await.unwrap();
    rig.publish_due().await;
    assert_eq!(record(&rig, &site.sitekey).await.config, site);
    assert_eq!(rig.edge.calls().len(), 1);
    let live = make_live(&rig, &site.sitekey, &asked).await.unwrap();
    assert_eq!(live.aliases, [format!("{KEY}@{HOST}")]);
    assert_eq!(live.secrets, [site.secrets[0].as_str(), secret('a').as_str()]);
    rig.publish_due().await;
    assert_eq!(rig.edge.calls()[1..], ["PUT imports".to_owned(), format!("PUT {}", live.version)]);
    assert_eq!(passes(&rig, KEY, &secret('a')), (true, true));
    assert_eq!(passes(&rig, OTHER_KEY, &secret('b')), (false, false));
    assert_eq!(ask(&rig, &site.sitekey, KEY, &secret('a')).await, Err(ImportRefused::Live));
    assert_eq!(make_live(&rig, &site.sitekey, &asked).await, Err(ImportRefused::Live));

    rig.pass(1_000);
    remove(&rig, &site.sitekey, KEY).await.unwrap();
    rig.publish_due().await;
    let after = record(&rig, &site.sitekey).await.config;
    assert_eq!((after.aliases, after.secrets), (site.aliases, site.secrets));
    assert!(after.version > live.version);
    assert_eq!(passes(&rig, KEY, &secret('a')), (false, false));
    assert_eq!(remove(&rig, &site.sitekey, KEY).await, Err(ImportRefused::Unknown));
    let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit ORDER BY id")
        .fetch_all(&rig.pool)
        .await
        .unwrap();
    assert_eq!(actions, ["site.create", "site.import", "site.import-remove"]);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn no_one_can_search_for_names_that_fit_the_published_filter(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    import(&rig, &site.sitekey, KEY, &secret('a')).await;
    rig.publish_due().await;
    let published = rig.edge.imports().write();
    for text in [format!("sitekey\n{KEY}@{HOST}"), format!("secret\n{}", secret('a').as_str())] {
        let fingerprint = &Sha256::digest(text.as_bytes())[..4];
        assert!(!published.windows(4).any(|bytes| bytes == fingerprint), "{text}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_filter_that_an_older_edge_does_not_read_is_offered_until_it_is_taken(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    rig.publish_due().await;
    rig.edge.fail([Code::MalformedRequest, Code::MalformedRequest]);
    let live = import(&rig, &site.sitekey, KEY, &secret('a')).await;
    rig.publish_due().await;
    assert_eq!(passes(&rig, KEY, &secret('a')), (false, false));
    for _ in 0..2 {
        rig.pass(MINUTE);
        rig.publish_due().await;
    }
    assert_eq!(passes(&rig, KEY, &secret('a')), (true, true));
    // The site itself did not wait for its filter.
    assert_eq!(rig.edge.version(&site.sitekey), Some(live.version));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn of_two_sites_that_prove_the_same_key_one_has_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    for round in 0..8 {
        let key = format!("0x4AAAAAAADnPIDROrmt1Ww{round}");
        let sites = [rig.create_site().await.sitekey, rig.create_site().await.sitekey];
        let hash = |n: usize| secret(char::from(b"abcdefghijklmnop"[2 * round + n]));
        // Both may request it: a mere request blocks no one.
        let one = ask(&rig, &sites[0], &key, &hash(0)).await.unwrap();
        let other = ask(&rig, &sites[1], &key, &hash(1)).await.unwrap();
        assert_ne!(one.token, other.token);
        let (one, other) =
            tokio::join!(make_live(&rig, &sites[0], &one), make_live(&rig, &sites[1], &other));
        let refused: Vec<ImportRefused> =
            [one, other].into_iter().filter_map(Result::err).collect();
        assert_eq!(refused, [ImportRefused::Taken]);
    }
    assert_eq!(rig.number("SELECT count(*) FROM site_imports WHERE live_at IS NOT NULL").await, 8);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_another_site_has_is_told_until_it_is_given_back(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let (one, other) = (rig.create_site().await.sitekey, rig.create_site().await.sitekey);
    import(&rig, &one, KEY, &secret('a')).await;
    assert_eq!(ask(&rig, &other, KEY, &secret('b')).await, Err(ImportRefused::Taken));
    assert_eq!(ask(&rig, &other, OTHER_KEY, &secret('a')).await, Err(ImportRefused::SecretTaken));
    // Even by a site that is deleted.
    rig.change(&one, Change::Delete).await.unwrap();
    assert_eq!(ask(&rig, &other, KEY, &secret('a')).await, Err(ImportRefused::Taken));
    remove(&rig, &one, KEY).await.unwrap();
    rig.publish_due().await;
    assert_eq!(rig.edge.version(&one), None);
    import(&rig, &other, KEY, &secret('a')).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn importing_explains_its_refusals(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await.sitekey;
    let missing = "mj_00000000000000000000000000";
    let unknown = Err(ImportRefused::Site(ChangeRefused::Unknown));
    assert_eq!(ask(&rig, missing, KEY, &secret('a')).await, unknown);
    assert_eq!(remove(&rig, missing, KEY).await, unknown);
    let asked = ask(&rig, &site, KEY, &secret('a')).await.unwrap();
    // A repeated request keeps the token, which may be published by now.
    let again = ask(&rig, &site, KEY, &secret('b')).await.unwrap();
    assert_eq!((&again.token, again.secret_hash.as_str()), (&asked.token, secret('b').as_str()));
    // Removed and requested again, it takes a new proof.
    remove(&rig, &site, KEY).await.unwrap();
    ask(&rig, &site, KEY, &secret('a')).await.unwrap();
    assert_eq!(make_live(&rig, &site, &asked).await, Err(ImportRefused::Unknown));
    sqlx::query("UPDATE sites SET hosts = ARRAY['other.example']")
        .execute(&rig.pool)
        .await
        .unwrap();
    assert_eq!(ask(&rig, &site, OTHER_KEY, &secret('a')).await, Err(ImportRefused::Host));
    assert_eq!(make_live(&rig, &site, &asked).await, Err(ImportRefused::Host));
    assert_eq!(rig.number("SELECT count(*) FROM audit WHERE action <> 'site.create'").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_site_has_so_many_imports_and_the_edge_takes_all_of_them(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await.sitekey;
    for (number, digit) in (0..MAX_IMPORTS).zip('a'..) {
        import(&rig, &site, &format!("0x4AAAAAAADnPIDROrmt1{number:02}"), &secret(digit)).await;
    }
    assert_eq!(ask(&rig, &site, KEY, &secret('A')).await, Err(ImportRefused::TooMany));
    rig.change(&site, Change::AddSecret(rig.new_hash())).await.unwrap();
    let config = record(&rig, &site).await.config;
    assert_eq!((config.secrets.len(), config.aliases.len()), (MAX_IMPORTS + 2, MAX_IMPORTS));
    assert!(Site::parse(&config, Exemption::Ignored).is_ok());
    let third = rig.change(&site, Change::AddSecret(rig.new_hash())).await;
    assert_eq!(third, Err(ChangeRefused::TwoSecrets));
    let finished = rig.change(&site, Change::KeepNewestSecret).await.unwrap();
    assert_eq!(finished.secrets.len(), MAX_IMPORTS + 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_secret_stays_while_another_import_has_it(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await.sitekey;
    import(&rig, &site, KEY, &secret('a')).await;
    let both = import(&rig, &site, OTHER_KEY, &secret('a')).await;
    assert_eq!((both.aliases.len(), both.secrets.len()), (2, 2));
    remove(&rig, &site, KEY).await.unwrap();
    assert!(record(&rig, &site).await.config.secrets.contains(&secret('a').as_str().to_owned()));
    rig.publish_due().await;
    assert_eq!(passes(&rig, OTHER_KEY, &secret('a')), (true, true));
    assert_eq!(passes(&rig, KEY, &secret('a')), (false, true));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_filter_is_tried_until_the_edge_has_it_and_again_when_it_was_lost(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await.sitekey;
    rig.publish_due().await;
    import(&rig, &site, KEY, &secret('a')).await;
    rig.edge.fail([Code::Unavailable]);
    rig.publish_due().await;
    assert_eq!(passes(&rig, KEY, &secret('a')), (false, false));
    rig.pass(MINUTE);
    rig.publish_due().await;
    assert_eq!(passes(&rig, KEY, &secret('a')), (true, true));
    rig.edge.forget_everything();
    rig.pass(3 * MINUTE);
    assert!(verify(&rig.publisher()).await.unwrap());
    rig.publish_due().await;
    assert_eq!(passes(&rig, KEY, &secret('a')), (true, true));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_filter_from_a_backup_overtakes_the_edge(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await.sitekey;
    import(&rig, &site, KEY, &secret('a')).await;
    rig.publish_due().await;
    remove(&rig, &site, KEY).await.unwrap();
    let older = "UPDATE deliveries SET version = 2 WHERE topic = 'vendor-keys'";
    sqlx::query(older).execute(&rig.pool).await.unwrap();
    rig.pass(MINUTE);
    rig.publish_due().await;
    rig.pass(MINUTE);
    rig.publish_due().await;
    assert_eq!(passes(&rig, KEY, &secret('a')), (false, false));
    let behind = "SELECT version - published_version FROM import_publication, deliveries
        WHERE topic = 'vendor-keys'";
    assert_eq!(rig.number(behind).await, 0);
}
