//! Splits `use` trees into one path per leaf.

use proc_macro2::Span;
use syn::{ItemUse, UseTree};

/// One leaf of a `use`.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The imported path; for a glob, the part before the star.
    pub path: Vec<String>,
    /// Its local name; `None` for `_` and globs.
    pub name: Option<String>,
    pub is_glob: bool,
    pub span: Span,
}

/// The leaves of an import; none if `::` marks it as external.
pub fn leaves(item: &ItemUse) -> Vec<Leaf> {
    let mut found = Vec::new();
    if item.leading_colon.is_none() {
        collect(&item.tree, &mut Vec::new(), item.use_token.span, &mut found);
    }
    found
}

fn collect(tree: &UseTree, before: &mut Vec<String>, at: Span, found: &mut Vec<Leaf>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            collect(&path.tree, before, path.ident.span(), found);
            before.pop();
        }
        UseTree::Name(name) => {
            let path = joined(before, &name.ident);
            let own = path.last().cloned();
            found.push(Leaf { path, name: own, is_glob: false, span: name.ident.span() });
        }
        UseTree::Rename(rename) => {
            let path = joined(before, &rename.ident);
            let own = (rename.rename != "_").then(|| rename.rename.to_string());
            found.push(Leaf { path, name: own, is_glob: false, span: rename.ident.span() });
        }
        UseTree::Glob(_) => {
            found.push(Leaf { path: before.clone(), name: None, is_glob: true, span: at });
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, before, at, found);
            }
        }
    }
}

/// Joins paths; `a::{self}` imports `a`.
fn joined(before: &[String], last: &syn::Ident) -> Vec<String> {
    let last = (before.is_empty() || last != "self").then(|| last.to_string());
    before.iter().cloned().chain(last).collect()
}
