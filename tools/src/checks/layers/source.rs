//! The modules of a crate in their files, read from the root along `mod`
//! declarations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use syn::{Expr, ExprLit, Item, ItemMod, Lit, Meta};

use super::mentions::Words;
use super::product;

#[derive(Debug)]
pub struct Module {
    /// `crate::a::b`.
    pub path: String,
    /// Index of its parent; `None` for the root.
    pub parent: Option<usize>,
    /// Indices of the modules that it declares.
    pub children: BTreeMap<String, usize>,
    /// Relative to the checkout.
    pub file: PathBuf,
    /// What it defines, imports and mentions.
    pub words: Words,
}

/// Every module from a root file on; the root comes first.
pub fn modules(checkout: &Path, root: &Path) -> Result<Vec<Module>> {
    let mut reader = Reader { checkout, modules: Vec::new() };
    reader.file("crate", None, root, root.parent().unwrap_or(Path::new("")))?;
    Ok(reader.modules)
}

struct Reader<'a> {
    checkout: &'a Path,
    modules: Vec<Module>,
}

impl Reader<'_> {
    /// Reads a file; `folder` contains its child modules.
    fn file(
        &mut self,
        path: &str,
        parent: Option<usize>,
        file: &Path,
        folder: &Path,
    ) -> Result<Option<usize>> {
        let text = std::fs::read_to_string(self.checkout.join(file))
            .with_context(|| format!("read {}", file.display()))?;
        let parsed = syn::parse_file(&text).map_err(|error| {
            anyhow::anyhow!("{}:{}: {error}", file.display(), error.span().start().line)
        })?;
        if product::is_test(&parsed.attrs) {
            return Ok(None);
        }
        self.module(path, parent, file, folder, &parsed.items).map(Some)
    }

    fn module(
        &mut self,
        path: &str,
        parent: Option<usize>,
        file: &Path,
        folder: &Path,
        items: &[Item],
    ) -> Result<usize> {
        let index = self.modules.len();
        self.modules.push(Module {
            path: path.to_owned(),
            parent,
            children: BTreeMap::new(),
            file: file.to_path_buf(),
            words: Words::of(items),
        });
        for item in items {
            let Item::Mod(child) = item else { continue };
            if product::is_test(&child.attrs) {
                continue;
            }
            let name = child.ident.to_string();
            let child_path = format!("{path}::{name}");
            let found = if let Some((_, items)) = &child.content {
                let folder = folder.join(&name);
                Some(self.module(&child_path, Some(index), file, &folder, items)?)
            } else {
                let (file, folder) = self.find(child, file, folder)?;
                self.file(&child_path, Some(index), &file, &folder)?
            };
            if let Some(found) = found {
                self.modules[index].children.insert(name, found);
            }
        }
        Ok(index)
    }

    /// The file of `mod name;`, and the folder of that module's children.
    fn find(&self, child: &ItemMod, within: &Path, folder: &Path) -> Result<(PathBuf, PathBuf)> {
        let name = child.ident.to_string();
        let inner = folder.join(&name);
        if let Some(given) = given_path(child) {
            let file = within.parent().unwrap_or(Path::new("")).join(given);
            let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
            return Ok((file, folder));
        }
        for file in [folder.join(format!("{name}.rs")), inner.join("mod.rs")] {
            if self.checkout.join(&file).is_file() {
                return Ok((file, inner));
            }
        }
        let line = child.ident.span().start().line;
        bail!("{}:{line}: `mod {name}` has no file", within.display())
    }
}

/// The value of `#[path = "…"]`.
fn given_path(child: &ItemMod) -> Option<String> {
    child.attrs.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
        pair.path.is_ident("path").then(|| text.value())
    })
}
