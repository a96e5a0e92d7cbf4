//! What each use guarantees, with every adapter. A suite takes a factory, so
//! that each of its tests starts with unused names.

use std::time::Duration;

use munjigi_app::cache::{Limits, Locks, Sessions, Sites, take_within};
use munjigi_domain::accounts::session::Stage;
use munjigi_domain::accounts::{Id, Limit, Token};
use munjigi_domain::site_change::Change;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_store::limits::{Taken, Told};
use munjigi_store::locks::Fenced;
use munjigi_store::sessions::{self, NewSession};
use munjigi_store::{DatabaseError, Unit, transact};
use sqlx::PgConnection;

use munjigi_rig::Rig;

const LIMIT: Limit = Limit { name: "test", burst: 3, interval_millis: 10_000 };
const MINUTE: Duration = Duration::from_mins(1);

pub async fn every_use(rig: &Rig) {
    let cache = &rig.app.cache;
    let fresh_name = || Id::draw(&rig.app.entropy).to_string();
    limits(async || (&*cache.limits, fresh_name())).await;
    locks(rig, async || (&*cache.locks, fresh_name())).await;
    sessions(rig, &*cache.sessions).await;
    sites(rig, &*cache.sites).await;
}

pub async fn limits<'a>(fresh: impl AsyncFn() -> (&'a dyn Limits, String)) {
    a_burst_passes_and_then_one_in_each_interval(fresh().await).await;
    what_is_left_is_told(fresh().await).await;
    many_at_once_are_counted_each(fresh().await).await;
    a_successful_log_in_resets_the_attempts(fresh().await).await;
}

fn at(seconds: u64) -> UnixMillis {
    UnixMillis(1_795_176_030_000 + seconds * 1_000)
}

async fn a_burst_passes_and_then_one_in_each_interval((limits, whom): (&dyn Limits, String)) {
    let other = format!("{whom}-other");
    for (whom, seconds, wanted) in [
        (&whom, 0, Taken::Yes),
        (&whom, 0, Taken::Yes),
        (&whom, 0, Taken::Yes),
        (&whom, 0, Taken::Wait { seconds: 10 }),
        (&whom, 4, Taken::Wait { seconds: 6 }),
        (&other, 4, Taken::Yes),
        (&whom, 10, Taken::Yes),
        (&whom, 10, Taken::Wait { seconds: 10 }),
        // After a pause the whole burst is available again, and no more.
        (&whom, 1_000, Taken::Yes),
        (&whom, 1_000, Taken::Yes),
        (&whom, 1_000, Taken::Yes),
        (&whom, 1_000, Taken::Wait { seconds: 10 }),
    ] {
        assert_eq!(limits.take(&LIMIT, whom, at(seconds)).await.unwrap(), wanted, "{seconds}");
    }
}

async fn what_is_left_is_told((limits, whom): (&dyn Limits, String)) {
    let mut told = Vec::new();
    for seconds in [0, 0, 4, 4, 1_000] {
        let Told { taken, left, whole_in_seconds } =
            limits.tell(&LIMIT, &whom, at(seconds)).await.unwrap();
        told.push((taken == Taken::Yes, left, whole_in_seconds));
    }
    assert_eq!(told, [(true, 2, 10), (true, 1, 20), (true, 0, 26), (false, 0, 26), (true, 2, 10)]);
}

async fn many_at_once_are_counted_each((limits, whom): (&dyn Limits, String)) {
    let tries = (0..50).map(|_| limits.take(&LIMIT, &whom, at(0)));
    let taken = futures_util::future::join_all(tries).await;
    assert_eq!(taken.iter().filter(|taken| matches!(taken, Ok(Taken::Yes))).count(), 3);
}

async fn a_successful_log_in_resets_the_attempts((limits, whom): (&dyn Limits, String)) {
    for _ in 0..4 {
        limits.take(&LIMIT, &whom, at(0)).await.unwrap();
    }
    limits.forget(&LIMIT, &whom).await.unwrap();
    assert_eq!(limits.take(&LIMIT, &whom, at(0)).await.unwrap(), Taken::Yes);
}

