//! Which sibling modules of a package name each other, read from the paths that
//! begin with `crate` or `super`, and the circles among them. Test code does not
//! count. A path through a re-export is taken as it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};

use super::circle::circle;

/// A module's place in its package: `["site", "paths"]`; empty for the root.
type Place = Vec<String>;

/// A line that names another module, as `src/a.rs:3`.
type Line = String;

/// Circles among the modules of the package in a folder, each in a line.
pub fn circles(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let source = folder.join("src");
    if source.is_dir() {
        read(&source, &mut Place::new(), &mut files)?;
    }
    Ok(of_files(&files))
}

/// A module, the name of its file and its text.
type File = (Place, String, String);

fn read(folder: &Path, place: &mut Place, files: &mut Vec<File>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // A program beside the library is a root of its own.
        if path.is_dir() && stem != "bin" {
            place.push(stem);
            read(&path, place, files)?;
            place.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_root = ["lib", "main"].contains(&stem.as_str()) && place.is_empty();
            let own = (!is_root && stem != "mod").then_some(stem);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("read {}", path.display()))?;
            files.push((
                place.iter().cloned().chain(own).collect(),
                path.display().to_string(),
                text,
            ));
        }
    }
    Ok(())
}

fn of_files(files: &[File]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut of_tests: BTreeSet<Place> = BTreeSet::new();
    for (place, name, text) in files {
        let (product, left_out) = product(text);
        of_tests.extend(left_out.into_iter().map(|module| joined(place, &[module])));
        texts.push((place, name, product));
    }
    texts.retain(|(place, ..)| !of_tests.iter().any(|other| place.starts_with(other)));
    let modules: BTreeSet<&Place> = texts.iter().map(|(place, ..)| *place).collect();
    // By the module around them, siblings and what each names.
    let mut levels: BTreeMap<Place, BTreeMap<String, BTreeMap<String, Line>>> = BTreeMap::new();
    for (place, name, text) in &texts {
        for (number, path) in paths(text) {
            let Some(target) = target(place, &path, &modules) else { continue };
            let common = place.iter().zip(&target).take_while(|(one, other)| one == other).count();
            let (Some(from), Some(to)) = (place.get(common), target.get(common)) else { continue };
            let level = levels.entry(place.iter().take(common).cloned().collect()).or_default();
            let named = level.entry(from.clone()).or_default();
            named.entry(to.clone()).or_insert_with(|| format!("{name}:{number}"));
        }
    }
    levels.iter().filter_map(|(around, level)| described(around, level)).collect()
}

fn described(around: &Place, level: &BTreeMap<String, BTreeMap<String, Line>>) -> Option<String> {
    let arrows = |named: &BTreeMap<String, Line>| named.keys().cloned().collect();
    let arrows: BTreeMap<&str, BTreeSet<String>> =
        level.iter().map(|(from, named)| (from.as_str(), arrows(named))).collect();
    let round = circle(arrows.iter().map(|(from, to)| (*from, to)).collect())?;
    let steps = round.iter().zip(round.iter().skip(1));
    let lines = steps.filter_map(|(from, to)| level.get(from)?.get(to).cloned());
    let lines: Vec<Line> = lines.collect();
    let around = joined(&["crate".to_owned()], around).join("::");
    Some(format!("{} is a circle in {around}: {}", round.join(" -> "), lines.join(", ")))
}

fn joined(place: &[String], more: &[String]) -> Place {
    [place, more].concat()
}

/// The module that a path leads to, if it is one of these.
fn target(place: &Place, path: &[String], modules: &BTreeSet<&Place>) -> Option<Place> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let start =
        if path.first()? == "crate" { &[] } else { place.get(..place.len().checked_sub(ups)?)? };
    let parts = path.get(ups.max(1)..)?;
    let longest = (0..=parts.len()).rev().find_map(|length| {
        let target = joined(start, parts.get(..length)?);
        modules.contains(&target).then_some(target)
    });
    longest.filter(|target| !target.is_empty())
}

/// The text without tests, and the modules that only tests have.
fn product(text: &str) -> (String, Vec<String>) {
    let mut kept = String::with_capacity(text.len());
    let mut left_out = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if !is_for_tests(line.trim()) {
            kept.push_str(line.split("//").next().unwrap_or_default());
            kept.push('\n');
            continue;
        }
        // Up to the end of the item, which stands where the attribute does.
        let depth = line.len() - line.trim_start().len();
        kept.push('\n');
        for line in lines.by_ref() {
            kept.push('\n');
            let trimmed = line.trim();
            if let Some((_, name)) = trimmed.split_once("mod ")
                && let Some(name) = name.strip_suffix(';')
            {
                left_out.push(name.to_owned());
            }
            let is_here = line.len() - line.trim_start().len() == depth;
            let is_end = trimmed.ends_with(';') || trimmed.ends_with('}');
            if is_here && is_end && !trimmed.starts_with('#') {
                break;
            }
        }
    }
    (kept, left_out)
}

