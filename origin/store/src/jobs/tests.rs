//! Order, fairness, leases and ends of jobs.

use serde_json::json;
use sqlx::PgPool;

use super::*;
use crate::transact;

const NOW: UnixMillis = UnixMillis(1_795_176_030_000);
const MINUTE: u64 = 60_000;

fn id(text: &str) -> Id {
    Id::from(format!("{text:0>16}"))
}

async fn organisations(pool: &PgPool, names: &[&str]) {
    for name in names {
        sqlx::query("INSERT INTO organisations (id, name, created_at) VALUES ($1, $1, now())")
            .bind(id(name).as_str())
            .execute(pool)
            .await
            .unwrap();
    }
}

async fn create(
    pool: &PgPool,
    (organisation, name): (&str, &str),
    priority: Priority,
    bytes: usize,
) -> Result<(), QueueFull> {
    let unit = CreateJob {
        id: &id(name),
        organisation: &id(organisation),
        model: "tile",
        priority,
        content_type: "image/png",
        image: &vec![7; bytes],
        now: NOW,
    };
    transact(pool, &unit).await.unwrap()
}

async fn lease(pool: &PgPool, (most, most_long): (usize, usize), at: u64) -> Vec<LeasedJob> {
    let (now, until) = (UnixMillis(NOW.0 + at), UnixMillis(NOW.0 + at + MINUTE));
    transact(pool, &LeaseJobs { most, most_long, now, until }).await.unwrap()
}

fn names(jobs: &[LeasedJob]) -> Vec<&str> {
    let mut names: Vec<&str> =
        jobs.iter().map(|job| job.id.as_str().trim_start_matches('0')).collect();
    names.sort_unstable();
    names
}

