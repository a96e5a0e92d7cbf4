//! English: the pages before log-in.

use munjigi_domain::accounts::Role;

use crate::words::{Code, Confirm, Fields, Invitation, LogIn, Recover, SignUp};

pub const FIELDS: Fields = Fields {
    name: "Name",
    email: "Email address",
    password: "Password",
    password_hint: "At least 10 characters. A few unrelated words make a good password.",
    name_missing: "Enter a name.",
    name_of_lines: "The name must be a single line of text.",
    name_long: "The name must be at most 100 characters long.",
    edge_away: "Bot protection is unavailable. You can still log in, with fewer attempts.",
    no_script: "You can continue without JavaScript, with fewer attempts.",
    token_refused: "The human check has expired or was already used. Please submit the form again.",
};

pub const SIGN_UP: SignUp = SignUp {
    title: "Sign up",
    has_account: "Already have an account?",
    look: "Check your email",
    sent: [
        "We sent an email to ",
        ". To confirm the address, follow the link in the email within two days.",
    ],
    mailbox: "Emails on this development machine",
    none_came: "No email after a few minutes? Check your spam folder.",
    again: "Sign up again",
};

pub const CONFIRM: Confirm = Confirm {
    title: "Confirm your address",
    lead: ["Enter the password that you chose for ", "."],
    submit: "Confirm and log in",
    wrong: "This is not the password that you chose when you signed up.",
    again: "Sign up again to choose another password",
};

pub const RECOVER: Recover = Recover {
    title: "Forgot your password",
    submit: "Send me a link",
    sent: [
        "If there is an account for ",
        ", we sent an email to it. The link in the email works for one hour.",
    ],
    choose: "Choose a new password",
    whose: [
        "For ",
        ". You will be logged out everywhere, and the API keys that you created will be revoked. Programs that use them will stop working.",
    ],
    new_password: "New password",
    set: "Set password and log in",
};

pub const INVITATION: Invitation = Invitation {
    title: "Invitation",
    heading: ["Join ", ""],
    role: ["Your role will be ", "."],
    join: "Join",
    has_account: [
        "You already have an account for ",
        ". Log in to it, then follow the link in the email again.",
    ],
    another: [
        "This invitation is for ",
        ", but you are logged in with a different address. Log out, then follow the link in the email again.",
    ],
    sign_up: ["Create an account for ", "."],
    make: "Create account and join",
    roles: [
        [Role::Owner.as_str(), Role::Owner.meaning()],
        [Role::Admin.as_str(), Role::Admin.meaning()],
        [Role::Analyst.as_str(), Role::Analyst.meaning()],
        [Role::ReadOnly.as_str(), Role::ReadOnly.meaning()],
    ],
};

pub const LOG_IN: LogIn = LogIn {
    forgotten: "Forgot your password?",
    no_account: "Don't have an account?",
    wrong: "Incorrect email address or password.",
    by_passkey: "Log in with a passkey",
    demo_account: ["This machine has a demo account: ", ", password "],
    passkey_trouble: "That did not work: your browser or device cancelled it, or it took too long. Nothing was changed. Try again, or log in another way.",
};

pub const CODE: Code = Code {
    title: "Second factor",
    by_passkey: "Use a passkey",
    digits: "Code",
    from_app: "Enter the six digits from your authenticator app, or a recovery code.",
    from_paper: "Enter a recovery code. Each code works once.",
    wrong: "This code is incorrect or was already used. Wait for the next one.",
    no_script: "Passkeys require JavaScript.",
};
