use std::collections::BTreeSet;
use std::path::Path;

use super::*;

fn ids(html: &str) -> Vec<&str> {
    html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn links(html: &str) -> Vec<&str> {
    html.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_of_the_folder_is_rendered() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut names = BTreeSet::new();
    let within = ["deploy", "migrate", "protocol", "reports"];
    let within = within.map(|name| (docs.join(name), format!("{name}-")));
    for (folder, prefix) in [(docs.clone(), String::new())].into_iter().chain(within) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            names.extend(name.strip_suffix(".md").map(|name| format!("{prefix}{name}")));
        }
    }
    assert!(names.len() >= 6, "{names:?}");
    names.extend(LAST.map(str::to_owned));
    assert_eq!(names, all().iter().map(|page| page.name.to_owned()).collect());
    for page in all() {
        assert!(page.html.starts_with("<h1 id="), "{} begins with a heading", page.name);
        assert!(page.html.len() > 1_000 && !page.title.is_empty(), "{}", page.name);
        assert!(!page.summary.is_empty(), "{} says in a paragraph what it is", page.name);
    }
}

#[test]
fn no_link_between_pages_is_dead() {
    for page in all() {
        let here = ids(&page.html);
        assert_eq!(here.len(), here.iter().collect::<BTreeSet<_>>().len(), "{}", page.name);
        for link in links(&page.html) {
            if let Some(anchor) = link.strip_prefix('#') {
                assert!(here.contains(&anchor), "{}: {link}", page.name);
                continue;
            }
            let Some(path) = link.strip_prefix("/docs/") else {
                let outside = ["https://", "http://", "mailto:"];
                assert!(outside.iter().any(|it| link.starts_with(it)), "{}: {link}", page.name);
                continue;
            };
            let (name, anchor) = path.split_once('#').map_or((path, None), |(n, a)| (n, Some(a)));
            match (find(name), anchor) {
                (Some(other), Some(anchor)) => {
                    assert!(ids(&other.html).contains(&anchor), "{}: {link}", page.name);
                }
                (Some(_), None) => {}
                (None, _) => assert!(data(name).is_some(), "{}: {link}", page.name),
            }
        }
    }
}

#[test]
fn every_section_in_a_table_of_contents_is_there() {
    for page in all() {
        let here = ids(&page.html);
        for section in &page.sections {
            for section in [section].into_iter().chain(&section.parts) {
                assert!(here.contains(&section.anchor.as_str()), "{}: {section:?}", page.name);
            }
        }
    }
}

#[test]
fn no_page_brings_markup_of_its_own_or_an_image_that_is_not_served() {
    let page = render::page(
        "test",
        "# A <b>title</b>\n\n<script>alert(1)</script>\n\n<!-- begin -->\n\n\
         ## One & two\n\nText with <img src=x> and `<code>`, [here](protocol.md#codes),\n\
         [there](../migrate/hcaptcha.md#options).\n",
    );
    assert!(!page.html.contains("<script") && !page.html.contains("<img"), "{}", page.html);
    assert!(!page.html.contains("begin"), "{}", page.html);
    assert!(page.html.contains("&lt;script&gt;"), "{}", page.html);
    assert!(page.html.contains(
        r##"<h2 id="one--two"><a class="anchor" href="#one--two">One &amp; two</a></h2>"##
    ));
    assert!(page.html.contains(r#"<a href="/docs/protocol#codes">here</a>"#));
    assert!(page.html.contains(r#"<a href="/docs/migrate-hcaptcha#options">there</a>"#));
    let page =
        render::page("protocol-types", "# T\n\n[codes](routes.md#codes), [up](../verify.md)\n");
    assert!(page.html.contains(r#"<a href="/docs/protocol-routes#codes">codes</a>"#));
    assert!(page.html.contains(r#"<a href="/docs/verify">up</a>"#), "{}", page.html);
    for page in all() {
        assert!(!page.html.contains("<img"), "{} has an image", page.name);
    }
}

#[test]
fn wide_content_scrolls_separately() {
    let page = render::page(
        "test",
        "# T\n\n## S\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```sh\n<x>\n```\n",
    );
    assert!(
        page.html
            .contains(r#"<div class="scroll" tabindex="0" role="region" aria-label="S, table 1">"#)
    );
    assert!(
        page.html.contains("<pre tabindex=\"0\"><code>&lt;x&gt;\n</code></pre>"),
        "{}",
        page.html
    );
}

#[test]
fn data_is_served_and_pages_are_not_data() {
    assert!(data("reports-bot-pass-rates.toml").is_some());
    assert!(data("errors.md").is_none());
    assert!(data("../Cargo.toml").is_none());
}
