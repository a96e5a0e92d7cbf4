# The pages before log-in.

field-name = Name
field-email = Email address
field-password = Password
field-password-hint = At least 10 characters. A few unrelated words make a good password.
field-name-missing = Enter a name.
field-name-lines = The name must be a single line of text.
field-name-long = The name must be at most 100 characters long.
widget-edge-away = Bot protection is unavailable. You can still log in, with fewer attempts.
widget-no-script = You can continue without JavaScript, with fewer attempts.
widget-token-refused = The human check has expired or was already used. Please submit the form again.

sign-up-title = Sign up
sign-up-has-account = Already have an account?
sign-up-check-email = Check your email
sign-up-sent-html = We sent an email to <b>{ $email }</b>. To confirm the address, follow the link in the email within two days.
sign-up-mailbox = Emails on this development machine
sign-up-none-came = No email after a few minutes? Check your spam folder.
sign-up-again = Sign up again

confirm-title = Confirm your address
confirm-submit = Confirm and log in
confirm-wrong = This is not the password that you chose when you signed up.
confirm-again = Sign up again to choose another password
confirm-lead-html = Enter the password that you chose for <b>{ $email }</b>.

recover-title = Forgot your password
recover-submit = Send me a link
recover-choose = Choose a new password
recover-new-password = New password
recover-set = Set password and log in
recover-sent-html = If there is an account for <b>{ $email }</b>, we sent an email to it. The link in the email works for one hour.
recover-account-html = For <b>{ $email }</b>. You will be logged out everywhere, and the API keys that you created will be revoked. Programs that use them will stop working.

invitation-title = Invitation
invitation-join = Join
invitation-create = Create account and join
invitation-heading = Join { $organisation }
invitation-role-html = Your role will be <b>{ $role }</b>.
invitation-has-account-html = You already have an account for <b>{ $email }</b>. Log in to it, then follow the link in the email again.
invitation-another-html = This invitation is for <b>{ $email }</b>, but you are logged in with a different address. Log out, then follow the link in the email again.
invitation-sign-up-html = Create an account for <b>{ $email }</b>.

log-in-forgotten = Forgot your password?
log-in-no-account = Don't have an account?
log-in-wrong = Incorrect email address or password.
log-in-passkey = Log in with a passkey
log-in-passkey-error = That did not work: your browser or device cancelled it, or it took too long. Nothing was changed. Try again, or log in another way.
log-in-demo-html = This machine has a demo account: <code>{ $email }</code>, password <code>{ $password }</code>

code-title = Second factor
code-passkey = Use a passkey
code-field = Code
code-from-app = Enter the six digits from your authenticator app, or a recovery code.
code-from-paper = Enter a recovery code. Each code works once.
code-wrong = This code is incorrect or was already used. Wait for the next one.
code-no-script = Passkeys require JavaScript.
