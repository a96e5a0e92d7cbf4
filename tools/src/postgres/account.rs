//! The account that Postgres runs under: our own, or `nobody` if we are root,
//! because Postgres refuses root. Folders are made accessible to it here.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The account of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Own,
    Unprivileged { user: u32, group: u32 },
}

impl Account {
    pub(crate) fn for_postgres() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").context("read /etc/passwd")?;
        unprivileged(&accounts).context(
            "Postgres refuses to run as root and there is no account `nobody`; \
             start as another user or set MUNJIGI_DATABASE_URL",
        )
    }

    /// Runs a command under this account.
    pub(crate) fn apply(self, command: &mut Command) {
        if let Self::Unprivileged { user, group } = self {
            command.uid(user).gid(group);
        }
    }

    /// Gives a file or folder to the account.
    pub(crate) fn own(self, path: &Path) -> Result<()> {
        if let Self::Unprivileged { user, group } = self {
            chown(path, Some(user), Some(group))
                .with_context(|| format!("hand {} to `nobody`", path.display()))?;
        }
        Ok(())
    }

    /// Lets the account traverse one of our folders.
    pub(crate) fn let_through(self, folder: &Path) -> Result<()> {
        if matches!(self, Self::Unprivileged { .. }) {
            std::fs::set_permissions(folder, PermissionsExt::from_mode(0o711))
                .with_context(|| format!("open {} for `nobody`", folder.display()))?;
        }
        Ok(())
    }

    /// The folder itself, or one under `/var/tmp` in its place if the account
    /// cannot reach it, as under a root-only home.
    pub(crate) fn reachable_folder(self, folder: &Path) -> Result<PathBuf> {
        let parent = folder.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        let chosen =
            if self.reaches(parent) { folder.to_path_buf() } else { self.stand_in(folder)? };
        std::fs::create_dir_all(&chosen).with_context(|| format!("create {}", chosen.display()))?;
        self.own(&chosen)?;
        Ok(chosen)
    }

    /// `source`, or a copy that the account can reach.
    pub(crate) fn reachable_copy(self, source: &Path, name: &str) -> Result<PathBuf> {
        if self.reaches(source) {
            return Ok(source.to_path_buf());
        }
        let copy = self.stand_in(&source.with_file_name(name))?;
        if !copy.join("complete").exists() {
            let status = Command::new("cp")
                .args(["-a", "--"])
                .arg(source.join("."))
                .arg(&copy)
                .status()
                .context("copy Postgres to a folder that `nobody` can reach")?;
            anyhow::ensure!(status.success(), "cp to {} failed", copy.display());
            std::fs::write(copy.join("complete"), "")?;
        }
        Ok(copy)
    }

    fn reaches(self, path: &Path) -> bool {
        matches!(self, Self::Own)
            || path.ancestors().all(|folder| {
                std::fs::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0)
            })
    }

    fn stand_in(self, original: &Path) -> Result<PathBuf> {
        let name = original.to_string_lossy().trim_matches('/').replace('/', "-");
        let base = Path::new("/var/tmp/munjigi");
        let folder = base.join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        self.let_through(base)?;
        self.let_through(&folder)?;
        Ok(folder)
    }
}

fn unprivileged(accounts: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        (name == "nobody").then_some(Account::Unprivileged { user, group })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_found_by_name() {
        let accounts = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        let nobody = Account::Unprivileged { user: 65534, group: 65533 };
        assert_eq!(unprivileged(accounts), Some(nobody));
        assert_eq!(unprivileged("root:x:0:0::/root:/bin/sh\n"), None);
    }
}
