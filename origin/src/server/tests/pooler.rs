//! Two origins behind one PgBouncer in transaction mode, which has fewer
//! connections to Postgres than they open to it.

use munjigi_store::{DatabaseError, Notices, pool, pooled, prepare};
use munjigi_tools::pgbouncer::Pgbouncer;
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::setup::require::{Part, Required};
use sqlx::ConnectOptions as _;

use super::*;

/// Connections of PgBouncer to Postgres.
const CONNECTIONS: u32 = 5;

struct Pooler {
    server: Pgbouncer,
    direct: PgConnectOptions,
    folder: tempfile::TempDir,
}

impl Pooler {
    /// `None` if PgBouncer is missing and not required.
    async fn before(database: &PgPool) -> Option<Self> {
        let direct = (*database.connect_options()).clone();
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("pgbouncer.log");
        let url = direct.to_url_lossy();
        match Pgbouncer::start(&Project::here(), url.as_str(), CONNECTIONS, log).await {
            Ok(server) => Some(Self { server, direct, folder }),
            Err(error) => {
                let required = Required::from_environment().unwrap();
                assert!(!required.includes(Part::Pgbouncer), "pgbouncer is required: {error:#}");
                eprintln!("skipped, PgBouncer is missing: {error:#}");
                None
            }
        }
    }

    fn url(&self) -> PgConnectOptions {
        self.server.url().parse().unwrap()
    }

    /// As an origin is configured with these two URLs.
    fn database(&self, direct: PgConnectOptions) -> Database {
        let times = Times::default();
        Database { url: direct, pooler: Some(self.url()), connections: 10, times }
    }

    async fn start_origin(&self) -> Running {
        start_behind(Some(self.url()), self.direct.clone()).await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("pgbouncer.log")).unwrap()
    }
}

/// Delivers until it is acknowledged, as the edge does.
async fn delivered(address: SocketAddr, entropy: Entropy, number: u8) {
    let client = http_client::client().unwrap();
    tokio::time::timeout(SOON, async {
        while deliver(&client, address, &entropy, number).await != Some(204) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("acknowledged in time");
}

#[sqlx::test(migrations = false)]
async fn two_origins_share_a_pooler_and_survive_its_death(postgres: PgPool) {
    let Some(mut pooler) = Pooler::before(&postgres).await else { return };
    let origins = [pooler.start_origin().await, pooler.start_origin().await];
    for origin in &origins {
        until_ready(origin.operators).await;
    }
    let entropy = Entropy::from_seed(4);
    let mut deliveries = JoinSet::new();
    for number in 0..80 {
        let address = origins[usize::from(number % 2)].address;
        deliveries.spawn(delivered(address, entropy.clone(), number));
        if number == 40 {
            pooler.server.kill();
            tokio::time::sleep(Duration::from_millis(300)).await;
            pooler.server.start_again().await.unwrap();
        }
    }
    deliveries.join_all().await;
    let stored: i64 =
        sqlx::query_scalar("SELECT count(*) FROM redeemed").fetch_one(&postgres).await.unwrap();
    assert_eq!(stored, 80);
    for origin in origins {
        until_ready(origin.operators).await;
        origin.stop.send(()).unwrap();
        tokio::time::timeout(SOON, origin.ended).await.unwrap().unwrap().unwrap();
    }
    let log = pooler.log();
    assert!(!log.contains("prepared statement"), "{log}");
}

#[sqlx::test(migrations = false)]
async fn limits_hold_behind_a_pooler_also_on_connections_that_were_open(postgres: PgPool) {
    let Some(pooler) = Pooler::before(&postgres).await else { return };
    let database = pooler.database(pooler.direct.clone());
    let (sessions, pooled) = (pool(&database), pooled(&database));
    let limits = "SELECT current_setting('statement_timeout')
        || ' ' || current_setting('idle_in_transaction_session_timeout')
        || ' ' || current_setting('TimeZone')";
    let read = async || sqlx::query_scalar::<_, String>(limits).fetch_one(&pooled).await.unwrap();
    assert_eq!(read().await, "0 0 UTC");
    prepare(&sessions, Some(&pooled)).await.unwrap();
    assert_eq!(read().await, "50s 50s UTC");
    // Other limits of the role are its owner's, and are refused where they are none.
    let role =
        "DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = 0',
        current_user, current_database()); END $$";
    sqlx::raw_sql(role).execute(&postgres).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::raw_sql(end).execute(&postgres).await.unwrap();
    let refused = prepare(&sessions, Some(&pooled)).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::Unlimited { .. }), "{refused}");
    assert!(refused.to_string().contains("ALTER ROLE"), "{refused}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn notices_arrive_beside_a_pooler(postgres: PgPool) {
    let Some(pooler) = Pooler::before(&postgres).await else { return };
    let database = pooler.database(pooler.direct.clone());
    let (sessions, pooled) = (pool(&database), pooled(&database));
    let mut notices = Notices::of(sessions, "site_changed");
    assert!(notices.began().await);
    sqlx::query("SELECT pg_notify('site_changed', 'one')").execute(&pooled).await.unwrap();
    let heard = tokio::time::timeout(SOON, notices.next()).await.unwrap();
    assert_eq!(heard.as_deref(), Some("one"));
}

#[sqlx::test(migrations = false)]
async fn a_pooler_in_postgres_place_is_refused(postgres: PgPool) {
    let Some(pooler) = Pooler::before(&postgres).await else { return };
    let database = pooler.database(pooler.url());
    let refused = prepare(&pool(&database), None).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::NoSession), "{refused}");
    assert!(refused.to_string().contains("MUNJIGI_DATABASE_DIRECT_URL"), "{refused}");
}
