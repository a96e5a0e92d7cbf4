//! Rows of version 1, which had two tables per bucket, `r` for spent attempts
//! and `s` for required pictures and tried answers, and a cursor for each
//! bucket.

use super::super::sql::{Database, SqlError, integer};
use super::create_bucket;

/// Moves live rows into the current tables. Rows that the origin has get the
/// number 0, so that they are after no cursor; the others get the next numbers.
pub fn take_over(db: &Database) -> Result<(), SqlError> {
    let found = db.run("SELECT 1 FROM sqlite_master WHERE name = 'buckets'", &[])?;
    if found.is_empty() {
        return Ok(());
    }
    let mut numbered = 0;
    let buckets = "SELECT bucket, COALESCE((SELECT n - 1 FROM aside WHERE bucket = b.bucket), sent) \
                   FROM buckets b ORDER BY bucket";
    for row in db.run(buckets, &[])? {
        let (bucket, sent) = (row.integer(0), row.integer(1));
        create_bucket(db, bucket)?;
        for statement in [
            format!(
                "CREATE TABLE IF NOT EXISTS r{bucket} (n INTEGER PRIMARY KEY, id, call, token, at, facts, rejected)"
            ),
            format!("CREATE TABLE IF NOT EXISTS s{bucket} (id PRIMARY KEY, stepped, answer)"),
        ] {
            db.run(&statement, &[])?;
        }
        db.run(
            &format!(
                "INSERT OR IGNORE INTO attempts_{bucket} \
                 (id, n, stepped, answer, call, token, at, facts, rejected) \
                 SELECT r.id, CASE WHEN r.n <= ?1 THEN 0 ELSE r.n - ?1 + ?2 END, \
                 COALESCE(s.stepped, 0), s.answer, r.call, r.token, r.at, r.facts, r.rejected \
                 FROM r{bucket} r LEFT JOIN s{bucket} s ON s.id = r.id"
            ),
            &[integer(sent), integer(numbered)],
        )?;
        db.run(
            &format!(
                "INSERT OR IGNORE INTO attempts_{bucket} (id, stepped, answer) \
                 SELECT id, stepped, answer FROM s{bucket}"
            ),
            &[],
        )?;
        let last = db.run(&format!("SELECT MAX(n) FROM attempts_{bucket}"), &[])?;
        numbered = numbered.max(last.first().map_or(0, |row| row.integer(0)));
    }
    for row in db.run("SELECT bucket FROM buckets", &[])? {
        let bucket = row.integer(0);
        db.run(&format!("DROP TABLE IF EXISTS r{bucket}"), &[])?;
        db.run(&format!("DROP TABLE IF EXISTS s{bucket}"), &[])?;
    }
    db.run("DELETE FROM aside", &[])?;
    db.run("DROP TABLE buckets", &[])?;
    Ok(())
}
