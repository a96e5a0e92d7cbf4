//! The real Redis: it is found or unpacked, and restarts empty, as a cache may.

use std::io::{Read, Write};
use std::net::TcpStream;

use munjigi_tools::process::Service;
use munjigi_tools::project::Project;
use munjigi_tools::redis::Server;
use munjigi_tools::setup::programs;
use munjigi_tools::setup::require::Required;

/// One answer to one command.
fn ask(server: &Server, command: &str) -> anyhow::Result<String> {
    let address = server.url().trim_start_matches("redis://").to_owned();
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.trim_end_matches("+OK\r\n").to_owned())
}

#[tokio::test]
async fn a_server_runs_without_being_installed_and_forgets_when_killed() {
    let required = Required::from_environment().unwrap();
    let project = Project::here();
    if let Err(reason) = programs::prepare(&programs::REDIS, &project, &required).unwrap() {
        eprintln!("skipped, Redis is missing: {reason}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(&project, folder.path().join("log")).await.unwrap();
    assert_eq!(ask(&server, "SET kept 1 EX 100").unwrap(), "");
    assert_eq!(ask(&server, "GET kept").unwrap(), "$1\r\n1\r\n");
    server.kill();
    server.start_again().await.unwrap();
    assert_eq!(ask(&server, "GET kept").unwrap(), "$-1\r\n");
    server.stop().await.unwrap();
}
