# The frame of every page, /status, /docs, and what several pages share.

# The language's own name for itself.
language-name = English
brand = Munjigi

frame-skip = Skip to content
frame-account = Account
frame-log-in = Log in
frame-sign-up = Sign up
frame-log-out = Log out
frame-console = Console
frame-about = About this service
frame-documentation = Documentation
frame-status = Status
frame-data = Data we keep
frame-mail-away = Email is currently unavailable. Messages are queued and will be sent as soon as possible.
frame-edge-away = The edge is not responding. Your changes are saved and will reach it as soon as it is back.
frame-cache-away = The cache is not responding. Everything works, but a session that you end may stay active for up to 30 seconds.

status-title = Status
status-all-ok = All systems operational.
status-all-degraded = Visitors are served. A background component is degraded.
status-all-starting = This server has just started. Its status is not known yet.
status-all-down = Visitors are not being served.
status-component = Component
status-state = Status
status-since = Since
status-ok = Operational
status-degraded = Degraded
status-starting = Unknown
status-down = Down
status-part-postgres = Database
status-purpose-postgres = Accounts, settings and statistics. Visitors do not depend on it.
status-part-edge = Edge
status-purpose-edge = The widget and siteverify.
status-part-mail = Email
status-purpose-mail = Confirms addresses and sends alerts. Messages are queued while it is down.
status-part-cache = Cache
status-purpose-cache = Speeds up the console. The database takes over while it is down.
status-part-gpu-backend = Pictures
status-purpose-gpu-backend = Draws new pictures. Existing pictures are still shown.
status-checked-html = Checked at <time datetime="{ $iso }">{ $at }</time>. The server that answers checks every ten seconds. “Since” goes back to that server's start at most.
status-json = View as JSON

docs-title = Documentation
docs-lead = For the version that runs here, { $version }.
# For readers of another language than the documents'; empty in English.
docs-language = { "" }
docs-contents = On this page

role-owner = owner
role-admin = admin
role-analyst = analyst
role-read-only = read-only
role-meaning-owner = Full access, including the organisation and its owners.
role-meaning-admin = Manages sites, secrets and members, except owners.
role-meaning-analyst = Reads and exports everything, and changes rules and lists.
role-meaning-read-only = Reads sites and their statistics.

email-empty = Enter an email address.
email-too-long = The email address must be at most 254 characters long.
email-not-ascii = The email address must consist of Latin letters, digits and symbols.
email-form = Enter a valid email address, such as name@shop.example.

password-too-short = The password must be at least { $fewest } characters long.
password-too-long = The password must be at most { $most } bytes long.
password-weak =
    This password is easy to guess{ $why ->
        [keyboard-row] : straight rows of keys are easy to guess
        [keyboard-pattern] : short keyboard patterns are easy to guess
        [repeated-letter] : repeats like "aaa" are easy to guess
        [repeated-word] : repeats like "abcabcabc" are only slightly harder to guess than "abc"
        [top-10] : this is a top-10 common password
        [top-100] : this is a top-100 common password
        [common] : this is a very common password
        [similar] : this is similar to a commonly used password
        [sequence] : sequences like abc or 6543 are easy to guess
        [year] : recent years are easy to guess
        [word] : a word by itself is easy to guess
        [date] : dates are often easy to guess
        [name] : names and surnames by themselves are easy to guess
        [common-name] : common names and surnames are easy to guess
       *[unknown] { "" }
    }. A few unrelated words make a good password.

passkey-unusable = Your browser's response could not be used. Reload the page and try again.
passkey-over = This took too long or was already completed. Try again.
passkey-not-verified = Your device must verify you by fingerprint, face or PIN. Set that up and try again.
passkey-unknown = This account does not have this passkey.
passkey-copied = This passkey may have been copied and is no longer accepted. Log in another way and remove it.
passkey-full = This device already has a passkey for this account, or the account has the maximum of 20 passkeys.

# Pages that say why something cannot be done, by its code.
error-details-html = Code <code>{ $code }</code>, request <code>{ $request }</code>.
error-home = Home
error-not-found-title = Page not found
error-not-found = The address may be wrong, the page may have been removed, or it may belong to an organisation that you are not a member of.
error-forbidden-title = Your role does not allow this
error-forbidden =
    You are { $role ->
        [owner] an owner
        [admin] an admin
        [analyst] an analyst
       *[read-only] a read-only member
    } here, and this requires a different role. An owner or admin of the organisation can change your role.
error-logged-out-title = You are logged out
error-logged-out = Nothing was changed. Log in and submit the form again.
error-foreign-form-title = This form was not accepted
error-foreign-form = Nothing was changed. Protection against CSRF refused the form: you logged in or out after you opened it, cookies are off, or another site sent it. Go back, reload the page and submit it again.
error-link-gone-title = This link no longer works
error-link-gone = It was already used or has expired. If you have confirmed your address, log in. Otherwise, sign up again.
error-sign-up-closed-title = Sign-up is closed
error-sign-up-closed = Accounts are created by invitation only. Ask the operator of this service.
error-too-many-sites-title = Site limit reached
error-too-many-sites = Nothing was changed. Your organisation has reached the limit of { $most } sites. Delete a site that you no longer use, or ask the operator of this service.
error-payload-too-large-title = The form is too large
error-payload-too-large = Nothing was changed. A form can have at most 256 KiB.
error-malformed-request-title = The form could not be read
error-malformed-request = Nothing was changed. Go back, reload the page and submit the form again.
error-unavailable-title = The database is unavailable
error-unavailable = Nothing was changed. Your sites keep working: visitors and siteverify do not depend on this server. Try again in a moment.
error-rate-limited-title = Too many attempts
error-rate-limited =
    { $minutes ->
        [one] Too many attempts. Try again in a minute.
       *[other] Too many attempts. Try again in { $minutes } minutes.
    }
