//! The models in service: which version a name currently means, and swapping
//! all of them while calls are in flight. A call keeps the model that it was
//! given until it is answered.

mod plan;
mod say;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;

pub use plan::Plan;
pub use say::say;
pub use watch::Watcher;

use crate::loaded::Loaded;
use crate::registry::{ModelName, Version};

/// A model as callers name it: `NAME`, `NAME@latest` or `NAME@1.0.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub name: ModelName,
    /// The version; if `None`, the one that the plan selects.
    pub version: Option<Version>,
}

#[derive(Debug, Default)]
pub struct Serving(RwLock<Arc<Fleet>>);

/// A snapshot of the models in service; never changed, only replaced.
#[derive(Debug, Default)]
pub struct Fleet {
    /// By name.
    pub lines: BTreeMap<ModelName, Line>,
    /// Models that cannot be used, and why.
    pub broken: Vec<Broken>,
    /// Whether the folder was read at least once.
    pub is_loaded: bool,
}

/// The versions of one model.
#[derive(Debug, Default)]
pub struct Line {
    /// Those that can be used.
    pub versions: BTreeMap<Version, Arc<Loaded>>,
    /// Those that exist but cannot be used.
    pub broken: BTreeSet<Version>,
    pub plan: Plan,
}

/// A model that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its folder or file.
    pub place: String,
    pub code: &'static str,
    pub what: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotServed {
    /// No such name or version.
    #[error("there is no model '{0}'")]
    Unknown(Named),
    /// The folder was not read yet: it may exist.
    #[error("the models are being loaded")]
    Loading,
    /// It exists but cannot be used.
    #[error("the model '{0}' is currently unavailable")]
    Unavailable(Named),
}

impl Serving {
    pub fn fleet(&self) -> Arc<Fleet> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn replace(&self, fleet: Fleet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fleet);
    }
}

impl Fleet {
    /// The model that answers a call.
    pub fn choose(&self, named: &Named) -> Result<Arc<Loaded>, NotServed> {
        let unknown = || {
            if self.is_loaded { NotServed::Unknown(named.clone()) } else { NotServed::Loading }
        };
        let line = self.lines.get(&named.name).ok_or_else(unknown)?;
        match named.version {
            Some(version) => match line.versions.get(&version) {
                Some(model) => Ok(Arc::clone(model)),
                None if line.broken.contains(&version) => {
                    Err(NotServed::Unavailable(named.clone()))
                }
                None => Err(unknown()),
            },
            None => line.in_service().ok_or_else(|| NotServed::Unavailable(named.clone())),
        }
    }
}

impl Line {
    /// The version that the plan states if it can be used, else the highest.
    fn in_service(&self) -> Option<Arc<Loaded>> {
        let stated = self.plan.latest.and_then(|version| self.versions.get(&version));
        stated.or_else(|| self.versions.values().next_back()).map(Arc::clone)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        self.version.map_or(Ok(()), |version| write!(f, "@{version}"))
    }
}

impl FromStr for Named {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, version) = text.split_once('@').unwrap_or((text, "latest"));
        let version = if version == "latest" { None } else { Some(version.parse()?) };
        Ok(Self { name: name.parse()?, version })
    }
}
