//! Every `MUNJIGI_*` variable of the whole product, described once, with the
//! programs that read it. The edge, which cannot use this crate, describes its
//! own; a test compares the names.

mod gate;

use super::Variable;

pub use gate::*;

use Who::{Edge, Gate, Gpu, Origin, Tools};

/// The program that reads a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// `munjigi`.
    Origin,
    Edge,
    /// `munjigi-gate`.
    Gate,
    /// `munjigi-gpu-backend`.
    Gpu,
    /// Scripts for building and testing.
    Tools,
}

impl Who {
    /// For the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Edge => "edge",
            Self::Gate => "gate",
            Self::Gpu => "gpu-backend",
            Self::Tools => "tools",
        }
    }
}

pub const DATABASE_URL: Variable = Variable::secret(
    "MUNJIGI_DATABASE_URL",
    "Postgres 17: postgres://name:password@host:5432/database",
);
pub const DATABASE_DIRECT_URL: Variable = Variable::secret(
    "MUNJIGI_DATABASE_DIRECT_URL",
    "Postgres itself, where MUNJIGI_DATABASE_URL is a connection pooler in transaction mode; for LISTEN, migrations, backups and all commands but `serve`",
);
pub const DATABASE_REPLICA_URL: Variable = Variable::secret(
    "MUNJIGI_DATABASE_REPLICA_URL",
    "a streaming replica; the console reads its numbers from the replica while it is at most a minute behind, otherwise from the primary",
);
pub const DATABASE_CONNECTIONS: Variable = Variable::with_default(
    "MUNJIGI_DATABASE_CONNECTIONS",
    "10",
    "maximum connections of one origin to Postgres; the picture factory uses 5 more",
);
pub const DATABASE_WAIT: Variable = Variable::with_default(
    "MUNJIGI_DATABASE_WAIT_SECONDS",
    "3",
    "seconds that a request waits for a connection before it is answered 503, 1 to 30",
);
pub const DATABASE_LIFETIME: Variable = Variable::with_default(
    "MUNJIGI_DATABASE_LIFETIME_MINUTES",
    "30",
    "minutes after which a connection is replaced, 1 to 1440",
);
pub const DATABASE_IDLE: Variable = Variable::with_default(
    "MUNJIGI_DATABASE_IDLE_MINUTES",
    "10",
    "minutes after which an unused connection is closed, 1 to 1440",
);
pub const REDIS_URL: Variable = Variable::secret(
    "MUNJIGI_REDIS_URL",
    "Redis, Valkey or DragonflyDB: redis://name:password@host:6379/0, or rediss:// for TLS; without it, Postgres does everything",
);
pub const EDGE_URL: Variable = Variable::without_default(
    "MUNJIGI_EDGE_URL",
    "URL of the edge: https://captcha.example or https://shop.example/captcha",
);
pub const INTERNAL_KEYS: Variable = Variable::secret(
    "MUNJIGI_INTERNAL_KEYS",
    "key ring that signs calls between edge, origin and gpu-backend (`munjigi keys generate`); the edge and the gpu-backend use keys derived from it (`munjigi keys derive`)",
);
pub const KEY_CHECK: Variable = Variable::secret(
    "MUNJIGI_KEY_CHECK",
    "key that marks sitekeys and secrets as ours (`munjigi keys generate`)",
);
pub const LISTEN: Variable = Variable::with_default(
    "MUNJIGI_LISTEN",
    "127.0.0.1:8080",
    "address and port that the origin listens on",
);
pub const OPERATOR_LISTEN: Variable = Variable::with_default(
    "MUNJIGI_OPERATOR_LISTEN",
    "127.0.0.1:8081",
    "address and port for operators only: /health/ready and /metrics; do not expose it to the internet",
);
pub const LEAVE_SECONDS: Variable = Variable::with_default(
    "MUNJIGI_LEAVE_SECONDS",
    "0",
    "seconds for which the origin goes on serving after SIGTERM, 0 to 4, while /health/serving tells proxies to send requests to another; for two origins or more: 3",
);
pub const EVENT_RETENTION_DAYS: Variable = Variable::with_default(
    "MUNJIGI_EVENT_RETENTION_DAYS",
    "90",
    "days to keep redeemed tokens and per-minute counts; daily sums are kept forever",
);
pub const ARCHIVE: Variable = Variable::with_default(
    "MUNJIGI_ARCHIVE",
    "",
    "where days of records go before retention drops them: a folder, or a bucket: s3://BUCKET/PREFIX, called as the AWS_* variables say; without it, they are dropped",
);
pub const ARCHIVE_KEYS: Variable = Variable::with_default(
    "MUNJIGI_ARCHIVE_KEYS",
    "",
    "public keys of age (age1…), separated by commas, to which these days are encrypted; required for a bucket",
);
pub const LOG: Variable = Variable::with_default(
    "MUNJIGI_LOG",
    "info",
    "log level: error, warn, info, debug, or a filter such as info,hyper=warn",
);
pub const LOG_FORMAT: Variable = Variable::with_default(
    "MUNJIGI_LOG_FORMAT",
    "auto",
    "log format: json, text, or auto (text on a terminal, JSON elsewhere)",
);
pub const OTLP_URL: Variable = Variable::with_default(
    "MUNJIGI_OTLP_URL",
    "",
    "an OpenTelemetry collector that accepts traces by OTLP over HTTP: http://127.0.0.1:4318; without it, no traces are sent",
);
pub const LIST_TOR_EXITS: Variable = Variable::with_default(
    "MUNJIGI_LIST_TOR_EXITS",
    "lines=https://check.torproject.org/torbulkexitlist",
    "files of the list tor-exits, which rules may name: FORMAT=URL, separated by commas; formats: lines, aws, google, azure, oracle, geofeed; or none",
);
pub const LIST_CLOUDS: Variable = Variable::with_default(
    "MUNJIGI_LIST_CLOUDS",
    "aws=https://ip-ranges.amazonaws.com/ip-ranges.json,google=https://www.gstatic.com/ipranges/cloud.json,oracle=https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json,geofeed=https://www.digitalocean.com/geofeed/google.csv",
    "files of the list clouds: as above, or none",
);
pub const LIST_SPAMHAUS_DROP: Variable = Variable::with_default(
    "MUNJIGI_LIST_SPAMHAUS_DROP",
    "none",
    "files of the list spamhaus-drop, whose terms you accept by naming them: lines=https://www.spamhaus.org/drop/drop.txt,lines=https://www.spamhaus.org/drop/drop_v6.txt",
);
pub const LIST_HOURS: Variable = Variable::with_default(
    "MUNJIGI_LIST_HOURS",
    "6",
    "hours between two fetches of each of these files, 1 to 48",
);
pub const MAIL_URL: Variable = Variable::secret(
    "MUNJIGI_MAIL_URL",
    "mail server: smtp://host:25, smtp://name:password@host:587?tls=required, smtps://name:password@host, or folder:PATH for development; without it, no emails are sent",
);
pub const MAIL_FROM: Variable = Variable::without_default(
    "MUNJIGI_MAIL_FROM",
    "sender of emails, required with MUNJIGI_MAIL_URL: Munjigi <no-reply@example.org>",
);
pub const GPU_URL: Variable = Variable::with_default(
    "MUNJIGI_GPU_URL",
    "",
    "the gpu-backend, which draws pictures and computes models: http://127.0.0.1:8090; several, separated by commas, share the work; without one, no pictures are drawn",
);
pub const JOBS_HOURLY: Variable = Variable::with_default(
    "MUNJIGI_JOBS_HOURLY",
    "0",
    "images of one organisation that models look at per hour; 0: none",
);
pub const PICTURES_KINDS: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_KINDS",
    "grid,area,turn,photo-grid,photo-area",
    "kinds of picture to draw and serve; none for no pictures",
);
pub const PICTURES_PER_PACK: Variable =
    Variable::with_default("MUNJIGI_PICTURES_PER_PACK", "64", "pictures per pack");
