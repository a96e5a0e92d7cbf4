//! An application behind a protected host, in Node: see `application.mjs`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use munjigi_tools::project::Project;

/// It runs until this is dropped.
#[derive(Debug)]
pub struct Application {
    child: Child,
    pub authority: String,
}

#[derive(serde::Deserialize)]
struct Ready {
    port: u16,
}

impl Application {
    pub fn start() -> Result<Self> {
        let mut node = Command::new("node");
        node.arg(Project::here().at("tests/src/application.mjs"));
        let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let output = child.stdout.as_mut().context("piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let Ready { port } = serde_json::from_str(&line).context("the application's port")?;
        Ok(Self { child, authority: format!("127.0.0.1:{port}") })
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // Had it ended before, the test says why.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
