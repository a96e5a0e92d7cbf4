//! One suite per use, run against Postgres alone and against Postgres with
//! Redis; then what happens to each use when Redis fails.

mod contract;
mod loss;
mod seal;

use sqlx::PgPool;

use munjigi_rig::Rig;
use munjigi_rig::redis::RedisServer;

/// A rig set up as the server would be, with a Redis server if one is
/// installed.
async fn beside(pool: PgPool) -> Option<(Rig, RedisServer)> {
    let server = RedisServer::start().await?;
    let rig = Rig::beside(pool, &server.connection(), crate::routes).await;
    Some((rig, server))
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn postgres_alone_does_everything(pool: PgPool) {
    let rig = Rig::new(pool, crate::routes).await;
    contract::every_use(&rig).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn redis_beside_postgres_does_it_alike(pool: PgPool) {
    let Some((rig, _server)) = beside(pool).await else { return };
    contract::every_use(&rig).await;
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn postgres_does_everything_while_redis_is_gone(pool: PgPool) {
    let Some((rig, mut server)) = beside(pool).await else { return };
    server.kill();
    contract::every_use(&rig).await;
}
