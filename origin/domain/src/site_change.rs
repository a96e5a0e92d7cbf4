//! Changes of a site as a whole: which there are, and when they are allowed.
//! Edits of its settings are in `settings`.

use munjigi_captcha::SecretHash;
use munjigi_protocol::SiteState;

use crate::accounts::MostSites;
use crate::audit::Action;

#[derive(Debug, Clone)]
pub enum Change {
    /// The edge refuses the site's visitors with `site-paused`.
    Pause,
    /// The edge serves the site again.
    Resume,
    /// Removes the site from the edge.
    Delete,
    /// Back on the edge as it was, if its organisation has room for it.
    Restore(MostSites),
    /// Sets live or paused, restoring the site first if necessary: in one step,
    /// so that no one is served in between.
    SetState(SiteState, MostSites),
    /// Adds a second live secret.
    AddSecret(SecretHash),
    /// Only the newest secret stays live: a rotation is completed.
    KeepNewestSecret,
    /// Only the oldest secret stays live: a rotation is cancelled.
    KeepOldestSecret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// No such site.
    #[error("no site has this sitekey")]
    Unknown,
    /// The site is deleted; only a restore can change it.
    #[error("the site is deleted")]
    Deleted,
    /// The site is already in this state.
    #[error("there is nothing to change")]
    Unchanged,
    /// Two secrets are live, which is the maximum.
    #[error("two secrets are already active")]
    TwoSecrets,
    /// Its organisation has the maximum number of sites.
    #[error("the organisation has reached the limit of MUNJIGI_SITES_PER_ORGANISATION")]
    TooManySites,
}

/// A site before a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: SiteState,
    pub deleted: bool,
    /// Whether its organisation may have one more site.
    pub has_room: bool,
    /// The slots of its live secrets, of which there are two, oldest first.
    pub secret_slots: Vec<i16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Delete,
    /// Clears the deletion and nothing else.
    Restore,
    /// Clears the deletion as well.
    SetState(SiteState),
    /// Stores the new secret here.
    FillSlot(i16),
    /// Revokes the secret that is here.
    ClearSlot(i16),
}

impl Change {
    /// The maximum number of sites, if the change brings a deleted site back.
    pub const fn restores(&self) -> Option<MostSites> {
        match self {
            Self::Restore(most) | Self::SetState(_, most) => Some(*most),
            _ => None,
        }
    }

    /// What to do, or why not.
    pub fn step(&self, site: &Standing) -> Result<Step, ChangeRefused> {
        if site.deleted {
            if self.restores().is_none() {
                return Err(ChangeRefused::Deleted);
            }
            if !site.has_room {
                return Err(ChangeRefused::TooManySites);
            }
        }
        match self {
            Self::Pause => set_state(site, SiteState::Paused),
            Self::Resume => set_state(site, SiteState::Live),
            Self::SetState(state, _) => set_state(site, *state),
            Self::Delete => Ok(Step::Delete),
            Self::Restore(_) if site.deleted => Ok(Step::Restore),
            Self::Restore(_) => Err(ChangeRefused::Unchanged),
            Self::AddSecret(_) => {
                let free = [1, 2].into_iter().find(|slot| !site.secret_slots.contains(slot));
                free.map(Step::FillSlot).ok_or(ChangeRefused::TwoSecrets)
            }
            Self::KeepNewestSecret | Self::KeepOldestSecret => {
                let [oldest, newest] = site.secret_slots.as_slice() else {
                    return Err(ChangeRefused::Unchanged);
                };
                let keeps_newest = matches!(self, Self::KeepNewestSecret);
                Ok(Step::ClearSlot(if keeps_newest { *oldest } else { *newest }))
            }
        }
    }

