//! `munjigi account invite`.

use munjigi_domain::accounts::{EmailAddress, Id, Token};
use munjigi_store::organisations::FoundByInvitation;
use munjigi_store::transact;

use crate::cli::{Exit, Fail, Shell, print};
use crate::config::ConsoleSource;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi account invite kim@shop.example
  munjigi account invite kim@shop.example --organisation 'Paper & Ink'

Creates an organisation and a link that makes the address its owner. The link
is printed, not sent: anyone who has it can create the account. It works once,
for seven days.
Undo: let the link expire; an organisation without members owns nothing.")]
pub struct Arguments {
    /// Email address of the new owner.
    #[arg(value_parser = parse_email)]
    email: EmailAddress,
    /// Name of the organisation [default: the part of the address before the @].
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = ConsoleSource::read(&shell.environment)?;
    let email = &arguments.email;
    let name = arguments.organisation.as_deref().unwrap_or(email.local_part()).trim();
    if !(1..=100).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let why = "it must have 1 to 100 visible characters";
        return Err(Fail::new(
            Exit::Failed,
            "no one was invited: the name of the organisation is invalid",
            why,
        ));
    }
    let now = shell.clock.now();
    let link = Token::draw(&shell.entropy);
    let unit = FoundByInvitation {
        organisation: &Id::draw(&shell.entropy),
        name,
        id: &Id::draw(&shell.entropy),
        link: link.hash(),
        email,
        now,
    };
    transact(&munjigi_store::pool(&source.database), &unit).await?;
    let place = source.console.link("/invitation", &link);
    print(&format!(
        "\
Created the organisation {name:?}. This link makes {email} its owner:

  {place}

It works once, for seven days, for anyone who has it: send it to no one else.
"
    ))
}

fn parse_email(text: &str) -> Result<EmailAddress, String> {
    text.parse().map_err(|error: munjigi_domain::accounts::email::EmailError| error.to_string())
}
