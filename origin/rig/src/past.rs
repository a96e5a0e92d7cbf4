//! The counts of a site, recent ones and of past weeks.

use munjigi_protocol::{Count, CountKind};

use super::{MINUTE, Rig, count, counts};

impl Rig {
    /// Weeks in which a site had this many visitors at every hour of the day
    /// that is compared, written like roll-ups and minutes.
    pub async fn weeks(&self, sitekey: &str, issued: i64) {
        let now = munjigi_domain::timestamp::to_timestamp(self.now());
        let solve_ms: Vec<i64> =
            [0, 0, 0, 1, 3, 3, 2, 1, 0, 0, 0, 0].map(|part| part * issued / 10).to_vec();
        sqlx::query(
            "INSERT INTO hourly_breakdowns (hour, sitekey, dimension, value, issued, solved,
            stepped, failed, abandoned, refused, redeemed, rejected, pictured, interactive, solve_ms)
        SELECT hour, $1, 'total', '', $2, $2, 0, $2 / 50, 0, $2 / 50, 0, 0, 0, 0, $4
        FROM generate_series(date_trunc('hour', $3::timestamptz, 'UTC') - interval '60 days',
            $3 - interval '2 hours', interval '1 hour') AS hour",
        )
        .bind(sitekey)
        .bind(issued)
        .bind(now)
        .bind(&solve_ms)
        .execute(&self.pool)
        .await
        .unwrap();
        for days in 0..=60 {
            sqlx::query(
            "SELECT create_day_partition('minute_counts', ($1 - make_interval(days => $2))::date)",
        )
        .bind(now)
        .bind(days)
        .execute(&self.pool)
        .await
        .unwrap();
        }
        sqlx::query(
        "INSERT INTO minute_counts (minute, sitekey, hostname, action, kind, code, country, asn,
            algorithm, count, solve_ms)
        SELECT hour, $1, 'shop.example', 'login', 'issued', '', 'KR', 4766, '', $2, '{}'
        FROM generate_series(date_trunc('hour', $3::timestamptz, 'UTC') - interval '56 days',
            $3 - interval '2 hours', interval '1 hour') AS hour",
    )
    .bind(sitekey)
    .bind(issued)
    .bind(now)
    .execute(&self.pool)
    .await
    .unwrap();
    }

    /// Counts of the last minute.
    pub async fn happens(&self, batch: u8, sitekey: &str, asn: u32, kinds: &[(CountKind, u32)]) {
        let all: Vec<Count> = kinds
            .iter()
            .map(|(kind, number)| Count {
                sitekey: sitekey.to_owned(),
                asn,
                minute: self.now().0 / MINUTE - 1,
                ..count(*kind, *number)
            })
            .collect();
        assert_eq!(self.post("/internal/counts", &counts(batch, &all)).await.status, 204);
    }
}
