//! What `wrangler.toml` says about the worker. Starting and publishing both
//! read it here, so that there is no second list of bindings.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The part of `wrangler.toml` that Munjigi uses.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    pub name: String,
    /// Entry module, relative to the root.
    pub main: String,
    /// The date at which the platform's behaviour is frozen.
    pub compatibility_date: String,
    /// Behaviours enabled before their date.
    #[serde(default)]
    pub compatibility_flags: Vec<String>,
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    pub assets: Option<Assets>,
    #[serde(default)]
    pub kv_namespaces: Vec<KvNamespace>,
    #[serde(default)]
    pub r2_buckets: Vec<R2Bucket>,
    #[serde(default)]
    pub durable_objects: DurableObjects,
    #[serde(default)]
    pub queues: Queues,
    #[serde(default)]
    pub ratelimits: Vec<RateLimit>,
    #[serde(default)]
    pub triggers: Triggers,
    #[serde(default)]
    pub observability: Observability,
}

/// Static files and which paths go to the worker first.
#[derive(Debug, Clone, Deserialize)]
pub struct Assets {
    /// The folder, relative to the root.
    pub directory: String,
    /// The binding through which the worker reads them.
    pub binding: Option<String>,
    /// `html_handling`, `not_found_handling` and `run_worker_first`, as
    /// written: workerd accepts them in the same form.
    #[serde(flatten)]
    pub routing: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct KvNamespace {
    pub binding: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct R2Bucket {
    pub binding: String,
    pub bucket_name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct DurableObjects {
    /// One per class in use.
    #[serde(default)]
    pub bindings: Vec<DurableObject>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct DurableObject {
    pub name: String,
    pub class_name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Queues {
    /// Bindings that send.
    #[serde(default)]
    pub producers: Vec<QueueProducer>,
    /// Queues whose batches the worker receives.
    #[serde(default)]
    pub consumers: Vec<QueueConsumer>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct QueueProducer {
    pub binding: String,
    pub queue: String,
}

/// How a queue's batches are delivered.
#[derive(Debug, Clone, Deserialize)]
pub struct QueueConsumer {
    pub queue: String,
    /// Most messages in a batch.
    pub max_batch_size: Option<u32>,
    /// Longest wait for a batch to fill, in seconds.
    pub max_batch_timeout: Option<u32>,
    /// Deliveries after the first.
    pub max_retries: Option<u32>,
    /// Seconds between a failed delivery and the next.
    pub retry_delay: Option<u32>,
    /// The queue for messages that are out of retries.
    pub dead_letter_queue: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct RateLimit {
    pub name: String,
    pub simple: SimpleLimit,
}

/// A limit of calls per period.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct SimpleLimit {
    pub limit: u32,
    /// Seconds.
    pub period: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Triggers {
    #[serde(default)]
    pub crons: Vec<String>,
}

/// What the platform records by itself.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Observability {
    /// Whether anything is recorded.
    #[serde(default)]
    pub enabled: bool,
    #[serde(default)]
    pub logs: Logs,
}

/// Logs of the platform.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Logs {
    /// Whether the worker's own log lines are recorded.
    #[serde(default)]
    pub enabled: bool,
    /// Whether the platform writes a line for each request, with the sender.
    pub invocation_logs: Option<bool>,
}

impl Observability {
    /// Whether the platform writes a line for each request, as it does by
    /// default.
    #[must_use]
    pub fn logs_invocations(self) -> bool {
        (self.enabled || self.logs.enabled) && self.logs.invocation_logs.unwrap_or(true)
    }
}

impl Manifest {
    /// Reads `wrangler.toml`.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("parse {}", path.display()))
    }

    /// Parses the text of a `wrangler.toml`.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(toml::from_str(text)?)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const EXAMPLE: &str = r#"
name = "munjigi-edge"
main = "build/index.js"
compatibility_date = "2026-11-01"

[vars]
MUNJIGI_SHARDS = "64"

[assets]
directory = "dist"
binding = "ASSETS"
html_handling = "none"
run_worker_first = ["/health", "/v1/frame/*"]

[[kv_namespaces]]
binding = "SITES"

[[r2_buckets]]
binding = "PICTURES"
bucket_name = "munjigi-pictures"

[[durable_objects.bindings]]
name = "REDEMPTIONS"
class_name = "Redemptions"

[[queues.producers]]
binding = "COUNTS"
queue = "munjigi-counts"

[[queues.consumers]]
queue = "munjigi-counts"
max_batch_size = 100
max_retries = 100
dead_letter_queue = "munjigi-counts-dead"

[[ratelimits]]
name = "CHALLENGE_LIMIT"
namespace_id = "1001"
simple = { limit = 600, period = 60 }

[triggers]
crons = ["*/5 * * * *"]
"#;

    #[test]
    fn the_bindings_of_a_worker_are_read() {
        let manifest = Manifest::parse(EXAMPLE).unwrap();
        assert_eq!(manifest.vars["MUNJIGI_SHARDS"], "64");
        let assets = manifest.assets.unwrap();
        assert_eq!(assets.routing["html_handling"], "none");
        assert_eq!(assets.routing["run_worker_first"][1], "/v1/frame/*");
        assert_eq!(manifest.r2_buckets[0].bucket_name, "munjigi-pictures");
        assert_eq!(manifest.durable_objects.bindings[0].class_name, "Redemptions");
        assert_eq!(manifest.queues.consumers[0].max_retries, Some(100));
        assert_eq!(manifest.ratelimits[0].simple.limit, 600);
    }
}
