//! The texts of the pages before log-in.

/// Fields that several forms have.
#[derive(Debug)]
pub struct Fields {
    /// Of a person.
    pub name: &'static str,
    /// Where letters go.
    pub email: &'static str,
    /// Of an account.
    pub password: &'static str,
    /// What makes a good one.
    pub password_hint: &'static str,
    /// Nothing was written for a name.
    pub name_missing: &'static str,
    /// A name holds what stands in no line.
    pub name_of_lines: &'static str,
    /// A name is too long.
    pub name_long: &'static str,
    /// The widget cannot be shown.
    pub edge_away: &'static str,
    /// Instead of the widget, where scripts are off.
    pub no_script: &'static str,
    /// The widget's token was worth nothing.
    pub token_refused: &'static str,
}

/// `/sign-up`, and the page that says that a letter is on its way.
#[derive(Debug)]
pub struct SignUp {
    /// Its heading, and what sends it.
    pub title: &'static str,
    /// Before the way to log in.
    pub has_account: &'static str,
    /// Above what comes next, of other pages too.
    pub look: &'static str,
    /// Before and after the address.
    pub sent: [&'static str; 2],
    /// Link to the letters of a development machine.
    pub mailbox: &'static str,
    /// Where there is no letter.
    pub none_came: &'static str,
    /// Link to sign up again.
    pub again: &'static str,
}

/// `/confirm`.
#[derive(Debug)]
pub struct Confirm {
    /// Its heading.
    pub title: &'static str,
    /// Before and after the address.
    pub lead: [&'static str; 2],
    /// Sends it.
    pub submit: &'static str,
    /// Another password than that of the sign-up.
    pub wrong: &'static str,
    /// Link to choose another.
    pub again: &'static str,
}

/// `/recover` and the pages behind it.
#[derive(Debug)]
pub struct Recover {
    /// Its heading.
    pub title: &'static str,
    /// Sends it.
    pub submit: &'static str,
    /// Before and after the address.
    pub sent: [&'static str; 2],
    /// Above the form behind the letter's link.
    pub choose: &'static str,
    /// Before and after the address.
    pub whose: [&'static str; 2],
    /// The field.
    pub new_password: &'static str,
    /// Sends it.
    pub set: &'static str,
}

/// `/invitation`.
#[derive(Debug)]
pub struct Invitation {
    /// Of the window.
    pub title: &'static str,
    /// Before and after the organisation.
    pub heading: [&'static str; 2],
    /// Before and after the role.
    pub role: [&'static str; 2],
    /// Says yes.
    pub join: &'static str,
    /// Before and after the address that has an account.
    pub has_account: [&'static str; 2],
    /// Before and after the address that the invitation is for.
    pub another: [&'static str; 2],
    /// Before and after the address that an account is made for.
    pub sign_up: [&'static str; 2],
    /// Makes it.
    pub make: &'static str,
    /// Owner, admin, analyst, read-only: name and meaning.
    pub roles: [[&'static str; 2]; 4],
}

/// `/log-in`.
#[derive(Debug)]
pub struct LogIn {
    /// Link for who has forgotten.
    pub forgotten: &'static str,
    /// Before the way to sign up.
    pub no_account: &'static str,
    /// Address or password.
    pub wrong: &'static str,
    /// Uses a passkey instead.
    pub by_passkey: &'static str,
    /// Before the address and before the password of a demo account.
    pub demo_account: [&'static str; 2],
    /// The browser or the device did not.
    pub passkey_trouble: &'static str,
}

/// `/log-in/code`.
#[derive(Debug)]
pub struct Code {
    /// Its heading.
    pub title: &'static str,
    /// Uses a passkey instead.
    pub by_passkey: &'static str,
    /// The field.
    pub digits: &'static str,
    /// Where codes come from.
    pub from_app: &'static str,
    /// Where codes come from without an app.
    pub from_paper: &'static str,
    /// Not a code, or not any more.
    pub wrong: &'static str,
    /// Where scripts are off.
    pub no_script: &'static str,
}
