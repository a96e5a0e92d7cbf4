//! Writes the configuration of a plain workerd from `wrangler.toml`: the same
//! bindings, on local disks, with one reachable outside address, the origin's.
//! Text in, text out; nothing is started here.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::manifest::{Manifest, QueueConsumer};

/// A worker. The first one consumes queues and owns the objects of all.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Service name: lower-case letters, digits and hyphens.
    pub name: String,
    /// Port for visitors: assets come first, as on the platform.
    pub port: u16,
    /// Port that bypasses the assets' router.
    pub direct_port: u16,
    /// Variables and secrets that override those of the manifest.
    pub vars: BTreeMap<String, String>,
    /// How far its clock is behind.
    pub behind: Duration,
    /// Whether `/__rows` reports how many rows its objects wrote.
    pub counts_rows: bool,
    /// What is wrong with the meter's objects.
    pub meter_fault: MeterFault,
    /// The folder of its modules, beside the file.
    pub build: String,
    /// `host:port` of what it reaches instead of the outside address.
    pub application: Option<String>,
}

/// How the meter's objects fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum MeterFault {
    /// They work.
    #[default]
    None,
    /// There are none.
    Absent,
    /// Each call ends with an exception.
    Killed,
    /// No call ever ends.
    Hangs,
    /// They answer with bytes that are no totals.
    Garbage,
}

impl MeterFault {
    /// Its name in `watched.js`.
    const fn name(self) -> &'static str {
        match self {
            // Without a binding, nothing is called.
            Self::None | Self::Absent => "none",
            Self::Killed => "killed",
            Self::Hangs => "hangs",
            Self::Garbage => "garbage",
        }
    }
}

/// A module of the built worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Module {
    /// Path of a script, relative to the build folder.
    Script(String),
    Wasm(String),
}

/// Everything that the configuration depends on.
#[derive(Debug)]
pub struct Setting<'a> {
    pub manifest: &'a Manifest,
    /// The worker under one or several sets of variables.
    pub workers: &'a [Worker],
    /// Modules of every worker, the main one first.
    pub modules: &'a [Module],
    /// Absolute path of the static files.
    pub assets: &'a str,
    /// The text of the static files' `_headers`.
    pub headers: &'a str,
    /// Absolute path of the stores.
    pub stores: &'a str,
    /// `host:port` of the only reachable outside address.
    pub outside: &'a str,
    pub admin_port: u16,
}

const RPC_DATE: &str = "2026-11-01";

/// The configuration as Cap'n Proto text, constant `config`.
#[must_use]
pub fn render(setting: &Setting<'_>) -> String {
    let mut services = vec![
        format!("(name = \"stores\", disk = (path = {}, writable = true))", text(setting.stores)),
        external("internet", setting.outside),
        format!("(name = \"kv\", worker = {})", kv_service()),
        format!("(name = \"r2\", worker = {})", r2_service()),
        format!("(name = \"queues\", worker = {})", queue_service(setting)),
        format!("(name = \"admin\", worker = {})", admin_service(setting)),
    ];
    let mut sockets = vec![socket("admin", setting.admin_port, "admin")];
    for worker in setting.workers {
        let name = &worker.name;
        services.push(format!("(name = {}, worker = {})", text(name), edge(setting, worker)));
        services.push(assets(setting, name));
        if let Some(application) = &worker.application {
            services.push(external(&application_of(worker), application));
        }
        sockets.push(socket(name, worker.port, &format!("{name}-assets")));
        sockets.push(socket(&format!("{name}-direct"), worker.direct_port, name));
    }
    format!(
        "using Workerd = import \"/workerd/workerd.capnp\";\n\
         const config :Workerd.Config = (\n  services = {},\n  sockets = {},\n  extensions = [\n    \
         (modules = [(name = \"munjigi:ratelimit\", internal = true, esModule = embed \
         \"ratelimit.js\")]),\n  ],\n);\n",
        list(&services),
        list(&sockets),
    )
}

fn external(name: &str, address: &str) -> String {
    format!("(name = {}, external = (address = {}, http = ()))", text(name), text(address))
}

fn application_of(worker: &Worker) -> String {
    format!("{}-application", worker.name)
}

fn socket(name: &str, port: u16, service: &str) -> String {
    let address = text(&format!("127.0.0.1:{port}"));
    format!("(name = {}, address = {address}, http = (), service = {})", text(name), text(service))
}

