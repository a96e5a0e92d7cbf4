use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::checks::layers::graph::of_package;

/// The graph of a crate that is written to a temporary folder.
fn graph(files: &[(&str, &str)]) -> Graph {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join("src").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut graphs = of_package(folder.path(), "example", Path::new("")).unwrap();
    assert_eq!(graphs.len(), 1);
    graphs.remove(0)
}

/// Every arrow as `crate: a -> b` with its uses.
fn arrows(graph: &Graph) -> Vec<String> {
    let levels = graph.levels.iter();
    let arrows = levels.flat_map(|level| {
        level.arrows.iter().map(|((from, to), uses)| {
            let uses: Vec<String> = uses.iter().map(ToString::to_string).collect();
            format!("{}: {from} -> {to} by {}", level.parent, uses.join(", "))
        })
    });
    arrows.collect()
}

/// The members of each circle.
fn members(graph: &Graph) -> Vec<String> {
    graph.levels.iter().flat_map(circles).map(|circle| circle.members.join(", ")).collect()
}

#[test]
fn two_modules_that_import_each_other_are_a_circle() {
    let graph = graph(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use std::fmt;\n\nuse crate::b::{B, C as D};\npub struct A(B, D);"),
        ("b.rs", "use super::a::A;\npub struct B;\npub struct C(A);"),
        ("c.rs", "use crate::a::A;"),
    ]);
    let all = [
        "crate: a -> b by src/a.rs:3  crate::b::B, src/a.rs:3  crate::b::C",
        "crate: b -> a by src/b.rs:1  super::a::A",
        "crate: c -> a by src/c.rs:1  crate::a::A",
    ];
    assert_eq!(arrows(&graph), all);
    assert_eq!(members(&graph), ["a, b"]);
    let circle = circles(&graph.levels[0]).remove(0).to_string();
    let expected = "circle in crate: a, b\n  without these, no circle is left (1 use):\n    \
                    b -> a (1 use)\n      src/b.rs:1  super::a::A\n  the other arrows (2 uses):\n    \
                    a -> b (2 uses)\n      src/a.rs:3  crate::b::B\n      src/a.rs:3  crate::b::C\n";
    assert_eq!(circle, expected);
}

#[test]
fn inline_paths_of_every_kind_are_uses() {
    for inline in [
        "fn f() { crate::b::f(); }",
        "fn f(b: &crate::b::B) {}",
        "fn f(b: u8) { if let crate::b::B = b {} }",
        "impl crate::b::T for u8 {}",
        "impl<T: crate::b::T> X for T {}",
        "fn f() { <u8 as crate::b::T>::f(); }",
        "fn f() { crate::b::say!(); }",
        "fn f() { use crate::b as other; other::f(); }",
        "#[derive(crate::b::D)] struct S;",
        "#[serde(with = \"crate::b::seconds\")] struct S;",
        "pub use crate::b::B;",
        "struct S { b: Vec<Option<super::b::B>> }",
    ] {
        let found = graph(&[
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", inline),
            ("b.rs", "fn f() { crate::a::f(); }"),
        ]);
        assert_eq!(members(&found), ["a, b"], "{inline}");
    }
}

#[test]
fn imported_modules_lead_to_what_lies_deeper() {
    let graph = graph(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "use crate::b;\nuse b::two::B;\nfn f() { b::one::f(); B::new(); b::two::g() }"),
        ("b.rs", "pub mod one;\npub mod two;"),
        ("b/one.rs", "use super::two;\nfn f() { two::g(); let two = 1; two + 1; }"),
        ("b/two.rs", "pub struct B;"),
    ]);
    // `B::new` counts where `B` is imported; a variable is not a module.
    let all = [
        "crate: a -> b by src/a.rs:1  crate::b, src/a.rs:2  b::two::B, src/a.rs:3  b::one::f, \
         src/a.rs:3  b::two::g",
        "crate::b: one -> two by src/b/one.rs:1  super::two, src/b/one.rs:2  two::g",
    ];
    assert_eq!(arrows(&graph), all);
}

#[test]
fn a_re_export_leads_to_the_module_that_it_comes_from() {
    let graph = graph(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::{A, inner::Deep};\npub use b::*;"),
        ("a.rs", "pub mod inner;\npub struct A(crate::B);"),
        ("a/inner.rs", "pub struct Deep;"),
        ("b.rs", "use crate::Deep;\npub struct B;"),
        ("c.rs", "pub use serde::Serialize;\nuse crate::Missing;"),
    ]);
    let all = ["crate: a -> b by src/a.rs:2  crate::B", "crate: b -> a by src/b.rs:1  crate::Deep"];
    assert_eq!(arrows(&graph), all);
    assert_eq!(members(&graph), ["a, b"]);
}

#[test]
fn an_import_that_leads_to_itself_ends() {
    let graph = graph(&[
        ("lib.rs", "mod a;\nmod b;\npub use a::X;"),
        ("a.rs", "pub use crate::b::X;\nuse anyhow::anyhow;\nfn f() { anyhow::x() }"),
        ("b.rs", "pub use crate::X;\npub use super::a::*;"),
    ]);
    assert_eq!(members(&graph), ["a, b"]);
}

#[test]
fn tokens_of_macros_are_searched_for_paths() {
    let graph = graph(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "fn f() { say!(\"{}\", [crate::b::N, std::mem::take()]); }"),
        ("b.rs", "macro_rules! m { ($t:ident) => { super::a::f($t::new()) } }"),
    ]);
    let all =
        ["crate: a -> b by src/a.rs:1  crate::b::N", "crate: b -> a by src/b.rs:1  super::a::f"];
    assert_eq!(arrows(&graph), all);
}

