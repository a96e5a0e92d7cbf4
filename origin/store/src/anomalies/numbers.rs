//! Counts of the last hour and of the hours that it is compared with, for sites
//! that belong to an organisation. For others there is no one to notify.

use std::collections::BTreeMap;

use munjigi_domain::accounts::Id;
use munjigi_domain::anomalies::{Hour, Past};
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::number;
use crate::DatabaseError;

const HOUR_MILLIS: u64 = 3_600_000;
/// Smaller counts per hour are not worth an alert.
const LEAST: i64 = 50;

/// A site, or one network at a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    pub sitekey: String,
    /// The network; `None` for the site as a whole.
    pub asn: Option<u32>,
}

/// The counts of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    pub subject: Subject,
    /// Sixty minutes of counts.
    pub hour: Hour,
}

/// Name and owner of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteNumbers {
    pub name: String,
    pub organisation: Id,
}

/// Counts between two minutes, by site and by network, busiest first. Subjects
/// with too few are left out.
pub async fn window(
    connection: &mut PgConnection,
    from: UnixMillis,
    to: UnixMillis,
) -> Result<Vec<Measured>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT sitekey AS "sitekey!", asn AS "asn?",
            coalesce(sum(count) FILTER (WHERE kind = 'issued'), 0)::bigint AS "issued!",
            coalesce(sum(count) FILTER (WHERE kind = 'solved'), 0)::bigint AS "solved!",
            coalesce(sum(count) FILTER (WHERE kind = 'failed'), 0)::bigint AS "failed!",
            coalesce(sum(count) FILTER (WHERE kind = 'refused'), 0)::bigint AS "refused!",
            CASE WHEN count(solve_ms[1]) = 0 THEN '{}'::bigint[] ELSE ARRAY[
                sum(solve_ms[1]), sum(solve_ms[2]), sum(solve_ms[3]), sum(solve_ms[4]),
                sum(solve_ms[5]), sum(solve_ms[6]), sum(solve_ms[7]), sum(solve_ms[8]),
                sum(solve_ms[9]), sum(solve_ms[10]), sum(solve_ms[11]), sum(solve_ms[12])
            ]::bigint[] END AS "solve_ms!"
        FROM minute_counts JOIN sites USING (sitekey)
        WHERE organisation IS NOT NULL AND minute >= $1 AND minute < $2
        GROUP BY GROUPING SETS ((sitekey), (sitekey, asn))
        HAVING sum(count)::bigint >= $3
        ORDER BY sum(count) DESC, sitekey, asn"#,
        to_timestamp(from),
        to_timestamp(to),
        LEAST
    )
    .fetch_all(connection)
    .await?;
    let measured = rows.into_iter().map(|row| Measured {
        subject: Subject { sitekey: row.sitekey, asn: row.asn.map(number) },
        hour: hour(row.issued, row.solved, row.failed, row.refused, row.solve_ms),
    });
    Ok(measured.collect())
}

/// Names and owners of sites.
pub async fn sites(
    connection: &mut PgConnection,
    sitekeys: &[String],
) -> Result<BTreeMap<String, SiteNumbers>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT sitekey, name, organisation AS "organisation!" FROM sites
        WHERE organisation IS NOT NULL AND sitekey = ANY ($1)"#,
        sitekeys
    )
    .fetch_all(connection)
    .await?;
    let sites = rows.into_iter().map(|row| {
        (row.sitekey, SiteNumbers { name: row.name, organisation: row.organisation.into() })
    });
    Ok(sites.collect())
}

