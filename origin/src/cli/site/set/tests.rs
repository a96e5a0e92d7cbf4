use std::io;
use std::path::Path;

use clap::Parser;
use munjigi_domain::site_change::Change;
use munjigi_protocol::SiteConfig;
use munjigi_store::sites;

use super::*;
use munjigi_rig::Rig;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

const RULES: &str = r#"[
    {"match": {"country": "KR"}, "verdict": "allow"},
    {"match": {"prefix": "192.0.2.0/24"}, "verdict": "block"}
]"#;

const PATHS: &str =
    r#"[{"path":"/account/*","methods":["POST"],"level":"worked"},{"path":"/it's/*"}]"#;

/// The arguments after `munjigi site set`; `stdin` is the content of every
/// file.
async fn set(rig: &Rig, words: &[&str], stdin: &str) -> Result<Report, Fail> {
    let line = Line::try_parse_from(["set"].iter().chain(words)).unwrap();
    let edit = line.arguments.edit(|path: &Path| match path.to_str() {
        Some("missing.json") => Err(io::ErrorKind::NotFound.into()),
        _ => Ok(stdin.to_owned()),
    });
    carry_out(&rig.pool, &line.arguments, &edit, rig.now()).await
}

async fn stored(rig: &Rig, site: &SiteConfig) -> sites::SiteRecord {
    sites::find(&rig.pool, &site.sitekey).await.unwrap().unwrap()
}

