//! Cloudflare Workers as the platform of the routes: bindings, the clock and
//! the work that continues after the answer.

use std::borrow::Cow;
use std::time::Duration;

use munjigi_captcha::ports::StoreError;
use munjigi_keys::UnixMillis;
use munjigi_protocol::CountBatch;
use munjigi_serving::background;
use munjigi_serving::entropy::NoEntropy;
use munjigi_serving::inbound::BodyError;
use munjigi_serving::inbound::described::{Described, Rest};
use munjigi_serving::log::{Level, Line};
use munjigi_serving::platform::{BackgroundTask, Platform, Program, StoreMessages};
use munjigi_serving::ports::{Admission, Limit};
use munjigi_serving::state::State;
use worker::{Context, Delay, Env};

use crate::bucket::Bucket;
use crate::kv::Kv;
use crate::meter::Meters;
use crate::objects::Objects;
use crate::{clock, console, glue, isolate, random};

/// This isolate with the bindings of one event.
pub struct Workers {
    env: Env,
    state: Option<&'static State>,
    /// `None` after the answer.
    context: Option<Context>,
}

impl Workers {
    /// The platform of a request.
    pub fn new(env: Env, context: Context) -> Self {
        let state = isolate::of(&env);
        Self { env, state, context: Some(context) }
    }
}

impl Platform for Workers {
    type Source = Described<Request>;
    type Values = Kv;
    type Redemptions = Objects;
    type Images = Bucket;
    type Meter = Meters;

    const PROGRAM: Program = Program {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        build: match option_env!("MUNJIGI_BUILD") {
            Some(build) => build,
            None => "unknown",
        },
    };
    const STORE_MESSAGES: StoreMessages = StoreMessages {
        values_away: "KV is not responding",
        values_down: "KV does not respond: only recently used sites are served. Check the binding SITES",
        redemptions_down: "a redemption object does not respond: siteverify accepts no tokens. Check the binding REDEMPTIONS",
        redemptions_missing: "the redemption objects are not bound",
        deny_list_away: "not every redemption object accepted the deny list",
    };

    fn state(&self) -> Option<&State> {
        self.state
    }

    fn now(&self) -> UnixMillis {
        clock::now()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        random::fill(bytes)
    }

    fn log(&self, line: &Line<'_>) {
        console::write(line);
    }

    fn values(&self) -> Result<Kv, StoreError> {
        Kv::new(&self.env)
    }

    fn redemptions(&self) -> Result<Objects, StoreError> {
        Objects::new(&self.env, &self.state.ok_or(StoreError)?.config.shards)
    }

    fn images(&self) -> Result<Bucket, StoreError> {
        Bucket::new(&self.env)
    }

    fn meter(&self) -> Result<Meters, StoreError> {
        Meters::new(&self.env)
    }

    /// `wrangler.toml` sets how many calls a limiter admits; if none is bound,
    /// there is no limit.
    async fn admit(&self, limit: Limit, key: &str) -> Admission {
        let binding = match limit {
            Limit::Client => "CLIENT_LIMIT",
            Limit::Challenge => "CHALLENGE_LIMIT",
            Limit::Solution => "SOLUTION_LIMIT",
            Limit::Verify => "VERIFY_LIMIT",
            Limit::Internal => "INTERNAL_LIMIT",
        };
        let Some(limiter) = glue::binding(&self.env, binding) else { return Admission::Pass };
        match glue::allow(&limiter, key).await {
            Ok(allowed) if allowed.is_falsy() => Admission::Refuse,
            Ok(_) => Admission::Pass,
            Err(error) => {
                let detail = glue::reason(&error);
                console::write(&Line::new(Level::Warn, "limiter-failed").with_detail(&detail));
                Admission::Pass
            }
        }
    }

    async fn asset(&self, path: &str) -> Option<String> {
        let assets = glue::binding(&self.env, "ASSETS")?;
        glue::asset(&assets, path).await.ok()?.as_string()
    }

    async fn forward(&self, batch: &CountBatch) -> Result<(), String> {
        let queue = glue::binding(&self.env, "COUNTS").ok_or("the queue COUNTS is not bound")?;
        let text = serde_json::to_string(batch).map_err(|error| error.to_string())?;
        glue::enqueue(&queue, &text).await.map_err(|error| glue::reason(&error))
    }

    async fn sleep(&self, milliseconds: u64) {
        Delay::from(Duration::from_millis(milliseconds)).await;
    }

    fn later(&self, task: BackgroundTask) {
        let Some(context) = &self.context else { return };
        let after = Self { env: self.env.clone(), state: self.state, context: None };
        context.wait_until(async move { background::run(&after, task).await });
    }
}

/// What the description of a request does not contain.
pub struct Request(pub web_sys::Request);

impl Rest for Request {
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.headers().get(name).ok().flatten().map(Cow::Owned)
    }

    fn platform_id(&self) -> Option<String> {
        self.header("cf-ray").map(Cow::into_owned)
    }

    async fn read(&self, stated: Option<usize>, cap: usize) -> Result<Vec<u8>, BodyError> {
        glue::body(&self.0, stated, cap).await
    }
}