pub async fn locks<'a>(rig: &Rig, fresh: impl AsyncFn() -> (&'a dyn Locks, String)) {
    one_at_a_time_holds_a_lock(fresh().await).await;
    a_lock_expires_and_its_late_owner_writes_nothing(rig, fresh().await).await;
    a_lock_given_back_late_is_the_next_holders(fresh().await).await;
    a_caller_that_waits_gets_it_when_it_is_free(rig, fresh().await).await;
}

async fn one_at_a_time_holds_a_lock((locks, name): (&dyn Locks, String)) {
    let tries = (0..20).map(|_| locks.take(&name, MINUTE, at(0)));
    let taken = futures_util::future::join_all(tries).await;
    let taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(taken.len(), 1);
    let other = format!("{name}-other");
    assert!(locks.take(&other, MINUTE, at(0)).await.unwrap().is_some());
    locks.give_back(&taken[0], at(1)).await.unwrap();
    let next = locks.take(&name, MINUTE, at(1)).await.unwrap().unwrap();
    assert!(next.fence > taken[0].fence);
}

struct Write;

impl Unit for Write {
    type Output = ();

    async fn run(&self, _: &mut PgConnection) -> Result<(), DatabaseError> {
        Ok(())
    }
}

async fn a_lock_expires_and_its_late_owner_writes_nothing(
    rig: &Rig,
    (locks, name): (&dyn Locks, String),
) {
    let slept = locks.take(&name, MINUTE, at(0)).await.unwrap().unwrap();
    let write = Fenced { lease: &slept, unit: &Write };
    assert_eq!(transact(&rig.pool, &write).await.unwrap(), Some(()));
    assert!(locks.take(&name, MINUTE, at(59)).await.unwrap().is_none());
    let next = locks.take(&name, MINUTE, at(60)).await.unwrap().unwrap();
    assert_eq!(transact(&rig.pool, &write).await.unwrap(), None);
    let write = Fenced { lease: &next, unit: &Write };
    assert_eq!(transact(&rig.pool, &write).await.unwrap(), Some(()));
}

async fn a_lock_given_back_late_is_the_next_holders((locks, name): (&dyn Locks, String)) {
    let slept = locks.take(&name, MINUTE, at(0)).await.unwrap().unwrap();
    locks.take(&name, MINUTE, at(60)).await.unwrap().unwrap();
    locks.give_back(&slept, at(61)).await.unwrap();
    assert!(locks.take(&name, MINUTE, at(62)).await.unwrap().is_none());
}

async fn a_caller_that_waits_gets_it_when_it_is_free(
    rig: &Rig,
    (locks, name): (&dyn Locks, String),
) {
    let held = locks.take(&name, MINUTE, rig.now()).await.unwrap().unwrap();
    let clock: &Clock = &rig.app.clock;
    let within = |patience| take_within(locks, &name, MINUTE, patience, clock);
    assert_eq!(within(Duration::ZERO).await.unwrap(), None);
    let (waited, given) =
        tokio::join!(within(Duration::from_secs(20)), locks.give_back(&held, rig.now()));
    given.unwrap();
    assert!(waited.unwrap().unwrap().fence > held.fence);
}

pub async fn sessions(rig: &Rig, sessions: &dyn Sessions) {
    a_session_is_found_as_it_is_stored(rig, sessions).await;
    an_ended_session_is_refused_at_once(rig, sessions).await;
    a_reader_that_was_slow_brings_no_dead_session_back(rig, sessions).await;
    a_proof_is_seen_at_once(rig, sessions).await;
}

