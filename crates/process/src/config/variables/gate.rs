//! Variables of `munjigi-gate` alone.

use crate::config::Variable;

pub const GATE_LISTEN: Variable = Variable::with_default(
    "MUNJIGI_GATE_LISTEN",
    "127.0.0.1:8786",
    "address and port where the gate answers visitors and back ends, or a socket of this machine: unix:gate.sock",
);
pub const GATE_PROXY_PROTOCOL: Variable = Variable::with_default(
    "MUNJIGI_GATE_PROXY_PROTOCOL",
    "0",
    "1: every connection comes from a proxy of MUNJIGI_TRUSTED_PROXIES and begins with a PROXY header of version 2",
);
pub const GATE_TLS_CERTIFICATE: Variable = Variable::with_default(
    "MUNJIGI_GATE_TLS_CERTIFICATE",
    "",
    "PEM file of a certificate and those that lead to its issuer, for TLS without a proxy; read again when it changes",
);
pub const GATE_TLS_KEY: Variable = Variable::with_default(
    "MUNJIGI_GATE_TLS_KEY",
    "",
    "PEM file of the private key, required with MUNJIGI_GATE_TLS_CERTIFICATE",
);
pub const GATE_HSTS_SECONDS: Variable = Variable::with_default(
    "MUNJIGI_GATE_HSTS_SECONDS",
    "31536000",
    "with TLS, how long browsers that came once ask for nothing but HTTPS; 0: they are not told to",
);
pub const GATE_OPERATOR_LISTEN: Variable = Variable::with_default(
    "MUNJIGI_GATE_OPERATOR_LISTEN",
    "127.0.0.1:8785",
    "address and port for operators only: /health/live, /health/ready and /metrics; none for no such address",
);
pub const GATE_DATA: Variable = Variable::with_default(
    "MUNJIGI_GATE_DATA",
    "munjigi.db",
    "the file in which the gate keeps everything; in gate.toml, paths start at its folder",
);
pub const GATE_BACKUP_RECIPIENTS: Variable = Variable::with_default(
    "MUNJIGI_GATE_BACKUP_RECIPIENTS",
    "",
    "public keys of age (age1…), comma-separated, to which munjigi-gate backup encrypts",
);
pub const GATE_PICTURES: Variable = Variable::with_default(
    "MUNJIGI_GATE_PICTURES",
    "munjigi-pictures",
    "folder for the images of packs, or a bucket: s3://BUCKET/PREFIX, called as the AWS_* variables say",
);
pub const GATE_NETWORKS: Variable = Variable::with_default(
    "MUNJIGI_GATE_NETWORKS",
    "",
    "databases that map addresses to countries and autonomous systems: MaxMind DB files, comma-separated; without them, rules by country and system match no one",
);
pub const GATE_URL: Variable = Variable::with_default(
    "MUNJIGI_GATE_URL",
    "",
    "address that visitors use, with a path on a host that serves other things too: https://captcha.example or https://shop.example/captcha; without it, what each request says",
);
pub const GATE_CLIENT_LIMIT: Variable = Variable::with_default(
    "MUNJIGI_GATE_CLIENT_LIMIT",
    "600",
    "challenges, and solutions, a minute of one client (an address with one software) on a site",
);
pub const GATE_CHALLENGE_LIMIT: Variable = Variable::with_default(
    "MUNJIGI_GATE_CHALLENGE_LIMIT",
    "1200",
    "challenges a minute of one address (IPv6: /64) on a site",
);
pub const GATE_SOLUTION_LIMIT: Variable = Variable::with_default(
    "MUNJIGI_GATE_SOLUTION_LIMIT",
    "1200",
    "solutions a minute of one address (IPv6: /64) on a site",
);
pub const GATE_VERIFY_LIMIT: Variable = Variable::with_default(
    "MUNJIGI_GATE_VERIFY_LIMIT",
    "60000",
    "calls of siteverify a minute with one secret",
);
pub const GATE_INTERNAL_LIMIT: Variable = Variable::with_default(
    "MUNJIGI_GATE_INTERNAL_LIMIT",
    "600",
    "unsigned calls a minute of one address to the origin's routes",
);
pub const GATE_CONNECTION_LIMIT: Variable = Variable::with_default(
    "MUNJIGI_GATE_CONNECTION_LIMIT",
    "10000",
    "connections of visitors and back ends that are open at once; those beyond get 503",
);
pub const GATE_LOG_REQUESTS: Variable = Variable::with_default(
    "MUNJIGI_GATE_LOG_REQUESTS",
    "0",
    "1: a line in the log for every request, not only for failures",
);

pub(super) const ALL: &[Variable] = &[
    GATE_LISTEN,
    GATE_PROXY_PROTOCOL,
    GATE_TLS_CERTIFICATE,
    GATE_TLS_KEY,
    GATE_HSTS_SECONDS,
    GATE_OPERATOR_LISTEN,
    GATE_DATA,
    GATE_BACKUP_RECIPIENTS,
    GATE_PICTURES,
    GATE_NETWORKS,
    GATE_URL,
    GATE_CLIENT_LIMIT,
    GATE_CHALLENGE_LIMIT,
    GATE_SOLUTION_LIMIT,
    GATE_VERIFY_LIMIT,
    GATE_INTERNAL_LIMIT,
    GATE_CONNECTION_LIMIT,
    GATE_LOG_REQUESTS,
];