/// The counts of sites in given hours, from the roll-ups. Roll-ups are kept
/// longer than the period compared with, so a past that begins with them is
/// long enough.
pub async fn site_pasts(
    connection: &mut PgConnection,
    sitekeys: &[String],
    hours: &[u64],
) -> Result<BTreeMap<String, Past>, DatabaseError> {
    let firsts = sqlx::query!(
        r#"SELECT one.sitekey AS "sitekey!", first.hour
        FROM unnest($1::text[]) AS one (sitekey), LATERAL (
            SELECT hour FROM hourly_breakdowns
            WHERE hourly_breakdowns.sitekey = one.sitekey AND dimension = 'total'
            ORDER BY hour LIMIT 1
        ) AS first"#,
        sitekeys
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut pasts: BTreeMap<String, Past> = firsts
        .into_iter()
        .map(|row| {
            (row.sitekey, Past { first: Some(hour_number(row.hour)), hours: BTreeMap::new() })
        })
        .collect();
    let rows = sqlx::query!(
        "SELECT sitekey, hour, issued, solved, failed, refused, solve_ms
        FROM hourly_breakdowns
        WHERE sitekey = ANY ($1) AND dimension = 'total' AND hour = ANY ($2)",
        sitekeys,
        &timestamps(hours)
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let numbers = hour(row.issued, row.solved, row.failed, row.refused, row.solve_ms);
        if let Some(past) = pasts.get_mut(&row.sitekey) {
            past.hours.insert(hour_number(row.hour), numbers);
        }
    }
    Ok(pasts)
}

/// The counts of networks in given hours, as far back as minutes are kept.
/// Roll-ups keep only the busiest hundred of an hour, so a network that is
/// rarely among them would seem to appear from nowhere. Their past begins when
/// their site's does.
pub async fn network_pasts(
    connection: &mut PgConnection,
    subjects: &[Subject],
    hours: &[u64],
) -> Result<BTreeMap<Subject, BTreeMap<u64, Hour>>, DatabaseError> {
    let (mut sitekeys, mut asns) = (Vec::new(), Vec::new());
    for subject in subjects {
        if let Some(asn) = subject.asn {
            sitekeys.push(subject.sitekey.clone());
            asns.push(i64::from(asn));
        }
    }
    if asns.is_empty() {
        return Ok(BTreeMap::new());
    }
    // One lookup by minutes per hour: a single join would compare every minute
    // of two months with every hour.
    let rows = sqlx::query!(
        r#"SELECT slot.hour AS "hour!", past.sitekey AS "sitekey!", past.asn AS "asn!",
            issued AS "issued!", solved AS "solved!", failed AS "failed!", refused AS "refused!",
            solve_ms AS "solve_ms!"
        FROM unnest($3::timestamptz[]) AS slot (hour) CROSS JOIN LATERAL (
            SELECT sitekey, asn,
                coalesce(sum(count) FILTER (WHERE kind = 'issued'), 0)::bigint AS issued,
                coalesce(sum(count) FILTER (WHERE kind = 'solved'), 0)::bigint AS solved,
                coalesce(sum(count) FILTER (WHERE kind = 'failed'), 0)::bigint AS failed,
                coalesce(sum(count) FILTER (WHERE kind = 'refused'), 0)::bigint AS refused,
                CASE WHEN count(solve_ms[1]) = 0 THEN '{}'::bigint[] ELSE ARRAY[
                    sum(solve_ms[1]), sum(solve_ms[2]), sum(solve_ms[3]), sum(solve_ms[4]),
                    sum(solve_ms[5]), sum(solve_ms[6]), sum(solve_ms[7]), sum(solve_ms[8]),
                    sum(solve_ms[9]), sum(solve_ms[10]), sum(solve_ms[11]), sum(solve_ms[12])
                ]::bigint[] END AS solve_ms
            FROM minute_counts
                JOIN unnest($1::text[], $2::bigint[]) AS one (sitekey, asn) USING (sitekey, asn)
            WHERE minute >= slot.hour AND minute < slot.hour + interval '1 hour'
            GROUP BY sitekey, asn
        ) AS past"#,
        &sitekeys,
        &asns,
        &timestamps(hours)
    )
    .fetch_all(connection)
    .await?;
    let mut pasts: BTreeMap<Subject, BTreeMap<u64, Hour>> = BTreeMap::new();
    for row in rows {
        let subject = Subject { sitekey: row.sitekey, asn: Some(number(row.asn)) };
        let numbers = hour(row.issued, row.solved, row.failed, row.refused, row.solve_ms);
        pasts.entry(subject).or_default().insert(hour_number(row.hour), numbers);
    }
    Ok(pasts)
}

fn hour(issued: i64, solved: i64, failed: i64, refused: i64, solve_ms: Vec<i64>) -> Hour {
    Hour {
        issued: issued.unsigned_abs(),
        solved: solved.unsigned_abs(),
        failed: failed.unsigned_abs(),
        refused: refused.unsigned_abs(),
        solve_ms: solve_ms.into_iter().map(i64::unsigned_abs).collect(),
    }
}

fn hour_number(at: OffsetDateTime) -> u64 {
    from_timestamp(at).0 / HOUR_MILLIS
}

fn timestamps(hours: &[u64]) -> Vec<OffsetDateTime> {
    hours.iter().map(|hour| to_timestamp(UnixMillis(hour * HOUR_MILLIS))).collect()
}
