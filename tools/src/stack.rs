//! A whole local Munjigi of real parts: Postgres, origin, edge, two sites.
//! Tests, load generators and `scripts/dev` start it here, stop and kill its
//! parts, and restart them. Dropping it kills everything.

mod database;
mod edge;
pub mod pools;
mod sites;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::gpu_backend::GpuBackend;
use crate::keys::Keys;
use crate::origin::Origin;
use crate::pgbouncer::Pgbouncer;
use crate::ports;
use crate::postgres::Data;
use crate::process::Service;
use crate::project::Project;
use crate::redis;

pub use database::Database;
pub use edge::{Edge, EdgeKind, Variant};
pub use sites::Site;

/// How long it may take until the edge knows a new site.
const PUBLISHED_WITHIN: Duration = Duration::from_mins(1);

/// In a kept folder, the database and what is known of its sites.
const DATA: &str = "postgres";
const SITES: &str = "sites.json";

#[derive(Debug, Clone)]
pub enum Folder {
    /// Removed with the stack.
    Temporary,
    /// Kept for the next start, with keys and sites.
    Kept(PathBuf),
}

/// Whether a stack makes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// The factory rests.
    #[default]
    None,
    /// The origin knows where the gpu-backend will be; the stack's owner starts
    /// it.
    Later,
    /// The gpu-backend is started with the stack.
    Made,
}

/// A part that can be killed and started again from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The edge.
    Edge,
    /// The origin.
    Origin,
    /// The cache.
    Redis,
}

/// What shall happen to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Order {
    /// SIGKILL.
    Kill,
    /// Again, over what it left.
    Start,
}

/// What a stack shall be.
#[derive(Debug, Clone)]
pub struct StackOptions {
    pub folder: Folder,
    pub edge: EdgeKind,
    /// The edge's variables; several entries start several workers over the
    /// same stores, each with its own address.
    pub variants: Vec<Variant>,
    /// Port of the first edge.
    pub edge_port: Option<u16>,
    /// Port of the origin.
    pub origin_port: Option<u16>,
    pub pictures: Pictures,
    /// Port of the gpu-backend.
    pub gpu_port: Option<u16>,
    /// Further variables of the gpu-backend.
    pub gpu_variables: BTreeMap<String, String>,
    /// Further variables of the origin.
    pub origin_variables: BTreeMap<String, String>,
    /// Folder of log files; inside the stack's folder if `None`.
    pub logs: Option<PathBuf>,
    /// The floor of work of new sites; the usual one if `None`.
    pub work_floor: Option<u64>,
    /// Whether the origin has a Redis.
    pub redis: bool,
    /// Connections that a PgBouncer has to Postgres; without one if `None`.
    pub pooler: Option<u32>,
    /// A Postgres to use instead of starting one.
    pub database_url: Option<String>,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            folder: Folder::Temporary,
            edge: EdgeKind::Workerd,
            variants: Vec::new(),
            edge_port: None,
            origin_port: None,
            pictures: Pictures::None,
            gpu_port: None,
            gpu_variables: BTreeMap::new(),
            origin_variables: BTreeMap::new(),
            logs: None,
            work_floor: None,
            redis: false,
            pooler: None,
            database_url: std::env::var("MUNJIGI_DATABASE_URL").ok(),
        }
    }
}