pub const PICTURES_LOW_WATER: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_LOW_WATER",
    "1000",
    "low-water mark: a kind with fewer challenges left gets another pack",
);
pub const PICTURES_HIGH_WATER: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_HIGH_WATER",
    "4000",
    "low-water mark in the last four hours before a pause of MUNJIGI_PICTURES_HOURS",
);
pub const PICTURES_DEALT_PER_PACK: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_DEALT_PER_PACK",
    "2000",
    "challenges served from a pack before it is replaced",
);
pub const PICTURES_PACK_HOURS: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_PACK_HOURS",
    "24",
    "hours after which a pack is replaced",
);
pub const PICTURES_OVERSAMPLE: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_OVERSAMPLE",
    "3",
    "pictures drawn per picture kept, for kinds that have a judge: those that it solves most surely are dropped",
);
pub const PICTURES_JUDGES: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_JUDGES",
    "grid=scene-tile,area=scene-things",
    "judge of each kind: models of the gpu-backend, KIND=NAME or KIND=NAME@VERSION; none for no judges",
);
pub const PICTURES_HOURS: Variable = Variable::with_default(
    "MUNJIGI_PICTURES_HOURS",
    "always",
    "when the gpu-backend runs: always, or mon-fri 08:00-18:00 +09:00 (days, times of one day, offset from UTC)",
);

