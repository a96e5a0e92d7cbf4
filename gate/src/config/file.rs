//! The file of settings: TOML, a table of texts, numbers, truth values and
//! lists of texts.

use std::ffi::OsString;
use std::path::Path;

use munjigi_captcha::{Exemption, ListId, Site};
use munjigi_process::config::nearest;
use munjigi_protocol::SiteConfig;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{key_of, protect, settings, sites};

const SITES: &str = "sites";
const LISTS: &str = "lists";

/// The rules about paths.
const PROTECT: &str = "protect";

/// The suffix of a setting that names a file with a secret.
const FILE_SUFFIX: &str = "_file";

/// A file that was read.
#[derive(Debug)]
pub struct File {
    /// Its path, as it was given.
    pub path: String,
    /// What is wrong with it, a sentence each.
    pub mistakes: Vec<String>,
    pub(super) own_sites: Vec<OwnSite>,
    /// Its lists, with the paths as they stand there.
    pub(super) own_lists: Vec<(ListId, String)>,
    /// The line of its table of lists.
    lists_at: Option<usize>,
    entries: Vec<Entry>,
}

/// A site of the file.
#[derive(Debug, Clone)]
pub struct OwnSite {
    /// Where it stands: `gate.toml:12`.
    pub place: String,
    pub config: SiteConfig,
}

/// The file is not TOML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FileError(String);

#[derive(Debug)]
struct Entry {
    /// The variable that it stands for.
    variable: String,
    key: String,
    line: usize,
    value: String,
}

