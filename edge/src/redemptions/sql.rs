//! SQLite through the object's storage API. Statements are where they are used;
//! what a failure means is decided there too.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};

use crate::glue;

/// A statement failed. Contains the runtime's message, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError(pub String);

/// The object's database.
pub struct Database(JsValue);

/// One row, column by column.
pub struct Row(Array);

impl Database {
    /// The database in an object's storage.
    pub fn new(storage: &worker::durable::Storage) -> Self {
        Self(storage.sql().as_ref().clone())
    }

    /// Runs a statement and reads all its rows.
    pub fn run(&self, statement: &str, params: &[JsValue]) -> Result<Vec<Row>, SqlError> {
        let params: Array = params.iter().collect();
        let rows = glue::rows(&self.0, statement, params).map_err(SqlError::from)?;
        Ok(rows.iter().map(|row| Row(row.unchecked_into())).collect())
    }

    /// Runs the one statement that every redemption needs.
    pub fn insert(&self, statement: &str, row: &NewRow<'_>) -> Result<bool, SqlError> {
        let NewRow { id, n, call, token, at, facts } = row;
        let (n, at) = (float(*n), float(*at));
        glue::insert(&self.0, statement, *id, n, *call, *token, at, facts).map_err(SqlError::from)
    }
}

/// A spent attempt.
pub struct NewRow<'row> {
    /// The id of the attempt.
    pub id: &'row [u8; 16],
    /// Its number in the order of spending.
    pub n: u64,
    /// The call that spent it.
    pub call: &'row [u8; 16],
    /// The token that was spent.
    pub token: &'row [u8; 16],
    /// When it was spent, in milliseconds.
    pub at: u64,
    /// The content of the token.
    pub facts: &'row [u8],
}

impl From<JsValue> for SqlError {
    fn from(error: JsValue) -> Self {
        Self(glue::reason(&error))
    }
}

impl Row {
    /// A whole number; 0 if the column has none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "our integers are counters and milliseconds, far below 2^53"
    )]
    pub fn integer(&self, column: u32) -> u64 {
        self.0.get(column).as_f64().unwrap_or_default() as u64
    }

    /// Text; empty if the column has none.
    pub fn text(&self, column: u32) -> String {
        self.0.get(column).as_string().unwrap_or_default()
    }

    /// Bytes, or `None` for NULL.
    pub fn blob(&self, column: u32) -> Option<Vec<u8>> {
        let buffer = self.0.get(column).dyn_into::<ArrayBuffer>().ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }

    /// Bytes of a known length.
    pub fn bytes<const N: usize>(&self, column: u32) -> Option<[u8; N]> {
        self.blob(column)?.try_into().ok()
    }
}

/// A blob as a parameter.
pub fn blob(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).buffer().into()
}

/// A whole number as a parameter.
pub fn integer(number: u64) -> JsValue {
    JsValue::from_f64(float(number))
}

#[expect(clippy::cast_precision_loss, reason = "counters and milliseconds are far below 2^53")]
const fn float(number: u64) -> f64 {
    number as f64
}

/// Text as a parameter.
pub fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}
