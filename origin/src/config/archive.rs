//! Where days past retention are put away.

use munjigi_backup::{Recipient, recipients};
use munjigi_process::config::{Environment, Mistakes, Reader};

use super::variables;
use crate::storage::{self, Storage};

/// A place, and who can read what lies there.
#[derive(Debug, Clone)]
pub struct ArchiveConfig {
    /// `None`: they are dropped.
    pub place: Option<Storage>,
    /// At least one for a bucket.
    pub recipients: Vec<Recipient>,
}

impl ArchiveConfig {
    /// What commands need that only read the archive: its place, if there is one.
    pub fn read_place(environment: &Environment) -> Result<Option<Storage>, Mistakes> {
        let mut reader = Reader::new(environment);
        let place = reader.required(&variables::ARCHIVE, place);
        reader.finish(place)
    }

    /// `None` where something is wrong.
    pub(super) fn from(reader: &mut Reader) -> Option<Self> {
        let place = reader.required(&variables::ARCHIVE, place);
        let is_bucket = matches!(place, Some(Some(Storage::Bucket(_))));
        let keys = reader.required(&variables::ARCHIVE_KEYS, |text| match recipients(text) {
            Ok(keys) if keys.is_empty() && is_bucket => Err(
                "must be public keys of age (age1…): what leaves the machine for a bucket is encrypted"
                    .to_owned(),
            ),
            keys => keys.map_err(str::to_owned),
        });
        Some(Self { place: place?, recipients: keys? })
    }
}

fn place(text: &str) -> Result<Option<Storage>, String> {
    match text {
        "" => Ok(None),
        text => storage::parse(text.into()).map(Some).map_err(|error| error.to_string()),
    }
}