impl File {
    /// Reads a file's text.
    ///
    /// # Errors
    ///
    /// It is not TOML; the line is named.
    pub fn parse(path: &str, text: &str) -> Result<Self, FileError> {
        let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line(span.start));
            FileError(format!("{path}:{line}: {}", error.message().replace('\n', "; ")))
        })?;
        let mut file = Self {
            path: path.to_owned(),
            mistakes: Vec::new(),
            own_sites: Vec::new(),
            own_lists: Vec::new(),
            lists_at: None,
            entries: Vec::new(),
        };
        let mut rules = None;
        for (key, value) in table.into_inner() {
            let (at, key) = (line(key.span().start), key.into_inner());
            let key = key.as_ref();
            if key == SITES {
                file.read_sites(at, value, &line);
                continue;
            }
            if key == PROTECT {
                rules = Some((at, value));
                continue;
            }
            if key == LISTS {
                file.read_lists(at, value, &line);
                continue;
            }
            match (variable_of(key), text_of(value.get_ref())) {
                (Err(remedy), _) => file.mistake(at, &format!("{key} is no setting{remedy}")),
                (_, None) => {
                    let form = "must be a text, a whole number, true or false, or a list of texts";
                    file.mistake(at, &format!("{key} is invalid: {form}"));
                }
                (Ok(variable), Some(value)) => {
                    file.entries.push(Entry { variable, key: key.to_owned(), line: at, value });
                }
            }
        }
        if let Some((at, rules)) = rules {
            file.read_rules(at, rules, &line);
        }
        for OwnSite { place, config } in &file.own_sites {
            if let Err(error) = Site::parse(config, Exemption::Ignored) {
                file.mistakes.push(format!("{place}: the site {}: {error}", config.sitekey));
            }
        }
        Ok(file)
    }

    fn read_rules(
        &mut self,
        at: usize,
        value: Spanned<DeValue<'_>>,
        line: &impl Fn(usize) -> usize,
    ) {
        let DeValue::Array(rules) = value.into_inner() else {
            let form = "must be tables: `[[protect]]` and a path for each";
            return self.mistake(at, &format!("protect is invalid: {form}"));
        };
        for rule in rules {
            let at = line(rule.span().start);
            let read = protect::read(rule).and_then(|(site, rule)| {
                let sites = self.own_sites.iter_mut().map(|site| &mut site.config);
                protect::add(site.as_deref(), rule, sites).map_err(|problem| (None, problem))
            });
            if let Err((within, problem)) = read {
                self.mistake(within.map_or(at, line), &format!("a rule of protect: {problem}"));
            }
        }
    }

    fn read_sites(
        &mut self,
        at: usize,
        value: Spanned<DeValue<'_>>,
        line: &impl Fn(usize) -> usize,
    ) {
        let DeValue::Table(sites) = value.into_inner() else {
            let form =
                "must be a table: a line `SITEKEY = { hosts = […], secrets = […] }` for each site";
            return self.mistake(at, &format!("sites is invalid: {form}"));
        };
        // The reader sorts them by their keys.
        let mut sites: Vec<_> = sites.into_iter().collect();
        sites.sort_by_key(|(sitekey, _)| sitekey.span().start);
        for (sitekey, value) in sites {
            let (at, sitekey) = (line(sitekey.span().start), sitekey.into_inner());
            match sites::read(&sitekey, value) {
                Ok(config) => {
                    self.own_sites.push(OwnSite { place: format!("{}:{at}", self.path), config });
                }
                Err((within, problem)) => {
                    self.mistake(
                        within.map_or(at, line),
                        &format!("the site {sitekey}: {problem}"),
                    );
                }
            }
        }
    }

    fn read_lists(
        &mut self,
        at: usize,
        value: Spanned<DeValue<'_>>,
        line: &impl Fn(usize) -> usize,
    ) {
        self.lists_at = Some(at);
        let DeValue::Table(lists) = value.into_inner() else {
            let form = "must be a table: a line `NAME = \"FILE\"` for each list";
            return self.mistake(at, &format!("lists is invalid: {form}"));
        };
        for (name, path) in lists {
            let (at, name) = (line(name.span().start), name.into_inner());
            match (name.parse::<ListId>(), path.get_ref().as_str()) {
                (Err(error), _) => self.mistake(at, &format!("the list {name}: {error}")),
                (Ok(_), None | Some("")) => {
                    self.mistake(at, &format!("the list {name}: must be the path of a file"));
                }
                (Ok(id), Some(path)) => self.own_lists.push((id, path.to_owned())),
            }
        }
    }

    /// That there are lists beside an origin, which publishes its own under the
    /// same names.
    pub(super) fn refuse_lists(&self) -> Option<String> {
        let remedy = "with origin_url, the origin publishes the lists: take [lists] out";
        self.lists_at.map(|line| format!("{}:{line}: {remedy}", self.path))
    }

    /// Its sites, as the edge gets them.
    pub fn sites(&self) -> impl Iterator<Item = &SiteConfig> {
        self.own_sites.iter().map(|site| &site.config)
    }

    pub(super) fn pairs(&self) -> Vec<(OsString, OsString)> {
        let folder = Path::new(&self.path).parent().unwrap_or(Path::new(""));
        let pair = |entry: &Entry| {
            let value = if entry.variable.ends_with("_FILE") {
                // Like every path of the file.
                folder.join(&entry.value).into()
            } else {
                entry.value.clone().into()
            };
            (entry.variable.clone().into(), value)
        };
        self.entries.iter().map(pair).collect()
    }

    /// Where a variable is set in the file, and under which name.
    pub(super) fn place(&self, variable: &str) -> Option<(String, &str)> {
        let entry = self.entries.iter().find(|entry| entry.variable == variable)?;
        Some((format!("{}:{}", self.path, entry.line), &entry.key))
    }

    fn mistake(&mut self, line: usize, text: &str) {
        self.mistakes.push(format!("{}:{line}: {text}", self.path));
    }
}

/// The variable of a setting, or what to say instead.
fn variable_of(key: &str) -> Result<String, String> {
    let of_file = |suffix: &str| {
        let secret = key.strip_suffix(suffix)?;
        let mut all = settings();
        all.find(|(name, variable)| name == secret && variable.secret)
            .map(|(_, variable)| format!("{}_FILE", variable.name))
    };
    let known = settings().find(|(name, _)| name == key);
    if let Some(variable) =
        known.map(|(_, variable)| variable.name.to_owned()).or_else(|| of_file(FILE_SUFFIX))
    {
        return Ok(variable);
    }
    if let Some((name, _)) = settings().find(|(_, variable)| variable.name == key) {
        return Err(format!("; in the file it is {name}"));
    }
    let names = settings().map(|(_, variable)| variable.name);
    let meant = nearest(&key_of(key), names.map(key_of));
    Err(meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default())
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.as_ref().to_owned()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(if *truth { "1" } else { "0" }.to_owned()),
        DeValue::Array(values) => {
            let texts: Option<Vec<&str>> =
                values.iter().map(|value| value.get_ref().as_str()).collect();
            Some(texts?.join(","))
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}
