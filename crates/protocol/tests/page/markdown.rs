//! Reads the tables of a page: `##` sections, `###` headings whose names are
//! in backquotes, and rows whose first cell is.

use std::collections::BTreeSet;

use crate::Tables;

/// One `##` section.
struct Section {
    title: String,
    /// `###` heading (empty before the first) and its rows.
    tables: Vec<(String, Vec<Vec<String>>)>,
}

/// A page as its sections.
pub struct Page(Vec<Section>);

impl Page {
    /// Reads a page. Rows whose first cell is not in backquotes (headers,
    /// rulers) are not part of the agreement.
    pub fn read(text: &str) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let mut code_block = false;
        for line in text.lines() {
            if line.starts_with("```") {
                code_block = !code_block;
            }
            if code_block {
                continue;
            }
            if let Some(title) = line.strip_prefix("## ") {
                let tables = vec![(String::new(), Vec::new())];
                sections.push(Section { title: title.trim().to_owned(), tables });
            }
            let Some(section) = sections.last_mut() else { continue };
            if let Some(heading) = line.strip_prefix("### ") {
                section.tables.push((quoted(heading).join(" "), Vec::new()));
            }
            if let (Some(row), Some((_, rows))) = (row(line), section.tables.last_mut()) {
                rows.push(row);
            }
        }
        Self(sections)
    }

    fn section(&self, title: &str) -> &Section {
        let found = self.0.iter().find(|section| section.title == title);
        found.unwrap_or_else(|| panic!("the page has no section `## {title}`"))
    }

    /// The tables under the `###` headings of a section, by heading, with
    /// the names of their first column.
    pub fn under(&self, title: &str) -> Tables {
        let mut tables = Tables::new();
        for (heading, rows) in &self.section(title).tables {
            if heading.is_empty() {
                continue;
            }
            let names: BTreeSet<String> = rows.iter().map(|row| row[0].clone()).collect();
            assert_eq!(names.len(), rows.len(), "{heading} names something twice");
            let before = tables.insert(heading.clone(), names);
            assert!(before.is_none(), "{heading} stands on the page twice");
        }
        tables
    }

    /// The names in the `###` headings of a section.
    pub fn headings_under(&self, title: &str) -> Vec<String> {
        let headings = self.section(title).tables.iter().map(|(heading, _)| heading.clone());
        headings.filter(|heading| !heading.is_empty()).collect()
    }

    /// The first `N` cells of every row of a section, anywhere in it.
    pub fn columns<const N: usize>(&self, title: &str) -> impl Iterator<Item = [String; N]> {
        self.section(title).tables.iter().flat_map(|(_, rows)| rows).map(|row| {
            let cells: Result<[String; N], _> =
                row.iter().take(N).cloned().collect::<Vec<_>>().try_into();
            cells.unwrap_or_else(|_| panic!("a row with fewer than {N} cells: {row:?}"))
        })
    }
}

/// The cells of a table row whose first one is a name in backquotes.
fn row(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
    let first = cells.first()?;
    if !first.starts_with('`') || !first.ends_with('`') {
        return None;
    }
    Some(cells.iter().map(|cell| cell.trim_matches('`').to_owned()).collect())
}

/// The texts in backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}
