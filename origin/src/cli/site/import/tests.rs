//! Importing from the command to the edge, with a real host on this machine.

use std::future::ready;

use axum::Router;
use axum::routing::get;
use clap::Parser;
use tokio::net::TcpListener;

use super::*;
use munjigi_rig::{Rig, check};

const KEY: &str = "0x4AAAAAAADnPIDROrmt1Wwj";
const SECRET: &str = "0x4AAAAAAADnPIDROrmt1WwjZZZZZZZZZZZ";

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// The arguments after `munjigi site import`; `secret` is the content of every
/// file.
async fn import(rig: &Rig, words: &[&str], secret: &str) -> Result<Report, Fail> {
    let line = Line::try_parse_from(["import"].iter().chain(words)).unwrap();
    let (pool, entropy, now) = (rig.pool.clone(), rig.app.entropy.clone(), rig.now());
    let importer = Importer { pool, check: check(), entropy, now };
    let read = |_: &Path| Ok(format!("{secret}\n"));
    importer.carry_out(&line.arguments, read).await
}

async fn ask(rig: &Rig, site: &str, vendor: &str, key: &str, secret: &str) -> Result<Report, Fail> {
    let words =
        [site, "--vendor", vendor, "--sitekey", key, "--host", "localhost", "--secret-file", "-"];
    import(rig, &words, secret).await
}

/// A site that may be tried out on this machine.
async fn local_site(rig: &Rig) -> String {
    let site = rig.create_site().await.sitekey;
    let query = "UPDATE sites SET allow_loopback = true WHERE sitekey = $1";
    sqlx::query(query).bind(&site).execute(&rig.pool).await.unwrap();
    site
}

async fn serve(text: String) -> String {
    let proof = get(move || ready(text.clone()));
    let router = Router::new().route("/.well-known/munjigi-import.txt", proof);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(axum::serve(listener, router).into_future());
    port.to_string()
}

fn token(report: &Report) -> String {
    let Report::Asked(_, import) = report else { panic!("{report:?}") };
    import.token.clone()
}

fn json(report: &Report) -> serde_json::Value {
    serde_json::to_value(report.views()).unwrap()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn importing_a_key_needs_control_of_the_host(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let (owner, thief) = (local_site(&rig).await, local_site(&rig).await);
    let asked = ask(&rig, &owner, "turnstile", KEY, SECRET).await.unwrap();
    let token = token(&asked);
    assert!(asked.people().contains(&token) && asked.people().contains("--prove"), "{asked:?}");
    assert_eq!(json(&asked)[0]["proof"], "http://localhost/.well-known/munjigi-import.txt");
    let stolen = ask(&rig, &thief, "turnstile", KEY, &SECRET.replace('Z', "Y")).await.unwrap();
    assert_ne!(self::token(&stolen), token);
    let port = serve(format!("# mine\n{token}\n")).await;

    let report = import(&rig, &[&thief, "--prove", "--port", &port], "").await.unwrap();
    let fail = report.fail().unwrap().to_string();
    assert!(fail.contains("the file has no line with this import's token"), "{fail}");
    assert_eq!(json(&report)[0]["state"], "pending");
    let nowhere = import(&rig, &[&owner, "--prove", "--port", "1"], "").await.unwrap();
    assert!(nowhere.fail().unwrap().to_string().contains("is unreachable"), "{nowhere:?}");
    assert_eq!(rig.number("SELECT count(*) FROM site_imports WHERE live_at IS NOT NULL").await, 0);

    let report = import(&rig, &[&owner, "--prove", "--port", &port], "").await.unwrap();
    assert!(report.fail().is_none() && report.people().starts_with("live"), "{report:?}");
    // A host that serves its token later is too late as well.
    let port = serve(self::token(&stolen)).await;
    let report = import(&rig, &[&thief, "--prove", "--port", &port], "").await.unwrap();
    let fail = report.fail().unwrap().to_string();
    assert!(fail.contains("active for this host at another site"), "{fail}");

    let list = import(&rig, &[&owner, "--list"], "").await.unwrap();
    assert_eq!(
        (&json(&list)[0]["state"], &json(&list)[0]["token"]),
        (&"live".into(), &serde_json::Value::Null)
    );
    let words = [owner.as_str(), "--remove", KEY, "--host", "localhost"];
    let removed = import(&rig, &words, "").await.unwrap();
    assert!(removed.people().contains("Undo"), "{removed:?}");
    assert_eq!(json(&import(&rig, &[&owner, "--list"], "").await.unwrap()), serde_json::json!([]));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn only_the_hash_of_a_vendors_secret_is_stored(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = local_site(&rig).await;
    let token = token(&ask(&rig, &site, "turnstile", KEY, SECRET).await.unwrap());
    let port = serve(token).await;
    import(&rig, &[&site, "--prove", "--port", &port], "").await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    )
    .fetch_all(&rig.pool)
    .await
    .unwrap();
    let hash = Secret::foreign(SECRET).unwrap().hash();
    let mut hashes = 0;
    for table in tables {
        for (text, found) in [(SECRET, &mut 0), (hash.as_str(), &mut hashes)] {
            let query = format!("SELECT count(*) FROM \"{table}\" AS it WHERE it::text LIKE $1");
            let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                .bind(format!("%{text}%"))
                .fetch_one(&rig.pool)
                .await
                .unwrap();
            *found += rows;
            assert!(text != SECRET || rows == 0, "{table}");
        }
    }
    // The import, and what the edge should have.
    assert_eq!(hashes, 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_are_reported_before_any_request(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = local_site(&rig).await;
    let ours = rig.app.entropy.with(|generator| {
        let alias = check().mint_alias(Vendor::Turnstile, generator).to_string();
        (alias, check().mint_secret_of(Some(Vendor::Turnstile), generator).reveal().to_string())
    });
    for (vendor, key, secret, why) in [
        ("turnstile", "1x00000000000000000000AA", SECRET, "public test key of the vendor"),
        ("turnstile", KEY, "1x0000000000000000000000000000000AA", "public test key of the vendor"),
        ("turnstile", ours.0.as_str(), SECRET, "was created here"),
        ("turnstile", KEY, ours.1.as_str(), "was created here"),
        ("recaptcha", KEY, SECRET, "the sitekey does not have the format of recaptcha"),
        ("turnstile", KEY, "0x4AAA", "the secret does not have the format of turnstile"),
    ] {
        let fail = ask(&rig, &site, vendor, key, secret).await.unwrap_err().to_string();
        assert!(fail.contains(why), "{fail}");
        assert!(!fail.contains(secret), "{fail}");
    }
    let missing = "mj_00000000000000000000000000";
    let fail = ask(&rig, missing, "turnstile", KEY, SECRET).await.unwrap_err().to_string();
    assert!(fail.contains("no site has this sitekey"), "{fail}");
    let other = rig.create_site().await.sitekey;
    let fail = ask(&rig, &other, "turnstile", KEY, SECRET).await.unwrap_err().to_string();
    assert!(fail.contains("does not allow this host") && fail.contains("--add-host"), "{fail}");
    let words = [site.as_str(), "--remove", KEY, "--host", "localhost"];
    let fail = import(&rig, &words, "").await.unwrap_err().to_string();
    assert!(fail.contains("no import of this key"), "{fail}");
    let report = import(&rig, &[&site, "--prove"], "").await.unwrap();
    assert!(report.people().contains("No import is waiting") && report.fail().is_none());
    assert_eq!(rig.number("SELECT count(*) FROM site_imports").await, 0);
}