#[test]
fn test_code_makes_no_arrow() {
    let graph = graph(&[
        (
            "lib.rs",
            "mod a;\nmod b;\n#[cfg(test)]\nmod missing;\n#[cfg(any(test, feature = \"contract\"))]\n\
             mod contract { use crate::a; }",
        ),
        ("a.rs", "use crate::b;"),
        (
            "b.rs",
            "#[cfg(test)]\nuse crate::a;\n#[cfg(test)]\nmod tests { use crate::a; }\n\
             struct S;\nimpl S { #[cfg(test)] fn f() { crate::a::f() } }\n\
             #[cfg(test)]\nimpl crate::a::T for S {}",
        ),
    ]);
    assert_eq!(arrows(&graph), ["crate: a -> b by src/a.rs:1  crate::b"]);
}

#[test]
fn a_module_and_its_own_children_are_no_circle() {
    let graph = graph(&[
        ("lib.rs", "mod a;\nuse a::A;\npub struct Root(A);"),
        ("a.rs", "mod one;\nmod two;\nuse one::One;\nuse crate::Root;\npub struct A(One);"),
        ("a/one.rs", "use super::A;\nuse crate::a::two::Two;\npub struct One;"),
        ("a/two/mod.rs", "use crate::Root;\npub struct Two;"),
    ]);
    assert_eq!(arrows(&graph), ["crate::a: one -> two by src/a/one.rs:2  crate::a::two::Two"]);
}

#[test]
fn modules_are_found_where_path_says_and_in_braces() {
    let graph = graph(&[
        ("lib.rs", "#[path = \"elsewhere/b.rs\"]\nmod b;\nmod a { pub mod inner; use crate::b; }"),
        ("a/inner.rs", "use crate::b::c;"),
        ("elsewhere/b.rs", "pub mod c;"),
        ("elsewhere/c.rs", ""),
    ]);
    assert_eq!(
        arrows(&graph),
        ["crate: a -> b by src/lib.rs:3  crate::b, src/a/inner.rs:1  crate::b::c"]
    );
}

#[test]
fn a_program_is_a_root_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("src");
    std::fs::create_dir_all(source.join("bin")).unwrap();
    std::fs::write(source.join("lib.rs"), "pub mod a;").unwrap();
    std::fs::write(source.join("a.rs"), "").unwrap();
    std::fs::write(source.join("main.rs"), "mod b;\nuse example::a;").unwrap();
    std::fs::write(source.join("b.rs"), "use example::a;").unwrap();
    std::fs::write(source.join("bin/load.rs"), "").unwrap();
    let graphs = of_package(folder.path(), "example", Path::new("")).unwrap();
    let names: Vec<&str> = graphs.iter().map(|graph| graph.name.as_str()).collect();
    assert_eq!(names, ["example", "example/main.rs", "example/bin/load.rs"]);
    assert!(graphs.iter().all(|graph| arrows(graph).is_empty()));
}

#[test]
fn code_that_does_not_parse_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("src")).unwrap();
    let read = |text: &str| {
        std::fs::write(folder.path().join("src/lib.rs"), text).unwrap();
        of_package(folder.path(), "example", Path::new("")).unwrap_err().to_string()
    };
    assert!(read("\nfn 1() {}").starts_with("src/lib.rs:2: "));
    assert_eq!(read("\n\nmod away;"), "src/lib.rs:3: `mod away` has no file");
}

#[test]
fn in_a_large_circle_the_fewest_uses_are_cut() {
    let graph = graph(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
        ("a.rs", "use crate::b::{X, Y};\nuse crate::c::{X as Z, W};"),
        ("b.rs", "use crate::c::{X, Y};\nuse crate::d::X as D;"),
        ("c.rs", "use crate::a::X;\nuse crate::d::X as D;"),
        ("d.rs", ""),
    ]);
    let all = circles(&graph.levels[0]);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].members, ["a", "b", "c"]);
    let cut: Vec<_> = all[0].cut.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    assert_eq!(cut, [("c", "a")]);
    assert_eq!(all[0].kept.len(), 3);
}

#[test]
fn planted_arrows_and_circles_are_noticed_in_this_checkout() {
    let layers = Layers::read(&Project::here()).unwrap();
    let plants = layers.plants();
    let unnoticed: Vec<String> =
        plants.iter().filter(|plant| !plant.noticed).map(ToString::to_string).collect();
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
    // Every pair of packages is allowed or was planted.
    let rules = &layers.rules.allowed;
    let pairs = rules.iter().flat_map(|(from, allowed)| {
        layers.packages.0.keys().filter(move |to| *to != from && !allowed.includes(to))
    });
    let planted = plants.iter().filter(|plant| plant.said.ends_with("by ARCHITECTURE.md"));
    assert_eq!(planted.count(), pairs.count());
    let circles = plants.iter().filter(|plant| plant.said.starts_with("circle in "));
    let with_siblings = layers.held().filter(|graph| {
        let mut levels = graph.levels.iter();
        levels.any(|level| level.modules.len() > 1)
    });
    assert_eq!(circles.count(), with_siblings.count());
}

#[test]
fn a_plant_that_the_rules_allow_would_be_unnoticed() {
    let mut layers = Layers::read(&Project::here()).unwrap();
    let before = layers.problems();
    layers.packages.0.get_mut("pow").unwrap().needs = BTreeSet::from(["scene".to_owned()]);
    let mut after = layers.problems();
    after.retain(|problem| !before.contains(problem));
    assert_eq!(after, ["pow -> scene is not allowed by ARCHITECTURE.md"]);
    layers.rules = Rules::parse("```layers\npow -> scene\n```").unwrap();
    assert!(!layers.problems().iter().any(|problem| problem.contains("is not allowed")));
}