    /// What the audit log calls it.
    pub const fn action(&self, was_deleted: bool) -> Action {
        match self {
            Self::Restore(_) => Action::SiteRestore,
            Self::SetState(..) if was_deleted => Action::SiteRestore,
            Self::Pause | Self::SetState(SiteState::Paused, _) => Action::SitePause,
            Self::Resume | Self::SetState(SiteState::Live, _) => Action::SiteResume,
            Self::Delete => Action::SiteDelete,
            Self::AddSecret(_) => Action::SiteSecretAdd,
            Self::KeepNewestSecret => Action::SiteSecretKeepNewest,
            Self::KeepOldestSecret => Action::SiteSecretKeepOldest,
        }
    }
}

fn set_state(site: &Standing, state: SiteState) -> Result<Step, ChangeRefused> {
    if site.state == state && !site.deleted {
        return Err(ChangeRefused::Unchanged);
    }
    Ok(Step::SetState(state))
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::SiteState::{Live, Paused};

    use super::*;

    const MOST: MostSites = MostSites(3);

    fn standing(state: SiteState) -> Standing {
        Standing { state, deleted: false, has_room: true, secret_slots: vec![1] }
    }

    fn deleted(state: SiteState) -> Standing {
        Standing { deleted: true, ..standing(state) }
    }

    #[test]
    fn a_site_that_is_already_so_is_left_alone() {
        for (change, site, step) in [
            (Change::Pause, standing(Live), Ok(Step::SetState(Paused))),
            (Change::Pause, standing(Paused), Err(ChangeRefused::Unchanged)),
            (Change::Resume, standing(Paused), Ok(Step::SetState(Live))),
            (Change::Resume, standing(Live), Err(ChangeRefused::Unchanged)),
            (Change::SetState(Live, MOST), standing(Live), Err(ChangeRefused::Unchanged)),
            (Change::Delete, standing(Live), Ok(Step::Delete)),
            (Change::Restore(MOST), standing(Live), Err(ChangeRefused::Unchanged)),
        ] {
            assert_eq!(change.step(&site), step, "{change:?} {site:?}");
        }
    }

    #[test]
    fn only_a_restore_changes_a_deleted_site_and_only_where_there_is_room() {
        for change in [Change::Pause, Change::Resume, Change::Delete, Change::KeepNewestSecret] {
            assert_eq!(change.step(&deleted(Live)), Err(ChangeRefused::Deleted), "{change:?}");
        }
        let (restore, pause) = (Change::Restore(MOST), Change::SetState(Paused, MOST));
        assert_eq!(restore.step(&deleted(Paused)), Ok(Step::Restore));
        // In one step, even to the state that it had.
        assert_eq!(pause.step(&deleted(Paused)), Ok(Step::SetState(Paused)));
        let full = Standing { has_room: false, ..deleted(Live) };
        for change in [restore, pause] {
            assert_eq!(change.step(&full), Err(ChangeRefused::TooManySites), "{change:?}");
            assert_eq!(change.action(true), Action::SiteRestore);
        }
        // Room matters to no other change.
        let full = Standing { has_room: false, ..standing(Live) };
        assert_eq!(Change::Pause.step(&full), Ok(Step::SetState(Paused)));
    }

    #[test]
    fn a_rotation_fills_the_free_slot_and_clears_the_one_that_is_not_kept() {
        let with = |slots: &[i16]| Standing { secret_slots: slots.to_vec(), ..standing(Live) };
        let add = Change::AddSecret(SecretHash::parse(&"0".repeat(64)).unwrap());
        assert_eq!(add.step(&with(&[1])), Ok(Step::FillSlot(2)));
        assert_eq!(add.step(&with(&[2])), Ok(Step::FillSlot(1)));
        assert_eq!(add.step(&with(&[2, 1])), Err(ChangeRefused::TwoSecrets));
        for (change, cleared) in [(Change::KeepNewestSecret, 2), (Change::KeepOldestSecret, 1)] {
            assert_eq!(change.step(&with(&[2, 1])), Ok(Step::ClearSlot(cleared)), "{change:?}");
            assert_eq!(change.step(&with(&[1])), Err(ChangeRefused::Unchanged), "{change:?}");
        }
    }
}
