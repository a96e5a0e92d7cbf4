//! Software Vulkan for tests: drivers named by a variable, the system's, or
//! Debian's (Mesa's lavapipe and the loader), which are installed if we are
//! root and unpacked otherwise.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::debian;
use super::require::{Part, Required};
use crate::files;
use crate::project::Project;
use crate::say;

const PACKAGES: [&str; 2] = ["mesa-vulkan-drivers", "libvulkan1"];
/// Name of the folder of unpacked packages.
const FOLDER: &str = "vulkan";
/// The loader reads the first; old loaders read the second.
const DRIVERS: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];
/// Adds to the system's drivers, whereas `DRIVERS` replaces them; loaders since
/// 1.3.207 read it.
const MORE_DRIVERS: &str = "VK_ADD_DRIVER_FILES";
/// Folders of driver manifests, and the prefix of lavapipe's.
const MANIFESTS: [&str; 2] = ["usr/share/vulkan/icd.d", "etc/vulkan/icd.d"];
const LAVAPIPE: &str = "lvp_icd";
const LOADER: &str = "libvulkan.so.1";
const LOADERS: [&str; 4] = [debian::LIBRARIES, "usr/lib64", "usr/lib", "usr/local/lib"];

/// A software driver and what its loader needs to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vulkan {
    pub driver: PathBuf,
    /// For the programs that use it.
    pub variables: Vec<(&'static str, OsString)>,
}

impl Vulkan {
    /// The variables for a program that prefers a GPU: they do not hide the
    /// system's own drivers.
    #[must_use]
    pub fn beside_the_systems(self) -> Vec<(&'static str, OsString)> {
        self.beside(Path::new("/"))
    }

    fn beside(self, root: &Path) -> Vec<(&'static str, OsString)> {
        if manifests(root).next().is_none() {
            return self.variables;
        }
        let [replacing, replacing_in_old_loaders] = DRIVERS;
        let kept = self.variables.into_iter().filter(|(name, _)| *name != replacing_in_old_loaders);
        kept.map(|(name, value)| (if name == replacing { MORE_DRIVERS } else { name }, value))
            .collect()
    }
}

/// Finds or installs one; without one the GPU's tests are skipped, or fail if
/// it is required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<Vulkan, String>> {
    let lookup = |name: &str| std::env::var_os(name);
    let found = find(project, Path::new("/"), lookup).or_else(|reason| {
        // A driver that a person names is not replaced.
        if named(lookup).is_some() {
            return Err(reason);
        }
        if debian::may_install() {
            debian::install(&PACKAGES)?;
        } else {
            debian::unpack(project, FOLDER, &PACKAGES)?;
        }
        find(project, Path::new("/"), lookup)
    });
    let found = required.settle(Part::Vulkan, found)?;
    Ok(found.inspect(|found| say::found("Vulkan", &found.driver.display().to_string())))
}

/// The variable's value, what is below `root`, or the unpacked one.
fn find(
    project: &Project,
    root: &Path,
    lookup: impl Fn(&str) -> Option<OsString>,
) -> Result<Vulkan> {
    if let Some((variable, files)) = named(&lookup) {
        let files: Vec<PathBuf> = std::env::split_paths(&files).collect();
        let Some(driver) = files.iter().find(|file| file.is_file()) else {
            bail!("{variable} does not name an existing driver: {}", shown(&files));
        };
        return Ok(Vulkan { driver: driver.clone(), variables: Vec::new() });
    }
    if let Some(driver) = complete(root) {
        return Ok(Vulkan { driver, variables: Vec::new() });
    }
    let folder = debian::folder(project, FOLDER);
    let Some(driver) = manifest(&folder) else {
        bail!(
            "no software Vulkan: run `scripts/test`, or install it (apt-get install {})",
            PACKAGES.join(" ")
        );
    };
    let libraries = folder.join(debian::LIBRARIES);
    let driver = relocated(&driver, &libraries, &folder.join("lvp_icd.json"))?;
    let mut paths = vec![libraries];
    paths.extend(lookup("LD_LIBRARY_PATH").iter().flat_map(std::env::split_paths));
    let paths = std::env::join_paths(paths).context("a library path")?;
    let mut variables = vec![("LD_LIBRARY_PATH", paths)];
    variables.extend(DRIVERS.map(|variable| (variable, driver.clone().into_os_string())));
    Ok(Vulkan { driver, variables })
}

/// The drivers that a person names, and the variable that does.
fn named(lookup: impl Fn(&str) -> Option<OsString>) -> Option<(&'static str, OsString)> {
    DRIVERS.into_iter().find_map(|variable| Some((variable, lookup(variable)?)))
}

/// The manifest of a driver below a root that also contains the loader.
fn complete(root: &Path) -> Option<PathBuf> {
    let has_loader = LOADERS.iter().any(|folder| root.join(folder).join(LOADER).exists());
    manifest(root).filter(|_| has_loader)
}

/// The manifest of lavapipe below a root.
fn manifest(root: &Path) -> Option<PathBuf> {
    let is_lavapipe = |file: &PathBuf| {
        file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(LAVAPIPE))
    };
    manifests(root).find(is_lavapipe)
}

