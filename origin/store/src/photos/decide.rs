//! What a person decided about photos. A pack may hold a photo that is not
//! accepted any more, so packs made since it was are withdrawn with it.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::RightRound;
use sqlx::PgConnection;

use super::{PhotoId, json};
use crate::pictures::{Deals, withdraw_photos};
use crate::{DatabaseError, Unit};

/// Decides about photos.
pub struct Decide<'a> {
    pub photos: &'a [PhotoId],
    pub decision: Decision<'a>,
    /// Whether a kind is dealt.
    pub deals: Deals<'a>,
    pub now: UnixMillis,
}

#[derive(Debug, Clone, Copy)]
pub enum Decision<'a> {
    /// Each shows the thing that is stored with it; one without stays as it is.
    Accept,
    /// They show this thing, there if anywhere.
    AcceptAs {
        /// A key of the widget's locale files.
        thing: &'a str,
        /// Where it is, if it can be pointed at.
        area: Option<&'a RightRound>,
    },
    /// They are not dealt.
    Reject,
    /// Someone looks at them again.
    Reconsider,
}

/// How many photos a decision changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided(pub u64);

impl Unit for Decide<'_> {
    type Output = Decided;

    async fn run(&self, connection: &mut PgConnection) -> Result<Decided, DatabaseError> {
        let photos: Vec<Vec<u8>> = self.photos.iter().map(|photo| photo.to_vec()).collect();
        let (state, thing, area) = match self.decision {
            Decision::Accept => ("accepted", None, None),
            Decision::AcceptAs { thing, area } => {
                ("accepted", Some(thing), area.map(json).transpose()?)
            }
            Decision::Reject => ("rejected", None, None),
            Decision::Reconsider => ("waiting", None, None),
        };
        let reviewed_at = (state != "waiting").then(|| to_timestamp(self.now));
        // Of those that were accepted, the one that was so for longest.
        let changed = sqlx::query!(
            r#"WITH before AS (
                SELECT sha256, state, reviewed_at FROM photos
                WHERE sha256 = ANY ($1)
                    AND (state <> $2 OR $3::text IS NOT NULL AND (thing, area)
                        IS DISTINCT FROM ($3, $4::jsonb))
                    AND ($2 <> 'accepted' OR coalesce($3, thing) IS NOT NULL)
                FOR UPDATE
            ), changed AS (
                UPDATE photos SET state = $2, reviewed_at = $5,
                    thing = coalesce($3, photos.thing),
                    area = CASE WHEN $3::text IS NULL THEN photos.area ELSE $4 END
                FROM before WHERE photos.sha256 = before.sha256
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM changed) AS "photos!",
                min(reviewed_at) FILTER (WHERE state = 'accepted') AS accepted_at
            FROM before"#,
            &photos[..],
            state,
            thing,
            area,
            reviewed_at
        )
        .fetch_one(&mut *connection)
        .await?;
        if let Some(since) = changed.accepted_at {
            withdraw_photos(connection, since, self.deals, self.now).await?;
        }
        Ok(Decided(changed.photos.unsigned_abs()))
    }
}
