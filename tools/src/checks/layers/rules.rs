//! The rules in ARCHITECTURE.md: the fenced block `layers` and its two kinds of
//! line. `crates` and `circles` check the code against them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

/// The file that holds the block.
pub const DOCUMENT: &str = "ARCHITECTURE.md";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// What each package may depend on. Names lack the prefix `munjigi-`.
    pub allowed: BTreeMap<String, Allowed>,
    /// Packages whose modules must be free of circles.
    pub held: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Written `*`; for packages that nothing else depends on, such as tests.
    Anything,
    /// Only these packages of ours.
    Only(BTreeSet<String>),
}

impl Allowed {
    pub fn includes(&self, package: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Only(packages) => packages.contains(package),
        }
    }
}

impl Rules {
    /// Finds and parses the block in the text of ARCHITECTURE.md.
    pub fn parse(document: &str) -> Result<Self> {
        let mut lines = (1..).zip(document.lines());
        ensure!(
            lines.any(|(_, line)| line.trim_end() == "```layers"),
            "{DOCUMENT} has no block that starts with ```layers"
        );
        let mut rules = Self::default();
        for (number, line) in lines {
            if line.trim_end() == "```" {
                return Ok(rules);
            }
            rules.take(line).with_context(|| format!("{DOCUMENT}:{number}: `{line}`"))?;
        }
        bail!("{DOCUMENT}: the block that starts with ```layers has no end")
    }

    fn take(&mut self, line: &str) -> Result<()> {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            return Ok(());
        }
        if let Some(list) = line.strip_prefix("modules:") {
            for package in names(list)? {
                ensure!(self.held.insert(package.clone()), "`{package}` is already listed");
            }
            return Ok(());
        }
        let Some((package, list)) = line.split_once("->") else {
            bail!("expected `package -> package, package` or `modules: package, package`");
        };
        let package = name(package)?;
        let allowed =
            if list.trim() == "*" { Allowed::Anything } else { Allowed::Only(names(list)?) };
        ensure!(!allowed_itself(&package, &allowed), "`{package}` cannot depend on itself");
        let earlier = self.allowed.insert(package.clone(), allowed);
        ensure!(earlier.is_none(), "`{package}` already has a line");
        Ok(())
    }
}

fn allowed_itself(package: &str, allowed: &Allowed) -> bool {
    matches!(allowed, Allowed::Only(packages) if packages.contains(package))
}

fn names(list: &str) -> Result<BTreeSet<String>> {
    if list.trim().is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut found = BTreeSet::new();
    for word in list.split(',') {
        let package = name(word)?;
        ensure!(found.insert(package.clone()), "`{package}` is listed twice");
    }
    Ok(found)
}

fn name(word: &str) -> Result<String> {
    let word = word.trim();
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(!word.is_empty() && word.chars().all(is_name), "`{word}` is not the name of a package");
    Ok(word.strip_prefix("munjigi-").unwrap_or(word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(lines: &str) -> Result<Rules> {
        Rules::parse(&format!("# A\n\n```layers\n{lines}\n```\n\ntests ->->\n"))
    }

    #[test]
    fn both_kinds_of_line_and_comments_are_read() {
        let rules =
            block("# inward\npow ->\n\nedge -> captcha, pow # rules\ntests -> *\nmodules: pow")
                .unwrap();
        assert_eq!(rules.allowed["pow"], Allowed::Only(BTreeSet::new()));
        assert!(rules.allowed["edge"].includes("captcha"));
        assert!(!rules.allowed["edge"].includes("origin"));
        assert!(rules.allowed["tests"].includes("origin"));
        assert_eq!(rules.held, BTreeSet::from(["pow".to_owned()]));
    }

    #[test]
    fn a_bad_line_is_named_with_its_number() {
        for (line, reason) in [
            ("edge captcha", "expected `package -> package, package`"),
            ("edge => captcha", "expected `package -> package, package`"),
            ("edge -> captcha pow", "`captcha pow` is not the name of a package"),
            ("edge -> captcha,", "`` is not the name of a package"),
            ("edge -> *, pow", "`*` is not the name of a package"),
            ("edge -> pow, pow", "`pow` is listed twice"),
            ("edge -> edge", "`edge` cannot depend on itself"),
            ("-> pow", "`` is not the name of a package"),
            ("modules: Pow", "`Pow` is not the name of a package"),
        ] {
            let error = format!("{:#}", block(&format!("pow ->\n{line}")).unwrap_err());
            assert!(error.starts_with(&format!("ARCHITECTURE.md:5: `{line}`: ")), "{error}");
            assert!(error.contains(reason), "{error}");
        }
        let error = format!("{:#}", block("pow ->\npow ->").unwrap_err());
        assert!(error.contains("`pow` already has a line"), "{error}");
        let error = format!("{:#}", block("modules: pow\nmodules: pow").unwrap_err());
        assert!(error.contains("`pow` is already listed"), "{error}");
    }

    #[test]
    fn a_document_without_a_whole_block_is_refused() {
        assert!(Rules::parse("# A\n").unwrap_err().to_string().contains("has no block"));
        let open = Rules::parse("```layers\npow ->\n").unwrap_err().to_string();
        assert!(open.contains("has no end"), "{open}");
    }
}
