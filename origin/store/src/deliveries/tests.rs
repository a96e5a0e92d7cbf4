//! What was queued before there was one table. What the table promises is
//! tested on the whole service, with every topic's far side.

use munjigi_keys::UnixMillis;
use munjigi_protocol::PackId;
use sqlx::PgPool;

use super::*;
use crate::migrate;
use crate::pictures::{self, Action};
use crate::tests::migrate_to;

/// The last migration before the table.
const BEFORE: i64 = 20_261_122_010_100;
const NOW: UnixMillis = UnixMillis(1_795_176_030_000);

const QUEUED: &str = r#"
    INSERT INTO site_publications (sitekey, version, payload, queued_at, next_try_at, attempts,
        last_error, published_version, published_at, verified_at)
    VALUES ('mj_waits', 7, '{"version": 7}', '2026-11-20', '2026-11-20', 3, 'why', 6,
            '2026-11-19', '2026-11-19'),
        ('mj_served', 5, '{"version": 5}', '2026-11-20', NULL, 0, NULL, 5,
            '2026-11-20', '2026-11-20'),
        ('mj_removed', 4, NULL, '2026-11-20', '2026-11-20', 0, NULL, NULL, NULL, NULL);
    UPDATE import_publication SET version = 9, next_try_at = '2026-11-20';
    INSERT INTO mails (recipient, subject, text_body, queued_at, next_try_at)
        VALUES ('mina@example.org', 'Waits', 'Hello', '2026-11-20', '2026-11-20');
    INSERT INTO mails (recipient, subject, queued_at, sent_at)
        VALUES ('mina@example.org', 'Sent', '2026-11-20', '2026-11-20');
    INSERT INTO organisations (id, name, created_at)
        VALUES ('0000000000000000', 'Shop', '2026-11-20');
    INSERT INTO webhooks (id, organisation, url, secret, state, created_at)
        VALUES ('1111111111111111', '0000000000000000', 'https://a.example', '', 'live', '2026-11-20'),
            ('2222222222222222', '0000000000000000', 'https://b.example', '', 'paused', '2026-11-20');
    INSERT INTO webhook_deliveries (id, webhook, event, body, queued_at, next_try_at)
        VALUES ('msg_1111111111111111', '1111111111111111', 'webhook.test', '{"a":  1}',
                '2026-11-20', '2026-11-20'),
            ('msg_2222222222222222', '2222222222222222', 'webhook.test', '{}',
                '2026-11-20', '2026-11-20');
"#;

/// A pack that waits for the edge, one that it has, one that it should lose, one
/// that is gone, and one that is being drawn; and pools that it does not have yet.
const QUEUED_PICTURES: &str = r#"
    INSERT INTO packs (id, type, source, state, items, deal_limit, content_type, created_at,
        drawn_at, published_at, retire_at, deleted_at, next_draw_at)
    VALUES ('0000000000000001', 'grid', 'scenes', 'drawn', 4, 9, 'image/jpeg', '2026-11-20',
            '2026-11-20', NULL, NULL, NULL, '2026-11-20'),
        ('0000000000000002', 'grid', 'scenes', 'published', 4, 9, 'image/jpeg', '2026-11-20',
            '2026-11-20', '2026-11-20', '2026-11-21', NULL, '2026-11-20'),
        ('0000000000000003', 'grid', 'scenes', 'retiring', 4, 9, 'image/jpeg', '2026-11-20',
            '2026-11-20', '2026-11-20', '2026-11-21', NULL, '2026-11-20'),
        ('0000000000000004', 'grid', 'scenes', 'deleted', 4, 9, 'image/jpeg', '2026-11-20',
            '2026-11-20', '2026-11-20', '2026-11-21', '2026-11-21', '2026-11-20');
    INSERT INTO packs (id, type, source, state, items, deal_limit, created_at, failures,
        next_draw_at, last_error)
    VALUES ('0000000000000005', 'area', 'scenes', 'drawing', 4, 9, '2026-11-20', 2,
        '2026-11-20', 'why');
    INSERT INTO pack_publications (pack, action, queued_at, next_try_at, attempts, last_error)
    VALUES ('0000000000000001', 'put', '2026-11-20', '2026-11-20', 3, 'why'),
        ('0000000000000002', 'put', '2026-11-20', NULL, 0, NULL),
        ('0000000000000003', 'delete', '2026-11-20', '2026-11-20', 0, NULL),
        ('0000000000000004', 'delete', '2026-11-20', NULL, 0, NULL);
    UPDATE pool_publication SET version = 7, published_version = 6, published_at = '2026-11-20',
        packs = '[{"id": "0000000000000002", "type": "grid", "retire_at": 1795219200}]',
        queued_at = '2026-11-20', next_try_at = '2026-11-20', attempts = 2;
    CREATE SCHEMA graphile_worker CREATE TABLE jobs (id bigint PRIMARY KEY);
