//! `munjigi site import`.

mod report;

use std::io;
use std::path::{Path, PathBuf};

use clap::ArgGroup;
use data_encoding::BASE64URL_NOPAD;
use munjigi_captcha::siteverify::TestSecret;
use munjigi_captcha::{Hostname, KeyCheck, Secret, Sitekey, TestSitekey, Vendor};
use munjigi_domain::entropy::Entropy;
use munjigi_domain::site_change::ChangeRefused;
use munjigi_keys::UnixMillis;
use munjigi_store::sites::{self, AskImport, ImportRefused, MakeLive, RemoveImport};
use munjigi_store::transact;
use munjigi_store::vendor_keys::{Import, of_site};
use report::Report;
use sqlx::PgPool;
use zeroize::Zeroizing;

use super::options::read_file;
use super::{parse_sitekey, parse_vendor, refused};
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::SiteConfigSource;
use crate::vendor_keys::{ProofError, prove};

#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("what").required(true).args(["key", "prove", "list", "remove"]),
    after_help = "\
Example, in three steps:
  munjigi site import mj_… --vendor turnstile --sitekey 0x4AAA… \\
      --host shop.example --secret-file secret.txt
  (publish what it prints, at the address that it prints)
  munjigi site import mj_… --prove

The page then keeps the vendor's sitekey, and the back end keeps the vendor's
secret. Only the SHA-256 of the secret is stored. A key stands for the site on
its host and all subdomains that the site allows.

Undo: munjigi site import mj_… --remove 0x4AAA… --host shop.example"
)]
pub struct Arguments {
    /// Sitekey of the site.
    #[arg(value_name = "SITEKEY", value_parser = parse_sitekey)]
    site: Sitekey,
    /// Vendor of the keys: recaptcha, hcaptcha or turnstile.
    #[arg(long, value_name = "VENDOR", value_parser = parse_vendor, conflicts_with_all = ["prove", "list", "remove"])]
    vendor: Option<Vendor>,
    /// The page's sitekey from the vendor.
    #[arg(long = "sitekey", value_name = "KEY", requires_all = ["vendor", "host", "secret_file"])]
    key: Option<String>,
    /// Host of the key. The site must allow it.
    #[arg(long, value_name = "HOST", value_parser = parse_host, conflicts_with_all = ["prove", "list"])]
    host: Option<Hostname>,
    /// A file with the vendor's secret, or - for stdin. This keeps the secret
    /// out of the shell history.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prove", "list", "remove"])]
    secret_file: Option<PathBuf>,
    /// Check whether each host publishes its token, and activate those that
    /// do.
    #[arg(long)]
    prove: bool,
    /// Port on which localhost publishes its token, for development.
    #[arg(long, conflicts_with_all = ["key", "list", "remove"])]
    port: Option<u16>,
    /// List the site's imports.
    #[arg(long)]
    list: bool,
    /// Remove an import: the key is refused again, and so is its secret unless
    /// another import uses it.
    #[arg(long, value_name = "KEY", requires = "host")]
    remove: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = SiteConfigSource::read(&shell.environment)?;
    let importer = Importer {
        pool: munjigi_store::pool(&source.database),
        check: source.check,
        entropy: shell.entropy.clone(),
        now: shell.clock.now(),
    };
    let report = importer.carry_out(arguments, read_file).await?;
    if arguments.json {
        print_json(&report.views())?;
    } else {
        print(&report.people())?;
    }
    report.fail().map_or(Ok(()), Err)
}

/// What importing works with.
struct Importer {
    pool: PgPool,
    check: KeyCheck,
    entropy: Entropy,
    now: UnixMillis,
}

impl Importer {
    async fn carry_out(
        &self,
        arguments: &Arguments,
        read: impl Fn(&Path) -> io::Result<String>,
    ) -> Result<Report, Fail> {
        let site = arguments.site;
        let sitekey = site.to_string();
        if let (Some(vendor), Some(key), Some(host), Some(file)) =
            (arguments.vendor, &arguments.key, &arguments.host, &arguments.secret_file)
        {
            let secret = read(file).map(Zeroizing::new).map_err(|error| {
                let fix = "choose a readable file, or - for stdin";
                Fail::new(Exit::Failed, "cannot read the secret", error).fix(fix)
            })?;
            let secret = self.checked(vendor, key, secret.trim()).map_err(|mistake| {
                Fail::new(Exit::Site, "nothing was imported", mistake).fix(mistake.fix(vendor))
            })?;
            let token = BASE64URL_NOPAD.encode(&self.entropy.bytes::<24>());
            let unit = AskImport {
                sitekey: &sitekey,
                vendor,
                key,
                host,
                secret: &secret.hash(),
                token: &token,
                now: self.now,
            };
            let asked = transact(&self.pool, &unit).await?;
            return asked.map(|import| Report::Asked(site, import)).map_err(|why| told(site, why));
        }
        if let (Some(key), Some(host)) = (&arguments.remove, &arguments.host) {
            let unit = RemoveImport { sitekey: &sitekey, key, host: host.as_str(), now: self.now };
            let removed = transact(&self.pool, &unit).await?;
            return removed
                .map(|import| Report::Removed(site, import))
                .map_err(|why| told(site, why));
        }
        let known = sites::find(&self.pool, &sitekey).await?;
        let Some(record) = known else { return Err(told(site, ChangeRefused::Unknown.into())) };
        let imports = of_site(&self.pool, &sitekey).await?;
        if arguments.list {
            return Ok(Report::Listed(site, imports));
        }
        if record.deleted_at.is_some() {
            return Err(told(site, ChangeRefused::Deleted.into()));
        }
        let allows_loopback = record.config.allow_loopback;
        let mut proven = Vec::new();
        for import in imports.into_iter().filter(|import| import.live_at.is_none()) {
            let outcome = self.prove(&sitekey, &import, allows_loopback, arguments.port).await?;
            proven.push((import, outcome));
        }
        Ok(Report::Proven(site, proven))
    }

