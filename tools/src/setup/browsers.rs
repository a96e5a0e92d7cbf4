//! Browsers for tests: named by a variable, on PATH, from Playwright, from
//! Debian's packages if they can be installed, otherwise missing with a remedy.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::executable::on_path;
use super::require::{Part, Required};
use crate::node::Node;
use crate::project::Project;
use crate::say;

/// A browser's binaries as variables for the tests that drive it.
#[derive(Debug, Clone, Default)]
pub struct Browsers {
    /// `MUNJIGI_CHROMIUM` and similar, for those that were found.
    pub variables: Vec<(&'static str, PathBuf)>,
    /// Missing parts, each with its reason.
    pub missing: Vec<(Part, String)>,
}

/// The variable of Chromium's engine alone.
const SHELL: &str = "MUNJIGI_CHROMIUM_SHELL";

/// How a browser can be found and installed.
struct Recipe {
    part: Part,
    /// Each variable with the paths where its program may be.
    binaries: &'static [(&'static str, &'static [&'static str])],
    packages: &'static [&'static str],
    /// Playwright's name, if its build of the browser works for our tests.
    playwright: Option<&'static str>,
}

const RECIPES: [Recipe; 3] = [
    Recipe {
        part: Part::Chromium,
        binaries: &[("MUNJIGI_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])],
        packages: &["chromium"],
        playwright: Some("chromium"),
    },
    Recipe {
        part: Part::Firefox,
        binaries: &[("MUNJIGI_FIREFOX", &["firefox-esr", "firefox"])],
        packages: &["firefox-esr"],
        playwright: None,
    },
    Recipe {
        part: Part::Webkit,
        binaries: &[
            ("MUNJIGI_WEBKIT_DRIVER", &["WebKitWebDriver"]),
            (
                "MUNJIGI_WEBKIT",
                &[
                    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
                    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser",
                    "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
                ],
            ),
            ("MUNJIGI_XVFB", &["Xvfb"]),
        ],
        packages: &["webkit2gtk-driver", "xvfb"],
        playwright: None,
    },
];

/// Finds each browser, and installs it if possible.
pub fn prepare(project: &Project, required: &Required) -> Result<Browsers> {
    let mut browsers = Browsers::default();
    for recipe in &RECIPES {
        match required.settle(recipe.part, obtain(project, recipe))? {
            Ok(found) => {
                for (variable, path) in &found {
                    say::found(variable, &path.display().to_string());
                }
                browsers.variables.extend(found);
            }
            Err(reason) => browsers.missing.push((recipe.part, reason)),
        }
    }
    if !browsers.missing.iter().any(|(part, _)| *part == Part::Chromium)
        && let Some(path) = shell()
    {
        say::found(SHELL, &path.display().to_string());
        browsers.variables.push((SHELL, path));
    }
    Ok(browsers)
}

/// Chromium's engine without the browser around it, which saves time: without it
/// the whole one is driven everywhere.
fn shell() -> Option<PathBuf> {
    const NAME: &str = "chromium-headless-shell";
    // The program itself, rather than a script that starts it.
    let found = || locate(SHELL, &["/usr/lib/chromium/chromium-headless-shell", NAME]);
    found().or_else(|| {
        if !super::debian::may_install() {
            return None;
        }
        let installed = super::debian::install(&[NAME]);
        installed.map_err(|error| say::line(&format!("   {error:#}; going on without"))).ok()?;
        found()
    })
}

fn obtain(project: &Project, recipe: &Recipe) -> Result<Vec<(&'static str, PathBuf)>> {
    let found = |recipe: &Recipe| -> Option<Vec<_>> {
        recipe.binaries.iter().map(|(name, places)| Some((*name, locate(name, places)?))).collect()
    };
    if let Some(all) = found(recipe) {
        return Ok(all);
    }
    if let (Some(name), [(variable, _)]) = (recipe.playwright, recipe.binaries)
        && let Some(path) = from_playwright(project, name)
    {
        return Ok(vec![(*variable, path)]);
    }
    super::debian::install(recipe.packages)?;
    found(recipe).ok_or_else(|| {
        anyhow::anyhow!("installed {} but still found no browser", recipe.packages.join(" "))
    })
}

/// The variable's value, otherwise the first path that exists.
pub(super) fn locate(variable: &str, places: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    places.iter().find_map(|place| on_path(place))
}

/// Playwright's own download, below `.munjigi`. Its host is not always
/// reachable; the next source is tried then.
fn from_playwright(project: &Project, name: &str) -> Option<PathBuf> {
    let node = Node::find(project).ok()?;
    let folder = project.state().join("browsers");
    let ask = "import('playwright-core').then((p) => console.log(p.chromium.executablePath()))";
    let location = || {
        let mut node = node.command();
        node.args(["-e", ask]).env("PLAYWRIGHT_BROWSERS_PATH", &folder);
        let output = node.current_dir(project.root()).output().ok()?;
        let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        path.is_file().then_some(path)
    };
    location().or_else(|| {
        let mut install: Command = node.command();
        install
            .arg(project.at("node_modules/playwright-core/cli.js"))
            .args(["install", "--only-shell", name])
            .env("PLAYWRIGHT_BROWSERS_PATH", &folder)
            .env("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "10000")
            .current_dir(project.root());
        say::run("Playwright's browser", "trying the next way", &mut install)
            .inspect_err(|error| println!("   {error:#}"))
            .ok()?;
        location()
    })
}