/// A running stack.
#[derive(Debug)]
pub struct Stack {
    /// First field, so that it is killed first.
    pub edge: Edge,
    pub origin: Origin,
    /// The cache, if the origin has one.
    pub redis: Option<redis::Server>,
    /// What is between the origin and Postgres, if anything.
    pub pooler: Option<Pgbouncer>,
    /// Not running unless requested.
    pub gpu: GpuBackend,
    pub database: Database,
    pub keys: Keys,
    /// An ordinary site for loopback pages.
    pub site: Site,
    /// A site without rate limits and with the cheapest puzzle.
    pub bench_site: Site,
    /// A site that shows every visitor a picture.
    pub pictures_site: Site,
    /// Sites with keys in each vendor's shape, by the vendor's name.
    pub dialects: BTreeMap<String, Site>,
    logs: PathBuf,
    /// The folder in which emails are stored.
    mail: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Stack {
    /// Starts everything and returns once a visitor could pass.
    pub async fn start(options: StackOptions) -> Result<Self> {
        Self::start_saying(options, |_| {}).await
    }

    /// Like [`Self::start`], but reports what is being started.
    pub async fn start_saying(options: StackOptions, say: impl Fn(&str)) -> Result<Self> {
        let project = Project::here();
        let (folder, temporary) = folder(&options.folder)?;
        let logs = options.logs.clone().unwrap_or_else(|| folder.join("logs"));
        let keys = match &options.folder {
            Folder::Temporary => Keys::fresh(),
            Folder::Kept(_) => Keys::kept(&folder.join("keys.json"))?,
        };

        say("Postgres");
        let data = match &options.folder {
            Folder::Temporary => Data::Temporary,
            Folder::Kept(_) => Data::Kept(folder.join(DATA)),
        };
        let given = options.database_url.clone();
        let database = Database::start(&project, given, data, logs.join("postgres.log")).await?;

        let edge_port = options.edge_port.unwrap_or_else(ports::free);
        let mut gpu = GpuBackend::prepare(
            &project,
            options.gpu_port.unwrap_or_else(ports::free),
            &keys,
            &options.gpu_variables,
            logs.join("gpu-backend.log"),
        )?;
        let mut variables = origin_variables(&keys, &database, edge_port, &folder);
        if options.pictures != Pictures::None {
            variables.insert("MUNJIGI_GPU_URL".to_owned(), gpu.url());
        }
        let (redis, pooler) =
            beside(&project, &options, &database, &logs, &say, &mut variables).await?;
        variables.extend(options.origin_variables.clone());
        let log = logs.join("origin.log");
        let mut origin = Origin::prepare(&project, options.origin_port, variables, log)?;
        say("migrations");
        origin.migrate().with_context(|| database.remedy(&options.folder))?;
        say("sites");
        let remembered = folder.join(SITES);
        if options.pictures != Pictures::None && !remembered.exists() {
            // Every kind is shown here, even those that bots pass.
            for kind in pools::KINDS {
                origin.run(&["pictures", "on", kind])?;
            }
        }
        let sites = match &options.folder {
            Folder::Temporary => sites::create(&origin, options.work_floor)?,
            Folder::Kept(_) => sites::kept(&origin, &remembered)?,
        };
        // The site of the home page's demo.
        origin.set_variable("MUNJIGI_DEMO_SITEKEY", &sites.site.sitekey);
        origin.set_variable("MUNJIGI_DEMO_SECRET", &sites.site.secret);
        // The site that protects the console's own forms.
        origin.set_variable("MUNJIGI_CONSOLE_SITEKEY", &sites.console_site.sitekey);
        origin.set_variable("MUNJIGI_CONSOLE_SECRET", &sites.console_site.secret);
        say("the origin");
        origin.start().await?;

        say("the edge");
        let shared = edge_variables(&keys, &origin)?;
        let plan = edge::Plan {
            project: &project,
            kind: options.edge,
            folder: folder.join("edge"),
            port: edge_port,
            variants: edge::variants(&options.variants, &shared),
            outside: origin.authority(),
            log: logs.join("edge.log"),
        };
        let edge = edge::start(plan).await?;

        if options.pictures == Pictures::Made {
            say("the gpu-backend");
            gpu.start().await?;
        }

        say("publication of the sites");
        let ours = [&sites.site, &sites.bench_site, &sites.pictures_site, &sites.console_site];
        for site in ours.into_iter().chain(sites.dialects.values()) {
            site.wait_until_published(&origin, PUBLISHED_WITHIN).await.with_context(|| {
                format!("check that the origin publishes: {}", logs.join("origin.log").display())
            })?;
            site.wait_until_served(&edge.url(), PUBLISHED_WITHIN).await?;
        }
        let sites::Sites { site, bench_site, pictures_site, dialects, console_site: _ } = sites;
        Ok(Self {
            edge,
            origin,
            redis,
            pooler,
            gpu,
            database,
            keys,
            site,
            bench_site,
            pictures_site,
            dialects,
            logs,
            mail: mail_folder(&folder),
            _temporary: temporary,
        })
    }

    /// The folder of log files.
    #[must_use]
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// Fails if a part has ended by itself.
    pub fn check_alive(&mut self) -> Result<()> {
        self.edge.check_alive()?;
        self.origin.check_alive()?;
        self.redis.as_mut().map_or(Ok(()), Service::check_alive)?;
        self.pooler.as_mut().map_or(Ok(()), Service::check_alive)?;
        self.gpu.check_alive()?;
        self.database.check_alive()
    }

    /// The edge's variables besides those of `wrangler.toml`, for a restart
    /// with some of them changed.
    pub fn edge_variables(&self) -> Result<BTreeMap<String, String>> {
        edge_variables(&self.keys, &self.origin)
    }

    /// Restarts the edge with some variables changed in every worker, over the
    /// same stores.
    pub async fn restart_edge_with(&mut self, variants: &[Variant]) -> Result<()> {
        let all = edge::variants(variants, &self.edge_variables()?);
        self.edge.stop().await?;
        self.edge.set_variants(&all)?;
        self.edge.start_again().await
    }

    /// Kills a part, like a failing machine, or restarts it.
    pub async fn steer(&mut self, order: Order, part: Part) -> Result<()> {
        let redis = self.redis.as_mut().context("this stack has no Redis");
        match (part, order) {
            (Part::Edge, Order::Kill) => self.edge.kill(),
            (Part::Edge, Order::Start) => self.edge.start_again().await?,
            (Part::Origin, Order::Kill) => self.origin.kill(),
            (Part::Origin, Order::Start) => self.origin.start().await?,
            (Part::Redis, Order::Kill) => redis?.kill(),
            (Part::Redis, Order::Start) => redis?.start_again().await?,
        }
        Ok(())
    }

    /// Stops everything gracefully: visitors first, records last.
    pub async fn stop(mut self) -> Result<()> {
        let edge = self.edge.stop().await;
        let origin = self.origin.stop().await;
        let gpu = self.gpu.stop().await;
        let database = self.database.stop().await;
        edge.and(origin).and(gpu).and(database)
    }

    /// Sitekey and secret in each vendor's shape, by the vendor's name.
    #[must_use]
    pub fn dialect_keys(&self) -> BTreeMap<&str, serde_json::Value> {
        self.dialects.iter().map(|(vendor, site)| (vendor.as_str(), site.keys())).collect()
    }

    /// The stack as one JSON object, for tools in other languages.
    #[must_use]
    pub fn describe(&self) -> serde_json::Value {
        serde_json::json!({
            "edge": self.edge.url(),
            "edges": self.edge.urls(),
            "edge_direct": self.edge.direct_url(),
            "edge_admin": self.edge.admin_url(),
            "edge_operators": self.edge.operators(),
            "origin": self.origin.url(),
            "operators": self.origin.operators(),
            "gpu": self.gpu.is_started().then(|| self.gpu.url()),
            "database": self.database.url(),
            "site": self.site,
            "bench_site": self.bench_site,
            "pictures_site": self.pictures_site,
            "dialects": self.dialect_keys(),
            // The internal ring itself, which signs for each of our services.
            "keys": {
                "MUNJIGI_ROOT_KEYS": self.keys.root,
                "MUNJIGI_INTERNAL_KEYS": self.keys.internal,
                "MUNJIGI_KEY_CHECK": self.keys.check,
            },
            "mail": self.mail,
            "logs": self.logs,
        })
    }
}

fn folder(folder: &Folder) -> Result<(PathBuf, Option<tempfile::TempDir>)> {
    match folder {
        Folder::Temporary => {
            let made = tempfile::Builder::new().prefix("munjigi-stack-").tempdir()?;
            Ok((made.path().to_path_buf(), Some(made)))
        }
        Folder::Kept(path) => {
            std::fs::create_dir_all(path).with_context(|| format!("create {}", path.display()))?;
            Ok((path.clone(), None))
        }
    }
}

fn mail_folder(folder: &Path) -> PathBuf {
    folder.join("mail")
}

/// Starts a Redis and a PgBouncer, where they are wanted, and tells the origin.
async fn beside(
    project: &Project,
    options: &StackOptions,
    database: &Database,
    logs: &Path,
    say: &impl Fn(&str),
    variables: &mut BTreeMap<String, String>,
) -> Result<(Option<redis::Server>, Option<Pgbouncer>)> {
    let (mut redis, mut pooler) = (None, None);
    if options.redis {
        say("Redis");
        let server = redis::Server::start(project, logs.join("redis.log")).await?;
        variables.insert("MUNJIGI_REDIS_URL".to_owned(), server.url());
        redis = Some(server);
    }
    if let Some(connections) = options.pooler {
        say("PgBouncer");
        let (direct, log) = (database.url(), logs.join("pgbouncer.log"));
        let server = Pgbouncer::start(project, &direct, connections, log).await?;
        variables.insert("MUNJIGI_DATABASE_URL".to_owned(), server.url());
        variables.insert("MUNJIGI_DATABASE_DIRECT_URL".to_owned(), direct);
        pooler = Some(server);
    }
    Ok((redis, pooler))
}

fn origin_variables(
    keys: &Keys,
    database: &Database,
    edge_port: u16,
    folder: &Path,
) -> BTreeMap<String, String> {
    let mut variables = keys.for_origin();
    let mail = format!("folder:{}", mail_folder(folder).display());
    variables.insert("MUNJIGI_MAIL_URL".to_owned(), mail);
    variables.insert("MUNJIGI_MAIL_FROM".to_owned(), "Munjigi <no-reply@localhost>".to_owned());
    variables.insert("MUNJIGI_SIGN_UP".to_owned(), "open".to_owned());
    variables.insert("MUNJIGI_OPERATORS".to_owned(), "demo@munjigi.example".to_owned());
    variables.insert("MUNJIGI_DATABASE_URL".to_owned(), database.url());
    variables.insert("MUNJIGI_EDGE_URL".to_owned(), format!("http://127.0.0.1:{edge_port}"));
    variables
}

fn edge_variables(keys: &Keys, origin: &Origin) -> Result<BTreeMap<String, String>> {
    let mut variables = keys.for_edge()?;
    variables.insert("MUNJIGI_ORIGIN_URL".to_owned(), origin.url());
    variables.insert("MUNJIGI_LOCAL".to_owned(), "1".to_owned());
    Ok(variables)
}