fn edge(setting: &Setting<'_>, worker: &Worker) -> String {
    let manifest = setting.manifest;
    let owner = setting.workers.first().map(|first| first.name.as_str());
    let owns_objects = owner == Some(worker.name.as_str());
    let mut out = String::from("(\n");
    let wrapper = worker.is_watched().then(|| watched(setting, worker));
    let modules: Vec<String> = wrapper
        .into_iter()
        .chain(setting.modules.iter().map(|module| of(worker, module)))
        .collect();
    line(&mut out, "modules", &list(&modules));
    line(&mut out, "compatibilityDate", &text(&manifest.compatibility_date));
    let flags: Vec<String> = manifest.compatibility_flags.iter().map(|flag| text(flag)).collect();
    line(&mut out, "compatibilityFlags", &list(&flags));
    line(&mut out, "bindings", &list(&bindings(setting, worker, owner.unwrap_or_default())));
    if worker.application.is_some() {
        line(&mut out, "globalOutbound", &text(&application_of(worker)));
    }
    if owns_objects {
        let classes: Vec<String> = manifest
            .durable_objects
            .bindings
            .iter()
            .map(|object| {
                let class = &object.class_name;
                format!(
                    "(className = {}, uniqueKey = {}, enableSql = true)",
                    text(class),
                    text(&format!("munjigi-{class}"))
                )
            })
            .collect();
        line(&mut out, "durableObjectNamespaces", &list(&classes));
        line(&mut out, "durableObjectStorage", "(localDisk = \"stores\")");
    }
    out.push_str("  )");
    out
}

impl Worker {
    const fn is_watched(&self) -> bool {
        self.counts_rows || !self.behind.is_zero() || !matches!(self.meter_fault, MeterFault::None)
    }
}

/// The main module of a worker that tests inspect.
fn watched(setting: &Setting<'_>, worker: &Worker) -> String {
    let main = match setting.modules.first() {
        Some(Module::Script(name) | Module::Wasm(name)) => name,
        None => "",
    };
    let script = include_str!("watched.js")
        .replace("MAIN", main)
        .replace("BEHIND_MS = 0", &format!("BEHIND_MS = {}", worker.behind.as_millis()))
        .replace("METER = \"none\"", &format!("METER = \"{}\"", worker.meter_fault.name()));
    format!("(name = \"watched.js\", esModule = {})", text(&script))
}

fn bindings(setting: &Setting<'_>, worker: &Worker, owner: &str) -> Vec<String> {
    let manifest = setting.manifest;
    let mut vars = manifest.vars.clone();
    vars.extend(worker.vars.clone());
    let mut all: Vec<String> = vars
        .iter()
        .map(|(name, value)| format!("(name = {}, text = {})", text(name), text(value)))
        .collect();
    for kv in &manifest.kv_namespaces {
        all.push(kv_binding(&kv.binding, &kv.binding));
    }
    for r2 in &manifest.r2_buckets {
        all.push(r2_binding(&r2.binding, &r2.bucket_name));
    }
    for object in &manifest.durable_objects.bindings {
        if object.name == "METER" && matches!(worker.meter_fault, MeterFault::Absent) {
            continue;
        }
        let service = if owner == worker.name {
            String::new()
        } else {
            format!(", serviceName = {}", text(owner))
        };
        all.push(format!(
            "(name = {}, durableObjectNamespace = (className = {}{service}))",
            text(&object.name),
            text(&object.class_name)
        ));
    }
    for producer in &manifest.queues.producers {
        all.push(queue_binding(&producer.binding, &producer.queue));
    }
    for limiter in &manifest.ratelimits {
        all.push(format!(
            "(name = {}, wrapped = (moduleName = \"munjigi:ratelimit\", innerBindings = [\
             (name = \"limit\", json = \"{}\"), (name = \"period\", json = \"{}\")]))",
            text(&limiter.name),
            limiter.simple.limit,
            limiter.simple.period
        ));
    }
    if let Some(binding) = manifest.assets.as_ref().and_then(|assets| assets.binding.as_ref()) {
        let service = text(&format!("{}-assets", worker.name));
        all.push(format!(
            "(name = {}, service = (name = {service}, entrypoint = \"AssetWorker\"))",
            text(binding)
        ));
    }
    all
}

fn assets(setting: &Setting<'_>, worker: &str) -> String {
    let mut config = json!({ "headers": setting.headers });
    if let (Some(assets), Some(object)) = (&setting.manifest.assets, config.as_object_mut()) {
        for (key, value) in &assets.routing {
            object.insert(key.clone(), value.clone());
        }
    }
    format!(
        "(name = {}, assets = (path = {}, config = {}, userWorker = {}))",
        text(&format!("{worker}-assets")),
        text(setting.assets),
        text(&config.to_string()),
        text(worker)
    )
}

