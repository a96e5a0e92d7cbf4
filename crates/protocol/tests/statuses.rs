//! Compares the statuses in `docs/protocol/routes.md` with the crate. `page` compares
//! the codes.

use std::collections::BTreeMap;

use munjigi_protocol::Code;

#[test]
fn every_code_has_the_status_that_the_protocol_page_says() {
    let page = include_str!("../../../docs/protocol/routes.md");
    let (_, section) = page.split_once("\n## Codes\n").expect("the page has its codes");
    let (section, _) = section.split_once("\n## ").expect("the codes are not the end");
    let said: BTreeMap<&str, &str> = section
        .lines()
        .filter_map(|row| row.strip_prefix("| `")?.split_once("` |"))
        .map(|(code, rest)| (code, rest.split('|').nth(1).unwrap_or_default().trim()))
        .collect();
    for code in Code::ALL {
        let status = code.http_status().to_string();
        assert_eq!(said.get(code.as_str()), Some(&status.as_str()), "{code}");
    }
}
