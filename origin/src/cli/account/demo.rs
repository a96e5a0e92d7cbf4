//! `munjigi account demo`.

use munjigi_app::settings::Console;
use munjigi_captcha::Sitekey;
use munjigi_domain::accounts::demo::{EMAIL, PASSWORD, Reach};
use munjigi_domain::accounts::{EmailAddress, Id, Password, Token};
use munjigi_domain::entropy::Entropy;
use munjigi_domain::site_change::ChangeRefused;
use munjigi_i18n::Locale;
use munjigi_keys::UnixMillis;
use munjigi_store::accounts::{self, JoinNew};
use munjigi_store::audit::Actor;
use munjigi_store::organisations::{self, FoundByInvitation, Join};
use munjigi_store::sites::{GiveRefused, GiveSite};
use munjigi_store::transact;
use serde::Serialize;
use sqlx::PgPool;

use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::ConsoleSource;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi account demo --site mj_… --site mj_…

Creates an account and an organisation that owns the sites. The log-in page
shows the account's address and password. This works only if
MUNJIGI_CONSOLE_URL is an address of this machine; under any other address the
account cannot log in. If the account exists, only the sites are given to it.")]
pub struct Arguments {
    /// A site for the account to own. Can be repeated.
    #[arg(long = "site", value_name = "SITEKEY", value_parser = parse_sitekey)]
    sites: Vec<Sitekey>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    email: &'static str,
    password: &'static str,
    organisation: String,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = ConsoleSource::read(&shell.environment)?;
    let pool = munjigi_store::pool(&source.database);
    let now = shell.clock.now();
    let (console, sites) = (&source.console, &arguments.sites);
    let report = carry_out(&pool, console, sites, &shell.entropy, now).await?;
    if arguments.json {
        return print_json(&report);
    }
    let Report { email, password, .. } = report;
    print(&format!("Address:  {email}\nPassword: {password}\n"))
}

async fn carry_out(
    pool: &PgPool,
    console: &Console,
    sites: &[Sitekey],
    entropy: &Entropy,
    now: UnixMillis,
) -> Result<Report, Fail> {
    if console.reach() != Reach::Local {
        let why =
            "its password is public, and MUNJIGI_CONSOLE_URL is not an address of this machine";
        return Err(Fail::new(Exit::Failed, "no demo account was created", why)
            .fix("munjigi account invite ADDRESS"));
    }
    let email: EmailAddress = EMAIL.parse().expect("an address of our own");
    let organisation = match accounts::by_email(pool, &email).await? {
        Some(account) => {
            let memberships = organisations::of_account(pool, &account.id).await?;
            memberships.into_iter().next().map(|membership| membership.organisation)
        }
        None => Some(make(pool, &email, entropy, now).await?),
    };
    let Some(organisation) = organisation else {
        let why = "the demo account no longer belongs to an organisation";
        return Err(Fail::new(Exit::Failed, "the sites were not assigned", why));
    };
    for sitekey in sites {
        let sitekey = sitekey.to_string();
        let (organisation, most) = (Some(&organisation), console.most_sites);
        let give = GiveSite { sitekey: &sitekey, organisation, most, now };
        match transact(pool, &give).await? {
            Ok(_) | Err(GiveRefused::Site(ChangeRefused::Unchanged)) => {}
            Err(refused) => {
                return Err(Fail::new(Exit::Site, format!("{sitekey} was not assigned"), refused));
            }
        }
    }
    Ok(Report { email: EMAIL, password: PASSWORD, organisation: organisation.to_string() })
}

/// By an invitation that is accepted at once.
async fn make(
    pool: &PgPool,
    email: &EmailAddress,
    entropy: &Entropy,
    now: UnixMillis,
) -> Result<Id, Fail> {
    let organisation = Id::draw(entropy);
    let link = Token::draw(entropy);
    let found = FoundByInvitation {
        organisation: &organisation,
        name: "Demo",
        id: &Id::draw(entropy),
        link: link.hash(),
        email,
        now,
    };
    transact(pool, &found).await?;
    let actor = Actor {
        account: Id::draw(entropy),
        email: email.to_string(),
        prefix: "127.0.0.0/24".to_owned(),
        request_id: String::new(),
    };
    let password = Password::new(PASSWORD.to_owned()).hash(&entropy.bytes());
    let join = JoinNew {
        join: Join { link: link.hash(), actor: &actor, now },
        name: "Demo",
        locale: Locale::EN,
        password: &password,
    };
    transact(pool, &join).await?;
    Ok(organisation)
}

fn parse_sitekey(text: &str) -> Result<Sitekey, String> {
    Sitekey::from_trusted(text).map_err(|_| "must be a sitekey such as mj_…".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use munjigi_rig::{self as rig, Rig, Tab};

    #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
    async fn a_demo_account_works_only_on_loopback(pool: PgPool) {
        let rig = Rig::new(pool, crate::http::router).await;
        let site = Sitekey::from_trusted(&rig.create_site().await.sitekey).unwrap();
        let entropy = Entropy::from_seed(3);
        let (open, local) = ("https://console.example", "http://localhost:8080");
        let make = async |url: &str| {
            let console = Console { url: url.parse().unwrap(), ..rig::console() };
            carry_out(&rig.pool, &console, &[site], &entropy, rig.now()).await
        };
        let refused = make(open).await.unwrap_err().to_string();
        assert!(refused.contains("not an address of this machine"), "{refused}");
        assert_eq!(rig.number("SELECT count(*) FROM accounts").await, 0);
        let organisation = make(local).await.unwrap().organisation;
        assert_eq!(make(local).await.unwrap().organisation, organisation);
        assert_eq!(rig.number("SELECT count(*) FROM accounts").await, 1);
        assert_eq!(
            rig.number("SELECT count(*) FROM sites WHERE organisation IS NOT NULL").await,
            1
        );
        // The rig's console is reachable by others.
        let mut tab = Tab::new(&rig);
        tab.open("/log-in").await;
        assert!(!tab.page.contains(EMAIL), "{}", tab.page);
        tab.send("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        tab.open("/console").await;
        assert!(tab.path.starts_with("/log-in"), "{}", tab.path);
    }
}
