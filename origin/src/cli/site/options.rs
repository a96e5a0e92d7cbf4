//! The settings that `site add` and `site set` both take.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use munjigi_domain::settings::{Edit, Mistake, read_protections, read_rules};
use munjigi_protocol::{Mode, PictureKind, Protection, UnderAttack};

/// The maximum that the database can store.
const MOST_WORK: u64 = i64::MAX.unsigned_abs();

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Widget mode [a new site: managed].
    #[arg(long, value_parser = mode())]
    mode: Option<Mode>,
    /// Expected hashes per sub-puzzle for a visitor without risk signals
    /// [a new site: 40000].
    #[arg(long, value_name = "HASHES", value_parser = clap::value_parser!(u64).range(..=MOST_WORK))]
    work_floor: Option<u64>,
    /// Maximum hashes per sub-puzzle; at least the floor [a new site: 4000000].
    #[arg(long, value_name = "HASHES", value_parser = clap::value_parser!(u64).range(..=MOST_WORK))]
    work_ceiling: Option<u64>,
    /// Sub-puzzles per puzzle, 1 to 64 [a new site: 16].
    #[arg(long, value_name = "NUMBER")]
    count: Option<u32>,
    /// Lifetime of a token, 30 to 300 [a new site: 300].
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<u32>,
    /// Whether browsers without WebAssembly can pass, slowly [a new site: on].
    #[arg(long, value_name = "on|off", value_parser = on_off(), hide_possible_values = true)]
    fallback: Option<bool>,
    /// When the site counts as under attack, so that newcomers do more work:
    /// auto, on or off [a new site: auto].
    #[arg(long, value_name = "WHEN", value_parser = under_attack())]
    under_attack: Option<UnderAttack>,
    /// Kinds of picture for risky visitors, separated by commas: grid, area,
    /// turn, photo-grid, photo-area; or none, and risky visitors do more work [a new site: none].
    #[arg(long, value_name = "KINDS", value_parser = pictures)]
    pictures: Option<Pictures>,
    /// Rules that replace all existing rules: a JSON array, or - to read it
    /// from stdin. `munjigi site show SITEKEY --json | jq .rules` prints such
    /// a file [a new site: none].
    #[arg(long, value_name = "FILE.json")]
    rules: Option<PathBuf>,
    /// Rules about paths that replace all existing ones: a JSON array, or - to
    /// read it from stdin; or the array itself. `munjigi site show SITEKEY
    /// --json | jq .protect` prints such a file [a new site: none].
    #[arg(long, value_name = "FILE.json")]
    protect: Option<PathBuf>,
}

impl Options {
    /// The edit that they describe.
    pub fn edit(&self, read_file: impl Fn(&Path) -> io::Result<String>) -> Edit {
        let mut unread = Vec::new();
        let rules = self.rules.as_ref().map(|path| match read_file(path) {
            Ok(text) => read_rules(&text),
            Err(error) => {
                let (path, error) = (path.display().to_string(), error.to_string());
                Err(vec![Mistake::RulesUnreadable { path, error }])
            }
        });
        let rules = rules.and_then(|read| read.map_err(|wrong| unread.extend(wrong)).ok());
        let protect = self.protections(&read_file);
        let protect = protect.and_then(|read| read.map_err(|wrong| unread.extend(wrong)).ok());
        Edit {
            mode: self.mode,
            work_floor: self.work_floor,
            work_ceiling: self.work_ceiling,
            count: self.count,
            token_lifetime_seconds: self.token_lifetime,
            fallback_allowed: self.fallback,
            under_attack: self.under_attack,
            pictures: self.pictures.as_ref().map(|Pictures(kinds)| kinds.clone()),
            rules,
            protect,
            unread,
            ..Edit::default()
        }
    }

    fn protections(
        &self,
        read_file: impl Fn(&Path) -> io::Result<String>,
    ) -> Option<Result<Vec<Protection>, Vec<Mistake>>> {
        let path = self.protect.as_ref()?;
        let is_taken = self.rules.as_deref() == Some(Path::new(STDIN));
        let text = match path.to_str() {
            Some(array) if array.starts_with('[') => Ok(array.to_owned()),
            Some(STDIN) if is_taken => Err(io::Error::other("--rules reads stdin")),
            _ => read_file(path),
        };
        Some(text.map_or_else(
            |error| {
                let (path, error) = (path.display().to_string(), error.to_string());
                Err(vec![Mistake::ProtectUnreadable { path, error }])
            },
            |text| read_protections(&text),
        ))
    }
}

/// The only stdin that there is.
const STDIN: &str = "-";

/// Reads a file, or stdin if the path is `-`.
pub fn read_file(path: &Path) -> io::Result<String> {
    if path != Path::new(STDIN) {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// `on` or `off`.
pub fn on_off() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["on", "off"]).map(|word| word == "on")
}

/// A newtype: clap would take a bare list for several values.
#[derive(Debug, Clone)]
struct Pictures(Vec<PictureKind>);

fn pictures(text: &str) -> Result<Pictures, String> {
    if text == "none" {
        return Ok(Pictures(Vec::new()));
    }
    let kind = |word: &str| word.parse().map_err(|error| format!("{word:?}: {error}"));
    let mut kinds = text.split(',').map(kind).collect::<Result<Vec<_>, _>>()?;
    kinds.sort_unstable();
    kinds.dedup();
    Ok(Pictures(kinds))
}

fn under_attack() -> impl TypedValueParser<Value = UnderAttack> {
    let words = UnderAttack::ALL.map(UnderAttack::as_str);
    PossibleValuesParser::new(words).map(|word| {
        let found = UnderAttack::ALL.into_iter().find(|when| when.as_str() == word);
        found.unwrap_or_default()
    })
}

fn mode() -> impl TypedValueParser<Value = Mode> {
    let words = [Mode::Managed, Mode::Invisible, Mode::Interactive].map(Mode::as_str);
    PossibleValuesParser::new(words)
        .try_map(|word| serde_json::from_value::<Mode>(serde_json::Value::String(word)))
}
