//! The process: what it reports about itself, and that killing it loses
//! nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use munjigi_keys::signature::{Audience, Nonce};
use serde_json::{Value, json};

use crate::files::png;
use crate::models::{LABELS, classifier, put};
use crate::rig::{own_keys, signature};

/// A running service; killed when dropped.
pub struct Running {
    child: Child,
    pub address: String,
}

/// The program that Cargo built, or one that was copied here with the tests.
fn program() -> Command {
    let carried = std::env::var_os("MUNJIGI_TEST_SERVICE");
    Command::new(carried.unwrap_or(env!("CARGO_BIN_EXE_munjigi-gpu-backend").into()))
}

impl Running {
    pub fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = program()
            .arg("serve")
            .env("MUNJIGI_INTERNAL_KEYS", own_keys())
            .env("MUNJIGI_GPU_LISTEN", "127.0.0.1:0")
            .env("MUNJIGI_GPU_ENGINE", "cpu")
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let address = lines.find_map(|line| {
            let line: Value = serde_json::from_str(&line).ok()?;
            Some(line["address"].as_str()?.to_owned())
        });
        // Its later output must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.expect("it says where it listens") }
    }

    /// Sends a request; returns status and body.
    pub fn send(&self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let length = body.len();
        let end = format!("host: test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(format!("{head}\r\n{end}").as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let split = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
        (status, answer.split_off(split + 4))
    }

    pub fn fetch(&self, path: &str) -> (u16, Vec<u8>) {
        self.send(&format!("GET {path} HTTP/1.1"), b"")
    }

    /// A correctly signed call.
    pub fn call(&self, target: &str, content_type: &str, body: &[u8], nonce: u8) -> (u16, Vec<u8>) {
        #[expect(clippy::disallowed_methods, reason = "the process reads the machine's clock too")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let signature = signature(target, body, Audience::Gpu, now, Nonce([nonce; 16]));
        let head = format!(
            "POST {target} HTTP/1.1\r\ncontent-type: {content_type}\r\n\
             munjigi-signature: {signature}"
        );
        self.send(&head, body)
    }

    pub fn render(&self, nonce: u8) -> (u16, Vec<u8>) {
        let seed = "07".repeat(32);
        let body = json!({"pictures": [{"type": "area", "seed": seed}]}).to_string();
        self.call("/v1/render?caller=factory", "application/json", body.as_bytes(), nonce)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_service_that_was_killed_answers_again_and_draws_the_same() {
    let first = Running::start(&[]);
    let (status, drawn) = first.render(1);
    assert_eq!(status, 200);
    // SIGKILL: the process cannot clean up.
    drop(first);
    let second = Running::start(&[]);
    assert_eq!(second.render(1), (200, drawn));
    assert_eq!(second.render(1).0, 401);
}

#[test]
fn the_service_reports_its_health() {
    let service = Running::start(&[]);
    assert_eq!(service.fetch("/health/live"), (200, b"ok\n".to_vec()));
    until(|| service.fetch("/health/ready").0 == 200);
    let (_, health) = service.fetch("/health");
    let health: Value = serde_json::from_slice(&health).unwrap();
    assert_eq!(health["status"], "ok");
    let (_, version) = service.fetch("/version");
    let version: Value = serde_json::from_slice(&version).unwrap();
    assert!(version["engines"][0].as_str().unwrap().starts_with("rten on CPU"));
    assert_eq!(service.render(1).0, 200);
    let metrics = String::from_utf8(service.fetch("/metrics").1).unwrap();
    for line in [
        "munjigi_gpu_pictures_total{type=\"area\"} 1",
        "munjigi_gpu_queue_depth{queue=\"draw\",priority=\"low\"} 0",
        "munjigi_gpu_engine_info{engine=\"rten\"",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[cfg(unix)]
#[test]
fn a_hangup_reloads_the_models() {
    let models = tempfile::TempDir::new().unwrap();
    let folder = models.path().to_str().unwrap();
    let service =
        Running::start(&[("MUNJIGI_GPU_MODELS", folder), ("MUNJIGI_GPU_POLL_SECONDS", "3600")]);
    until(|| service.fetch("/health/ready").0 == 200);
    put(models.path(), "shapes", "1.0.0", &classifier(5), &LABELS);
    let process = service.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    until(|| {
        let version: Value = serde_json::from_slice(&service.fetch("/version").1).unwrap();
        version["models"][0]["name"] == "shapes"
    });
    let image = png(8, 8);
    let target = "/v1/predict?caller=factory&model=shapes";
    assert_eq!(service.call(target, "image/png", &image, 1).0, 200);
    let metrics = String::from_utf8(service.fetch("/metrics").1).unwrap();
    for line in [
        "munjigi_gpu_batch_size_sum{model=\"shapes@1.0.0\"} 1",
        "munjigi_gpu_batch_size_count{model=\"shapes@1.0.0\"} 1",
        "munjigi_gpu_inference_seconds_count{model=\"shapes@1.0.0\",engine=\"rten\"} 1",
        "munjigi_gpu_models{state=\"ready\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

/// Checks again until a condition holds, for a minute at most.
fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1_200 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it did not come about within a minute");
}

#[test]
fn a_service_with_a_bad_environment_names_every_mistake_and_ends() {
    let output = program()
        .arg("serve")
        .env("MUNJIGI_INTERNAL_KEYS", "")
        .env("MUNJIGI_GPU_LISTEN", "here")
        .env("MUNJIGI_GPU_TREADS", "4")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    for name in ["MUNJIGI_INTERNAL_KEYS", "MUNJIGI_GPU_LISTEN", "MUNJIGI_GPU_TREADS"] {
        assert!(said.contains(name), "{name}: {said}");
    }
}
