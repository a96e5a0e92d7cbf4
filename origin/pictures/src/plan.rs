//! What to do about a kind's packs: a pure function of the database's contents
//! and the time.

use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_protocol::PackId;
use munjigi_store::pictures::{PackRow, PackState};

/// This long before its end a pack no longer counts as stock, so that its
/// replacement is drawn while it is still being dealt from.
const LEAD_MOST: Duration = Duration::from_hours(1);

/// What is wanted of a kind.
#[derive(Debug, Clone, Copy)]
pub struct Want {
    /// Whether it is dealt at all.
    pub dealt: bool,
    /// Whether the gpu-backend runs.
    pub open: bool,
    /// Target number of challenges left.
    pub aim: u64,
    /// Below this number of challenges, nothing is given up.
    pub low_water: u64,
    /// See [`lead`].
    pub lead: Duration,
    pub now: UnixMillis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Draw another pack.
    Begin,
    /// Take the pack out of the pools.
    Retire(PackId),
    /// Keep dealing from the pack until this time.
    Extend(PackId, UnixMillis),
}

/// What to do, and how many challenges are left to deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub moves: Vec<Move>,
    /// Challenges left in packs that are not about to end.
    pub left: u64,
}

/// How long before its end a pack with this maximum age is to be replaced.
pub fn lead(pack_age: Duration) -> Duration {
    (pack_age / 4).min(LEAD_MOST)
}