    async fn prove(
        &self,
        sitekey: &str,
        import: &Import,
        allows_loopback: bool,
        port: Option<u16>,
    ) -> Result<Result<(), NotLive>, Fail> {
        let Some(host) = Hostname::parse(&import.host).ok() else {
            return Ok(Err(ImportRefused::Host.into()));
        };
        if host.is_loopback() && !allows_loopback {
            return Ok(Err(ImportRefused::Host.into()));
        }
        if let Err(error) = prove(&host, port, &import.token).await {
            return Ok(Err(error.into()));
        }
        let made = transact(&self.pool, &MakeLive { sitekey, import, now: self.now }).await?;
        Ok(made.map(drop).map_err(NotLive::from))
    }

    /// The secret, if key and secret have the format that the vendor uses.
    fn checked(&self, vendor: Vendor, key: &str, secret: &str) -> Result<Secret, KeyMistake> {
        if TestSitekey::find(key).is_some() || TestSecret::find(secret).is_some() {
            return Err(KeyMistake::Test);
        }
        if self.check.alias(key).is_ok() || self.check.secret(secret).is_ok() {
            return Err(KeyMistake::Ours);
        }
        if !vendor.makes_sitekey(key) {
            return Err(KeyMistake::Sitekey(vendor.as_str()));
        }
        let secret = Secret::foreign(secret).filter(|_| vendor.makes_secret(secret));
        secret.ok_or(KeyMistake::Secret(vendor.as_str()))
    }
}

/// What is wrong with keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum KeyMistake {
    #[error("this is a public test key of the vendor")]
    Test,
    #[error("this key was created here and needs no import")]
    Ours,
    #[error("the sitekey does not have the format of {0}")]
    Sitekey(&'static str),
    #[error("the secret does not have the format of {0}")]
    Secret(&'static str),
}

impl KeyMistake {
    const fn fix(self, vendor: Vendor) -> &'static str {
        match (self, vendor) {
            (Self::Test, _) => "test keys work here as they do at the vendor, without an import",
            (Self::Ours, _) => "use it without an import",
            (Self::Sitekey(_) | Self::Secret(_), Vendor::Recaptcha) => {
                "it must start with 6L and have 40 characters"
            }
            (Self::Sitekey(_), Vendor::Hcaptcha) => "it must be a lower-case UUID",
            (Self::Sitekey(_), Vendor::Turnstile) => {
                "it must start with 0x4 and have 22 to 26 characters"
            }
            (Self::Secret(_), Vendor::Hcaptcha) => {
                "it must start with ES_ and have 35 characters, or start with 0x and have 42"
            }
            (Self::Secret(_), Vendor::Turnstile) => {
                "it must start with 0x4 and have 33 to 37 characters"
            }
        }
    }
}

/// Why an import is not live after a check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLive {
    /// The host does not prove control.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Control is proven, but the import cannot be live.
    #[error(transparent)]
    Refused(#[from] ImportRefused),
}

fn told(site: Sitekey, why: ImportRefused) -> Fail {
    let fix = match why {
        ImportRefused::Site(why) => return refused(site, why),
        ImportRefused::Host => format!("munjigi site set {site} --add-host HOST"),
        ImportRefused::TooMany => format!("remove one: munjigi site import {site} --remove"),
        ImportRefused::Live | ImportRefused::Unknown => {
            format!("munjigi site import {site} --list")
        }
        ImportRefused::Taken => "remove it there first: munjigi site import --remove".to_owned(),
        ImportRefused::SecretTaken => {
            "import all sitekeys of this secret into that site, or use another secret".to_owned()
        }
    };
    Fail::new(Exit::Site, format!("{site} was not changed"), why).fix(fix)
}

fn parse_host(text: &str) -> Result<Hostname, String> {
    Hostname::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
