//! `munjigi site set`.

use std::fmt::Write;

use clap::ArgGroup;
use munjigi_captcha::Sitekey;
use munjigi_domain::audit::Action;
use munjigi_domain::settings::{
    Edit, FieldChange, HostsEdit, Undo, changes, path_warnings, warnings,
};
use munjigi_keys::UnixMillis;
use munjigi_store::audit::Author;
use munjigi_store::sites::{EditRefused, EditSite, Edited, Intent};
use munjigi_store::transact;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;

use super::options::{Options, on_off, read_file};
use super::{parse_sitekey, refused};
use crate::cli::table::columns;
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::DatabaseConfig;

#[derive(Debug, clap::Args)]
#[command(
    override_usage = "munjigi site set <SITEKEY> <OPTION>…",
    group = ArgGroup::new("settings").required(true).multiple(true).args([
        "name", "hosts", "add_hosts", "remove_hosts", "allow_loopback", "mode", "work_floor",
        "work_ceiling", "count", "token_lifetime", "fallback", "under_attack", "pictures", "rules",
        "protect",
    ]),
    after_help = "\
Examples:
  munjigi site set mj_… --add-host www.shop.example
  munjigi site set mj_… --host shop.example --host '*.shop.example' --dry-run
  munjigi site set mj_… --work-floor 80000 --work-ceiling 8000000
  munjigi site show mj_… --json | jq .rules > rules.json
  munjigi site set mj_… --rules rules.json
  munjigi site set mj_… --protect '[{\"path\": \"/account/*\", \"level\": \"worked\"}]'

All changes are validated as the edge does and take effect together, or not at
all. Settings that already have the value are left alone. The command prints how
to undo the change."
)]
pub struct Arguments {
    /// Sitekey of the site.
    #[arg(value_parser = parse_sitekey)]
    sitekey: Sitekey,
    /// Name of the site.
    #[arg(long)]
    name: Option<String>,
    /// A host whose pages can show the widget: shop.example, or *.shop.example
    /// for the domain and all its subdomains; embedder:portal.example for
    /// a site whose pages show yours in a frame. These hosts replace all existing
    /// ones. Repeat for each host.
    #[arg(long = "host", value_name = "HOST", conflicts_with_all = ["add_hosts", "remove_hosts"])]
    hosts: Vec<String>,
    /// Add a host. Repeat for each host.
    #[arg(long = "add-host", value_name = "HOST")]
    add_hosts: Vec<String>,
    /// Remove a host. Repeat for each host.
    #[arg(long = "remove-host", value_name = "HOST")]
    remove_hosts: Vec<String>,
    /// Also allow localhost and 127.0.0.1, for development.
    #[arg(long, value_name = "on|off", value_parser = on_off(), hide_possible_values = true)]
    allow_loopback: Option<bool>,
    #[command(flatten)]
    options: Options,
    /// Dry run: show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    sitekey: String,
    /// The current version of the site.
    version: u64,
    dry_run: bool,
    changes: Vec<FieldChange>,
    /// What the owner should know about the new rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<String>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = DatabaseConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let edit = arguments.edit(read_file);
    let report = carry_out(&pool, arguments, &edit, shell.clock.now()).await?;
    if arguments.json { print_json(&report) } else { print(&people(&report)) }
}

impl Arguments {
    fn edit(&self, read_file: impl Fn(&std::path::Path) -> std::io::Result<String>) -> Edit {
        let hosts = if !self.hosts.is_empty() {
            HostsEdit::Replace(self.hosts.clone())
        } else if self.add_hosts.is_empty() && self.remove_hosts.is_empty() {
            HostsEdit::Keep
        } else {
            HostsEdit::Change { add: self.add_hosts.clone(), remove: self.remove_hosts.clone() }
        };
        Edit {
            name: self.name.clone(),
            hosts,
            allow_loopback: self.allow_loopback,
            ..self.options.edit(read_file)
        }
    }
}

async fn carry_out(
    pool: &PgPool,
    arguments: &Arguments,
    edit: &Edit,
    now: UnixMillis,
) -> Result<Report, Fail> {
    let sitekey = arguments.sitekey.to_string();
    let intent = if arguments.dry_run { Intent::Look } else { Intent::Write };
    let unit = EditSite {
        sitekey: &sitekey,
        within: None,
        edit,
        shown: None,
        intent,
        action: Action::SiteEdit,
        by: Author::Command,
        now,
    };
    let Edited { before, after, version } =
        transact(pool, &unit).await?.map_err(|refusal| match refusal {
            EditRefused::Site(refusal) => refused(arguments.sitekey, refusal),
            refusal @ (EditRefused::Mistakes(_) | EditRefused::ChangedSince) => {
                Fail::new(Exit::Site, format!("{sitekey} was not changed"), refusal)
            }
        })?;
    let changes = changes(&before, &after);
    let undo = (!changes.is_empty()).then(|| Undo::of(&sitekey, &before, &after).to_string());
    let has = |field: &str| changes.iter().any(|change| change.field == field);
    let mut warned = if has("rules") { warnings(&after.rules) } else { Vec::new() };
    if has("protect") {
        warned.extend(path_warnings(&after.protect));
    }
    let warnings = warned.iter().map(ToString::to_string).collect();
    Ok(Report { sitekey, version, dry_run: arguments.dry_run, changes, warnings, undo })
}

fn people(report: &Report) -> String {
    let Report { sitekey, changes, .. } = report;
    let Some(undo) = &report.undo else {
        return format!("{sitekey}: no changes.\n");
    };
    let would = if report.dry_run { "Would change" } else { "Changed" };
    let mut text = format!("{would} {sitekey}:\n\n");
    let rows: Vec<[String; 4]> = changes
        .iter()
        .map(|FieldChange { field, before, after }| {
            [format!("  {field}"), short(before), "→".to_owned(), short(after)]
        })
        .collect();
    text.push_str(&columns(&rows));
    for change in changes.iter().filter(|change| ["rules", "protect"].contains(&change.field)) {
        list_rules(&mut text, change);
    }
    for warning in &report.warnings {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nWarning: {warning}");
    }
    text.push_str(if report.dry_run {
        "\nDry run: nothing was changed.\nUndo after the change:"
    } else {
        "\nWhile `munjigi serve` runs, the change reaches the edge within seconds, and every location within two minutes.\nUndo:"
    });
    let _ = writeln!(text, " {undo}");
    text
}

/// A value in a few words.
fn short(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => items.len().to_string(),
        other => other.to_string(),
    }
}

/// The removed and added rules; all of them if only their order differs.
fn list_rules(text: &mut String, change: &FieldChange) {
    let lines = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(Value::to_string).collect()
    };
    let (before, after) = (lines(&change.before), lines(&change.after));
    let went = before.iter().filter(|rule| !after.contains(rule));
    let came = after.iter().filter(|rule| !before.contains(rule));
    let mut told = false;
    for (sign, rule) in went.map(|rule| ("-", rule)).chain(came.map(|rule| ("+", rule))) {
        let _ = writeln!(text, "    {sign} {rule}");
        told = true;
    }
    if !told {
        text.push_str("    different order or number of repetitions:\n");
        for rule in &after {
            let _ = writeln!(text, "      {rule}");
        }
    }
}

#[cfg(test)]
mod tests;