/// The manifests of all drivers below a root.
fn manifests(root: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = MANIFESTS.iter().filter_map(|folder| std::fs::read_dir(root.join(folder)).ok());
    folders.flatten().filter_map(Result::ok).map(|entry| entry.path())
}

/// A copy of a manifest that names the library where it was unpacked.
fn relocated(manifest: &Path, libraries: &Path, to: &Path) -> Result<PathBuf> {
    let read = || format!("read {}", manifest.display());
    let text = std::fs::read_to_string(manifest).with_context(read)?;
    let mut json: Value = serde_json::from_str(&text).with_context(read)?;
    let library = json.pointer_mut("/ICD/library_path").with_context(read)?;
    let name = library.as_str().and_then(|path| Path::new(path).file_name());
    let place = libraries.join(name.with_context(read)?);
    ensure!(place.exists(), "{} is missing", place.display());
    *library = Value::String(place.to_string_lossy().into_owned());
    files::write_private(to, &json.to_string())?;
    Ok(to.to_path_buf())
}

fn shown(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    files.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<OsString> {
        None
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    const MANIFEST: &str = r#"{"file_format_version": "1.0.0", "ICD": {"api_version": "1.3.230",
        "library_path": "/usr/lib/x86_64-linux-gnu/libvulkan_lvp.so"}}"#;

    #[test]
    fn a_driver_and_a_loader_of_the_system_are_taken_as_they_are() {
        let (project, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let project = Project::rooted_at(project.path().to_path_buf());
        write(root.path(), "usr/share/vulkan/icd.d/lvp_icd.x86_64.json", MANIFEST);
        assert!(find(&project, root.path(), nothing).is_err(), "there is no loader");
        write(root.path(), "usr/lib/x86_64-linux-gnu/libvulkan.so.1", "");
        let found = find(&project, root.path(), nothing).unwrap();
        assert!(found.driver.ends_with("lvp_icd.x86_64.json") && found.variables.is_empty());
    }

    #[test]
    fn drivers_other_than_lavapipe_are_ignored() {
        let (project, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let project = Project::rooted_at(project.path().to_path_buf());
        write(root.path(), "usr/share/vulkan/icd.d/nvidia_icd.json", MANIFEST);
        write(root.path(), "usr/lib/x86_64-linux-gnu/libvulkan.so.1", "");
        let reason = find(&project, root.path(), nothing).unwrap_err().to_string();
        assert!(reason.contains("apt-get install mesa-vulkan-drivers libvulkan1"), "{reason}");
    }

    #[test]
    fn an_unpacked_driver_is_named_where_it_lies() {
        let (project, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = project.path().join(".munjigi/vulkan");
        let project = Project::rooted_at(project.path().to_path_buf());
        write(&folder, "usr/share/vulkan/icd.d/lvp_icd.x86_64.json", MANIFEST);
        assert!(find(&project, root.path(), nothing).is_err(), "the library is missing");
        write(&folder, "usr/lib/x86_64-linux-gnu/libvulkan_lvp.so", "");
        let found = find(&project, root.path(), nothing).unwrap();
        let text = std::fs::read_to_string(&found.driver).unwrap();
        let library = folder.join("usr/lib/x86_64-linux-gnu/libvulkan_lvp.so");
        assert!(text.contains(&*library.to_string_lossy()), "{text}");
        let names: Vec<&str> = found.variables.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["LD_LIBRARY_PATH", "VK_DRIVER_FILES", "VK_ICD_FILENAMES"]);
    }

    #[test]
    fn an_unpacked_driver_stands_beside_the_systems() {
        let root = tempfile::tempdir().unwrap();
        let names = ["LD_LIBRARY_PATH", "VK_DRIVER_FILES", "VK_ICD_FILENAMES"];
        let variables = Vec::from(names.map(|name| (name, OsString::from("/unpacked"))));
        let unpacked = Vulkan { driver: PathBuf::from("/unpacked"), variables };
        assert_eq!(unpacked.clone().beside(root.path()), unpacked.variables);
        write(root.path(), "etc/vulkan/icd.d/nvidia_icd.json", MANIFEST);
        let variables = unpacked.beside(root.path());
        let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["LD_LIBRARY_PATH", "VK_ADD_DRIVER_FILES"]);
    }

    #[test]
    fn a_named_driver_that_does_not_exist_counts_as_missing() {
        let (project, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let project = Project::rooted_at(project.path().to_path_buf());
        write(root.path(), "usr/share/vulkan/icd.d/lvp_icd.x86_64.json", MANIFEST);
        write(root.path(), "usr/lib/x86_64-linux-gnu/libvulkan.so.1", "");
        let named =
            |name: &str| (name == "VK_DRIVER_FILES").then(|| OsString::from("/none/at/all"));
        let reason = find(&project, root.path(), named).unwrap_err().to_string();
        assert_eq!(reason, "VK_DRIVER_FILES does not name an existing driver: /none/at/all");
        let real = root.path().join("usr/share/vulkan/icd.d/lvp_icd.x86_64.json");
        let named =
            |name: &str| (name == "VK_ICD_FILENAMES").then(|| real.clone().into_os_string());
        assert_eq!(find(&project, root.path(), named).unwrap().driver, real);
    }
}