pub const CONSOLE_URL: Variable = Variable::with_default(
    "MUNJIGI_CONSOLE_URL",
    "",
    "public URL of the console: https://console.example; without it, there is no console",
);
pub const CONSOLE_KEYS: Variable = Variable::secret(
    "MUNJIGI_CONSOLE_KEYS",
    "key ring that seals values that the console needs to read again (`munjigi keys generate`)",
);
pub const SIGN_UP: Variable = Variable::with_default(
    "MUNJIGI_SIGN_UP",
    "closed",
    "who can sign up: open (anyone), or closed (by invitation)",
);
pub const OPERATORS: Variable = Variable::with_default(
    "MUNJIGI_OPERATORS",
    "",
    "addresses of accounts that run this service, separated by commas: they see /operations in the console",
);
pub const CLIENT_HEADER: Variable = Variable::with_default(
    "MUNJIGI_CLIENT_HEADER",
    "",
    "header in which your proxies list the client's address, such as X-Forwarded-For; without it, the address of the connection is used",
);
pub const TRUSTED_PROXIES: Variable = Variable::without_default(
    "MUNJIGI_TRUSTED_PROXIES",
    "addresses of those proxies, required with MUNJIGI_CLIENT_HEADER: 10.0.0.5,10.1.0.0/24; the client's address is the last one in the header that is not in this list",
);
pub const SITES_PER_ORGANISATION: Variable = Variable::with_default(
    "MUNJIGI_SITES_PER_ORGANISATION",
    "1000",
    "maximum sites per organisation; deleted sites and sites without an organisation do not count",
);
pub const DEMO_SITEKEY: Variable = Variable::with_default(
    "MUNJIGI_DEMO_SITEKEY",
    "",
    "sitekey for the demo on the home page; the site must allow the console's host name; without it, there is no demo",
);
pub const DEMO_SECRET: Variable = Variable::secret(
    "MUNJIGI_DEMO_SECRET",
    "secret of that site, required with MUNJIGI_DEMO_SITEKEY",
);
pub const CONSOLE_SITEKEY: Variable = Variable::with_default(
    "MUNJIGI_CONSOLE_SITEKEY",
    "",
    "sitekey for the widget in the console's forms for log-in, sign-up and password reset; the site must allow the console's host name; without it, these forms have no widget",
);
pub const CONSOLE_SECRET: Variable = Variable::secret(
    "MUNJIGI_CONSOLE_SECRET",
    "secret of that site, required with MUNJIGI_CONSOLE_SITEKEY",
);

pub const GPU_LISTEN: Variable = Variable::with_default(
    "MUNJIGI_GPU_LISTEN",
    "127.0.0.1:8090",
    "address and port that the gpu-backend listens on",
);
pub const GPU_ENGINE: Variable = Variable::with_default(
    "MUNJIGI_GPU_ENGINE",
    "auto",
    "where to compute: auto, gpu, cpu, or part of an adapter's name",
);
pub const GPU_MODELS: Variable =
    Variable::with_default("MUNJIGI_GPU_MODELS", "models", "folder of models");
