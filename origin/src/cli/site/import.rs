//! `munjigi site import`.

mod report;

use std::io;
use std::path::{Path, PathBuf};

use clap::ArgGroup;
use data_encoding::BASE64URL_NOPAD;
use munjigi_captcha::siteverify::TestSecret;
use munjigi_captcha::{Hostname, KeyCheck, Secret, Sitekey, TestSitekey, Vendor};
use munjigi_keys::UnixMillis;
use sqlx::PgPool;
use zeroize::Zeroizing;

use super::options::read_file;
use super::{parse_sitekey, parse_vendor, refused};
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::SiteConfigSource;
use crate::entropy::Entropy;
use crate::imports::{ProofError, prove};
use crate::store::imports::{Import, of_site};
use crate::store::sites::{self, AskImport, ChangeRefused, ImportRefused, MakeLive, RemoveImport};
use crate::store::{self, transact};

use report::Report;

#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("what").required(true).args(["key", "prove", "list", "remove"]),
    after_help = "\
Example, in three steps:
  munjigi site import mj_… --vendor turnstile --sitekey 0x4AAA… \\
      --host shop.example --secret-file secret.txt
  (publish what it prints, at the address that it prints)
  munjigi site import mj_… --prove

The page then keeps the sitekey, and the back end the secret, that they have
with the vendor; of the secret only its SHA-256 is kept. A key means the site on
its host and everything under it, as far as the site allows these hosts.

Undo: munjigi site import mj_… --remove 0x4AAA… --host shop.example"
)]
pub struct Arguments {
    /// The site.
    #[arg(value_name = "SITEKEY", value_parser = parse_sitekey)]
    site: Sitekey,
    /// Whose the keys are: recaptcha, hcaptcha or turnstile.
    #[arg(long, value_name = "VENDOR", value_parser = parse_vendor, conflicts_with_all = ["prove", "list", "remove"])]
    vendor: Option<Vendor>,
    /// The sitekey that the page has with the vendor.
    #[arg(long = "sitekey", value_name = "KEY", requires_all = ["vendor", "host", "secret_file"])]
    key: Option<String>,
    /// The host that the key is for; one that the site allows.
    #[arg(long, value_name = "HOST", value_parser = parse_host, conflicts_with_all = ["prove", "list"])]
    host: Option<Hostname>,
    /// A file with the vendor's secret, or - for stdin. As an argument it
    /// would stand in the shell's history.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prove", "list", "remove"])]
    secret_file: Option<PathBuf>,
    /// Looks at each host whether it publishes its token; those that do go
    /// live.
    #[arg(long)]
    prove: bool,
    /// Port on which localhost publishes its token, for development.
    #[arg(long, conflicts_with_all = ["key", "list", "remove"])]
    port: Option<u16>,
    /// Lists the imports of the site.
    #[arg(long)]
    list: bool,
    /// Gives a key back: it is refused again, with its secret unless another
    /// import has the same.
    #[arg(long, value_name = "KEY", requires = "host")]
    remove: Option<String>,
    /// For machines.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let source = SiteConfigSource::read(&shell.environment)?;
    let importer = Importer {
        pool: store::pool(&source.database),
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
                let mend = "name a file that can be read, or - for stdin";
                Fail::new(Exit::Failed, "the secret cannot be read", error).mend(mend)
            })?;
            let secret = self.checked(vendor, key, secret.trim()).map_err(|mistake| {
                Fail::new(Exit::Site, "nothing was imported", mistake).mend(mistake.mend(vendor))
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

    /// The secret, if key and secret are such as the vendor makes.
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
    #[error("vendors publish this key for tests: it is everybody's")]
    Test,
    #[error("this key was made here; it needs no import")]
    Ours,
    #[error("the sitekey has not the shape of {0}'s")]
    Sitekey(&'static str),
    #[error("the secret has not the shape of {0}'s")]
    Secret(&'static str),
}

impl KeyMistake {
    const fn mend(self, vendor: Vendor) -> &'static str {
        match (self, vendor) {
            (Self::Test, _) => "test secrets answer here as the vendor's do, without an import",
            (Self::Ours, _) => "use it as it is",
            (Self::Sitekey(_) | Self::Secret(_), Vendor::Recaptcha) => {
                "it begins with 6L and has 40 characters"
            }
            (Self::Sitekey(_), Vendor::Hcaptcha) => "it is a UUID in lower case",
            (Self::Sitekey(_), Vendor::Turnstile) => {
                "it begins with 0x4 and has 22 to 26 characters"
            }
            (Self::Secret(_), Vendor::Hcaptcha) => {
                "it begins with ES_ and has 35 characters, or with 0x and has 42"
            }
            (Self::Secret(_), Vendor::Turnstile) => {
                "it begins with 0x4 and has 33 to 37 characters"
            }
        }
    }
}

/// Why an import is not live after a look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLive {
    /// Its host proves nothing.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// It is proven, and cannot be.
    #[error(transparent)]
    Refused(#[from] ImportRefused),
}

fn told(site: Sitekey, why: ImportRefused) -> Fail {
    let mend = match why {
        ImportRefused::Site(why) => return refused(site, why),
        ImportRefused::Host => format!("munjigi site set {site} --add-host HOST"),
        ImportRefused::TooMany => format!("give one back: munjigi site import {site} --remove"),
        ImportRefused::Live | ImportRefused::Unknown => {
            format!("munjigi site import {site} --list")
        }
        ImportRefused::Taken => "give it back there first: munjigi site import --remove".to_owned(),
        ImportRefused::SecretTaken => {
            "import every sitekey of this secret into that site, or use another secret".to_owned()
        }
    };
    Fail::new(Exit::Site, format!("{site} was not changed"), why).mend(mend)
}

fn parse_host(text: &str) -> Result<Hostname, String> {
    Hostname::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
