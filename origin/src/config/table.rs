//! The table of variables, for `munjigi config` and the documentation.

use std::fmt::Write;

use super::variables::listed;

/// Heading and rows: variable, read by, default, meaning.
pub fn rows() -> Vec<[String; 4]> {
    let heading = ["variable", "read by", "default", "meaning"].map(str::to_owned);
    let variables = listed().map(|(variable, who)| {
        let name = if variable.secret {
            format!("{} (or …_FILE)", variable.name)
        } else {
            variable.name.to_owned()
        };
        let readers: Vec<&str> = who.iter().map(|who| who.as_str()).collect();
        [
            name,
            readers.join(", "),
            variable.default.filter(|text| !text.is_empty()).unwrap_or("—").to_owned(),
            variable.meaning.to_owned(),
        ]
    });
    std::iter::once(heading).chain(variables).collect()
}

/// The same as a Markdown table.
pub fn markdown() -> String {
    let mut text = String::new();
    for (index, row) in rows().into_iter().enumerate() {
        let row = row.map(|cell| cell.replace('|', "\\|"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if index == 0 {
            text.push_str("| --- | --- | --- | --- |\n");
        }
    }
    text
}