"#;

async fn due(pool: &PgPool, topic: Topic) -> Vec<Due> {
    let until = UnixMillis(NOW.0 + 1_000);
    lease(pool, Lease { topic, now: NOW, until, most: 8 }).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn what_was_queued_before_the_upgrade_is_delivered_after_it(pool: PgPool) {
    migrate_to(BEFORE, &pool).await;
    sqlx::raw_sql(QUEUED).execute(&pool).await.unwrap();
    migrate(&pool).await.unwrap();

    let mut sites = due(&pool, Topic::Sites).await;
    sites.sort_by(|a, b| a.key.cmp(&b.key));
    let sites: Vec<_> = sites
        .iter()
        .map(|it| (it.key.as_str(), it.version, it.payload.is_some(), it.attempts))
        .collect();
    assert_eq!(sites, [("mj_removed", 4, false, 0), ("mj_waits", 7, true, 3)]);
    let filter = due(&pool, Topic::VendorKeys).await;
    assert_eq!((filter.len(), filter[0].version), (1, 9));
    let emails = due(&pool, Topic::Emails).await;
    assert_eq!(emails.len(), 1);
    let message = crate::mails::message(emails[0].payload.as_ref()).unwrap();
    assert_eq!((message.to.as_str(), message.text.as_str()), ("mina@example.org", "Hello"));
    let messages = due(&pool, Topic::Webhooks).await;
    assert_eq!(messages.len(), 1, "the other one waits behind a pause");
    // Byte by byte: it is signed.
    assert_eq!(messages[0].payload, Some(Value::String(r#"{"a":  1}"#.to_owned())));

    let mut connection = pool.acquire().await.unwrap();
    let held = ["msg_2222222222222222".to_owned()];
    resume(&mut connection, Topic::Webhooks, &held, NOW).await.unwrap();
    assert_eq!(due(&pool, Topic::Webhooks).await.len(), 1);
}

#[sqlx::test(migrations = false)]
async fn pictures_that_were_queued_before_the_upgrade_are_delivered_after_it(pool: PgPool) {
    migrate_to(BEFORE, &pool).await;
    sqlx::raw_sql(QUEUED_PICTURES).execute(&pool).await.unwrap();
    migrate(&pool).await.unwrap();

    let mut packs = due(&pool, Topic::Packs).await;
    packs.sort_by(|a, b| a.key.cmp(&b.key));
    let wanted = packs.iter().map(|due| (pictures::wanted(due).unwrap(), due.attempts));
    let pack = |number: u8| PackId([0, 0, 0, 0, 0, 0, 0, number]);
    let expected = [((pack(1), Action::Put), 3), ((pack(3), Action::Delete), 0)];
    assert_eq!(wanted.collect::<Vec<_>>(), expected);
    let pools = due(&pool, Topic::Pools).await;
    let wanted = pictures::wanted_pools(&pools[0]).unwrap();
    assert_eq!((wanted.version, wanted.packs[0].id, pools[0].attempts), (7, pack(2), 2));
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'graphile_worker'";
    let schemas: i64 = sqlx::query_scalar(schemas).fetch_one(&pool).await.unwrap();
    assert_eq!(schemas, 0);
    let drawings = due(&pool, Topic::Drawings).await;
    assert_eq!(pictures::drawn_pack(&drawings[0]).unwrap(), pack(5));
    assert_eq!((drawings.len(), drawings[0].attempts), (1, 2));
    // What the edge has can be delivered again; of what is gone, nothing is left.
    assert_eq!(pictures::put_again(&pool, NOW).await.unwrap(), 1);
    let keys: Vec<String> =
        sqlx::query_scalar("SELECT key FROM deliveries WHERE topic = 'packs' ORDER BY key")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(keys, [1, 2, 3].map(|number| pack(number).to_string()));
    sqlx::query("DELETE FROM packs").execute(&pool).await.unwrap();
    for topic in [Topic::Drawings, Topic::Packs] {
        assert_eq!(backlog_of(&pool, topic, NOW).await.unwrap().pending, 0);
    }
}

#[sqlx::test(migrations = false)]
async fn what_waits_goes_with_the_row_that_it_is_about(pool: PgPool) {
    migrate_to(BEFORE, &pool).await;
    sqlx::raw_sql(QUEUED).execute(&pool).await.unwrap();
    migrate(&pool).await.unwrap();
    for (delete, topic) in [
        ("DELETE FROM mails WHERE recipient = 'mina@example.org'", "emails"),
        ("DELETE FROM organisations", "webhooks"),
        ("DELETE FROM site_publications", "sites"),
    ] {
        sqlx::query(delete).execute(&pool).await.unwrap();
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM deliveries WHERE topic = $1")
            .bind(topic)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(left, 0, "{topic}");
    }
}
