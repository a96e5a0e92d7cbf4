//! The gate as it is installed: for each kind of machine an archive, a container
//! image and a list of what is in the program. The same program always gives the
//! same bytes.

pub mod bom;
pub mod oci;
pub mod pack;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::project::Project;
use crate::say;
use crate::setup::cross::Cross;
use pack::Entry;

/// The name of the program, of its package and of its image.
pub const NAME: &str = "munjigi-gate";

/// A kind of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Machine {
    /// AMD's and Intel's
    #[value(name = "x86_64")]
    X86,
    /// ARM's
    #[value(name = "aarch64")]
    Arm,
}

impl Machine {
    /// As `uname -m` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "aarch64",
        }
    }

    /// As containers name it.
    #[must_use]
    pub const fn container(self) -> &'static str {
        match self {
            Self::X86 => "amd64",
            Self::Arm => "arm64",
        }
    }

    /// As Rust names it.
    #[must_use]
    pub const fn target(self) -> &'static str {
        match self {
            Self::X86 => "x86_64-unknown-linux-musl",
            Self::Arm => "aarch64-unknown-linux-musl",
        }
    }
}

/// How much a compiler does for the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// All it can, for what is published
    Release,
    /// Little, for tests, which share with it what runs while compiling
    Dev,
}

impl Profile {
    /// As Cargo names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }

    /// Where Cargo puts what it built.
    const fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}

/// Builds the gate for these machines and packs it into a folder, of which
/// nothing that was there remains. The widget is part of it and built before.
pub fn make(
    project: &Project,
    machines: &[Machine],
    profile: Profile,
    folder: PathBuf,
    wanted: Wanted,
) -> Result<()> {
    let targets: Vec<&str> = machines.iter().map(|machine| machine.target()).collect();
    let cross = Cross::prepare(project, &targets)?;
    if wanted == Wanted::All {
        let mut cargo = cross.build(&targets, profile.name())?;
        cargo.args(["-p", NAME]).current_dir(project.root());
        let what = format!("{NAME} for {}", targets.join(" and "));
        say::run(&what, "see the messages above", &mut cargo)?;
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("remove the images of an earlier run")?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let release = Release {
        project,
        certificates: std::fs::read(cross.certificates()).context("read certifi's file")?,
        moment: moment()?,
        profile,
        folder,
    };
    for machine in machines {
        release.write(*machine)?;
    }
    release.sum()
}

/// Which of the work is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// To build and to pack.
    All,
    /// To pack what an earlier run built.
    Packing,
}

/// The time that files bear: `SOURCE_DATE_EPOCH`, or none.
fn moment() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.parse().with_context(|| format!("SOURCE_DATE_EPOCH is {text:?}")),
        Err(_) => Ok(0),
    }
}

/// What goes into the files of a release.
#[derive(Debug)]
pub struct Release<'a> {
    /// The checkout that it is of.
    pub project: &'a Project,
    /// Certificates of authorities, as PEM.
    pub certificates: Vec<u8>,
    /// Seconds since 1970 that files in archives bear.
    pub moment: u64,
    /// How the program was built.
    pub profile: Profile,
    /// Where they are written.
    pub folder: PathBuf,
}

impl Release<'_> {
    /// Writes the files of one kind of machine.
    pub fn write(&self, machine: Machine) -> Result<()> {
        let built =
            self.project.target().join(machine.target()).join(self.profile.folder()).join(NAME);
        let program = std::fs::read(&built).with_context(|| format!("read {}", built.display()))?;
        let version = env!("CARGO_PKG_VERSION");
        let name = format!("{NAME}-{version}-{}", machine.name());
        let bom = bom::describe(self.project, machine.target())?;
        self.put(&format!("{name}.cdx.json"), &bom)?;
        let entries = self.archived(&name, &program)?;
        self.put(&format!("{name}.tar.gz"), &pack::gzip(&pack::tar(entries, self.moment)?)?)?;
        let image = oci::Image { machine, version, moment: self.moment };
        let layer = self.installed(&program);
        self.put(&format!("{name}.oci.tar"), &image.packed(layer)?)?;
        let root = self.folder.join(format!("root-{}", machine.container()));
        pack::unpack(self.installed(&program), &root)
    }

    /// Writes the sums of all files.
    pub fn sum(&self) -> Result<()> {
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        let mut sums = String::new();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(sums, "{}  {name}", digest(&std::fs::read(&file)?));
        }
        self.put("SHA256SUMS", sums.as_bytes())
    }

    /// What is in the archive: one folder.
    fn archived(&self, name: &str, program: &[u8]) -> Result<Vec<Entry>> {
        let text = |path: &str| {
            let path = self.project.at(path);
            std::fs::read(&path).with_context(|| format!("read {}", path.display()))
        };
        let mut entries = vec![
            Entry::folder(name, 0o755),
            Entry::file(&format!("{name}/{NAME}"), 0o755, program.to_vec()),
            Entry::file(&format!("{name}/LICENSE"), 0o644, text("LICENSE")?),
            Entry::file(&format!("{name}/INSTALL"), 0o644, text("deploy/INSTALL")?),
        ];
        for unit in ["gate.service", "gate-backup.service", "gate-backup.timer"] {
            let unit = format!("munjigi-{unit}");
            let bytes = text(&format!("deploy/systemd/{unit}"))?;
            entries.push(Entry::file(&format!("{name}/{unit}"), 0o644, bytes));
        }
        let proxies = self.project.at("deploy/proxy");
        if proxies.is_dir() {
            pack::read(&proxies, &format!("{name}/proxy"), &mut entries)?;
        }
        Ok(entries)
    }

    /// What is in the image.
    fn installed(&self, program: &[u8]) -> Vec<Entry> {
        let certificates = self.certificates.clone();
        vec![
            Entry::folder("data", 0o700).owned_by(oci::USER),
            Entry::folder("etc", 0o755),
            Entry::folder("etc/ssl", 0o755),
            Entry::folder("etc/ssl/certs", 0o755),
            Entry::file("etc/ssl/certs/ca-certificates.crt", 0o644, certificates),
            Entry::file(NAME, 0o755, program.to_vec()),
        ]
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path: &Path = &self.folder.join(name);
        say::line(&format!("   {name}: {} bytes", bytes.len()));
        std::fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
    }
}

/// SHA-256, in hex.
fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
