//! Configuration: parsed once, from the environment passed in. Every mistake is
//! collected, so that an operator can correct them all at once.

mod variables;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use munjigi_keys::signature::{Audience, AudienceKeys, CallKeys};
use munjigi_process::config::{Reader, number};

pub use munjigi_process::config::{Environment, Mistakes};
pub use munjigi_process::log::Log;
pub use variables::{environment, markdown};

/// Everything that `serve` needs, except engine and folder, which every command
/// takes as arguments.
#[derive(Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub calls: AudienceKeys,
    /// How much is done at once.
    pub work: Work,
    /// Interval at which the folder of models is checked.
    pub poll: Duration,
    pub log: Log,
}

/// Limits on concurrent work.
#[derive(Debug, Clone)]
pub struct Work {
    /// Number of drawing threads.
    pub threads: usize,
    /// Most pictures waiting to be drawn, and also most images waiting to be
    /// analysed.
    pub queue: usize,
    /// How long an image waits for others, to be computed in one batch.
    pub batch_wait: Duration,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, Mistakes> {
        let mut reader = Reader::new(environment);
        let listen = reader.required(&variables::LISTEN, |text| {
            text.parse()
                .map_err(|_| "must be an address and port such as 127.0.0.1:8090".to_owned())
        });
        let calls = reader.required(&variables::INTERNAL_KEYS, calls);
        let work = Work::read(&mut reader);
        let poll = reader.required(&variables::POLL, |text| number(text, 1..=3_600));
        let log = Log::read(&mut reader, &variables::LOG, &variables::LOG_FORMAT);
        let config = (|| {
            Some(Self {
                listen: listen?,
                calls: calls?,
                work: work?,
                poll: Duration::from_secs(poll?),
                log: log?,
            })
        })();
        reader.finish(config)
    }
}

/// Keys for calls to us only: an attacker who controls this machine must not be
/// able to sign for the edge.
fn calls(text: &str) -> Result<AudienceKeys, String> {
    let keys = CallKeys::parse(text).map_err(|error| error.to_string())?;
    if [Audience::Edge, Audience::Origin].iter().any(|&other| keys.of(other).is_some()) {
        return Err("these keys also sign calls to edge and origin: use the output of `munjigi keys derive gpu`"
            .to_owned());
    }
    keys.of(Audience::Gpu).cloned().ok_or_else(|| "no entry starts with gpu/".to_owned())
}

impl Work {
    fn read(reader: &mut Reader) -> Option<Self> {
        let threads = reader.required(&variables::THREADS, |text| match text {
            "auto" => Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)),
            _ => number(text, 1..=256),
        });
        let queue = reader.required(&variables::QUEUE, |text| number(text, 1..=100_000));
        let wait = reader.required(&variables::BATCH_WAIT, |text| number(text, 0..=1_000));
        let batch_wait = Duration::from_millis(wait?);
        Some(Self { threads: threads?, queue: queue?, batch_wait })
    }
}