/// Sets everything that can be set.
fn everything(sitekey: &str) -> Vec<&str> {
    let words = "--name=New --host new.example --host *.new.example --allow-loopback on \
        --mode invisible --work-floor 80000 --work-ceiling 8000000 --count 8 \
        --token-lifetime 60 --fallback off --rules rules.json";
    let words = [sitekey].into_iter().chain(words.split_whitespace());
    words.chain(["--protect", PATHS]).collect()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn everything_is_set_and_published_as_one_version(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    rig.publish_due().await;
    rig.pass(1_000);
    let report = set(&rig, &everything(&site.sitekey), RULES).await.unwrap();
    assert_eq!((report.version, report.changes.len()), (site.version + 1_000, 11));
    insta::assert_snapshot!(people(&report).replace(&site.sitekey, "mj_…"));
    rig.publish_due().await;
    assert_eq!(rig.edge.version(&site.sitekey), Some(report.version));
    assert_eq!(rig.edge.calls().len(), 2);
    let config = stored(&rig, &site).await.config;
    assert_eq!(config.hosts, ["new.example", "*.new.example"]);
    assert_eq!(
        serde_json::to_value(&config.rules).unwrap(),
        serde_json::from_str::<Value>(RULES).unwrap()
    );
    assert_eq!(
        serde_json::to_value(&config.protect).unwrap(),
        serde_json::from_str::<Value>(PATHS).unwrap()
    );
    assert_eq!(config.secrets, site.secrets);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn the_printed_undo_brings_everything_back(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    let before = stored(&rig, &site).await;
    let key = site.sitekey.as_str();
    for words in [
        everything(key),
        vec![key, "--name=- it's $HOME"],
        vec![key, "--under-attack", "on"],
        vec![key, "--protect", PATHS],
        vec![key, "--add-host", "a.example", "--remove-host", "shop.example"],
        vec![key, "--remove-host", "shop.example", "--allow-loopback", "on"],
    ] {
        let done = set(&rig, &words, RULES).await.unwrap();
        let after = stored(&rig, &site).await;
        assert_ne!(after.config.version, before.config.version);
        let (was, is) = (before.settings(), after.settings());
        let undo = Undo::of(key, &was, &is);
        assert_eq!(done.undo, Some(undo.to_string()));
        let words: Vec<&str> = undo.words.iter().skip(3).map(String::as_str).collect();
        set(&rig, &words, &undo.stdin.unwrap_or_default()).await.unwrap();
        assert_eq!(stored(&rig, &site).await.settings(), was);
        // The undo can itself be undone, from a site that had none of it.
        let redo = Undo::of(key, &is, &was);
        let words: Vec<&str> = redo.words.iter().skip(3).map(String::as_str).collect();
        set(&rig, &words, &redo.stdin.unwrap_or_default()).await.unwrap();
        assert_eq!(stored(&rig, &site).await.settings(), is);
        let words: Vec<&str> = undo.words.iter().skip(3).map(String::as_str).collect();
        set(&rig, &words, "[]").await.unwrap();
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn rules_about_paths_are_a_file_stdin_or_the_array_itself(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    let key = site.sitekey.as_str();
    for (word, stdin) in [("paths.json", PATHS), ("[]", ""), ("-", PATHS), ("[]", ""), (PATHS, "")]
    {
        set(&rig, &[key, "--protect", word], stdin).await.unwrap();
        let protect = stored(&rig, &site).await.config.protect;
        assert_eq!(protect.len(), if word == "[]" { 0 } else { 2 }, "{word}");
    }
    let before = stored(&rig, &site).await;
    for (words, stdin, part) in [
        (vec!["--protect", "missing.json"], "", "--protect missing.json"),
        (vec!["--protect", "{}"], "{}", "malformed"),
        (vec!["--rules", "-", "--protect", "-"], "[]", "--rules reads stdin"),
        (vec!["--protect", r#"[{"path":"/a","levl":"worked"}]"#], "", "protect[0].levl"),
        (vec!["--protect", r#"[{"path":"/a"},{"path":"b"}]"#], "", r#"protect[1] "b""#),
    ] {
        let words: Vec<&str> = [key].into_iter().chain(words).collect();
        let told = set(&rig, &words, stdin).await.unwrap_err().to_string();
        assert!(told.contains("1 mistake:") && told.contains(part), "{told}");
    }
    assert_eq!(stored(&rig, &site).await, before);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_dry_run_and_what_is_so_already_change_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    let before = stored(&rig, &site).await;
    rig.pass(1_000);
    let dry = set(&rig, &[&site.sitekey, "--count", "8", "--dry-run"], "").await.unwrap();
    assert_eq!((dry.version, dry.changes.len()), (site.version, 1));
    assert!(people(&dry).contains("Dry run: nothing was changed"));
    let same = ["--count", "16", "--add-host", "shop.example", "--fallback", "on"];
    let words: Vec<&str> = [site.sitekey.as_str()].into_iter().chain(same).collect();
    let same = set(&rig, &words, "").await.unwrap();
    assert_eq!((same.version, same.undo.clone()), (site.version, None));
    assert!(people(&same).contains("no changes"));
    assert_eq!(stored(&rig, &site).await, before);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn mistakes_and_missing_sites_change_nothing(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    let before = stored(&rig, &site).await;
    let key = site.sitekey.as_str();
    let bad = [key, "--count", "9", "--token-lifetime", "9", "--rules", "missing.json"];
    let told = set(&rig, &bad, "").await.unwrap_err().to_string();
    assert!(told.contains("2 mistakes") && told.contains("missing.json"), "{told}");
    assert_eq!(stored(&rig, &site).await, before);
    let unknown_site = set(&rig, &["mj_00000000000000000000000000", "--count", "8"], "").await;
    assert_eq!(unknown_site.unwrap_err().exit, Exit::Site);
    rig.change(key, Change::Delete).await.unwrap();
    let told = set(&rig, &[key, "--count", "8"], "").await.unwrap_err().to_string();
    assert!(told.contains("munjigi site restore"), "{told}");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn edits_at_once_all_hold(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    let mut edits = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (rig, key) = (rig.clone(), site.sitekey.clone());
        edits.spawn(async move {
            set(&rig, &[&key, "--add-host", &format!("h{number}.example")], "")
                .await
                .unwrap()
                .version
        });
    }
    let mut versions = edits.join_all().await;
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 8);
    assert_eq!(stored(&rig, &site).await.config.hosts.len(), 9);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_paused_site_stays_paused(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    rig.change(&site.sitekey, Change::Pause).await.unwrap();
    set(&rig, &[&site.sitekey, "--count", "8"], "").await.unwrap();
    let config = stored(&rig, &site).await.config;
    assert_eq!((config.state, config.count), (munjigi_protocol::SiteState::Paused, 8));
}

#[test]
fn rules_that_change_places_are_all_shown() {
    let change = FieldChange {
        field: "rules",
        before: serde_json::json!([{"a": 1}, {"b": 1}]),
        after: serde_json::json!([{"b": 1}, {"a": 1}]),
    };
    let mut text = String::new();
    list_rules(&mut text, &change);
    assert_eq!(text.lines().count(), 3);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn changes_by_the_command_are_in_the_owners_audit_log(pool: sqlx::PgPool) {
    use munjigi_store::audit::Author;
    use munjigi_store::sites::ChangeSite;

    let rig = Rig::new(pool, crate::http::router).await;
    let kim = rig.someone("Kim").await;
    let site = rig.site_of(&kim, "Shop").await;
    for words in [
        ["--mode", "invisible", "--dry-run"].as_slice(),
        &["--mode", "invisible"],
        &["--mode", "invisible"],
        &["--count", "1000"],
    ] {
        let words: Vec<&str> =
            std::iter::once(site.as_str()).chain(words.iter().copied()).collect();
        drop(set(&rig, &words, "").await);
    }
    let change = Change::Pause;
    let unit = ChangeSite {
        sitekey: &site,
        within: None,
        change: &change,
        by: Author::Command,
        now: rig.now(),
    };
    transact(&rig.pool, &unit).await.unwrap().unwrap();
    transact(&rig.pool, &unit).await.unwrap().unwrap_err();
    let mut tab = rig.tab_of(&kim.account).await;
    tab.open(&format!("/console/{}/audit.json?text=command", kim.organisation)).await;
    let entries: Vec<serde_json::Value> = serde_json::from_str(&tab.page).unwrap();
    let said: Vec<_> = entries
        .iter()
        .map(|it| (it["actor"].as_str(), it["action"].as_str(), it["after"]["mode"].as_str()))
        .collect();
    let command = Some("command");
    assert_eq!(
        said,
        [(command, Some("site.pause"), None), (command, Some("site.edit"), Some("invisible"))]
    );
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn an_allow_rule_that_disables_the_counters_is_warned_about(pool: PgPool) {
    let rig = Rig::new(pool, crate::http::router).await;
    let site = rig.create_site().await;
    let key = site.sitekey.as_str();
    let own = r#"[{"match": {"prefix": "192.0.2.0/24"}, "verdict": "allow"}]"#;
    for (words, rules, warned) in [
        (vec![key, "--rules", "rules.json", "--dry-run"], RULES, true),
        (vec![key, "--rules", "rules.json"], RULES, true),
        (vec![key, "--name", "Another"], RULES, false),
        (vec![key, "--rules", "rules.json"], own, false),
    ] {
        let report = set(&rig, &words, rules).await.unwrap();
        let told = people(&report).contains("Warning: Rule 1 turns off the counters");
        assert_eq!((told, report.warnings.len() == 1), (warned, warned), "{words:?}");
    }
}
