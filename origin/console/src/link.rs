//! The links in emails: what each is for, as long as it is valid. Links are used
//! up in `store`.

use munjigi_app::App;
use munjigi_domain::accounts::{Token, TokenHash};
use munjigi_keys::UnixMillis;
use munjigi_store::DatabaseError;
use serde::Deserialize;
use sqlx::PgPool;

use super::page_error::PageError;

/// The link's token, in a page's address.
#[derive(Debug, Deserialize)]
pub struct Link {
    pub link: String,
}

/// The token, and what `find` reads of it.
pub async fn follow<'a, T, F>(
    app: &'a App,
    link: &str,
    find: impl FnOnce(&'a PgPool, TokenHash, UnixMillis) -> F,
) -> Result<(Token, T), PageError>
where
    F: Future<Output = Result<Option<T>, DatabaseError>>,
{
    let token = Token::parse(link).ok_or(PageError::link_gone())?;
    let found = find(&app.pool, token.hash(), app.clock.now()).await?;
    found.map(|found| (token, found)).ok_or(PageError::link_gone())
}
