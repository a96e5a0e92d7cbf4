//! `munjigi site give`.

use munjigi_captcha::Sitekey;
use munjigi_domain::accounts::{Id, MostSites};
use munjigi_keys::UnixMillis;
use munjigi_store::sites::{GiveRefused, GiveSite, Given};
use munjigi_store::transact;
use serde::Serialize;
use sqlx::PgPool;

use super::{parse_sitekey, refused};
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::OwnedSitesSource;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi site give mj_… 0123456789abcdef
  munjigi site give mj_… --to-operators

The members of an organisation see its sites in the console and can change them
as their roles allow. The organisation's id is in the URL of its pages:
/console/ID. Only operators see a site without an organisation. Visitors are not
affected. The command prints how to undo the change.")]
pub struct Arguments {
    /// Sitekey of the site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// Id of the organisation.
    #[arg(required_unless_present = "to_operators", conflicts_with = "to_operators", value_parser = parse_id)]
    organisation: Option<Id>,
    /// Remove the site from its organisation; operators keep it.
    #[arg(long)]
    to_operators: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    sitekey: String,
    before: Option<String>,
    organisation: Option<String>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = OwnedSitesSource::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let now = shell.clock.now();
    let (report, text) = carry_out(&pool, arguments, config.most_sites, now).await?;
    if arguments.json { print_json(&report) } else { print(&text) }
}

async fn carry_out(
    pool: &PgPool,
    arguments: &Arguments,
    most: MostSites,
    now: UnixMillis,
) -> Result<(Report, String), Fail> {
    let sitekey = arguments.sitekey.to_string();
    let organisation = arguments.organisation.as_ref();
    let unit = GiveSite { sitekey: &sitekey, organisation, most, now };
    let Given { before, name } = transact(pool, &unit).await?.map_err(|refusal| match refusal {
        GiveRefused::Site(refusal) => refused(arguments.sitekey, refusal),
        GiveRefused::OwnLists => {
            let fix = "remove those rules, or make them name published lists";
            Fail::new(Exit::Site, format!("{sitekey} was not reassigned"), refusal).fix(fix)
        }
        GiveRefused::UnknownOrganisation => {
            let fix = "the id is in the URL of the organisation's pages: /console/ID";
            Fail::new(Exit::Site, format!("{sitekey} was not reassigned"), refusal).fix(fix)
        }
    })?;
    let whose = match &name {
        Some(name) => format!("Assigned {sitekey} to the organisation {name:?}"),
        None => format!("Removed {sitekey} from its organisation"),
    };
    let undo = before.as_deref().unwrap_or("--to-operators");
    let text = format!("{whose}.\nUndo: munjigi site give {sitekey} {undo}\n");
    let organisation = organisation.map(ToString::to_string);
    Ok((Report { sitekey, before, organisation }, text))
}

pub fn parse_id(text: &str) -> Result<Id, String> {
    text.parse().map_err(|_| "the id of an organisation has 16 letters and digits".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use munjigi_rig::Rig;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    async fn give(rig: &Rig, words: &[&str]) -> Result<(Report, String), Fail> {
        let line = Line::try_parse_from(["give"].iter().chain(words)).unwrap();
        carry_out(&rig.pool, &line.arguments, MostSites(2), rig.now()).await
    }

    async fn recorded(rig: &Rig, organisation: &Id) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT actor || ' ' || action || ' ' || coalesce(before ->> 'organisation', 'none')
                || ' > ' || coalesce(after ->> 'organisation', 'none')
            FROM audit WHERE organisation = $1 ORDER BY id",
        )
        .bind(organisation.as_str())
        .fetch_all(&rig.pool)
        .await
        .unwrap()
    }

    #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
    async fn both_organisations_read_that_a_site_was_given(pool: PgPool) {
        let rig = Rig::new(pool, crate::http::router).await;
        let (kim, lee) = (rig.someone("Kim").await, rig.someone("Lee").await);
        let site = rig.create_site().await.sitekey;
        let (of_kim, of_lee) = (kim.organisation.as_str(), lee.organisation.as_str());
        let (_, text) = give(&rig, &[&site, of_kim]).await.unwrap();
        assert!(text.contains("\"Kim's\"") && text.contains("--to-operators"), "{text}");
        let mut tab = rig.tab_of(&kim.account).await;
        tab.open(&format!("/console/{of_kim}/sites/{site}")).await;
        assert_eq!(tab.status, 200);
        let (_, text) = give(&rig, &[&site, of_lee]).await.unwrap();
        assert!(text.contains(&format!("site give {site} {of_kim}")), "{text}");
        tab.open(&format!("/console/{of_kim}/sites/{site}")).await;
        assert_eq!(tab.status, 404);
        give(&rig, &[&site, "--to-operators"]).await.unwrap();
        let kims = [format!("none > {of_kim}"), format!("{of_kim} > {of_lee}")];
        let lees = [format!("{of_kim} > {of_lee}"), format!("{of_lee} > none")];
        let said = |lines: [String; 2]| lines.map(|line| format!("command site.give {line}"));
        assert_eq!(recorded(&rig, &kim.organisation).await, said(kims));
        assert_eq!(recorded(&rig, &lee.organisation).await, said(lees));
    }

    #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
    async fn an_organisation_that_is_full_is_given_no_more(pool: PgPool) {
        let rig = Rig::new(pool, crate::http::router).await;
        let kim = rig.someone("Kim").await;
        let of_kim = kim.organisation.as_str();
        for _ in 0..2 {
            let site = rig.create_site().await.sitekey;
            give(&rig, &[&site, of_kim]).await.unwrap();
        }
        let third = rig.create_site().await.sitekey;
        let full = give(&rig, &[&third, of_kim]).await.unwrap_err();
        assert_eq!(full.exit, Exit::Site);
        assert!(full.to_string().contains("MUNJIGI_SITES_PER_ORGANISATION"), "{full}");
    }

    #[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
    async fn giving_a_site_explains_its_refusals(pool: PgPool) {
        let rig = Rig::new(pool, crate::http::router).await;
        let kim = rig.someone("Kim").await;
        let site = rig.create_site().await.sitekey;
        let of_kim = kim.organisation.as_str();
        let missing = give(&rig, &[&site, "0000000000000000"]).await.unwrap_err();
        assert!(missing.to_string().contains("no organisation has this id"), "{missing}");
        let so_already = give(&rig, &[&site, "--to-operators"]).await.unwrap_err();
        assert!(so_already.to_string().contains("there is nothing to change"), "{so_already}");
        rig.change(&site, munjigi_domain::site_change::Change::Delete).await.unwrap();
        let deleted = give(&rig, &[&site, of_kim]).await.unwrap_err();
        assert!(deleted.to_string().contains("site restore"), "{deleted}");
        assert_eq!(rig.number("SELECT count(*) FROM audit WHERE action = 'site.give'").await, 0);
        assert!(Line::try_parse_from(["give", &site]).is_err());
        assert!(Line::try_parse_from(["give", &site, "Kim's"]).is_err());
    }
}
