//! Two small tables besides the rows: nonces of signatures, and the price of
//! another way. How a price rises and falls is decided in
//! `munjigi_captcha::Price`.

use munjigi_captcha::Price;
use munjigi_format::Format as _;
use munjigi_keys::UnixMillis;

use super::sql::{Database, Row, SqlError, blob, integer};
use super::wire::PayerId;

/// Stores a nonce; returns whether it is new.
pub fn nonce(db: &Database, nonce: &[u8; 16], until: u64) -> Result<bool, SqlError> {
    let inserted = db.run(
        "INSERT INTO nonces (nonce, until) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1",
        &[blob(nonce), integer(until)],
    )?;
    Ok(!inserted.is_empty())
}

/// The price that the next use pays.
pub fn price(db: &Database, payer: &PayerId, now: UnixMillis) -> Result<Price, SqlError> {
    let found = db.run("SELECT price FROM prices WHERE payer = ?", &[blob(&payer.bytes())])?;
    // One of another release is forgotten: it would be wrong to guess.
    let price = found.first().and_then(read).unwrap_or_default();
    Ok(price.at(now))
}

/// Raises a price by one use, which pays the earlier price.
pub fn raise(db: &Database, payer: &PayerId, now: UnixMillis) -> Result<Price, SqlError> {
    let price = price(db, payer, now)?;
    let raised = price.raised(now);
    let bytes = raised.to_bytes().map_err(|error| SqlError(error.to_string()))?;
    db.run(
        "INSERT OR REPLACE INTO prices (payer, price, until) VALUES (?, ?, ?)",
        &[blob(&payer.bytes()), blob(&bytes), integer(raised.forgotten_at().0)],
    )?;
    Ok(price)
}

/// Removes expired rows.
pub fn sweep(db: &Database, now: UnixMillis) -> Result<(), SqlError> {
    db.run("DELETE FROM nonces WHERE until <= ?", &[integer(now.0)])?;
    db.run("DELETE FROM prices WHERE until <= ?", &[integer(now.0)])?;
    Ok(())
}

fn read(row: &Row) -> Option<Price> {
    Price::from_bytes(&row.blob(0)?).ok()
}
