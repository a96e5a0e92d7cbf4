//! What waits of a row that is deleted. What the table promises is tested on the
//! whole service, with every topic's far side.

use munjigi_keys::UnixMillis;
use sqlx::PgPool;

use super::*;

const NOW: UnixMillis = UnixMillis(1_795_176_030_000);

const ROWS: &str = "
    INSERT INTO site_publications (sitekey) VALUES ('mj_waits');
    INSERT INTO mails (recipient, subject, queued_at)
        VALUES ('mina@example.org', 'Waits', '2026-11-20');
    INSERT INTO organisations (id, name, created_at)
        VALUES ('0000000000000000', 'Shop', '2026-11-20');
    INSERT INTO webhooks (id, organisation, url, secret, state, created_at)
        VALUES ('1111111111111111', '0000000000000000', 'https://a.example', '', 'live', '2026-11-20');
    INSERT INTO webhook_deliveries (id, webhook, event, queued_at)
        VALUES ('msg_1111111111111111', '1111111111111111', 'webhook.test', '2026-11-20');
    INSERT INTO packs (id, kind, state, items, deal_limit, created_at)
        VALUES ('0000000000000001', 'area', 'drawing', 4, 9, '2026-11-20');
";

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn what_waits_goes_with_the_row_that_it_is_about(pool: PgPool) {
    sqlx::raw_sql(ROWS).execute(&pool).await.unwrap();
    let mail: String =
        sqlx::query_scalar("SELECT id::text FROM mails").fetch_one(&pool).await.unwrap();
    for (delete, topic, key) in [
        ("DELETE FROM mails", Topic::Emails, mail.as_str()),
        ("DELETE FROM organisations", Topic::Webhooks, "msg_1111111111111111"),
        ("DELETE FROM site_publications", Topic::Sites, "mj_waits"),
        ("DELETE FROM packs", Topic::Packs, "0000000000000001"),
    ] {
        let mut connection = pool.acquire().await.unwrap();
        for key in [key, "another"] {
            let wanted = Wanted { topic, key, version: 1, payload: None };
            queue(&mut connection, wanted, NOW).await.unwrap();
        }
        sqlx::query(delete).execute(&pool).await.unwrap();
        assert_eq!(backlog_of(&pool, topic, NOW).await.unwrap().pending, 1, "{delete}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_deleted_pack_is_not_drawn(pool: PgPool) {
    sqlx::raw_sql(ROWS).execute(&pool).await.unwrap();
    let topic = Topic::Drawings;
    let wanted = Wanted { topic, key: "0000000000000001", version: 1, payload: None };
    queue(&mut pool.acquire().await.unwrap(), wanted, NOW).await.unwrap();
    sqlx::query("DELETE FROM packs").execute(&pool).await.unwrap();
    assert_eq!(backlog_of(&pool, topic, NOW).await.unwrap().pending, 0);
}