/// Whether an attribute leaves out what follows unless tests are compiled, or a
/// feature that adds test code and changes nothing else.
fn is_for_tests(line: &str) -> bool {
    let Some(condition) = line.strip_prefix("#[cfg(").and_then(|rest| rest.strip_suffix(")]"))
    else {
        return line == "#[test]";
    };
    let any = condition.strip_prefix("any(").and_then(|rest| rest.strip_suffix(')'));
    let is_one = |word: &str| {
        ["test", "feature = \"contract\"", "feature = \"testing\""].contains(&word.trim())
    };
    condition.starts_with("all(test,") || any.unwrap_or(condition).split(',').all(is_one)
}

/// The paths of a text that begin with `crate` or `super`, with their lines; one for
/// each name in braces.
fn paths(text: &str) -> Vec<(usize, Place)> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let before = text.get(..at).unwrap_or_default();
            // Inside a longer path or name, it is no beginning.
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let number = before.matches('\n').count() + 1;
            let mut all = Vec::new();
            tree(text.get(at..).unwrap_or_default(), &mut Place::new(), &mut all);
            found.extend(all.into_iter().map(|path| (number, path)));
        }
    }
    found
}

/// Reads `a::{b, c::d}` at the start of a text; returns what is left.
fn tree<'t>(mut text: &'t str, before: &mut Place, found: &mut Vec<Place>) -> &'t str {
    let length = before.len();
    loop {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !name.is_empty() {
            before.push(name.to_owned());
        }
        text = rest;
        match rest.strip_prefix("::") {
            Some(deeper) if deeper.starts_with('{') => {
                text = deeper.trim_start_matches('{').trim_start();
                while !text.is_empty() && !text.starts_with('}') {
                    let left = tree(text, before, found);
                    // Whatever stands between names: commas, `as name`, `*`.
                    let next = left.find([',', '}']).unwrap_or(left.len());
                    text =
                        left.get(next..).unwrap_or_default().trim_start_matches(',').trim_start();
                }
                text = text.strip_prefix('}').unwrap_or(text);
                break;
            }
            Some(deeper) => text = deeper,
            None => {
                found.push(before.clone());
                break;
            }
        }
        if name.is_empty() {
            break;
        }
    }
    before.truncate(length);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(name, text): &(&str, &str)| {
            let place = name.strip_suffix(".rs").unwrap().split('/').map(str::to_owned);
            let place = place.filter(|part| part != "lib").collect();
            (place, (*name).to_owned(), (*text).to_owned())
        };
        of_files(&files.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn modules_that_name_each_other_are_a_circle() {
        for (one, other) in [
            ("use crate::b::B;", "use super::a::A;"),
            ("use crate::{b::{B, C as D}, x};", "fn f() { crate::a::f(); }"),
            ("use crate::{\n    x,\n    b::B,\n};", "struct S(Vec<super::a::A>);"),
            ("pub use super::b::*;", "impl<T: crate::a::T> X for T {}"),
        ] {
            let found = circles_of(&[("lib.rs", "mod a;\nmod b;"), ("a.rs", one), ("b.rs", other)]);
            assert_eq!(found.len(), 1, "{one} {other}");
            assert!(
                found[0].starts_with("a -> b -> a is a circle in crate: a.rs:1, b.rs:1"),
                "{found:?}"
            );
        }
        let deep = [
            ("a.rs", "mod one;\nmod two;"),
            ("a/one.rs", "use super::two::T;\nuse super::super::b::B;"),
            ("a/two.rs", "\nuse crate::a::one::O;"),
            ("b.rs", ""),
        ];
        let found = circles_of(&deep);
        assert_eq!(found, ["one -> two -> one is a circle in crate::a: a/one.rs:1, a/two.rs:2"]);
    }

    #[test]
    fn parents_children_tests_and_comments_make_none() {
        assert_eq!(
            circles_of(&[
                ("lib.rs", "mod a;\nmod b;\nuse a::A;\n#[cfg(test)]\nmod world;"),
                ("a.rs", "mod one;\nuse crate::Root;\nuse crate::b;"),
                ("a/one.rs", "use super::A;"),
                (
                    "b.rs",
                    "// crate::a\n#[cfg(test)]\nuse crate::a;\nstruct S;\nimpl S {\n    #[cfg(test)]\n    \
                     fn f() {\n        crate::a::f()\n    }\n}\n#[cfg(any(test, feature = \"contract\"))]\n\
                     mod contract {\n    use crate::a;\n}\n#[cfg(test)]\nmod tests {\n    use crate::a;\n}",
                ),
                ("b/tests.rs", ""),
                ("world.rs", "use crate::a; use crate::b;"),
                ("other.rs", "use other_crate::a; use not_super::b;"),
            ]),
            [""; 0]
        );
    }
}