fn done() -> JobEnd {
    JobEnd::Done(json!({ "model": "tile" }))
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn organisations_take_turns_and_priorities_order_their_own(pool: PgPool) {
    organisations(&pool, &["a", "b", "c"]).await;
    for number in 1..=6 {
        create(&pool, ("a", &format!("a{number}")), Priority::High, 9).await.unwrap();
    }
    for (name, priority) in
        [("b1", Priority::Low), ("b2", Priority::Normal), ("b3", Priority::High)]
    {
        create(&pool, ("b", name), priority, 9).await.unwrap();
    }
    create(&pool, ("c", "c1"), Priority::Low, 9).await.unwrap();
    // A high priority is not before other organisations' low ones.
    assert_eq!(names(&lease(&pool, (3, 3), 0).await), ["a1", "b3", "c1"]);
    assert_eq!(names(&lease(&pool, (2, 2), 1).await), ["a2", "b2"]);
    // Three at once of each.
    let last = lease(&pool, (9, 9), 2).await;
    assert_eq!(names(&last), ["a3", "b1"]);
    assert!(lease(&pool, (9, 9), 3).await.is_empty());
    end_job(&pool, &last[0], &done(), NOW).await.unwrap();
    assert_eq!(lease(&pool, (9, 9), 4).await.len(), usize::from(last[0].id == id("a3")));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn of_two_that_wait_the_one_that_was_served_longest_ago_is_next(pool: PgPool) {
    organisations(&pool, &["a", "b"]).await;
    for name in ["a1", "a2", "a3", "b1", "b2", "b3"] {
        create(&pool, (&name[..1], name), Priority::Normal, 9).await.unwrap();
    }
    let mut order = String::new();
    for at in 0..6 {
        let next = lease(&pool, (1, 1), at).await;
        order.push_str(&names(&next)[0][..1]);
        end_job(&pool, &next[0], &done(), NOW).await.unwrap();
    }
    assert_eq!(order, "ababab");
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn long_jobs_leave_room_for_short_ones(pool: PgPool) {
    organisations(&pool, &["a", "b"]).await;
    let long = usize::try_from(LONG_BYTES).unwrap() + 1;
    for name in ["a1", "a2", "b1"] {
        create(&pool, (&name[..1], name), Priority::High, long).await.unwrap();
    }
    create(&pool, ("a", "a3"), Priority::Low, 9).await.unwrap();
    // Behind a long one that may not run, the short one does.
    assert_eq!(names(&lease(&pool, (4, 1), 0).await), ["a1", "a3"]);
    assert!(lease(&pool, (2, 0), 2).await.is_empty());
    assert_eq!(lease(&pool, (2, 2), 3).await.len(), 2);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_lease_that_ran_out_is_anothers_and_the_first_one_reports_nothing(pool: PgPool) {
    organisations(&pool, &["a"]).await;
    create(&pool, ("a", "a1"), Priority::Normal, 9).await.unwrap();
    let first = lease(&pool, (1, 1), 0).await.remove(0);
    assert!(lease(&pool, (1, 1), MINUTE - 1).await.is_empty());
    let second = lease(&pool, (1, 1), MINUTE).await.remove(0);
    end_job(&pool, &first, &JobEnd::Failed("late".to_owned()), NOW).await.unwrap();
    end_job(&pool, &first, &JobEnd::Untried, NOW).await.unwrap();
    let (a, a1, now) = (id("a"), id("a1"), UnixMillis(NOW.0 + MINUTE + 1));
    let state = job(&pool, &a, &a1, now).await.unwrap().unwrap().state;
    assert_eq!(state, JobState::Running);
    end_job(&pool, &second, &done(), NOW).await.unwrap();
    end_job(&pool, &second, &JobEnd::Failed("twice".to_owned()), NOW).await.unwrap();
    let record = job(&pool, &a, &a1, now).await.unwrap().unwrap();
    assert_eq!(record.state, JobState::Done { result: json!({ "model": "tile" }) });
    assert_eq!(job(&pool, &id("b"), &a1, now).await.unwrap(), None);
    let image: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT image FROM jobs").fetch_one(&pool).await.unwrap();
    assert_eq!(image, None);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_image_that_five_backends_did_not_survive_is_given_up(pool: PgPool) {
    organisations(&pool, &["a"]).await;
    create(&pool, ("a", "a1"), Priority::Normal, 9).await.unwrap();
    // Where no one had it, nothing is counted.
    for end in [JobEnd::Untried, JobEnd::Untried].into_iter().chain(vec![JobEnd::Broken; 5]) {
        let next = lease(&pool, (1, 1), 0).await.remove(0);
        end_job(&pool, &next, &end, NOW).await.unwrap();
    }
    assert!(lease(&pool, (1, 1), 0).await.is_empty());
    let record = job(&pool, &id("a"), &id("a1"), NOW).await.unwrap().unwrap();
    assert_eq!(record.state, JobState::Failed { error: "gave-up".to_owned() });
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_queue_of_an_organisation_is_bounded_and_tells_places(pool: PgPool) {
    organisations(&pool, &["a", "b"]).await;
    let rows = "INSERT INTO jobs (id, organisation, model, priority, content_type, image, bytes, created_at)
        SELECT lpad(n::text, 16, '0'), $1, 'm', 1, 'image/png', 'x', 1, now() + n * interval '1 s'
        FROM generate_series(1, 1000) AS n";
    sqlx::query(rows).bind(id("a").as_str()).execute(&pool).await.unwrap();
    assert_eq!(create(&pool, ("a", "more"), Priority::High, 9).await, Err(QueueFull));
    assert_eq!(create(&pool, ("b", "b1"), Priority::Low, 9).await, Ok(()));
    let place = async |name: &str| {
        let found = job(&pool, &id("a"), &id(name), NOW).await.unwrap();
        found.map(|record| record.state)
    };
    assert_eq!(place("1").await, Some(JobState::Waiting { place: 1 }));
    assert_eq!(place("1000").await, Some(JobState::Waiting { place: 1000 }));
    assert!(delete_job(&pool, &id("a"), &id("7")).await.unwrap());
    assert!(!delete_job(&pool, &id("b"), &id("8")).await.unwrap());
    assert_eq!(place("1000").await, Some(JobState::Waiting { place: 999 }));
    let first = jobs_of(&pool, &id("a"), None, 2, NOW).await.unwrap();
    assert_eq!(first.iter().map(|job| job.id.clone()).collect::<Vec<_>>(), [id("1000"), id("999")]);
    let rest = jobs_of(&pool, &id("a"), Some(&id("9")), 9, NOW).await.unwrap();
    assert_eq!(rest.len(), 7);
    // By bytes, too.
    sqlx::query("UPDATE jobs SET bytes = 10000000").execute(&pool).await.unwrap();
    assert_eq!(create(&pool, ("a", "large"), Priority::High, 9).await, Err(QueueFull));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_is_finished_is_kept_for_a_day_and_what_is_not_ends_then(pool: PgPool) {
    organisations(&pool, &["a"]).await;
    for name in ["a1", "a2"] {
        create(&pool, ("a", name), Priority::Normal, 9).await.unwrap();
    }
    let next = lease(&pool, (1, 1), 0).await.remove(0);
    end_job(&pool, &next, &done(), NOW).await.unwrap();
    let day = 24 * 60 * MINUTE;
    let mut connection = pool.acquire().await.unwrap();
    assert_eq!(sweep(&mut connection, UnixMillis(NOW.0 + day)).await.unwrap(), 0);
    assert_eq!(sweep(&mut connection, UnixMillis(NOW.0 + day + 1)).await.unwrap(), 1);
    let left = job(&pool, &id("a"), &id("a2"), NOW).await.unwrap().unwrap();
    assert_eq!(left.state, JobState::Failed { error: "expired".to_owned() });
    assert_eq!(sweep(&mut connection, UnixMillis(NOW.0 + 2 * day + 2)).await.unwrap(), 1);
}
