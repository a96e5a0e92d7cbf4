//! Paths in unparsed tokens: the arguments of macros and attributes.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use syn::{Lit, Path};

/// A path and its position.
pub type Found = (Vec<String>, Span);

/// Every path of at least two segments.
pub fn paths(tokens: &TokenStream) -> Vec<Found> {
    let mut found = Vec::new();
    walk(tokens, &mut found, &|_| None);
    found
}

/// The same, plus paths that an attribute gives as text: `with =
/// "crate::a::b"`.
pub fn paths_of_attribute(tokens: &TokenStream) -> Vec<Found> {
    let mut found = Vec::new();
    walk(tokens, &mut found, &named);
    found
}

fn named(literal: &proc_macro2::Literal) -> Option<Vec<String>> {
    let Lit::Str(text) = Lit::new(literal.clone()) else { return None };
    let path: Path = text.parse().ok()?;
    let segments = path.segments.iter().map(|segment| segment.ident.to_string());
    (path.leading_colon.is_none() && path.segments.len() > 1).then(|| segments.collect())
}

type Text<'a> = &'a dyn Fn(&proc_macro2::Literal) -> Option<Vec<String>>;

fn walk(tokens: &TokenStream, found: &mut Vec<Found>, text: Text) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Group(group) => walk(&group.stream(), found, text),
            TokenTree::Literal(literal) => {
                found.extend(text(literal).map(|path| (path, literal.span())));
            }
            TokenTree::Ident(first) => {
                // A leading `::` marks an external path, and `$a` is an
                // argument of the macro; only `$crate` is known.
                let outside = at >= 2 && is_colons(&tokens, at - 2);
                let given = at >= 1 && is_punct(&tokens, at - 1, '$') && first != "crate";
                let mut here = Vec::new();
                at = take(&tokens, at, &[], &mut here);
                here.retain(|(path, _)| path.len() > 1 && !outside && !given);
                found.append(&mut here);
                continue;
            }
            TokenTree::Punct(_) => {}
        }
        at += 1;
    }
}

/// The segments that start at an identifier, and the index after them.
fn path_from(tokens: &[TokenTree], start: usize) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    let mut at = start;
    while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
        segments.push(ident.to_string());
        at += 1;
        if !is_colons(tokens, at) || !matches!(tokens.get(at + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        at += 2;
    }
    (segments, at)
}

/// Takes the path at an identifier, or those of `crate::a::{b, c}`, and returns
/// the index after them.
fn take(tokens: &[TokenTree], start: usize, before: &[String], found: &mut Vec<Found>) -> usize {
    let (segments, at) = path_from(tokens, start);
    let path = [before, &segments].concat();
    if let Some(TokenTree::Group(group)) = tokens.get(at + 2)
        && is_colons(tokens, at)
        && group.delimiter() == Delimiter::Brace
    {
        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
        let mut next = 0;
        while next < inner.len() {
            next = take(&inner, next, &path, found).max(next + 1);
        }
        return at + 3;
    }
    if let (false, Some(first)) = (segments.is_empty(), tokens.get(start)) {
        found.push((path, first.span()));
    }
    at
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let joint = matches!(
        tokens.get(at),
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint
    );
    joint && is_punct(tokens, at + 1, ':')
}

fn is_punct(tokens: &[TokenTree], at: usize, character: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, find: fn(&TokenStream) -> Vec<Found>) -> Vec<String> {
        let tokens: TokenStream = text.parse().unwrap();
        find(&tokens).iter().map(|(path, _)| path.join("::")).collect()
    }

    #[test]
    fn paths_are_found_between_other_tokens() {
        let text = "x => crate::a::b(y, &super::c), [store::sites::<T>::new(), $crate::d::e]";
        let expected = ["crate::a::b", "super::c", "store::sites", "crate::d::e"];
        assert_eq!(found(text, paths), expected);
        let expected = ["crate::a::b", "crate::a::c::d", "crate::a::c::e"];
        assert_eq!(found("use crate::a::{b, c::{d, e}};", paths), expected);
    }

    #[test]
    fn what_comes_from_outside_or_from_the_caller_is_no_path_of_ours() {
        assert!(found("::core::mem::take(a), $kind::new(), a.b, c: d", paths).is_empty());
    }

    #[test]
    fn only_attributes_name_paths_as_text() {
        let text = "default, with = \"crate::time::seconds\", rename = \"a-b\", other = \"one\"";
        assert!(found(text, paths).is_empty());
        assert_eq!(found(text, paths_of_attribute), ["crate::time::seconds"]);
    }
}
