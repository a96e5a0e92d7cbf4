//! `GET /v1/pictures/{opaque}`: an image of one challenge. Only the edge can
//! read which image it is; its name also contains its expiry.

use munjigi_captcha::pictures::{PackSource, PictureName};
use munjigi_captcha::{Refusal, SealError};
use munjigi_protocol::Code;

use crate::answer::{Answer, CacheRule};
use crate::packs::images_key;
use crate::platform::{Bytes, Platform};
use crate::ports::Images;
use crate::request_context::RequestContext;

/// Answers with the image, whose bytes are separate.
pub async fn answer<P: Platform>(
    edge: &RequestContext<'_, P>,
    opaque: &str,
) -> Result<(Answer, Bytes<P>), Answer> {
    let authority = &edge.state.config.authority;
    let name = PictureName::open(authority, opaque).map_err(|SealError| no_picture())?;
    let left = name.until.seconds().saturating_sub(edge.now.seconds());
    if left == 0 {
        return Err(no_picture());
    }
    let pack = edge.packs().pack(name.pack).await.map_err(|_| away())?.ok_or_else(no_picture)?;
    let span = pack.image(name.item, name.image).ok_or_else(no_picture)?;
    let images = edge.platform.images().map_err(|_| away())?;
    let key = images_key(name.pack);
    let image = images.load(&key, span).await.map_err(|_| away())?.ok_or_else(no_picture)?;
    let seconds = u32::try_from(left).unwrap_or(u32::MAX);
    let content_type = match pack.pack().content_type.as_str() {
        "image/avif" => "image/avif",
        _ => "image/jpeg",
    };
    let answer = Answer::image(content_type, CacheRule::Private { seconds });
    // Only the frame shows it.
    Ok((answer.with_header("Cross-Origin-Resource-Policy", "same-origin"), image))
}

/// Unknown, modified, expired or deleted: the answer does not distinguish
/// these.
fn no_picture() -> Answer {
    Answer::problem(Code::NotFound, "the picture does not exist, or its challenge has ended")
}

fn away() -> Refusal {
    Refusal::unavailable("the picture store is not responding")
}