pub const GPU_POLL: Variable = Variable::with_default(
    "MUNJIGI_GPU_POLL_SECONDS",
    "5",
    "seconds between two scans of the models folder; SIGHUP scans immediately",
);
pub const GPU_THREADS: Variable =
    Variable::with_default("MUNJIGI_GPU_THREADS", "auto", "threads that draw; auto: one per core");
pub const GPU_QUEUE: Variable = Variable::with_default(
    "MUNJIGI_GPU_QUEUE",
    "256",
    "maximum pictures waiting to be drawn, and maximum images waiting for a model; beyond that, 429",
);
pub const GPU_BATCH_WAIT: Variable = Variable::with_default(
    "MUNJIGI_GPU_BATCH_WAIT_MS",
    "5",
    "milliseconds that an image waits for others to form a batch",
);

pub const ROOT_KEYS: Variable = Variable::secret(
    "MUNJIGI_ROOT_KEYS",
    "key ring that seals challenges and tokens; keep it away from the origin",
);
pub const ORIGIN_URL: Variable =
    Variable::with_default("MUNJIGI_ORIGIN_URL", "", "where the edge delivers its events");
pub const COUNTER_HALF_LIFE: Variable = Variable::with_default(
    "MUNJIGI_COUNTER_HALF_LIFE_SECONDS",
    "300",
    "seconds over which the policy's counters decay",
);
pub const LOCAL: Variable = Variable::with_default(
    "MUNJIGI_LOCAL",
    "",
    "1 on a developer's machine only: allows load-test sites without limits",
);
/// Every variable, by the program that reads it.
const VARIABLES: &[(&[Who], &[Variable])] = &[
    (&[Origin, Tools], &[DATABASE_URL]),
    (&[Origin], &[DATABASE_DIRECT_URL, DATABASE_REPLICA_URL, DATABASE_CONNECTIONS]),
    (&[Origin], &[DATABASE_WAIT, DATABASE_LIFETIME, DATABASE_IDLE, REDIS_URL, EDGE_URL]),
    (&[Origin, Edge, Gate, Gpu], &[INTERNAL_KEYS]),
    (&[Origin, Edge, Gate], &[KEY_CHECK]),
    (&[Origin], &[LISTEN, OPERATOR_LISTEN, LEAVE_SECONDS]),
    (&[Origin], &[EVENT_RETENTION_DAYS, ARCHIVE, ARCHIVE_KEYS]),
    (&[Origin, Gate, Gpu], &[LOG, LOG_FORMAT]),
    (&[Origin], &[OTLP_URL]),
    (&[Origin], &[LIST_TOR_EXITS, LIST_CLOUDS, LIST_SPAMHAUS_DROP, LIST_HOURS]),
    (&[Origin], &[CONSOLE_URL, CONSOLE_KEYS, SIGN_UP, OPERATORS, SITES_PER_ORGANISATION]),
    (&[Origin, Gate], &[CLIENT_HEADER, TRUSTED_PROXIES]),
    (&[Origin], &[DEMO_SITEKEY, DEMO_SECRET, CONSOLE_SITEKEY, CONSOLE_SECRET]),
    (&[Origin], &[MAIL_URL, MAIL_FROM]),
    (
        &[Origin],
        &[
            GPU_URL,
            JOBS_HOURLY,
            PICTURES_KINDS,
            PICTURES_PER_PACK,
            PICTURES_LOW_WATER,
            PICTURES_HIGH_WATER,
            PICTURES_DEALT_PER_PACK,
            PICTURES_PACK_HOURS,
            PICTURES_OVERSAMPLE,
            PICTURES_JUDGES,
            PICTURES_HOURS,
        ],
    ),
    (
        &[Gpu],
        &[GPU_LISTEN, GPU_ENGINE, GPU_MODELS, GPU_POLL, GPU_THREADS, GPU_QUEUE, GPU_BATCH_WAIT],
    ),
    (
        &[Origin],
        &[Variable::without_default(
            "MUNJIGI_PROBE_SECRET",
            "the secret of `munjigi probe`, so that it stays out of the process list",
        )],
    ),
    (&[Edge, Gate], &[ROOT_KEYS, ORIGIN_URL]),
    (
        &[Edge],
        &[
            Variable::with_default(
                "MUNJIGI_BASE_PATH",
                "",
                "path below which visitors reach the edge on a host that serves other things too: /captcha",
            ),
            Variable::without_default(
                "MUNJIGI_PROTECT",
                "hosts of a zone whose paths the Worker protects, JSON from host to sitekey: docs/clearance.md",
            ),
            Variable::with_default(
                "MUNJIGI_SHARDS",
                "8",
                "number of redemption objects; further numbers are earlier counts that still hold rows",
            ),
            Variable::with_default(
                "MUNJIGI_LOG_REQUESTS",
                "0",
                "1: a line in the log for every request, not only for failures",
            ),
        ],
    ),
    (&[Edge, Gate], &[COUNTER_HALF_LIFE, LOCAL]),
    (&[Gate], gate::ALL),
    (
        &[Tools],
        &[
            Variable::without_default(
                "MUNJIGI_BUILD",
                "at build time: the source that /version reports; by default the commit",
            ),
            Variable::without_default(
                "MUNJIGI_REQUIRE",
                "components whose absence fails a test instead of skipping it: chromium,firefox,…",
            ),
            Variable::with_default(
                "MUNJIGI_EDGE_PORT",
                "8787",
                "port of the edge under `scripts/dev`",
            ),
            Variable::with_default(
                "MUNJIGI_ORIGIN_PORT",
                "8080",
                "port of the origin under `scripts/dev`",
            ),
            Variable::with_default(
                "MUNJIGI_EXAMPLE_PORT",
                "8788",
                "port of the example shop under `scripts/dev`",
            ),
            Variable::with_default(
                "MUNJIGI_PICTURES_EXAMPLE_PORT",
                "8789",
                "port of the example shop that shows every visitor a picture, under `scripts/dev`",
            ),
            Variable::with_default(
                "MUNJIGI_GATE_PORT",
                "8786",
                "port of the gate under `scripts/dev`",
            ),
            Variable::with_default(
                "MUNJIGI_GATE_FORM_PORT",
                "8784",
                "port of the gate's form under `scripts/dev`",
            ),
            Variable::with_default(
                "MUNJIGI_GPU_PORT",
                "8090",
                "port of the gpu-backend under `scripts/dev`",
            ),
            Variable::without_default(
                "MUNJIGI_CHROMIUM",
                "path of the Chromium or Chrome that tests drive",
            ),
            Variable::without_default(
                "MUNJIGI_CHROMIUM_SHELL",
                "path of chromium-headless-shell, which saves tests time",
            ),
            Variable::without_default("MUNJIGI_FIREFOX", "path of the Firefox that tests drive"),
            Variable::without_default(
                "MUNJIGI_WEBKIT",
                "path of WebKitGTK's MiniBrowser that tests drive",
            ),
            Variable::without_default(
                "MUNJIGI_REDIS_SERVER",
                "path of the redis-server or valkey-server that tests start",
            ),
            Variable::without_default(
                "MUNJIGI_PGBOUNCER",
                "path of the PgBouncer, 1.21 or later, that tests start",
            ),
            Variable::without_default("MUNJIGI_WEBKIT_DRIVER", "path of WebKitWebDriver"),
            Variable::without_default(
                "MUNJIGI_XVFB",
                "path of Xvfb, the display of WebKit's tests",
            ),
        ],
    ),
];

/// Each variable, and the programs that read it.
pub fn listed() -> impl Iterator<Item = (&'static Variable, &'static [Who])> {
    let groups = VARIABLES.iter().copied();
    groups.flat_map(|(who, variables)| variables.iter().map(move |variable| (variable, who)))
}
