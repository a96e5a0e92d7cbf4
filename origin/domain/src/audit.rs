//! What the audit log says was done.

use std::fmt;

/// An action in the audit log. Spellings are stored, and filters and programs
/// of customers know them: they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The owner asked for erasure.
    AccountLeave,
    /// Erasure was cancelled.
    AccountStay,
    AnomalyAcknowledge,
    AuthenticatorAdd,
    /// The key of an authenticator app was shown.
    AuthenticatorOffer,
    AuthenticatorRemove,
    /// New recovery codes.
    CodesReplace,
    KeyCreate,
    KeyRevoke,
    ListCreate,
    ListDelete,
    ListEdit,
    NotificationRecipients,
    /// By invitation of an operator.
    OrganisationFound,
    PasskeyAdd,
    /// A passkey's counter went back: another device may have a copy.
    PasskeyCopied,
    PasskeyRemove,
    PasskeyRename,
    PasswordChange,
    SessionEnd,
    /// A refresh token was used twice, and its session ended.
    SessionRefreshTokenReused,
    SiteCreate,
    SiteDelete,
    SiteEdit,
    /// To another organisation, or to none.
    SiteGive,
    /// A vendor's key became active.
    SiteImport,
    SiteImportRemove,
    SitePause,
    SiteRestore,
    SiteResume,
    /// An edit of the site's rules alone.
    SiteRules,
    /// Weights that the site learned from its outcomes became its score's.
    SiteScoresLearn,
    /// The weights before them came back.
    SiteScoresUndo,
    SiteSecretAdd,
    SiteSecretKeepNewest,
    SiteSecretKeepOldest,
    TeamChange,
    TeamInvite,
    TeamJoin,
    TeamRemove,
    TeamWithdraw,
    WebhookCreate,
    WebhookDelete,
    WebhookPause,
    WebhookResume,
    WebhookTest,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 46] = [
        Self::AccountLeave,
        Self::AccountStay,
        Self::AnomalyAcknowledge,
        Self::AuthenticatorAdd,
        Self::AuthenticatorOffer,
        Self::AuthenticatorRemove,
        Self::CodesReplace,
        Self::KeyCreate,
        Self::KeyRevoke,
        Self::ListCreate,
        Self::ListDelete,
        Self::ListEdit,
        Self::NotificationRecipients,
        Self::OrganisationFound,
        Self::PasskeyAdd,
        Self::PasskeyCopied,
        Self::PasskeyRemove,
        Self::PasskeyRename,
        Self::PasswordChange,
        Self::SessionEnd,
        Self::SessionRefreshTokenReused,
        Self::SiteCreate,
        Self::SiteDelete,
        Self::SiteEdit,
        Self::SiteGive,
        Self::SiteImport,
        Self::SiteImportRemove,
        Self::SitePause,
        Self::SiteRestore,
        Self::SiteResume,
        Self::SiteRules,
        Self::SiteScoresLearn,
        Self::SiteScoresUndo,
        Self::SiteSecretAdd,
        Self::SiteSecretKeepNewest,
        Self::SiteSecretKeepOldest,
        Self::TeamChange,
        Self::TeamInvite,
        Self::TeamJoin,
        Self::TeamRemove,
        Self::TeamWithdraw,
        Self::WebhookCreate,
        Self::WebhookDelete,
        Self::WebhookPause,
        Self::WebhookResume,
        Self::WebhookTest,
    ];

    /// The spelling in the database, in exports and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountLeave => "account.leave",
            Self::AccountStay => "account.stay",
            Self::AnomalyAcknowledge => "anomaly.acknowledge",
            Self::AuthenticatorAdd => "authenticator.add",
            Self::AuthenticatorOffer => "authenticator.offer",
            Self::AuthenticatorRemove => "authenticator.remove",
            Self::CodesReplace => "codes.replace",
            Self::KeyCreate => "key.create",
            Self::KeyRevoke => "key.revoke",
            Self::ListCreate => "list.create",
            Self::ListDelete => "list.delete",
            Self::ListEdit => "list.edit",
            Self::NotificationRecipients => "notification.recipients",
            Self::OrganisationFound => "organisation.found",
            Self::PasskeyAdd => "passkey.add",
            Self::PasskeyCopied => "passkey.copied",
            Self::PasskeyRemove => "passkey.remove",
            Self::PasskeyRename => "passkey.rename",
            Self::PasswordChange => "password.change",
            Self::SessionEnd => "session.end",
            Self::SessionRefreshTokenReused => "session.refresh-token-reused",
            Self::SiteCreate => "site.create",
            Self::SiteDelete => "site.delete",
            Self::SiteEdit => "site.edit",
            Self::SiteGive => "site.give",
            Self::SiteImport => "site.import",
            Self::SiteImportRemove => "site.import-remove",
            Self::SitePause => "site.pause",
            Self::SiteRestore => "site.restore",
            Self::SiteResume => "site.resume",
            Self::SiteRules => "site.rules",
            Self::SiteScoresLearn => "site.scores-learn",
            Self::SiteScoresUndo => "site.scores-undo",
            Self::SiteSecretAdd => "site.secret-add",
            Self::SiteSecretKeepNewest => "site.secret-keep-newest",
            Self::SiteSecretKeepOldest => "site.secret-keep-oldest",
            Self::TeamChange => "team.change",
            Self::TeamInvite => "team.invite",
            Self::TeamJoin => "team.join",
            Self::TeamRemove => "team.remove",
            Self::TeamWithdraw => "team.withdraw",
            Self::WebhookCreate => "webhook.create",
            Self::WebhookDelete => "webhook.delete",
            Self::WebhookPause => "webhook.pause",
            Self::WebhookResume => "webhook.resume",
            Self::WebhookTest => "webhook.test",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_action_is_a_thing_and_what_was_done_with_it() {
        let spelt: BTreeSet<&str> = Action::ALL.map(Action::as_str).into();
        assert_eq!(spelt.len(), Action::ALL.len(), "each has a spelling of its own");
        for action in spelt {
            let (thing, deed) = action.split_once('.').unwrap();
            let is_word = |text: &str| {
                !text.is_empty()
                    && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            };
            assert!(is_word(thing) && is_word(deed), "{action}");
        }
    }
}
