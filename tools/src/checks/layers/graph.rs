//! Which module uses which: follows the words of `mentions` through imports and
//! re-exports to the module that they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use anyhow::Result;

use super::mentions::{Kind, Mention};
use super::source::{self, Module};

/// The modules of one crate.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The package, with the root file if it is not `lib.rs`.
    pub name: String,
    /// For each module with children, how these use each other.
    pub levels: Vec<Level>,
}

/// The child modules of one module, each with everything below it.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// The parent's path, such as `crate::a`.
    pub parent: String,
    pub modules: BTreeSet<String>,
    /// The uses of one child by another.
    pub arrows: BTreeMap<(String, String), Vec<Use>>,
}

/// One place where a module uses another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Path relative to the checkout.
    pub file: String,
    pub line: usize,
    /// The path as written.
    pub path: String,
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}  {}", self.file, self.line, self.path)
    }
}

/// The graphs of a package's library and programs.
pub fn of_package(checkout: &Path, name: &str, folder: &Path) -> Result<Vec<Graph>> {
    let mut roots = vec!["src/lib.rs".to_owned(), "src/main.rs".to_owned()];
    if let Ok(entries) = std::fs::read_dir(checkout.join(folder).join("src/bin")) {
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        roots.extend(names.iter().map(|name| format!("src/bin/{}", name.to_string_lossy())));
    }
    let mut graphs = Vec::new();
    for root in roots {
        let file = folder.join(&root);
        if checkout.join(&file).is_file() {
            let modules = source::modules(checkout, &file)?;
            let program = root.strip_prefix("src/").filter(|file| *file != "lib.rs");
            let name = program.map_or(name.to_owned(), |program| format!("{name}/{program}"));
            graphs.push(Graph { name, levels: Names(&modules).levels() });
        }
    }
    Ok(graphs)
}

/// What a path refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Module(usize),
    /// Something that this module defines, or imports from another crate.
    ItemOf(usize),
}

/// Imports that are being followed, so that a circular one ends.
type Followed = BTreeSet<(usize, String)>;

struct Names<'a>(&'a [Module]);

impl Names<'_> {
    fn levels(&self) -> Vec<Level> {
        let with_children = self.0.iter().enumerate().filter(|(_, it)| !it.children.is_empty());
        let mut levels: BTreeMap<usize, Level> = with_children
            .map(|(index, module)| {
                let modules = module.children.keys().cloned().collect();
                let parent = module.path.clone();
                (index, Level { parent, modules, arrows: BTreeMap::new() })
            })
            .collect();
        for (from, module) in self.0.iter().enumerate() {
            for mention in &module.words.mentions {
                let Some((level, arrow)) =
                    self.target(from, mention).and_then(|to| self.arrow(from, to))
                else {
                    continue;
                };
                let uses = levels.entry(level).or_default().arrows.entry(arrow).or_default();
                uses.push(Use {
                    file: module.file.to_string_lossy().into_owned(),
                    line: mention.line,
                    path: mention.written.join("::"),
                });
            }
        }
        levels.into_values().collect()
    }

    /// The two siblings that an arrow joins, and their parent. `None` between a
    /// module and its ancestors or descendants.
    fn arrow(&self, from: usize, to: usize) -> Option<(usize, (String, String))> {
        let (mut above, mut below) = (self.ancestry(from), self.ancestry(to));
        while above.last() == below.last() {
            let level = above.pop()?;
            below.pop();
            let (&one, &other) = (above.last()?, below.last()?);
            if one != other {
                return Some((level, (self.name(one), self.name(other))));
            }
        }
        None
    }

    /// A module and everything above it, the root last.
    fn ancestry(&self, module: usize) -> Vec<usize> {
        core::iter::successors(Some(module), |&at| self.0[at].parent).collect()
    }

    fn name(&self, module: usize) -> String {
        self.0[module].path.rsplit("::").next().unwrap_or_default().to_owned()
    }

    /// The module that a path comes from. `None` if it comes from another
    /// crate, or if an import that is already counted gave the item its name.
    fn target(&self, from: usize, mention: &Mention) -> Option<usize> {
        let Mention { written, path, kind, .. } = mention;
        let first = path.first()?;
        // Only imports name a module with a single word.
        let is_item = *kind != Kind::Import && written.len() == 1;
        if is_item {
            let known = &self.0[from].words;
            if known.items.contains(first) || known.imports.contains_key(first) {
                return None;
            }
        }
        let counted = match kind {
            Kind::Import => false,
            Kind::Imported(length) => !self.is_module(from, path.get(..*length)?),
            Kind::Value | Kind::Other => {
                let imports = self.0[from].words.imports.get(first);
                imports.is_some_and(|paths| !paths.iter().any(|path| self.is_module(from, path)))
            }
        };
        if counted {
            return None;
        }
        match self.follow(from, path, *kind == Kind::Value, &mut Followed::new())? {
            Target::Module(_) if is_item => None,
            Target::Module(module) | Target::ItemOf(module) => Some(module),
        }
    }

    fn is_module(&self, from: usize, path: &[String]) -> bool {
        let found = self.follow(from, path, false, &mut Followed::new());
        matches!(found, Some(Target::Module(_)))
    }

    /// Follows a path from a module. `None` if it leads out of the crate.
    fn follow(
        &self,
        from: usize,
        path: &[String],
        ends_in_value: bool,
        followed: &mut Followed,
    ) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(from),
            "super" => Target::Module(self.0[from].parent?),
            name => self.look_up(from, name, ends_in_value && rest.is_empty(), followed)?,
        };
        while let (Target::Module(module), Some((name, behind))) = (at, rest.split_first()) {
            at = if name == "super" {
                Target::Module(self.0[module].parent?)
            } else {
                let is_value = ends_in_value && behind.is_empty();
                // A macro may define a name that is found nowhere, and a
                // re-export from another crate still counts as taken from here.
                self.look_up(module, name, is_value, followed).unwrap_or(Target::ItemOf(module))
            };
            rest = behind;
        }
        Some(at)
    }

    fn look_up(
        &self,
        module: usize,
        name: &str,
        is_value: bool,
        followed: &mut Followed,
    ) -> Option<Target> {
        let Module { children, words, .. } = &self.0[module];
        let child = children.get(name).map(|&child| Target::Module(child));
        let item = words.items.contains(name).then_some(Target::ItemOf(module));
        if let Some(found) = if is_value { item.or(child) } else { child.or(item) } {
            return Some(found);
        }
        if !followed.insert((module, name.to_owned())) {
            return None;
        }
        let mut imports = words.imports.get(name).into_iter().flatten();
        let imported = imports.find_map(|path| self.follow(module, path, is_value, followed));
        let found = imported.or_else(|| {
            words.globs.iter().find_map(|path| {
                let Target::Module(open) = self.follow(module, path, false, followed)? else {
                    return None;
                };
                self.look_up(open, name, is_value, followed)
            })
        });
        followed.remove(&(module, name.to_owned()));
        found
    }
}
