//! What `wrangler.toml` says about the worker. Starting and publishing the worker
//! both read it here, so that no second list of bindings exists.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The part of `wrangler.toml` that Munjigi uses.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    /// The worker's name.
    pub name: String,
    /// Entry module, relative to the root.
    pub main: String,
    /// The platform's behaviour is frozen at this date.
    pub compatibility_date: String,
    /// Behaviours switched on before their date.
    #[serde(default)]
    pub compatibility_flags: Vec<String>,
    /// Plain variables.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// Static files.
    pub assets: Option<Assets>,
    /// Key-value namespaces.
    #[serde(default)]
    pub kv_namespaces: Vec<KvNamespace>,
    /// Buckets.
    #[serde(default)]
    pub r2_buckets: Vec<R2Bucket>,
    /// Durable Objects.
    #[serde(default)]
    pub durable_objects: DurableObjects,
    /// Queues sent to and consumed.
    #[serde(default)]
    pub queues: Queues,
    /// The platform's rate limiters.
    #[serde(default)]
    pub ratelimits: Vec<RateLimit>,
    /// Times at which the worker is called.
    #[serde(default)]
    pub triggers: Triggers,
    /// What the platform records by itself.
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
    /// written: workerd takes them in the same form.
    #[serde(flatten)]
    pub routing: BTreeMap<String, serde_json::Value>,
}

/// A key-value namespace.
#[derive(Debug, Clone, Deserialize)]
pub struct KvNamespace {
    /// Binding name.
    pub binding: String,
}

/// A bucket.
#[derive(Debug, Clone, Deserialize)]
pub struct R2Bucket {
    /// Binding name.
    pub binding: String,
    /// Bucket name.
    pub bucket_name: String,
}

/// Durable Object bindings.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DurableObjects {
    /// One per class in use.
    #[serde(default)]
    pub bindings: Vec<DurableObject>,
}

/// A Durable Object namespace.
#[derive(Debug, Clone, Deserialize)]
pub struct DurableObject {
    /// Binding name.
    pub name: String,
    /// Exported class.
    pub class_name: String,
}

/// Queues.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Queues {
    /// Bindings that send.
    #[serde(default)]
    pub producers: Vec<QueueProducer>,
    /// Queues whose batches the worker receives.
    #[serde(default)]
    pub consumers: Vec<QueueConsumer>,
}

/// A queue binding.
#[derive(Debug, Clone, Deserialize)]
pub struct QueueProducer {
    /// Binding name.
    pub binding: String,
    /// Queue name.
    pub queue: String,
}

/// How a queue's batches are delivered.
#[derive(Debug, Clone, Deserialize)]
pub struct QueueConsumer {
    /// Queue name.
    pub queue: String,
    /// Most messages in a batch.
    pub max_batch_size: Option<u32>,
    /// Longest wait for a batch to fill, in seconds.
    pub max_batch_timeout: Option<u32>,
    /// Deliveries after the first.
    pub max_retries: Option<u32>,
    /// Seconds between a failed delivery and the next.
    pub retry_delay: Option<u32>,
    /// Where a message goes that is out of retries.
    pub dead_letter_queue: Option<String>,
}

/// A rate limiter.
#[derive(Debug, Clone, Deserialize)]
pub struct RateLimit {
    /// Binding name.
    pub name: String,
    /// Its limit.
    pub simple: SimpleLimit,
}

/// So many calls in so many seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct SimpleLimit {
    /// Calls.
    pub limit: u32,
    /// Seconds.
    pub period: u32,
}

/// Scheduled calls.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Triggers {
    /// Cron expressions.
    #[serde(default)]
    pub crons: Vec<String>,
}

/// What the platform records by itself.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Observability {
    /// Everything below.
    #[serde(default)]
    pub enabled: bool,
    /// Logs.
    #[serde(default)]
    pub logs: Logs,
}

/// Logs of the platform.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Logs {
    /// Lines that the worker writes.
    #[serde(default)]
    pub enabled: bool,
    /// A line of the platform's for each request, with who sent it.
    pub invocation_logs: Option<bool>,
}

impl Observability {
    /// Whether the platform writes a line for each request, as it does unless
    /// told otherwise.
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
