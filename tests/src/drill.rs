//! What an operator fears, done to a real gate: kills, files that are restored,
//! and disks that fail.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::{Context as _, Result, ensure};
use munjigi_protocol::SiteverifyCode;
use munjigi_tools::files;
use munjigi_tools::gate::Gate;
use munjigi_tools::process::Service as _;
use munjigi_tools::project::Project;
use munjigi_tools::stack::Site;
use munjigi_tools::wait;
use reqwest::StatusCode;
use tempfile::TempDir;

use crate::alone::{Alone, cheaply};
use crate::kills::kill;
use crate::stage;

/// The store and what lies beside it.
const FOLDER: [&str; 4] =
    ["munjigi.db", "munjigi.db-wal", "munjigi.db-shm", "munjigi.db.heartbeat"];
/// Without the heartbeat beside it.
const FILE: [&str; 3] = ["munjigi.db", "munjigi.db-wal", "munjigi.db-shm"];
/// A start, or the end of a fault, may be noticed so late.
const WITHIN: Duration = Duration::from_secs(20);
/// New visitors pass so soon after a start.
const NEW_WITHIN: Duration = Duration::from_secs(5);
/// Space of the disk that is filled.
const DISK: &str = "size=12m";

/// Kills a gate so often, puts back copies of these ages in seconds, lets disks
/// fail, and prints a line for each.
pub async fn run(kills: u32, ages: &[u64]) -> Result<()> {
    let mut alone = Alone::start_with(cheaply).await?;
    let copies = TempDir::new()?;
    copy_while_stopped(&mut alone, copies.path()).await?;
    let taken = Instant::now();
    say("kills", &kill(&mut alone, kills).await?.to_string());
    for age in ages {
        tokio::time::sleep_until((taken + Duration::from_secs(*age)).into()).await;
        for (what, names) in [("the file", &FILE[..]), ("the folder", &FOLDER)] {
            let told = put_back(&mut alone, copies.path(), names).await?;
            say(&format!("{what} of {age} s ago restored"), &told);
        }
    }
    let young = TempDir::new()?;
    copy_while_stopped(&mut alone, young.path()).await?;
    let told = put_back(&mut alone, young.path(), &FILE).await?;
    say("the file of a moment ago restored", &told);
    alone.gate.stop().await?;
    for (what, drill) in [
        ("disk full", full().await),
        ("file system fails", failing().await),
        ("pages damaged", damaged().await),
    ] {
        say(what, &drill.with_context(|| what.to_owned())?);
    }
    Ok(())
}

fn say(what: &str, told: &str) {
    println!("{what}: {told}");
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> io::Result<()> {
    for name in names {
        let _ = fs::remove_file(to.join(name));
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name))?;
        }
    }
    Ok(())
}

async fn copy_while_stopped(alone: &mut Alone, to: &Path) -> Result<()> {
    alone.gate.stop().await?;
    copy(alone.folder.path(), to, &FOLDER)?;
    alone.gate.start_again().await
}

async fn tokens(gate: &Gate, site: &Site, count: usize) -> Result<Vec<String>> {
    let mut tokens = Vec::new();
    for _ in 0..count {
        tokens.push(stage::token(&gate.url(), site).await?);
    }
    Ok(tokens)
}

/// Spends tokens, puts files back as they were before, and sees that none of
/// before is accepted, and that new ones are at once.
async fn put_back(alone: &mut Alone, copies: &Path, names: &[&str]) -> Result<String> {
    let Alone { folder, site, gate } = alone;
    let (spent, unspent) = (tokens(gate, site, 10).await?, tokens(gate, site, 10).await?);
    for token in &spent {
        ensure!(stage::verify(&gate.url(), site, token).await?.success, "a new token was refused");
    }
    gate.stop().await?;
    copy(copies, folder.path(), names)?;
    gate.start_again().await?;
    let started = Instant::now();
    let new = stage::token(&gate.url(), site).await?;
    ensure!(stage::verify(&gate.url(), site, &new).await?.success, "a new token was refused");
    let took = started.elapsed();
    ensure!(took < NEW_WITHIN, "the first new token was accepted after {took:?}");
    for token in spent.iter().chain(&unspent) {
        let again = stage::verify(&gate.url(), site, token).await?;
        let duplicate = SiteverifyCode::TimeoutOrDuplicate;
        ensure!(stage::refused_with(&again, duplicate), "of before and not refused: {again:?}");
    }
    Ok(format!(
        "{} tokens of before refused, a new one accepted {} ms after the start",
        spent.len() + unspent.len(),
        took.as_millis()
    ))
}

