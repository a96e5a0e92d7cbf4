//! Sites as they are stored.

use munjigi_domain::accounts::MostSites;
use munjigi_domain::site_change::{Change, ChangeRefused};
use munjigi_store::sites;
use sqlx::PgPool;

use munjigi_rig::Rig;

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_site_comes_back_as_it_was_stored(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    let record = sites::find(&rig.pool, &site.sitekey).await.unwrap().unwrap();
    assert_eq!(record.config, site);
    assert_eq!(sites::list(&rig.pool).await.unwrap(), [record]);
    let missing = "mj_00000000000000000000000000";
    assert_eq!(sites::find(&rig.pool, missing).await.unwrap(), None);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn every_change_raises_the_version_even_at_the_same_millisecond(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    let changes = [Change::Pause, Change::Resume, Change::Delete, Change::Restore(MostSites(1))];
    for (version, change) in (site.version + 1..).zip(changes) {
        assert_eq!(rig.change(&site.sitekey, change).await.unwrap().version, version);
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_secret_is_rotated_in_two_steps_with_two_live_between(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let site = rig.create_site().await;
    let old = site.secrets[0].clone();
    for _ in 0..2 {
        rig.pass(1_000);
        let hash = rig.new_hash();
        let both = rig.change(&site.sitekey, Change::AddSecret(hash.clone())).await.unwrap();
        assert_eq!(both.secrets, [old.clone(), hash.as_str().to_owned()]);
        let third = rig.change(&site.sitekey, Change::AddSecret(rig.new_hash())).await;
        assert_eq!(third, Err(ChangeRefused::TwoSecrets));
        let kept = rig.change(&site.sitekey, Change::KeepOldestSecret).await.unwrap();
        assert_eq!(kept.secrets, [old.as_str()]);
    }
    rig.pass(1_000);
    let hash = rig.new_hash();
    rig.change(&site.sitekey, Change::AddSecret(hash.clone())).await.unwrap();
    let kept = rig.change(&site.sitekey, Change::KeepNewestSecret).await.unwrap();
    assert_eq!(kept.secrets, [hash.as_str()]);
    let again = rig.change(&site.sitekey, Change::KeepNewestSecret).await;
    assert_eq!(again, Err(ChangeRefused::Unchanged));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn changes_that_make_no_sense_are_refused(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    let sitekey = rig.create_site().await.sitekey;
    let missing = "mj_00000000000000000000000000";
    assert_eq!(rig.change(missing, Change::Pause).await, Err(ChangeRefused::Unknown));
    assert_eq!(rig.change(&sitekey, Change::Resume).await, Err(ChangeRefused::Unchanged));
    assert_eq!(
        rig.change(&sitekey, Change::Restore(MostSites(1))).await,
        Err(ChangeRefused::Unchanged)
    );
    rig.change(&sitekey, Change::Delete).await.unwrap();
    assert_eq!(rig.change(&sitekey, Change::Pause).await, Err(ChangeRefused::Deleted));
    assert_eq!(rig.change(&sitekey, Change::Delete).await, Err(ChangeRefused::Deleted));
    assert!(sites::list(&rig.pool).await.unwrap().is_empty());
}
