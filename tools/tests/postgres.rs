//! The real Postgres: it survives a stop and a kill with its data, and ends
//! with its owner, however that ended.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use munjigi_tools::postgres::{Data, Postgres};
use munjigi_tools::process::Service;
use munjigi_tools::project::Project;
use munjigi_tools::wait;
use sqlx::{Connection, PgConnection};

const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn committed_data_outlives_a_stop_and_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut postgres = Postgres::start(&Project::here(), Data::Temporary, None, log).await.unwrap();
    let url = postgres.url();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE kept AS SELECT 1").execute(&mut connection).await.unwrap();
    postgres.stop().await.unwrap();
    postgres.start_again().await.unwrap();
    postgres.kill();
    postgres.start_again().await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let rows = sqlx::query("SELECT * FROM kept").fetch_all(&mut connection).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn it_ends_when_its_owner_is_killed() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_munjigi-tools"))
        .arg("postgres")
        .env_remove("MUNJIGI_DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut url).unwrap();
    PgConnection::connect(url.trim()).await.unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait::until("Postgres to end", WITHIN, async || {
        Ok(PgConnection::connect(url.trim()).await.is_err().then_some(()))
    })
    .await
    .unwrap();
}