/// A file system that goes with it.
struct Mount {
    at: PathBuf,
}

impl Mount {
    fn new(at: &Path, words: &[&str]) -> Result<Self> {
        fs::create_dir_all(at)?;
        command("mount", words, at)?;
        Ok(Self { at: at.to_owned() })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a gate that was killed may still be closing its file.
        let _ = command("umount", &["--lazy"], &self.at);
    }
}

fn command(program: &str, words: &[&str], path: &Path) -> Result<()> {
    let output = files::output_of(Command::new(program).args(words).arg(path), None)?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{program} {}: {told}", words.join(" "));
    Ok(())
}

/// A gate whose store is in the folder `disk` of its own.
async fn on_disk() -> Result<(Alone, Mount)> {
    let mut alone = Alone::start_with(cheaply).await?;
    alone.gate.stop().await?;
    let mount =
        Mount::new(&alone.folder.path().join("disk"), &["-t", "tmpfs", "-o", DISK, "none"])?;
    move_store(&mut alone, &mount.at).await?;
    Ok((alone, mount))
}

async fn move_store(alone: &mut Alone, to: &Path) -> Result<()> {
    let data = to.join("munjigi.db").to_string_lossy().into_owned();
    alone.gate.set_vars([("MUNJIGI_GATE_DATA".to_owned(), data)].into());
    alone.gate.start_again().await
}

async fn verify(gate: &Gate, site: &Site, token: &str) -> Result<StatusCode> {
    let form = [("secret", site.secret.as_str()), ("response", token)];
    let url = format!("{}/siteverify", gate.url());
    Ok(reqwest::Client::new().post(url).form(&form).send().await?.status())
}

/// Waits until a fault is told, by 503 and by a sentence in `/health`.
async fn is_told(gate: &Gate, site: &Site, token: &str, sentence: &str) -> Result<()> {
    wait::until("siteverify's 503", WITHIN, async || {
        let status = verify(gate, site, token).await?;
        Ok((status == StatusCode::SERVICE_UNAVAILABLE).then_some(()))
    })
    .await?;
    for url in [format!("{}/health", gate.url()), format!("{}/health/ready", gate.operators())] {
        wait::until(sentence, WITHIN, async || {
            let answer = reqwest::get(&url).await?;
            let is_down = answer.status() == StatusCode::SERVICE_UNAVAILABLE;
            Ok((is_down && answer.text().await?.contains(sentence)).then_some(()))
        })
        .await?;
    }
    Ok(())
}

/// Waits until a token is accepted, and sees that it is not accepted again.
async fn recovers(gate: &Gate, site: &Site, token: &str) -> Result<Duration> {
    let began = Instant::now();
    wait::until("a token", WITHIN, async || {
        Ok((verify(gate, site, token).await? == StatusCode::OK).then_some(()))
    })
    .await?;
    let took = began.elapsed();
    let again = stage::verify(&gate.url(), site, token).await?;
    ensure!(!again.success, "spent twice");
    let health = format!("{}/health", gate.url());
    wait::until("health", WITHIN, async || {
        Ok(reqwest::get(&health).await?.status().is_success().then_some(()))
    })
    .await?;
    Ok(took)
}

async fn full() -> Result<String> {
    let (alone, mount) = on_disk().await?;
    let (gate, site) = (&alone.gate, &alone.site);
    let token = stage::token(&gate.url(), site).await?;
    let filler = mount.at.join("filler");
    let mut file = fs::File::create(&filler)?;
    while io::Write::write_all(&mut file, &[1; 4_096]).is_ok() {}
    drop(file);
    is_told(gate, site, &token, "the store's disk is full").await?;
    fs::remove_file(&filler)?;
    let took = recovers(gate, site, &token).await?;
    Ok(format!(
        "503 and what to do; {} ms after there was room, tokens are accepted",
        took.as_millis()
    ))
}

