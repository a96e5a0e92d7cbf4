//! What sites learn from their outcomes, and its undoing. The rules are in
//! `munjigi_domain::score_weights`.

use munjigi_domain::audit::Action;
use munjigi_domain::score_weights::{Course, Judgement, Label, NothingToUndo, night, undo};
use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Outcome, Signs};
use serde_json::Value;
use sqlx::PgConnection;
use time::Duration;

use super::{fetch, row};
use crate::audit::{self, Author, Entry};
use crate::{DatabaseError, Unit, publications};

/// A course has one night a day; a little less, so that it keeps its hour.
const NIGHTS_APART: Duration = Duration::hours(23);

/// The newest labels of a site that are learned from.
const MOST_LABELS: i64 = 50_000;

/// One night of the next site that is due.
#[derive(Debug)]
pub struct LearnNext {
    pub now: UnixMillis,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    pub sitekey: String,
    pub judgement: Judgement,
    /// Whether the site's configuration was published.
    pub published: bool,
}

impl Unit for LearnNext {
    /// `None` where no site is due.
    type Output = Option<Learned>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Option<Learned>, DatabaseError> {
        let due = sqlx::query!(
            r#"SELECT sitekey, course AS "course?" FROM sites LEFT JOIN score_courses USING (sitekey)
            WHERE deleted_at IS NULL AND (learned_at IS NULL OR learned_at <= $1)
                AND EXISTS (SELECT FROM outcomes WHERE outcomes.sitekey = sites.sitekey)
            ORDER BY learned_at NULLS FIRST, sitekey LIMIT 1
            FOR UPDATE OF sites SKIP LOCKED"#,
            to_timestamp(self.now) - NIGHTS_APART
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(due) = due else { return Ok(None) };
        let before = course(&due.sitekey, due.course)?;
        let labels = labels(connection, &due.sitekey).await?;
        let done = night(&before, &labels, self.now);
        let change = Change {
            sitekey: &due.sitekey,
            before: &before,
            action: Action::SiteScoresLearn,
            by: Author::Housekeeping,
            now: self.now,
        };
        let published = change.store(connection, &done.course).await?;
        Ok(Some(Learned { sitekey: due.sitekey, judgement: done.judgement, published }))
    }
}

/// Goes back to the weights before, for a person.
#[derive(Debug)]
pub struct UndoLearning<'a> {
    pub sitekey: &'a str,
    /// The version of the weights that a person was shown: no other is undone.
    /// `None` undoes those in force.
    pub shown: Option<u32>,
    pub by: Author<'a>,
    pub now: UnixMillis,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Undone {
    /// The site has these weights now, and learns nothing for a while.
    Done(Box<Course>),
    /// There is no such site.
    Unknown,
    /// Nothing was learned, all of it is undone, or other weights than those
    /// that were shown are in force.
    Nothing,
}

impl Unit for UndoLearning<'_> {
    type Output = Undone;

    async fn run(&self, connection: &mut PgConnection) -> Result<Undone, DatabaseError> {
        let Some(before) = locked(connection, self.sitekey).await? else {
            return Ok(Undone::Unknown);
        };
        let in_force = before.published().map(|weights| weights.version);
        if self.shown.is_some() && self.shown != in_force {
            return Ok(Undone::Nothing);
        }
        let Ok(after) = undo(&before, self.now) else {
            let NothingToUndo = NothingToUndo;
            return Ok(Undone::Nothing);
        };
        let change = Change {
            sitekey: self.sitekey,
            before: &before,
            action: Action::SiteScoresUndo,
            by: self.by,
            now: self.now,
        };
        change.store(connection, &after).await?;
        Ok(Undone::Done(Box::new(after)))
    }
}

/// A site's course, for a person; `None` if there is no such site.
#[derive(Debug)]
pub struct ReadCourse<'a> {
    pub sitekey: &'a str,
}

impl Unit for ReadCourse<'_> {
    type Output = Option<Course>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Option<Course>, DatabaseError> {
        let stored = sqlx::query_scalar!(
            r#"SELECT course AS "course?" FROM sites LEFT JOIN score_courses USING (sitekey)
            WHERE sitekey = $1"#,
            self.sitekey
        )
        .fetch_optional(connection)
        .await?;
        stored.map(|stored| course(self.sitekey, stored)).transpose()
    }
}

async fn locked(
    connection: &mut PgConnection,
    sitekey: &str,
) -> Result<Option<Course>, DatabaseError> {
    let stored = sqlx::query!(
        r#"SELECT course AS "course?" FROM sites LEFT JOIN score_courses USING (sitekey)
        WHERE sitekey = $1 FOR UPDATE OF sites"#,
        sitekey
    )
    .fetch_optional(connection)
    .await?;
    stored.map(|stored| course(sitekey, stored.course)).transpose()
}

fn course(sitekey: &str, stored: Option<Value>) -> Result<Course, DatabaseError> {
    let Some(stored) = stored else { return Ok(Course::default()) };
    serde_json::from_value(stored).map_err(|_| DatabaseError::Inconsistent {
        table: "score_courses",
        column: "course",
        row: sitekey.to_owned(),
    })
}

async fn labels(connection: &mut PgConnection, sitekey: &str) -> Result<Vec<Label>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT signs, outcome, reported_at FROM outcomes WHERE sitekey = $1
        ORDER BY reported_at DESC LIMIT $2",
        sitekey,
        MOST_LABELS
    )
    .fetch_all(connection)
    .await?;
    let labels = rows.into_iter().filter_map(|row| {
        Some(Label {
            signs: Signs::of_bits(row.signs.unsigned_abs()),
            outcome: Outcome::parse(&row.outcome)?,
            at: from_timestamp(row.reported_at),
        })
    });
    Ok(labels.collect())
}

/// A change of a site's course.
struct Change<'a> {
    sitekey: &'a str,
    before: &'a Course,
    action: Action,
    by: Author<'a>,
    now: UnixMillis,
}

impl Change<'_> {
    /// Stores the course. If the site's weights have changed, publishes it and
    /// tells its owner's audit log.
    async fn store(
        &self,
        connection: &mut PgConnection,
        after: &Course,
    ) -> Result<bool, DatabaseError> {
        let weights = after.published();
        let changed = weights != self.before.published();
        let plain = |value| serde_json::to_value(value).expect("weights are plain data");
        sqlx::query!(
            "INSERT INTO score_courses (sitekey, course, learned_at) VALUES ($1, $2, $3)
            ON CONFLICT (sitekey) DO UPDATE
                SET course = EXCLUDED.course, learned_at = EXCLUDED.learned_at",
            self.sitekey,
            serde_json::to_value(after).expect("a course is plain data"),
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        if !changed {
            return Ok(false);
        }
        sqlx::query!(
            "UPDATE sites SET score_weights = $2, version = GREATEST(version + 1, $3)
            WHERE sitekey = $1",
            self.sitekey,
            weights.map(plain) as Option<Value>,
            row::bigint(self.now.0)
        )
        .execute(&mut *connection)
        .await?;
        let Some(site) = fetch(&mut *connection, self.sitekey).await? else { return Ok(false) };
        let config = &site.config;
        let (sitekey, now) = (self.sitekey, self.now);
        publications::queue(&mut *connection, sitekey, config.version, Some(config), now).await?;
        let entry = Entry {
            by: self.by,
            organisation: site.organisation.as_deref(),
            action: self.action,
            subject: sitekey,
            before: self.before.published().map(plain),
            after: after.published().map(plain),
        };
        audit::write(connection, &entry, now).await?;
        Ok(true)
    }
}
