//! `munjigi account invite`.

use munjigi_keys::UnixMillis;

use crate::accounts::{EmailAddress, Id, Token, session};
use crate::cli::{Exit, Fail, Shell, print};
use crate::config::ConsoleSource;
use crate::store::organisations::FoundByInvitation;
use crate::store::{self, transact};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi account invite kim@shop.example
  munjigi account invite kim@shop.example --organisation 'Paper & Ink'

Makes an organisation and a link with which the address becomes its owner. The
link is printed and not sent: whoever has it makes the account. It works once,
for seven days.
Undo: let the link grow old; an organisation without members owns nothing.")]
pub struct Arguments {
    /// Who shall have an account.
    #[arg(value_parser = parse_email)]
    email: EmailAddress,
    /// What their organisation is called; else as what stands before the @.
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = ConsoleSource::read(&shell.environment)?;
    let email = &arguments.email;
    let name = arguments.organisation.as_deref().unwrap_or(email.local_part()).trim();
    if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let why = "it must have 1 to 100 characters, all of which can be seen";
        return Err(Fail::new(Exit::Failed, "nobody was invited: the organisation's name", why));
    }
    let now = shell.clock.now();
    let link = Token::draw(&shell.entropy);
    let unit = FoundByInvitation {
        organisation: &Id::draw(&shell.entropy),
        name,
        id: &Id::draw(&shell.entropy),
        link: link.hash(),
        email,
        expires: UnixMillis(now.0 + session::INVITATION_MILLIS),
        now,
    };
    transact(&store::pool(&source.database), &unit).await?;
    let place = source.console.link("/invitation", &link);
    print(&format!(
        "\
Made the organisation {name:?}. With this link {email} becomes its owner:

  {place}

It works once, for seven days, and lets in whoever has it: send it to nobody
else.
"
    ))
}

fn parse_email(text: &str) -> Result<EmailAddress, String> {
    text.parse().map_err(|error: crate::accounts::email::EmailError| error.to_string())
}
