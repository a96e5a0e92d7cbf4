//! A real server with Redis's protocol, one for each test.

use munjigi_app::cache::Redis;
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::redis::Server;
use munjigi_tools::setup::require::{Part, Required};

/// A server that a test starts, kills and restarts.
pub struct RedisServer {
    server: Server,
    folder: tempfile::TempDir,
}

impl RedisServer {
    /// `None` if it is not installed and not required.
    pub async fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("redis.log");
        match Server::start(&Project::here(), log).await {
            Ok(server) => Some(Self { server, folder }),
            Err(error) => {
                let required = Required::from_environment().unwrap();
                assert!(!required.includes(Part::Redis), "MUNJIGI_REQUIRE names redis: {error:#}");
                eprintln!("skipped, Redis is missing: {error:#}");
                None
            }
        }
    }

    pub fn connection(&self) -> Redis {
        Redis::new(::redis::Client::open(self.server.url()).unwrap()).unwrap()
    }

    /// Like a crash.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Empty, at the same address.
    pub async fn start_again(&mut self) {
        assert!(self.folder.path().exists());
        self.server.start_again().await.unwrap();
    }
}
