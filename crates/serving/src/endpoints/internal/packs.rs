//! Publishing packs of pictures: images into their store, then the manifest,
//! then the pools that name it; and the filter of imported keys. Each step may
//! be repeated.

use munjigi_captcha::pictures::{PicturePack, read_pools};
use munjigi_captcha::ports::StoreError;
use munjigi_captcha::{ImportFilter, Refusal};
use munjigi_protocol::{Code, InvalidPackId, PackId, Route, base64, routes};

use super::authorise;
use crate::answer::Answer;
use crate::inbound::Inbound;
use crate::packs::{POOLS_KEY, images_key, pack_key};
use crate::platform::Platform;
use crate::ports::{Images, Values};
use crate::request_context::RequestContext;
use crate::sites::IMPORTS_KEY;
use crate::state::KnownPools;
use crate::versioned::is_next;

/// The kinds of change. One function carries out all five: five functions would
/// each add the same awaits, in code size and in every cold start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'path> {
    /// Store the images of a pack.
    PutImages(&'path str),
    /// Publish a pack whose images are stored.
    Put(&'path str),
    /// Delete a pack, as far as it exists.
    Delete(&'path str),
    /// Set the packs that pictures are dealt from.
    PutPools,
    /// Set the filter of imported keys.
    PutImports,
}

impl Change<'_> {
    const fn route(self) -> Route {
        match self {
            Self::PutImages(_) => routes::PUT_PACK_IMAGES,
            Self::Put(_) => routes::PUT_PACK,
            Self::Delete(_) => routes::DELETE_PACK,
            Self::PutPools => routes::PUT_POOLS,
            Self::PutImports => routes::PUT_IMPORTS,
        }
    }
}

/// Carries out a change.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    inbound: &Inbound<P::Source>,
    change: Change<'_>,
) -> Result<Answer, Answer> {
    let body = authorise(edge, inbound, change.route()).await?;
    let id = match change {
        Change::PutImages(id) | Change::Put(id) | Change::Delete(id) => {
            id.parse().map_err(|error: InvalidPackId| malformed(error.to_string()))?
        }
        Change::PutPools | Change::PutImports => PackId([0; 8]),
    };
    let values_away = |_| Refusal::unavailable(P::STORE_MESSAGES.values_away);
    let values = edge.platform.values().map_err(values_away)?;
    let images = edge.platform.images().map_err(images_away)?;
    let manifest = pack_key(id);
    match change {
        Change::PutImages(_) => {
            if body.is_empty() {
                return Err(malformed("a pack has images"));
            }
            images.store(&images_key(id), &body).await.map_err(images_away)?;
        }
        Change::Put(_) => {
            let pack = PicturePack::read(&body).map_err(|error| malformed(error.to_string()))?;
            if pack.id() != id {
                return Err(malformed("the path and the body name two packs"));
            }
            match edge.packs().stored_pack(id).await.map_err(values_away)? {
                Some(stored) if stored == pack => return Ok(Answer::nothing()),
                // Issued challenges refer to items by position.
                Some(_) => return Err(stale("a pack never changes; publish a new one")),
                None => {}
            }
            let length = images.length(&images_key(id)).await.map_err(images_away)?;
            if length != Some(u64::from(pack.pack().image_bytes)) {
                return Err(malformed("image_bytes is not the length of the uploaded images"));
            }
            values.store(&manifest, &base64::encode(&body)).await.map_err(values_away)?;
        }
        Change::Delete(_) => {
            values.remove(&manifest).await.map_err(values_away)?;
            images.remove(&images_key(id)).await.map_err(images_away)?;
        }
        Change::PutPools => {
            let pools = read_pools(&body).map_err(|error| malformed(error.to_string()))?;
            let stored = edge.packs().stored_pools().await.map_err(values_away)?;
            if stored.is_some_and(|stored| !is_next(&stored, &pools)) {
                return Err(stale("these pools or newer ones are already published"));
            }
            values.store(POOLS_KEY, &base64::encode(&body)).await.map_err(values_away)?;
        }
        Change::PutImports => {
            let filter = ImportFilter::read(&body)
                .ok_or_else(|| malformed("not a version and fingerprints in their order"))?;
            let stored = edge.sites().stored_imports().await.map_err(values_away)?;
            // The same version may be sent more than once, each time with more
            // keys.
            if filter.version() < stored.version() {
                return Err(stale("a newer filter is already published"));
            }
            values.store(IMPORTS_KEY, &base64::encode(&body)).await.map_err(values_away)?;
        }
    }
    // This process knows immediately.
    edge.state.imports.with(|imports| *imports = None);
    edge.state.packs.with(|packs| packs.forget(&manifest));
    edge.state.pools.with(|pools| *pools = KnownPools::default());
    Ok(Answer::nothing())
}

fn malformed(detail: impl Into<String>) -> Answer {
    Answer::problem(Code::MalformedRequest, detail)
}

fn stale(detail: &'static str) -> Answer {
    Answer::problem(Code::StaleVersion, detail)
}

fn images_away(StoreError: StoreError) -> Refusal {
    Refusal::unavailable("the bucket is not responding")
}
