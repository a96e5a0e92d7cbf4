//! Which items are part of the product, and which are only for tests.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ImplItem, Item, Lit, Meta, Token, TraitItem};

/// Features that add test code and change nothing else.
const TEST_FEATURES: [&str; 2] = ["contract", "testing"];

/// Whether attributes exclude an item from the product.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<Meta>().is_ok_and(|condition| needs_test(&condition))
    })
}

/// Whether a condition holds in tests only.
fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::NameValue(pair) => {
            let Expr::Lit(ExprLit { lit: Lit::Str(value), .. }) = &pair.value else { return false };
            pair.path.is_ident("feature") && TEST_FEATURES.contains(&value.value().as_str())
        }
        Meta::List(list) => {
            let arms = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let Ok(arms) = arms else { return false };
            (list.path.is_ident("any") && arms.iter().all(needs_test))
                || (list.path.is_ident("all") && arms.iter().any(needs_test))
        }
    }
}

/// The attributes of an item.
pub fn of_item(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of an item of an `impl`.
pub fn of_impl_item(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// The attributes of an item of a trait.
pub fn of_trait_item(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        TraitItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(attribute: &str) -> bool {
        is_test(of_item(&syn::parse_str(&format!("{attribute} mod a;")).unwrap()))
    }

    #[test]
    fn items_that_only_tests_compile_are_not_part_of_the_product() {
        for attribute in [
            "#[cfg(test)]",
            "#[test]",
            "#[cfg(all(test, unix))]",
            "#[cfg(any(test, feature = \"contract\"))]",
            "#[cfg(any(test, feature = \"testing\"))]",
            "#[cfg(feature = \"contract\")]",
        ] {
            assert!(left_out(attribute), "{attribute}");
        }
        for attribute in [
            "",
            "#[cfg(not(test))]",
            "#[cfg(unix)]",
            "#[cfg(feature = \"hashwx\")]",
            "#[cfg(any(test, unix))]",
            "#[cfg(any(test, feature = \"hashwx\"))]",
            "#[cfg(not(feature = \"contract\"))]",
        ] {
            assert!(!left_out(attribute), "{attribute}");
        }
    }
}