fn kv_service() -> String {
    format!(
        "(\n    modules = [(name = \"kv.js\", bundled = \"/workerd/kv.js\")],\n    \
         compatibilityDate = \"{RPC_DATE}\",\n    durableObjectNamespaces = \
         [(className = \"KVNamespace\", uniqueKey = \"munjigi-kv\", enableSql = true)],\n    \
         durableObjectStorage = (localDisk = \"stores\"),\n    bindings = \
         [(name = \"SHARD\", durableObjectNamespace = \"KVNamespace\"), \
         (name = \"BLOBS\", service = \"stores\")],\n  )"
    )
}

/// workerd has services for KV and queues, but none for buckets.
fn r2_service() -> String {
    format!(
        "(\n    modules = [(name = \"r2.js\", esModule = embed \"r2.js\")],\n    \
         compatibilityDate = \"{RPC_DATE}\",\n    durableObjectNamespaces = \
         [(className = \"Bucket\", uniqueKey = \"munjigi-r2\", enableSql = true)],\n    \
         durableObjectStorage = (localDisk = \"stores\"),\n    bindings = \
         [(name = \"BUCKETS\", durableObjectNamespace = \"Bucket\")],\n  )"
    )
}

fn queue_service(setting: &Setting<'_>) -> String {
    let consumers: BTreeMap<&str, serde_json::Value> = setting
        .manifest
        .queues
        .consumers
        .iter()
        .map(|consumer| (consumer.queue.as_str(), delivery(consumer)))
        .collect();
    let mut bindings = vec![
        "(name = \"SHARD\", durableObjectNamespace = \"QueueShard\")".to_owned(),
        format!("(name = \"CONSUMERS\", json = {})", text(&json!(consumers).to_string())),
    ];
    if let Some(first) = setting.workers.first() {
        bindings.push(format!("(name = \"CONSUMER\", service = {})", text(&first.name)));
    }
    format!(
        "(\n    modules = [(name = \"queues.js\", bundled = \"/workerd/queues.js\")],\n    \
         compatibilityDate = \"{RPC_DATE}\",\n    \
         compatibilityFlags = [\"service_binding_extra_handlers\"],\n    \
         durableObjectNamespaces = \
         [(className = \"QueueShard\", uniqueKey = \"munjigi-queues\", enableSql = true)],\n    \
         durableObjectStorage = (localDisk = \"stores\"),\n    bindings = {},\n  )",
        list(&bindings)
    )
}

fn delivery(consumer: &QueueConsumer) -> serde_json::Value {
    let mut settings = json!({ "consumer": "CONSUMER" });
    let given = [
        ("maxBatchSize", consumer.max_batch_size.map(|n| json!(n))),
        ("maxBatchTimeout", consumer.max_batch_timeout.map(|n| json!(n))),
        ("maxRetries", consumer.max_retries.map(|n| json!(n))),
        ("retryDelay", consumer.retry_delay.map(|n| json!(n))),
        ("deadLetterQueue", consumer.dead_letter_queue.as_ref().map(|name| json!(name))),
    ];
    if let Some(object) = settings.as_object_mut() {
        for (key, value) in given {
            object.extend(value.map(|value| (key.to_owned(), value)));
        }
    }
    settings
}

fn admin_service(setting: &Setting<'_>) -> String {
    let manifest = setting.manifest;
    let mut bindings: Vec<String> = manifest
        .kv_namespaces
        .iter()
        .map(|kv| kv_binding(&format!("kv:{}", kv.binding), &kv.binding))
        .collect();
    bindings.extend(
        manifest
            .queues
            .producers
            .iter()
            .map(|producer| queue_binding(&format!("queue:{}", producer.queue), &producer.queue)),
    );
    for r2 in &manifest.r2_buckets {
        bindings.push(r2_binding(&format!("bucket:{}", r2.binding), &r2.bucket_name));
        let name = text(&format!("bucket-away:{}", r2.binding));
        let props = r2_props(&r2.bucket_name);
        bindings.push(format!(
            "(name = {name}, service = (name = \"r2\", entrypoint = \"Away\", props = {props}))"
        ));
    }
    bindings.extend(setting.workers.iter().map(|worker| {
        let name = text(&format!("cron:{}", worker.name));
        format!("(name = {name}, service = {})", text(&worker.name))
    }));
    format!(
        "(\n    modules = [(name = \"admin.js\", esModule = embed \"admin.js\")],\n    \
         compatibilityDate = \"{RPC_DATE}\",\n    \
         compatibilityFlags = [\"service_binding_extra_handlers\"],\n    bindings = {},\n  )",
        list(&bindings)
    )
}

