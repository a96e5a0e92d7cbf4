//! Rules by what an operator's files say about addresses, from the file of
//! settings to the answer.

use std::path::{Path, PathBuf};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use munjigi_process::metrics;
use serde_json::{Value, json};

use super::*;
use crate::http;
use crate::request::Caller;
use crate::tls::tests::issue;

/// An installation whose site has these rules.
struct Installation {
    folder: tempfile::TempDir,
    sitekey: String,
}

impl Installation {
    fn new(rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        init::run(&folder.path().join(FILE), &["shop.example".to_owned()], None, None).unwrap();
        let installed = Self { folder, sitekey: String::new() };
        let sitekey = installed.config().sites[0].config.sitekey.clone();
        let text = std::fs::read_to_string(installed.path()).unwrap();
        let hosts = "hosts = [\"shop.example\"]";
        assert!(text.contains(hosts), "{text}");
        let text = text.replace("listen = \"127.0.0.1:8786\"", "listen = \"127.0.0.1:0\"");
        let text = text.replace(hosts, &format!("{hosts}, rules = [{rules}]"));
        let more = "operator_listen = \"none\"\n\
                    client_header = \"X-Forwarded-For\"\ntrusted_proxies = [\"127.0.0.1\"]\n";
        let installed = Self { sitekey, ..installed };
        installed.write(FILE, &format!("{more}{text}"));
        installed
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Begins the file of settings with a line.
    fn set(&self, line: &str) {
        let text = std::fs::read_to_string(self.path()).unwrap();
        self.write(FILE, &format!("{line}\n{text}"));
    }

    fn config(&self) -> Config {
        config(Some(&self.path())).unwrap()
    }

    async fn serve(&self) -> Live {
        let server =
            Server::bind(self.config(), Assets::new(&[], ""), Clock::system(), metrics::unused());
        server.await.unwrap().live()
    }

    async fn reread(&self, live: &Live) -> Result<(), String> {
        reread(live, Some(&self.path())).await.map(drop).map_err(|fail| fail.to_string())
    }

    /// What a visitor at an address is told; empty: a challenge.
    async fn says(&self, live: &Live, address: &str) -> String {
        let body = json!({
            "sitekey": self.sitekey, "hostname": "shop.example", "action": "", "cdata": "",
            "locale": "en", "widget": "0.1.0", "algorithms": ["hashwx"],
        });
        let request = Request::post("/v1/challenges").header("x-forwarded-for", address);
        let answer = ask(live, request, body.to_string()).await;
        answer["code"].as_str().unwrap_or_default().to_owned()
    }
}

async fn ask(live: &Live, request: axum::http::request::Builder, body: String) -> Value {
    let request = request.header("host", "captcha.example");
    let request = request.header("content-type", "application/json").body(Body::from(body));
    let address = "127.0.0.1".parse().unwrap();
    let caller = Caller { address, tls: None, is_direct: false };
    let answer = http::answer(&live.now(), caller, request.unwrap()).await;
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/networks/fixtures").join(name)
}

#[tokio::test]
async fn a_certificate_that_is_over_replaces_none_that_is_valid() {
    let installed = Installation::new("");
    installed.set("tls_certificate = \"gate.pem\"\ntls_key = \"gate.key\"");
    issue(installed.folder.path(), "gate", 2090);
    let live = installed.serve().await;
    let not_after = || live.now().tls.as_ref().and_then(|tls| tls.not_after());
    let valid = not_after();
    issue(installed.folder.path(), "gate", 2021);
    let told = installed.reread(&live).await.unwrap_err();
    assert!(told.contains("expired at 2021-01-01"), "{told}");
    assert!(live.renew_certificate().is_err());
    assert_eq!(not_after(), valid);
    issue(installed.folder.path(), "gate", 2091);
    assert!(live.renew_certificate().unwrap() && not_after() > valid);
    // A gate that starts with one that is over takes another such.
    issue(installed.folder.path(), "gate", 2021);
    drop(live);
    let live = installed.serve().await;
    issue(installed.folder.path(), "gate", 2022);
    installed.reread(&live).await.unwrap();
}

#[tokio::test]
async fn a_rule_by_country_and_one_by_system_decide() {
    let installed = Installation::new(
        "{ match = { country = \"DE\" }, verdict = \"block\" }, \
         { match = { asn = 64500 }, verdict = \"block\" }",
    );
    installed.set("networks = [\"country.mmdb\", \"asn.mmdb\"]");
    let path = installed.path().display().to_string();
    let error = run(Command::parse_from(["munjigi-gate", "check", "--config", &path]));
    let told = error.unwrap_err().to_string();
    assert!(told.contains("country.mmdb"), "{told}");
    for name in ["country.mmdb", "asn.mmdb"] {
        std::fs::copy(fixture(name), installed.folder.path().join(name)).unwrap();
    }
    let live = installed.serve().await;
    for (address, told) in [
        ("2001:db8::7", "blocked"),
        ("203.0.113.7", "blocked"),
        ("198.51.100.7", ""),
        ("127.0.0.1", ""),
    ] {
        assert_eq!(installed.says(&live, address).await, told, "{address}");
    }
    let health = ask(&live, Request::get("/health"), String::new()).await;
    let checks = health["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == "networks").unwrap();
    assert_eq!(check["status"], "ok");
    assert!(check["detail"].as_str().unwrap().starts_with("GeoLite2-Country of 2026-10-01"));

    // A file that is damaged changes nothing, and a new one is read though no
    // setting has changed.
    installed.write("asn.mmdb", "no database");
    let told = installed.reread(&live).await.unwrap_err();
    assert!(told.contains("asn.mmdb is no database"), "{told}");
    assert_eq!(installed.says(&live, "203.0.113.7").await, "blocked");
    std::fs::copy(fixture("country.mmdb"), installed.folder.path().join("asn.mmdb")).unwrap();
    installed.reread(&live).await.unwrap();
    assert_eq!(installed.says(&live, "203.0.113.7").await, "");
    assert_eq!(installed.says(&live, "2001:db8::7").await, "blocked");
}

#[tokio::test]
async fn a_rule_by_a_list_of_the_operators_decides() {
    let installed = Installation::new("{ match = { list = \"tor-exits\" }, verdict = \"block\" }");
    let set = |lines: &str| {
        let text = std::fs::read_to_string(installed.path()).unwrap();
        let (rest, _) = text.split_once("[lists]").unwrap_or((&text, ""));
        installed.write(FILE, &format!("{rest}\n{lines}"));
    };
    set("[lists]\ntor-exits = \"exits.txt\"");
    let server =
        Server::bind(installed.config(), Assets::new(&[], ""), Clock::system(), metrics::unused());
    let told = server.await.err().unwrap().to_string();
    assert!(told.contains("exits.txt: "), "{told}");
    installed.write("exits.txt", "198.51.100.7\n");
    let live = installed.serve().await;
    assert_eq!(installed.says(&live, "198.51.100.7").await, "blocked");
    assert_eq!(installed.says(&live, "203.0.113.7").await, "");

    // A bad file keeps the last good one, and the rest of the settings counts.
    installed.write("exits.txt", "203.0.113.7\n0.0.0.0/0\n");
    installed.set("url = \"https://captcha.example\"");
    installed.reread(&live).await.unwrap();
    assert!(live.now().ingress.public.is_some());
    assert_eq!(installed.says(&live, "198.51.100.7").await, "blocked");
    assert_eq!(installed.says(&live, "203.0.113.7").await, "");
    installed.write("exits.txt", "203.0.113.7\n");
    installed.reread(&live).await.unwrap();
    assert_eq!(installed.says(&live, "198.51.100.7").await, "");
    assert_eq!(installed.says(&live, "203.0.113.7").await, "blocked");

    // Without its line no one is on it.
    set("");
    installed.reread(&live).await.unwrap();
    assert_eq!(installed.says(&live, "203.0.113.7").await, "");
}
