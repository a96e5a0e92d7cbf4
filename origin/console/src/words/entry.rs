//! The texts of the pages before log-in.

/// Fields that several forms share.
#[derive(Debug)]
pub struct Fields {
    /// Of a person.
    pub name: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    /// What makes a good one.
    pub password_hint: &'static str,
    /// The name is empty.
    pub name_missing: &'static str,
    /// The name contains characters that do not belong on one line.
    pub name_of_lines: &'static str,
    pub name_long: &'static str,
    /// The widget cannot be shown.
    pub edge_away: &'static str,
    /// Instead of the widget, if scripts are off.
    pub no_script: &'static str,
    /// The widget's token was refused.
    pub token_refused: &'static str,
}

/// `/sign-up`, and the page that says that an email is on its way.
#[derive(Debug)]
pub struct SignUp {
    /// Heading and button.
    pub title: &'static str,
    /// Before the link to log in.
    pub has_account: &'static str,
    /// Heading of the page after the form; `/recover` uses it too.
    pub look: &'static str,
    /// Before and after the address.
    pub sent: [&'static str; 2],
    /// Link to the emails of a development machine.
    pub mailbox: &'static str,
    /// If no email arrives.
    pub none_came: &'static str,
    pub again: &'static str,
}

/// `/confirm`.
#[derive(Debug)]
pub struct Confirm {
    pub title: &'static str,
    /// Before and after the address.
    pub lead: [&'static str; 2],
    /// Button.
    pub submit: &'static str,
    /// The password is not the one from sign-up.
    pub wrong: &'static str,
    /// Link to sign up again with another password.
    pub again: &'static str,
}

/// `/recover` and the pages behind it.
#[derive(Debug)]
pub struct Recover {
    pub title: &'static str,
    /// Button.
    pub submit: &'static str,
    /// Before and after the address.
    pub sent: [&'static str; 2],
    /// Heading of the form behind the email's link.
    pub choose: &'static str,
    /// Before and after the address.
    pub whose: [&'static str; 2],
    /// Label of the field.
    pub new_password: &'static str,
    /// Button.
    pub set: &'static str,
}

/// `/invitation`.
#[derive(Debug)]
pub struct Invitation {
    /// Title of the window.
    pub title: &'static str,
    /// Before and after the organisation.
    pub heading: [&'static str; 2],
    /// Before and after the role.
    pub role: [&'static str; 2],
    /// Button that accepts.
    pub join: &'static str,
    /// Before and after the address, if it already has an account.
    pub has_account: [&'static str; 2],
    /// Before and after the address that the invitation is for.
    pub another: [&'static str; 2],
    /// Before and after the address that the new account is for.
    pub sign_up: [&'static str; 2],
    /// Button that creates the account.
    pub make: &'static str,
    /// Owner, admin, analyst, read-only: name and meaning.
    pub roles: [[&'static str; 2]; 4],
}

/// `/log-in`.
#[derive(Debug)]
pub struct LogIn {
    /// Link to `/recover`.
    pub forgotten: &'static str,
    /// Before the link to sign up.
    pub no_account: &'static str,
    /// The address or the password is wrong.
    pub wrong: &'static str,
    /// Button.
    pub by_passkey: &'static str,
    /// Before the address and before the password of a demo account.
    pub demo_account: [&'static str; 2],
    /// The browser or the device failed.
    pub passkey_trouble: &'static str,
}

/// `/log-in/code`.
#[derive(Debug)]
pub struct Code {
    pub title: &'static str,
    /// Button.
    pub by_passkey: &'static str,
    /// Label of the field.
    pub digits: &'static str,
    /// Where to find codes.
    pub from_app: &'static str,
    /// Where to find codes without the app.
    pub from_paper: &'static str,
    /// The code is wrong, expired or used.
    pub wrong: &'static str,
    /// If scripts are off.
    pub no_script: &'static str,
}