/// A cookie with its session and account.
async fn begin(rig: &Rig) -> (Token, Id, Id) {
    let name = Id::draw(&rig.app.entropy).to_string();
    let kim = rig.someone(&name).await;
    let (cookie, id) = (Token::draw(&rig.app.entropy), Id::draw(&rig.app.entropy));
    let session = NewSession {
        cookie: cookie.hash(),
        id: &id,
        account: &kim.account,
        stage: Stage::Complete,
        agent: "Firefox on Linux",
        prefix: "203.0.113.0/24",
        now: rig.now(),
    };
    sessions::begin(&rig.pool, &session).await.unwrap();
    (cookie, kim.account, id)
}

async fn a_session_is_found_as_it_is_stored(rig: &Rig, sessions: &dyn Sessions) {
    let (cookie, _, id) = begin(rig).await;
    let stored = sessions::find(&rig.pool, cookie.hash(), rig.now()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(sessions.find(cookie.hash(), rig.now()).await.unwrap(), stored);
    }
    assert_eq!(stored.unwrap().id, id);
    let missing = Token::draw(&rig.app.entropy);
    assert_eq!(sessions.find(missing.hash(), rig.now()).await.unwrap(), None);
    let later = UnixMillis(rig.now().0 + munjigi_domain::accounts::session::IDLE_MILLIS);
    assert_eq!(sessions.find(cookie.hash(), later).await.unwrap(), None);
}

async fn an_ended_session_is_refused_at_once(rig: &Rig, sessions: &dyn Sessions) {
    let (cookie, account, id) = begin(rig).await;
    assert!(sessions.find(cookie.hash(), rig.now()).await.unwrap().is_some());
    let ended = sessions::end(&rig.pool, &account, &id).await.unwrap();
    assert_eq!(ended.0, [cookie.hash()]);
    let _ = sessions.changed(&ended.0).await;
    assert_eq!(sessions.find(cookie.hash(), rig.now()).await.unwrap(), None);
}

/// A hundred readers while it ends; none that asks afterwards finds it.
async fn a_reader_that_was_slow_brings_no_dead_session_back(rig: &Rig, sessions: &dyn Sessions) {
    let (cookie, account, id) = begin(rig).await;
    let reading = (0..100).map(|_| sessions.find(cookie.hash(), rig.now()));
    let ending = async {
        let ended = sessions::end(&rig.pool, &account, &id).await.unwrap();
        let _ = sessions.changed(&ended.0).await;
        assert_eq!(sessions.find(cookie.hash(), rig.now()).await.unwrap(), None);
    };
    let (read, ()) = tokio::join!(futures_util::future::join_all(reading), ending);
    for read in read {
        read.unwrap();
    }
    assert_eq!(sessions.find(cookie.hash(), rig.now()).await.unwrap(), None);
}

async fn a_proof_is_seen_at_once(rig: &Rig, sessions: &dyn Sessions) {
    let (cookie, _, id) = begin(rig).await;
    let before = sessions.find(cookie.hash(), rig.now()).await.unwrap().unwrap();
    let later = UnixMillis(rig.now().0 + 5_000);
    sessions::prove(&rig.pool, &id, later).await.unwrap();
    let _ = sessions.changed(&[cookie.hash()]).await;
    let after = sessions.find(cookie.hash(), later).await.unwrap().unwrap();
    assert!(after.proved_at > before.proved_at);
}

pub async fn sites(rig: &Rig, sites: &dyn Sites) {
    let site = rig.create_site().await;
    let key = site.sitekey.as_str();
    for _ in 0..3 {
        let found = sites.find(key, rig.now()).await.unwrap().unwrap();
        assert_eq!(found.config, site);
        assert_eq!(found, munjigi_store::sites::find(&rig.pool, key).await.unwrap().unwrap());
    }
    for change in [Change::Pause, Change::AddSecret(rig.new_hash()), Change::Delete] {
        let changed = rig.change(key, change).await.unwrap();
        let _ = sites.changed(key).await;
        let found = sites.find(key, rig.now()).await.unwrap().unwrap();
        assert_eq!(found.config, changed);
    }
    let missing = "mj_00000000000000000000000000";
    assert_eq!(sites.find(missing, rig.now()).await.unwrap(), None);
}
