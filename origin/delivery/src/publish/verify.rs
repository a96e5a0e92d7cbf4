//! Checks whether the edge still has what was published. Its store may have
//! been emptied: a developer starts over, an operator binds another one.

use munjigi_store::{DatabaseError, publications};

use super::Publisher;

/// Sites checked per round.
const SAMPLE: i64 = 8;

/// Checks the sites whose last check was longest ago. If one is missing, every
/// site is published again: `true`. An edge that does not answer proves
/// nothing.
pub async fn verify(publisher: &Publisher) -> Result<bool, DatabaseError> {
    for sitekey in publications::to_verify(&publisher.pool, publisher.clock.now(), SAMPLE).await? {
        match publisher.edge.knows(&sitekey).await {
            Ok(true) => {
                publications::verified(&publisher.pool, &sitekey, publisher.clock.now()).await?;
            }
            Ok(false) => {
                tracing::warn!(%sitekey, "the edge lost a site; publishing every site again");
                publisher.queue_everything().await?;
                return Ok(true);
            }
            Err(error) => {
                tracing::debug!(%error, "the edge's sites could not be verified");
                return Ok(false);
            }
        }
    }
    Ok(false)
}
