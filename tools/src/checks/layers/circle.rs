//! A circle among names of which each has arrows to others.

use std::collections::{BTreeMap, BTreeSet};

/// The names of a circle, the first of them again at its end; `None` if no arrows
/// lead around.
pub fn circle(mut open: BTreeMap<&str, &BTreeSet<String>>) -> Option<Vec<String>> {
    // What has no arrow to another that is open cannot be part of a circle.
    loop {
        let before = open.len();
        let left: BTreeSet<&str> = open.keys().copied().collect();
        open.retain(|_, to| to.iter().any(|to| left.contains(to.as_str())));
        if open.is_empty() {
            return None;
        }
        if open.len() == before {
            break;
        }
    }
    // From here, arrows lead on for ever: walk until a name repeats.
    let mut walk: Vec<&str> = open.keys().copied().take(1).collect();
    loop {
        let next = open.get(walk.last()?)?.iter().find(|to| open.contains_key(to.as_str()))?;
        let seen = walk.iter().position(|name| name == next);
        walk.push(next);
        if let Some(start) = seen {
            return Some(walk.split_off(start).into_iter().map(str::to_owned).collect());
        }
    }
}
