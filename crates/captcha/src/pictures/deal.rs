//! Chooses the picture of an attempt as a function of its seed and of the
//! published packs, so that replaying a solution shows the same one.
//!
//! **pool**: the packs from which the edge deals pictures of one kind.

use hmac::{Hmac, KeyInit, Mac};
use munjigi_keys::{Kid, UnixMillis, leading};
use munjigi_protocol::{PackId, PictureKind, PictureRound, PictureStep, PoolEntry, Pools};
use sha2::Sha256;

use super::{PackSource, PicturePack, RightAnswer};
use crate::authority::Authority;
use crate::pictures::name::PictureName;

/// A picture and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealt {
    /// What the visitor sees.
    pub step: PictureStep,
    /// The right answer; it leaves the edge only sealed.
    pub answer: RightAnswer,
    /// The pack that the picture comes from.
    pub pack: PackId,
}

/// What a picture is dealt for.
pub(crate) struct Deal<'a> {
    pub authority: &'a Authority,
    /// The root key under which the attempt began.
    pub root: Kid,
    /// The attempt's id.
    pub id: [u8; 16],
    /// Kinds of picture that the site shows.
    pub kinds: &'a [PictureKind],
    pub now: UnixMillis,
    /// How long its images can be fetched.
    pub until: UnixMillis,
}

/// Number of packs tried before the deal fails: a published pack may not have
/// reached every location yet.
const TRIES: usize = 3;

/// Deals a picture. `None` if there is nothing to deal from or the source does
/// not answer: a visitor never waits for it.
pub(crate) async fn deal<S: PackSource>(deal: &Deal<'_>, source: &S) -> Option<Dealt> {
    let dice = Dice(deal.authority.picture_seed(deal.root, &deal.id)?);
    let pools = source.pools().await.ok()??;
    let mut candidates = candidates(&dice, &pools, deal);
    for _ in 0..TRIES {
        // A few minima instead of an order: sorting is code that nothing else
        // at the edge needs.
        let first = candidates.iter().enumerate().min_by_key(|(_, candidate)| candidate.0)?.0;
        let (_, entry) = candidates.swap_remove(first);
        let Ok(Some(pack)) = source.pack(entry.id).await else { continue };
        if pack.pack().picture_type == entry.kind.picture_type() {
            return chosen(&dice, &pack, deal);
        }
    }
    None
}

/// A pack's place in the order of an attempt: its kind's number, its own, and
/// its name, so that no two are the same.
type Place = (u64, u64, PackId);

/// The packs of the kind whose turn it is, then those of the others, each in an
/// order specific to the attempt. Adding or retiring a pack changes the
/// pictures of only those attempts that the pack gains or loses.
fn candidates(dice: &Dice, pools: &Pools, deal: &Deal<'_>) -> Vec<(Place, PoolEntry)> {
    let now = deal.now.seconds();
    pools
        .packs
        .iter()
        .filter(|entry| deal.kinds.contains(&entry.kind) && now < entry.retire_at)
        .map(|entry| {
            let kind = dice.number(&[b"kind", entry.kind.as_str().as_bytes()]);
            ((kind, dice.number(&[b"pack", &entry.id.0]), entry.id), *entry)
        })
        .collect()
}

fn chosen(dice: &Dice, pack: &PicturePack, deal: &Deal<'_>) -> Option<Dealt> {
    let Deal { authority, until, .. } = *deal;
    let items = &pack.pack().items;
    let mut places: Vec<usize> = Vec::with_capacity(pack.rounds());
    for round in 0..pack.rounds() {
        let number = dice.number(&[b"item", &pack.id().0, &round.to_le_bytes()]);
        let mut place = usize::try_from(number % items.len() as u64).ok()?;
        while places.contains(&place) {
            place = (place + 1) % items.len();
        }
        places.push(place);
    }
    let mut rounds = Vec::with_capacity(places.len());
    for place in &places {
        let item = items.get(*place)?;
        let images = (0..item.images.len())
            .map(|image| {
                let name = PictureName {
                    pack: pack.id(),
                    item: u16::try_from(*place).ok()?,
                    image: u8::try_from(image).ok()?,
                    until,
                };
                Some(format!("/v1/pictures/{}", name.seal(authority, &dice.0)))
            })
            .collect::<Option<_>>()?;
        rounds.push(PictureRound { prompt: item.prompt.clone(), images });
    }
    let right = places.iter().filter_map(|place| items.get(*place)).map(|item| &item.answer);
    let kind = pack.pack().picture_type;
    Some(Dealt {
        answer: RightAnswer::of(kind, right)?,
        step: PictureStep {
            picture_type: kind,
            rows: pack.pack().rows,
            columns: pack.pack().columns,
            rounds,
        },
        pack: pack.id(),
    })
}

/// Numbers that depend on an attempt's seed and nothing else.
struct Dice([u8; 32]);

impl Dice {
    /// The number for a purpose; its parts have fixed lengths or come last.
    fn number(&self, purpose: &[&[u8]]) -> u64 {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        for part in purpose {
            mac.update(part);
        }
        u64::from_le_bytes(leading(&mac.finalize().into_bytes().into()))
    }
}

#[cfg(test)]
mod tests;
