//! The messages of each language, with the variables in them. Files are parsed
//! by the official parser of Fluent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

/// A folder of `locales/`.
#[derive(Debug, Default)]
pub struct Language {
    pub tag: String,
    pub messages: BTreeMap<String, Message>,
    /// Keys that other messages refer to.
    pub referenced: BTreeSet<String>,
    /// What cannot be read, and keys that are there twice.
    pub problems: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// `ko/home.ftl`.
    pub file: String,
    pub variables: BTreeSet<String>,
}

/// Every language, in the order of their tags.
pub fn read(folder: &Path) -> Result<Vec<Language>> {
    let mut languages = Vec::new();
    for path in entries(folder)? {
        let mut language = Language { tag: name_of(&path), ..Language::default() };
        for file in entries(&path)? {
            let name = format!("{}/{}", language.tag, name_of(&file));
            language.add(&name, &std::fs::read_to_string(&file)?);
        }
        languages.push(language);
    }
    Ok(languages)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Language {
    fn add(&mut self, file: &str, source: &str) {
        let resource = parser::parse(source).unwrap_or_else(|(resource, errors)| {
            self.problems.extend(errors.iter().map(|error| format!("{file}: {error}")));
            resource
        });
        for entry in &resource.body {
            let Entry::Message(message) = entry else { continue };
            let key = message.id.name.to_owned();
            let Some(pattern) = &message.value else {
                self.problems.push(format!("{file}: {key} has no text"));
                continue;
            };
            let mut found = Found::default();
            found.pattern(pattern);
            self.referenced.extend(found.references);
            let message = Message { file: file.to_owned(), variables: found.variables };
            if let Some(other) = self.messages.insert(key.clone(), message) {
                self.problems.push(format!("{file}: {key} is also in {}", other.file));
            }
        }
    }
}

#[derive(Debug, Default)]
struct Found {
    variables: BTreeSet<String>,
    references: BTreeSet<String>,
}

impl Found {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                for variant in variants {
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name.to_owned());
            }
            InlineExpression::MessageReference { id, .. } => {
                self.references.insert(id.name.to_owned());
            }
            InlineExpression::FunctionReference { arguments, .. } => {
                for argument in &arguments.positional {
                    self.inline(argument);
                }
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::StringLiteral { .. }
            | InlineExpression::NumberLiteral { .. }
            | InlineExpression::TermReference { .. } => {}
        }
    }
}
