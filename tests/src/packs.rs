//! Packs without a gpu-backend, for tests of what the edge does with them:
//! valid by the protocol, with noise for images.

use anyhow::{Result, ensure};
use hyper::Method;
use munjigi_protocol::{
    ImageSpan, Pack, PackId, PackItem, PictureKind, PictureType, PoolEntry, Pools, RightRound,
    headers, routes,
};
use munjigi_tools::stack::Stack;

use crate::client::Connection;
use crate::signed::{now, signature};

const ITEMS: u8 = 12;
const IMAGE_BYTES: u32 = 700;

/// A pack of a kind, and its images.
pub fn pack(kind: PictureType, id: u8) -> (Pack, Vec<u8>) {
    let images = if kind == PictureType::Turn { 2 } else { 1 };
    let (rows, columns) = match kind {
        PictureType::Grid => (3, 3),
        PictureType::Area => (1, 1),
        PictureType::Turn => (4, 4),
    };
    let items = (0..ITEMS).map(|number| PackItem {
        prompt: "bicycle".to_owned(),
        images: (0..images)
            .map(|image| ImageSpan {
                at: (u32::from(number) * images + image) * IMAGE_BYTES,
                len: IMAGE_BYTES,
            })
            .collect(),
        answer: answer(kind, number),
    });
    let image_bytes = u32::from(ITEMS) * images * IMAGE_BYTES;
    let pack = Pack {
        id: PackId([id; 8]),
        picture_type: kind,
        rows,
        columns,
        content_type: "image/jpeg".to_owned(),
        image_bytes,
        items: items.collect(),
    };
    (pack, (0..image_bytes).map(|at| at.to_le_bytes()[0] ^ id).collect())
}

fn answer(kind: PictureType, number: u8) -> RightRound {
    match kind {
        // Of three, four and five tiles: one round is enough.
        PictureType::Grid => {
            RightRound::Grid { cells: (0..3 + number % 3).map(|cell| cell + number % 4).collect() }
        }
        PictureType::Area => {
            let mut mask = vec![0; 32];
            mask[usize::from(number)] = 0b0011_1000;
            RightRound::Area { columns: 16, rows: 16, mask }
        }
        PictureType::Turn => RightRound::Turn { views: vec![number] },
    }
}

/// Publishes one pack per kind and deals from them only, as the origin does.
pub async fn publish(stack: &Stack, kinds: &[PictureType]) -> Result<()> {
    let mut entries = Vec::new();
    for (kind, id) in kinds.iter().zip(1..) {
        let (pack, images) = pack(*kind, id);
        let name = pack.id.to_string();
        put(stack, &routes::PUT_PACK_IMAGES.path.replace("{id}", &name), images).await?;
        let manifest = postcard::to_allocvec(&pack)?;
        put(stack, &routes::PUT_PACK.path.replace("{id}", &name), manifest).await?;
        let retire_at = now()?.seconds() + 3_600;
        entries.push(PoolEntry { id: pack.id, kind: drawn(*kind), retire_at });
    }
    deal_from(stack, entries).await
}

/// The kind of drawn pictures of a type.
const fn drawn(picture_type: PictureType) -> PictureKind {
    match picture_type {
        PictureType::Grid => PictureKind::Grid,
        PictureType::Area => PictureKind::Area,
        PictureType::Turn => PictureKind::Turn,
    }
}

/// Publishes which packs the edge deals from.
pub async fn deal_from(stack: &Stack, packs: Vec<PoolEntry>) -> Result<()> {
    let pools = Pools { version: now()?.0, packs };
    put(stack, routes::PUT_POOLS.path, postcard::to_allocvec(&pools)?).await
}

async fn put(stack: &Stack, path: &str, body: Vec<u8>) -> Result<()> {
    let signature = signature(stack, &Method::PUT, path, &body)?;
    let headers = [(headers::SIGNATURE, signature.as_str())];
    let mut connection = Connection::open(&stack.edge.url()).await?;
    let answer = connection.send(Method::PUT, path, &headers, body).await?;
    let said = String::from_utf8_lossy(&answer.body);
    ensure!(answer.status.is_success(), "PUT {path}: {} {said}", answer.status);
    Ok(())
}

#[cfg(test)]
mod tests {
    use munjigi_captcha::pictures::PicturePack;

    use super::*;

    #[test]
    fn an_edge_can_deal_from_these_packs() {
        for kind in PictureType::ALL {
            let (made, images) = pack(*kind, 1);
            assert_eq!(images.len(), made.image_bytes as usize);
            let rounds = PicturePack::parse(made).unwrap().rounds();
            assert_eq!(rounds, if *kind == PictureType::Grid { 1 } else { 2 }, "{kind:?}");
        }
    }
}
