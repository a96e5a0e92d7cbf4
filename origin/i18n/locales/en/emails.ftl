# Emails: subjects, then texts. Empty lines separate paragraphs, and a link is
# a paragraph of its own.

email-end = This is an automated message from Munjigi. Please do not reply.

email-subject-confirm-address = Confirm your address
email-text-confirm-address =
    { $named ->
        [yes] Hello { $name },
       *[no] Hello,
    }

    Welcome to Munjigi. To confirm that this address is yours, open this link:

    { $link }

    The link works once, within { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }.

    If you did not sign up, someone entered your address by mistake. You do not need to do anything: without the link, the account cannot be used.

email-subject-address-taken = You already have an account
email-text-address-taken =
    Hello,

    Someone, most likely you, has just tried to sign up for Munjigi with this address. The address already has an account. Nothing was changed. Log in here:

    { $login-link }

    If you do not remember your password, choose a new one here:

    { $recover-link }

    If this was not you, you do not need to do anything. The other person did not learn that you have an account.

email-subject-recover-password = Choose a new password
email-text-recover-password =
    Hello,

    Someone, most likely you, has requested a new password for your Munjigi account. To choose it, open this link:

    { $link }

    The link works once, within { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }.

    If this was not you, you do not need to do anything: without the link, your password stays the same.

email-subject-password-changed = Your password was changed
email-text-password-changed =
    Hello,

    The password of your Munjigi account has just been changed.

    If this was you, you do not need to do anything. If not, choose a new password immediately: use “Forgot your password?” on the log-in page.

email-subject-password-reset = Your password was reset
email-text-password-reset =
    Hello,

    Someone, most likely you, has just used the link from an email to set a new password for your Munjigi account. You were logged out everywhere else. The API keys that you created have been revoked. Programs that used them need new keys.

    If this was not you, someone else can read your email. Secure your mailbox first, then reset your password again.

email-subject-key-made = You have a new API key
email-text-key-made =
    Hello,

    Someone who is logged in to your Munjigi account has just created the API key “{ $name }” for “{ $organisation }”. Programs with this key can act on your behalf, within its scopes. All keys are listed here:

    { $link }

    If this was you, you do not need to do anything. If not, someone else has access to your account: revoke the key and choose a new password immediately, on the log-in page.

email-subject-authenticator-offered = An authenticator app is being set up
email-text-authenticator-offered =
    Hello,

    Someone who is logged in to your Munjigi account has just opened the set-up of an authenticator app. Nothing changes unless they enter a code from the app within { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }. You will receive another email if that happens.

    If this was you, you do not need to do anything. If not, someone else has access to your account: choose a new password immediately, on the log-in page, and tell the operator of this service.

email-subject-recovery-codes-replaced = Your recovery codes were replaced
email-text-recovery-codes-replaced =
    Hello,

    Your Munjigi account has new recovery codes. The old codes no longer work.

    If this was you, you do not need to do anything. If not, someone else has access to your account: choose a new password immediately, on the log-in page, and tell the operator of this service.

email-subject-second-factor-on = Logging in now requires a code
email-text-second-factor-on =
    Hello,

    From now on, logging in to your Munjigi account requires a code from your authenticator app as well as your password. You were shown new recovery codes. Old codes no longer work.

    If you turned this on, you do not need to do anything. If not, someone else knows your password: choose a new one immediately, on the log-in page, and tell the operator of this service.

email-subject-second-factor-off = Logging in no longer requires a code
email-text-second-factor-off =
    Hello,

    From now on, your password is enough to log in to your Munjigi account. Until now, you also needed a code from your authenticator app.

    If you turned this off, you do not need to do anything. If not, choose a new password immediately, on the log-in page, and turn the code on again.

email-subject-authenticator-off = Logging in now requires a passkey
email-text-authenticator-off =
    Hello,

    From now on, logging in to your Munjigi account requires one of your passkeys. Until now, you could also use a code from your authenticator app.

    If you turned the app off, you do not need to do anything. If not, choose a new password immediately, on the log-in page, and check the passkeys of your account.

email-subject-passkey-added = Your account has a new passkey
email-text-passkey-added =
    Hello,

    You can now log in to your Munjigi account with the passkey “{ $name }”.

    If you added it, you do not need to do anything. If not, someone else has access to your account: choose a new password immediately, on the log-in page, remove the passkey on your account page, and tell the operator of this service.

email-subject-passkey-removed = A passkey was removed from your account
email-text-passkey-removed =
    Hello,

    You can no longer log in to your Munjigi account with the passkey “{ $name }”.{ $left ->
        [0] { "" } It was your last second factor: from now on, your password is enough to log in.
       *[other] { "" }
    }

    If you removed it, delete it on your device as well. If not, choose a new password immediately, on the log-in page, and check the passkeys of your account.

email-subject-passkey-copied = A passkey may have been copied
email-text-passkey-copied =
    Hello,

    Someone tried to log in to your Munjigi account with the passkey “{ $name }”, but the passkey's use counter had gone backwards. This happens when someone has a copy of the passkey. It was refused and is no longer accepted.

    Please log in another way, remove the passkey on your account page, and add a new one. No one was logged in with it.

email-subject-invited = You have been invited to Munjigi
email-text-invited =
    Hello,

    { $by } invites you to join “{ $organisation }” on Munjigi as { $role }. Munjigi protects websites from bots. To join, open this link:

    { $link }

    The link works once, within { $days ->
        [one] { $days } day
       *[other] { $days } days
    }.

    If you do not know the sender, you do not need to do anything: without the link, nothing happens.

email-subject-unusual =
    { $count ->
        [1] { $site }: { $title }
       *[other] { $count } anomalies at your sites
    }
email-text-unusual =
    Hello,

    You asked to be notified when one of your sites behaves unlike its own past.

    { $anomalies }

    All anomalies, with the usual numbers and their current state, are listed here:

    { $link }

    The owners and admins of your organisation choose there, under “{ notifications-title }”, who receives these emails.

email-subject-account-leaves = Your account will be erased
email-text-account-leaves =
    Hello,

    You asked us to erase your Munjigi account. It will be erased on { $when }. You are logged out everywhere.

    To keep it, log in before that day and press “{ own-data-keep }”:

    { $login-link }

    If you did not ask for this, someone else knows your password: log in, keep the account, and choose a new password immediately.

email-subject-account-stays = Your account will be kept
email-text-account-stays =
    Hello,

    Your Munjigi account will not be erased: the erasure was cancelled after a log-in. Nothing was erased.

    If you did not cancel it, choose a new password immediately: use “Forgot your password?” on the log-in page.