fn kv_binding(name: &str, namespace: &str) -> String {
    let props = text(&json!({ "namespace": namespace }).to_string());
    format!("(name = {}, kvNamespace = (name = \"kv\", props = (json = {props})))", text(name))
}

fn r2_binding(name: &str, bucket: &str) -> String {
    format!("(name = {}, r2Bucket = (name = \"r2\", props = {}))", text(name), r2_props(bucket))
}

fn r2_props(bucket: &str) -> String {
    format!("(json = {})", text(&json!({ "bucket": bucket }).to_string()))
}

fn queue_binding(name: &str, queue: &str) -> String {
    let props = text(&json!({ "queue": queue }).to_string());
    format!("(name = {}, queue = (name = \"queues\", props = (json = {props})))", text(name))
}

fn of(worker: &Worker, module: &Module) -> String {
    let (path, kind) = match module {
        Module::Script(path) => (path, "esModule"),
        Module::Wasm(path) => (path, "wasm"),
    };
    let file = text(&format!("{}/{path}", worker.build));
    format!("(name = {}, {kind} = embed {file})", text(path))
}

fn line(out: &mut String, key: &str, value: &str) {
    out.extend(["    ", key, " = ", value, ",\n"]);
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(",\n    "))
}

/// A Cap'n Proto string literal; JSON's escapes are a subset of C's.
fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::EXAMPLE;

    fn worker(name: &str, port: u16) -> Worker {
        let vars = BTreeMap::from([("MUNJIGI_SHARDS".to_owned(), "8,64".to_owned())]);
        let (name, direct_port) = (name.to_owned(), port + 1);
        Worker {
            name,
            port,
            direct_port,
            vars,
            behind: Duration::ZERO,
            counts_rows: false,
            meter_fault: MeterFault::None,
            build: "build".to_owned(),
            application: None,
        }
    }

    fn rendered(workers: &[Worker]) -> String {
        render(&Setting {
            manifest: &Manifest::parse(EXAMPLE).unwrap(),
            workers,
            modules: &[Module::Script("index.js".into()), Module::Wasm("index_bg.wasm".into())],
            assets: "/srv/dist",
            headers: "/v1/api.js\n  X-Test: \"yes\"\n",
            stores: "/srv/stores",
            outside: "127.0.0.1:9000",
            admin_port: 9,
        })
    }

    #[test]
    fn given_variables_override_the_manifest() {
        let config = rendered(&[worker("edge", 1)]);
        assert!(config.contains("(name = \"MUNJIGI_SHARDS\", text = \"8,64\")"));
        assert!(!config.contains("text = \"64\""));
    }

    #[test]
    fn a_second_worker_uses_the_objects_of_the_first() {
        let config = rendered(&[worker("edge", 1), worker("edge-b", 3)]);
        assert!(config.contains("className = \"Redemptions\", serviceName = \"edge\""));
        assert_eq!(config.matches("uniqueKey = \"munjigi-Redemptions\"").count(), 1);
    }

    #[test]
    fn a_worker_may_be_of_another_build() {
        let released = Worker { build: "released".to_owned(), ..worker("edge-b", 3) };
        let config = rendered(&[worker("edge", 1), released]);
        for build in ["build", "released"] {
            let module = format!("(name = \"index.js\", esModule = embed \"{build}/index.js\")");
            assert_eq!(config.matches(&module).count(), 1, "{build}");
        }
    }

    #[test]
    fn a_worker_with_an_application_reaches_it_alone() {
        let application = Some("127.0.0.1:9001".to_owned());
        let before = Worker { application, ..worker("edge-b", 3) };
        let config = rendered(&[worker("edge", 1), before]);
        assert_eq!(config.matches("globalOutbound = \"edge-b-application\"").count(), 1);
        let service = "(name = \"edge-b-application\", external = (address = \"127.0.0.1:9001\"";
        assert_eq!(config.matches(service).count(), 1);
        assert_eq!(config.matches("globalOutbound").count(), 1);
    }

    #[test]
    fn quotes_and_line_ends_in_headers_are_escaped() {
        let config = rendered(&[worker("edge", 1)]);
        assert!(config.contains(r#"X-Test: \\\"yes\\\"\\n"#));
    }
}
