//! The words that the items of one module define, import and mention. `graph`,
//! which knows every module, resolves them.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Span, TokenStream};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, ExprPath, ForeignItem, ImplItem, Item, ItemUse, Local, Path, Stmt, TraitItem,
    VisRestricted,
};

use super::imports::leaves;
use super::{product, tokens};

/// The words of a module.
#[derive(Debug, Default)]
pub struct Words {
    /// Names that it defines, except modules.
    pub items: BTreeSet<String>,
    /// The paths of imported names; the arms of a `cfg` may import one twice.
    pub imports: BTreeMap<String, Vec<Vec<String>>>,
    /// Paths that are imported as a whole.
    pub globs: Vec<Vec<String>>,
    /// Every path that it mentions.
    pub mentions: Vec<Mention>,
}

/// A path that is mentioned somewhere.
#[derive(Debug)]
pub struct Mention {
    /// As written.
    pub written: Vec<String>,
    /// With a name that the block imports expanded.
    pub path: Vec<String>,
    pub line: usize,
    pub kind: Kind,
}

/// How a path is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By a `use`.
    Import,
    /// In an expression: its last segment is not a module.
    Value,
    /// Anywhere else.
    Other,
    /// Anywhere else, by a name that its block imports from a path of this many
    /// segments.
    Imported(usize),
}

impl Words {
    /// Reads the items of a module, except nested modules and test code.
    pub fn of(items: &[Item]) -> Self {
        let mut reader = Reader::default();
        for item in items.iter().filter(|item| !product::is_test(product::of_item(item))) {
            reader.words.items.extend(names(item));
            reader.visit_item(item);
        }
        reader.words
    }
}

/// The names that an item defines.
fn names(item: &Item) -> Vec<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::ExternCrate(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => return item.ident.iter().map(ToString::to_string).collect(),
        Item::ForeignMod(block) => return block.items.iter().filter_map(foreign).collect(),
        _ => return Vec::new(),
    };
    vec![name.to_string()]
}

fn foreign(item: &ForeignItem) -> Option<String> {
    match item {
        ForeignItem::Fn(item) => Some(item.sig.ident.to_string()),
        ForeignItem::Static(item) => Some(item.ident.to_string()),
        ForeignItem::Type(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

#[derive(Default)]
struct Reader {
    words: Words,
    /// Imports of each block around the present place.
    blocks: Vec<BTreeMap<String, Vec<String>>>,
    in_attribute: bool,
}

impl Reader {
    fn mention(&mut self, written: Vec<String>, at: Span, kind: Kind) {
        let Some(first) = written.first() else { return };
        let imported = self.blocks.iter().rev().find_map(|block| block.get(first));
        let (path, kind) = match imported {
            Some(full) if kind != Kind::Import => {
                let rest = written.iter().skip(1);
                (full.iter().chain(rest).cloned().collect(), Kind::Imported(full.len()))
            }
            _ => (written.clone(), kind),
        };
        let line = at.start().line;
        self.words.mentions.push(Mention { written, path, line, kind });
    }

    fn path(&mut self, path: &Path, kind: Kind) {
        // A leading `::` refers to another crate, or follows `<T>`.
        if let (None, Some(first)) = (&path.leading_colon, path.segments.first()) {
            let written = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.mention(written, first.ident.span(), kind);
        }
        visit::visit_path(self, path);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !matches!(item, Item::Mod(_)) && !product::is_test(product::of_item(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !product::is_test(product::of_impl_item(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !product::is_test(product::of_trait_item(item)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if !product::is_test(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let imports = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(Item::Use(item)) if !product::is_test(&item.attrs) => Some(item),
            _ => None,
        });
        let named = imports.flat_map(leaves).filter_map(|leaf| Some((leaf.name?, leaf.path)));
        self.blocks.push(named.collect());
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for leaf in leaves(item) {
            if leaf.is_glob {
                // A block's globs are added to its module's: only names that
                // are found nowhere else are looked up in them.
                self.words.globs.push(leaf.path.clone());
            } else if let (Some(name), true) = (leaf.name, self.blocks.is_empty()) {
                self.words.imports.entry(name).or_default().push(leaf.path.clone());
            }
            self.mention(leaf.path, leaf.span, Kind::Import);
        }
    }

    fn visit_expr_path(&mut self, expression: &'ast ExprPath) {
        if let Some(of) = &expression.qself {
            self.visit_qself(of);
        }
        self.path(&expression.path, Kind::Value);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.path(path, Kind::Other);
    }

    /// `pub(in path)` uses nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.in_attribute = true;
        visit::visit_attribute(self, attribute);
        self.in_attribute = false;
    }

    fn visit_token_stream(&mut self, stream: &'ast TokenStream) {
        let find = if self.in_attribute { tokens::paths_of_attribute } else { tokens::paths };
        for (path, at) in find(stream) {
            self.mention(path, at, Kind::Other);
        }
    }
}
