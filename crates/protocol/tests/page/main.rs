//! Compares `docs/protocol/` with this crate, both ways: every route, type,
//! field, value, code and header of the crate has a row on the page, and every
//! row of the page names something that exists here.
//!
//! `markdown` reads the page, `shapes` reads the crate; this file compares
//! them.

mod markdown;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use markdown::Page;
use munjigi_protocol::{Code, SiteverifyCode, headers, routes};

/// What a table describes, and the names in its first column.
type Tables = BTreeMap<String, BTreeSet<String>>;

fn page() -> Page {
    Page::read(concat!(
        include_str!("../../../../docs/protocol/routes.md"),
        include_str!("../../../../docs/protocol/types.md"),
        include_str!("../../../../docs/protocol/seals.md"),
        include_str!("../../../../docs/protocol/dialects.md"),
    ))
}

/// Lists, for each table, what only one side has.
fn differences(page: &Tables, code: &Tables) -> Vec<String> {
    let mut found = Vec::new();
    for name in page.keys().chain(code.keys()).collect::<BTreeSet<_>>() {
        match (page.get(name), code.get(name)) {
            (Some(_), None) => found.push(format!("the page describes {name}, the crate has none")),
            (None, Some(_)) => found.push(format!("the page does not describe {name}")),
            (Some(page), Some(code)) => {
                for row in page.difference(code) {
                    found.push(format!("{name}: `{row}` is on the page, not in the crate"));
                }
                for row in code.difference(page) {
                    found.push(format!("{name}: `{row}` is in the crate, not on the page"));
                }
            }
            (None, None) => {}
        }
    }
    found
}

fn assert_same(page: &Tables, code: &Tables) {
    let found = differences(page, code);
    assert!(found.is_empty(), "docs/protocol/ and the crate disagree:\n{}", found.join("\n"));
}

fn one(name: &str, rows: impl IntoIterator<Item = String>) -> Tables {
    Tables::from([(name.to_owned(), rows.into_iter().collect())])
}

#[test]
fn every_type_field_and_value_stands_on_the_page_and_no_other() {
    assert_same(&page().under("Types"), &shapes::all());
}

#[test]
fn every_type_that_the_crate_exports_is_compared() {
    let known = shapes::all();
    let known: BTreeSet<&str> =
        known.keys().filter_map(|heading| heading.split(' ').next()).collect();
    let missing: Vec<String> = shapes::exported_types()
        .into_iter()
        .filter(|name| !known.contains(name.as_str()) && !shapes::NOT_TABLES.contains(&&**name))
        .collect();
    assert!(missing.is_empty(), "add to shapes.rs: {}", missing.join(", "));
}

#[test]
fn every_route_stands_on_the_page_with_its_cap_and_no_other() {
    let rows = |routes: &[routes::Route]| -> BTreeSet<String> {
        let body = |bytes: usize| match bytes {
            0 => "none".to_owned(),
            bytes if bytes.is_multiple_of(1024 * 1024) => format!("{} MiB", bytes / 1024 / 1024),
            bytes => format!("{} KiB", bytes / 1024),
        };
        routes
            .iter()
            .map(|r| format!("{} {} {}", r.method, r.path, body(r.max_body_bytes)))
            .collect()
    };
    let page = page();
    for (heading, all) in
        [("Routes of the edge", routes::EDGE), ("Routes of the origin", routes::ORIGIN)]
    {
        let table = page.columns::<3>(heading).map(|cells| cells.join(" "));
        assert_same(&one(heading, table), &Tables::from([(heading.to_owned(), rows(all))]));
    }
}

#[test]
fn every_code_stands_on_the_page_and_no_other() {
    let page = page();
    for (heading, all) in [
        ("Codes", Code::ALL.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("Codes of siteverify", SiteverifyCode::ALL.iter().map(ToString::to_string).collect()),
    ] {
        let table = page.columns::<1>(heading).map(|[code]| code);
        assert_same(&one(heading, table), &one(heading, all));
    }
}

#[test]
fn every_code_has_its_entry_among_the_errors() {
    let errors = Page::read(include_str!("../../../../docs/errors.md"));
    for (heading, all) in [
        ("Codes", Code::ALL.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("Codes of siteverify", SiteverifyCode::ALL.iter().map(ToString::to_string).collect()),
    ] {
        assert_same(&one(heading, errors.headings_under(heading)), &one(heading, all));
    }
}

#[test]
fn every_header_stands_on_the_page_and_no_other() {
    let table = page().columns::<1>("Headers").map(|[name]| name).collect::<Vec<_>>();
    let all = [
        headers::REQUEST_ID,
        headers::SIGNATURE,
        headers::STORE,
        headers::LEVEL,
        headers::SCORE,
        headers::REASONS,
        headers::ID,
    ]
    .map(str::to_owned);
    assert_same(&one("Headers", table), &one("Headers", all));
}

/// Names that `wrangler.toml` binds: `binding = "…"`, and `name = "…"` where
/// it is in capitals (objects and rate limits).
fn bindings() -> Vec<String> {
    let settings = include_str!("../../../../wrangler.toml").lines();
    let named = settings.filter_map(|line| {
        line.strip_prefix("binding = \"").or_else(|| line.strip_prefix("name = \""))
    });
    named
        .filter_map(|rest| rest.strip_suffix('"'))
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_binding_stands_among_the_operators_settings_and_no_other() {
    let operation = Page::read(include_str!("../../../../docs/operation.md"));
    let table = operation.columns::<1>("Bindings").map(|[name]| name).collect::<Vec<_>>();
    assert_same(&one("Bindings", table), &one("Bindings", bindings()));
}

#[test]
fn a_row_that_only_one_side_has_is_found() {
    let page = one("Thing", ["same".to_owned(), "gone".to_owned()]);
    let code = one("Thing", ["same".to_owned(), "new".to_owned()]);
    assert_eq!(
        differences(&page, &code),
        [
            "Thing: `gone` is on the page, not in the crate",
            "Thing: `new` is in the crate, not on the page",
        ]
    );
    assert_eq!(differences(&page, &Tables::new()).len(), 1);
    assert_eq!(differences(&Tables::new(), &code).len(), 1);
}
