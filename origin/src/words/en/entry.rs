//! English: the pages before log-in.

use crate::accounts::Role;
use crate::words::{Code, Confirm, Fields, Invitation, LogIn, Recover, SignUp};

pub const FIELDS: Fields = Fields {
    name: "Name",
    email: "E-mail address",
    password: "Password",
    password_hint: "At least 10 characters. A few unrelated words make a good one.",
    name_missing: "Give a name.",
    name_of_lines: "A name is one line of text.",
    name_long: "A name has at most 100 characters.",
    edge_away: "What tells people from programs cannot be reached at the moment. You get in without it; until it is back, fewer tries are taken.",
    no_script: "Without JavaScript you get in as well; fewer tries are taken.",
    token_refused: "The check whether you are a person is too old or was used before. It is done anew below: send the form once more.",
};

pub const SIGN_UP: SignUp = SignUp {
    title: "Sign up",
    has_account: "Have an account?",
    look: "Look into your mailbox",
    sent: [
        "A letter is on its way to ",
        ". Follow the link in it within two days to confirm the address.",
    ],
    mailbox: "The letters of this development machine",
    none_came: "None there after a few minutes? Look among the unwanted ones.",
    again: "Sign up once more",
};

pub const CONFIRM: Confirm = Confirm {
    title: "Confirm your address",
    lead: ["Give the password that you chose for ", ", and you are in."],
    submit: "Confirm and log in",
    wrong: "That is not the password you chose when you signed up.",
    again: "Sign up once more to choose another",
};

pub const RECOVER: Recover = Recover {
    title: "Forgotten password",
    submit: "Send me a link",
    sent: [
        "If there is an account for ",
        ", a letter is on its way to it. Its link works for an hour.",
    ],
    choose: "Choose a new password",
    whose: [
        "For ",
        ". You will be logged out everywhere, and API keys that you made will be revoked: programs that use them stop working.",
    ],
    new_password: "New password",
    set: "Set the password and log in",
};

pub const INVITATION: Invitation = Invitation {
    title: "You are invited",
    heading: ["Join ", ""],
    role: ["You are invited as ", "."],
    join: "Join",
    has_account: [
        "There is an account for ",
        ". Log in with it, then follow the link in the letter once more.",
    ],
    another: [
        "The invitation is for ",
        ", and you are logged in with another address. Log out, then follow the link in the letter once more.",
    ],
    sign_up: ["Make an account for ", "."],
    make: "Make the account and join",
    roles: [
        [Role::Owner.as_str(), Role::Owner.meaning()],
        [Role::Admin.as_str(), Role::Admin.meaning()],
        [Role::Analyst.as_str(), Role::Analyst.meaning()],
        [Role::ReadOnly.as_str(), Role::ReadOnly.meaning()],
    ],
};

pub const LOG_IN: LogIn = LogIn {
    forgotten: "Forgotten your password?",
    no_account: "No account yet?",
    wrong: "Address or password is wrong.",
    by_passkey: "Log in with a passkey",
    demo_account: ["On this machine there is a demo account: ", ", password "],
    passkey_trouble: "That did not work: your browser or device stopped, or it took too long. Nothing was changed. Try once more, or go on another way.",
};

pub const CODE: Code = Code {
    title: "Second factor",
    by_passkey: "Use a passkey",
    digits: "Code",
    from_app: "Six digits from your authenticator app, or one of your recovery codes.",
    from_paper: "One of your recovery codes. Each is good once.",
    wrong: "That code is wrong, or was used before. Wait for the next one.",
    no_script: "Passkeys need JavaScript in this browser.",
};