/// Decides. `packs` are those of the kind that are not yet retiring.
pub fn plan(packs: &[PackRow], want: &Want) -> Plan {
    let soon = UnixMillis(want.now.0 + millis(want.lead));
    let mut dealing: Vec<&PackRow> =
        packs.iter().filter(|pack| pack.state == PackState::Published).collect();
    dealing.sort_by_key(|pack| (pack.retire_at, pack.id));
    let left: u64 =
        dealing.iter().filter(|pack| pack.retire_at > Some(soon)).map(|pack| pack.left()).sum();
    let coming: Vec<&PackRow> = packs
        .iter()
        .filter(|pack| matches!(pack.state, PackState::Drawing | PackState::Drawn))
        .collect();

    let mut moves = Vec::new();
    let drawing = coming.iter().any(|pack| pack.state == PackState::Drawing);
    let expected = left + coming.iter().map(|pack| pack.left()).sum::<u64>();
    if want.dealt && want.open && !drawing && expected < want.aim {
        moves.push(Move::Begin);
    }
    let mut gone: Vec<PackId> = Vec::new();
    for pack in &dealing {
        let rest = |after: UnixMillis| -> u64 {
            dealing
                .iter()
                .filter(|other| other.id != pack.id && !gone.contains(&other.id))
                .filter(|other| other.retire_at > Some(after))
                .map(|other| other.left())
                .sum()
        };
        let worn = pack.left() == 0;
        let old = pack.retire_at <= Some(want.now);
        // A worn pack is given up for any fresh one, an old one only once there
        // are enough: an old picture is better than none.
        let replaced =
            (worn && rest(want.now) > 0) || (old && rest(want.now) >= want.low_water.max(1));
        if (worn || old) && (replaced || !want.dealt) {
            gone.push(pack.id);
            moves.push(Move::Retire(pack.id));
            continue;
        }
        // Well before the edge stops dealing from it by itself.
        let at_the_latest = UnixMillis(want.now.0 + millis(want.lead / 2));
        let needed = want.dealt && rest(soon) < want.low_water.max(1);
        if pack.retire_at <= Some(at_the_latest) && needed {
            // Not so far that it would count as stock again.
            moves.push(Move::Extend(pack.id, soon));
        }
    }
    Plan { moves, left }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_176_030_000);
    const HOUR: u64 = 3_600_000;

    fn pack(number: u8, state: PackState, dealt: u64, hours_left: i64) -> PackRow {
        let retire_at = NOW.0.saturating_add_signed(hours_left * HOUR.cast_signed());
        PackRow {
            id: PackId([number; 8]),
            kind: munjigi_protocol::PictureKind::Grid,
            state,
            deal_limit: 2_000,
            dealt,
            retire_at: (state == PackState::Published).then_some(UnixMillis(retire_at)),
        }
    }

    fn published(number: u8, dealt: u64, hours_left: i64) -> PackRow {
        pack(number, PackState::Published, dealt, hours_left)
    }

    fn want() -> Want {
        let lead = Duration::from_hours(1);
        Want { dealt: true, open: true, aim: 1_000, low_water: 1_000, lead, now: NOW }
    }

    fn moves(packs: &[PackRow], want: &Want) -> Vec<Move> {
        plan(packs, want).moves
    }

    #[test]
    fn an_empty_pool_gets_one_pack_at_a_time() {
        assert_eq!(moves(&[], &want()), [Move::Begin]);
        assert_eq!(moves(&[pack(1, PackState::Drawing, 0, 0)], &want()), []);
        assert_eq!(moves(&[pack(1, PackState::Drawn, 0, 0)], &want()), []);
    }

    #[test]
    fn consumption_brings_the_next_pack() {
        assert_eq!(moves(&[published(1, 1_000, 20)], &want()), []);
        assert_eq!(moves(&[published(1, 1_001, 20)], &want()), [Move::Begin]);
        assert_eq!(plan(&[published(1, 1_001, 20)], &want()).left, 999);
    }

    #[test]
    fn more_is_drawn_before_a_pause_and_nothing_during_it() {
        let ahead = Want { aim: 4_000, ..want() };
        assert_eq!(moves(&[published(1, 0, 20)], &ahead), [Move::Begin]);
        assert_eq!(moves(&[published(1, 0, 20), published(2, 0, 20)], &ahead), []);
        let paused = Want { open: false, ..want() };
        assert_eq!(moves(&[], &paused), []);
    }

    #[test]
    fn a_pack_is_replaced_before_it_is_old() {
        assert_eq!(moves(&[published(1, 0, 1)], &want()), [Move::Begin]);
        let both = [published(1, 0, -1), published(2, 0, 20)];
        assert_eq!(moves(&both, &want()), [Move::Retire(PackId([1; 8]))]);
    }

    #[test]
    fn the_last_pack_stays_however_old_or_worn() {
        let paused = Want { open: false, ..want() };
        let on = UnixMillis(NOW.0 + HOUR);
        assert_eq!(moves(&[published(1, 5, 0)], &paused), [Move::Extend(PackId([1; 8]), on)]);
        assert_eq!(moves(&[published(1, 9_999, 20)], &paused), []);
        // Both old, and only together enough.
        let two = [published(1, 1_500, -1), published(2, 1_500, -1)];
        let extended = [1, 2].map(|number| Move::Extend(PackId([number; 8]), on));
        assert_eq!(moves(&two, &paused), extended);
    }

    #[test]
    fn a_worn_pack_retires_as_soon_as_there_is_another() {
        let packs = [published(1, 2_000, 20), published(2, 1_999, 20)];
        assert_eq!(moves(&packs, &want()), [Move::Begin, Move::Retire(PackId([1; 8]))]);
    }

    #[test]
    fn of_two_worn_packs_one_stays() {
        let packs = [published(1, 2_000, 20), published(2, 2_000, 20)];
        assert_eq!(moves(&packs, &want()), [Move::Begin]);
    }

    #[test]
    fn a_kind_that_is_off_is_not_drawn_and_ages_out() {
        let off = Want { dealt: false, ..want() };
        assert_eq!(moves(&[], &off), []);
        assert_eq!(moves(&[published(1, 0, -1)], &off), [Move::Retire(PackId([1; 8]))]);
        assert_eq!(moves(&[published(1, 0, 1)], &off), []);
    }
}