/// A file system that gives up, as a disk with errors makes it.
async fn failing() -> Result<String> {
    let mut alone = Alone::start_with(cheaply).await?;
    alone.gate.stop().await?;
    let (image, at) = (alone.folder.path().join("image"), alone.folder.path().join("disk"));
    fs::File::create(&image)?.set_len(16 << 20)?;
    command("mkfs.ext4", &["-q", "-F"], &image)?;
    let source = image.to_string_lossy().into_owned();
    let mount = Mount::new(&at, &["-o", "loop", &source])?;
    move_store(&mut alone, &at).await?;
    let (gate, site) = (&mut alone.gate, &alone.site);
    let [spent, token] =
        [stage::token(&gate.url(), site).await?, stage::token(&gate.url(), site).await?];
    ensure!(verify(gate, site, &spent).await? == StatusCode::OK, "a new token was refused");
    command("mount", &["-o", "remount,abort"], &at)?;
    is_told(gate, site, &token, "the store's file system takes no writes").await?;
    gate.stop().await?;
    ensure!(gate.start_again().await.is_err(), "it started on a file system that takes no writes");
    drop(mount);
    // It repairs, and says so by its status.
    let _ = command("e2fsck", &["-p", "-f"], &image);
    let _mount = Mount::new(&at, &["-o", "loop", &source])?;
    gate.start_again().await?;
    let took = recovers(gate, site, &token).await?;
    let again = stage::verify(&gate.url(), site, &spent).await?;
    ensure!(!again.success, "spent twice");
    gate.stop().await?;
    Ok(format!(
        "503 and what to do; repaired and started again, tokens are accepted after {} ms",
        took.as_millis()
    ))
}

/// Keys of this drill alone.
const SECRET: &str = "AGE-SECRET-KEY-1RRNHDNQP46CCE464QZKGVE38YDA38RUYHQ45WA4K3D4VXGH27FGS6F007W";
const PUBLIC: &str = "age1e6klwcksjk78w5fn5ea57x6rfaakxt6n755hyaxhprmh243dranq5thv9n";

/// Pages of the index on spent attempts are overwritten.
async fn damaged() -> Result<String> {
    let recipients = format!("backup_recipients = [\"{PUBLIC}\"]\n");
    let mut alone = Alone::start_with(|settings| recipients + &cheaply(settings)).await?;
    let (file, backup, key) =
        (alone.file(), alone.folder.path().join("backup.age"), alone.folder.path().join("key"));
    let [file, backup, key] = [file, backup, key].map(|path| path.to_string_lossy().into_owned());
    fs::write(&key, SECRET)?;
    let (gate, site) = (&mut alone.gate, &alone.site);
    let spent = tokens(gate, site, 100).await?;
    for token in &spent {
        ensure!(verify(gate, site, token).await? == StatusCode::OK, "a new token was refused");
    }
    let project = Project::here();
    Gate::run(&project, &["backup", &backup, "--config", &file])?;
    gate.stop().await?;
    damage(&alone.folder.path().join("munjigi.db"))?;
    gate.start_again().await?;
    let token = spent.first().context("a hundred are spent")?;
    is_told(gate, site, token, "the store's file is damaged").await?;
    gate.stop().await?;
    Gate::run(&project, &["restore", &backup, "--identity", &key, "--config", &file])?;
    gate.start_again().await?;
    for token in &spent {
        let again = stage::verify(&gate.url(), site, token).await?;
        ensure!(!again.success, "spent twice");
    }
    let new = stage::token(&gate.url(), site).await?;
    let took = recovers(gate, site, &new).await?;
    gate.stop().await?;
    Ok(format!(
        "503 and what to do; restored from a backup, a new token is accepted after {} ms",
        took.as_millis()
    ))
}

/// Overwrites the page of an index that has the most entries: the file format
/// has the kind of a page in its first byte, 10 for a leaf of an index, and the
/// number of its entries in bytes 3 and 4 (<https://www.sqlite.org/fileformat2.html>).
fn damage(store: &Path) -> Result<()> {
    const PAGE: usize = 4_096;
    let mut bytes = fs::read(store)?;
    let entries = |page: &[u8]| match page {
        [10, _, _, high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    let page =
        bytes.chunks_mut(PAGE).max_by_key(|page| entries(page)).context("there are pages")?;
    ensure!(entries(page) > 50, "no page of an index has many entries");
    page.fill(0x55);
    Ok(fs::write(store, bytes)?)
}
