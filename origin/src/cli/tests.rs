//! The command line as a whole.

use clap::{Command, CommandFactory, Parser};

use super::Arguments;
use super::fail::{Exit, Fail};

#[test]
fn the_definition_is_sound() {
    Arguments::command().debug_assert();
}

fn leaves(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        let path = format!("{path} {}", child.get_name());
        if child.has_subcommands() {
            leaves(child, &path, found);
        } else {
            let help = child.get_after_help().map(ToString::to_string).unwrap_or_default();
            found.push((path, help));
        }
    }
}

#[test]
fn every_commands_help_has_an_example_of_it() {
    let mut commands = Vec::new();
    leaves(&Arguments::command(), "munjigi", &mut commands);
    assert!(commands.len() >= 15);
    for (path, help) in commands {
        assert!(help.contains("Example") && help.contains(&path), "{path}: {help}");
    }
}

#[test]
fn every_command_has_a_man_page_with_its_example() {
    let folder = tempfile::tempdir().unwrap();
    super::man::write(folder.path()).unwrap();
    let mut commands = Vec::new();
    leaves(&Arguments::command(), "munjigi", &mut commands);
    for (path, _) in &commands {
        let page = folder.path().join(format!("{}.1", path.replace(' ', "-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("{path} has no page"));
        // Roff escapes a hyphen like this.
        let text = text.replace("\\-", "-");
        for part in [".SH NAME", ".SH SYNOPSIS", "Example", path] {
            assert!(text.contains(part), "{path}: {part}");
        }
    }
    // One for `munjigi` itself, `archive`, `site`, `account`, `pictures`,
    // `photos`, `keys`, `migrate` and `outcomes`, and no left-over pages.
    let pages = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(pages, commands.len() + 9);
}

#[test]
fn a_new_site_s_hosts_are_read_as_by_every_other_door() {
    let rows = include_str!("../../../tests/contract/hosts.txt").lines();
    for (typed, read) in rows.filter_map(|row| row.split_once('\t')) {
        let words = ["munjigi", "site", "add", "Shop", &format!("--host={typed}")];
        let found = Arguments::command().try_get_matches_from(words).ok();
        let found = found.as_ref().and_then(|found| {
            let added = found.subcommand_matches("site")?.subcommand_matches("add")?;
            added.get_one::<String>("hosts")
        });
        assert_eq!(found.map_or("-", String::as_str), read, "{typed}");
    }
}

#[test]
fn every_exit_code_is_in_the_help() {
    let help = Arguments::command().get_after_help().unwrap().to_string();
    for exit in [
        Exit::Failed,
        Exit::Picture,
        Exit::Environment,
        Exit::Database,
        Exit::Site,
        Exit::Backup,
        Exit::EdgeAway,
        Exit::Challenge,
        Exit::Solution,
        Exit::Siteverify,
        Exit::SpentTwice,
    ] {
        let number = format!("\n  {:<2}  ", exit as u8);
        assert!(help.contains(&number), "{exit:?}");
    }
}

#[test]
fn a_failure_says_what_why_and_how_to_fix_it() {
    let fail = Fail::new(Exit::Site, "nothing was done", "no reason").fix("begin again");
    insta::assert_snapshot!(fail.to_string());
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for line in [
        "munjigi",
        "munjigi site add",
        "munjigi site add Shop",
        "munjigi site add Shop --host *.com",
        "munjigi site add Shop --host ftp://shop.example",
        "munjigi site add Shop --host shop.example --mode loud",
        "munjigi site add Shop --name Shop --host shop.example",
        "munjigi site add Shop --host shop.example --count many",
        "munjigi site set mj_00000000000000000000000000",
        "munjigi site set mj_00000000000000000000000000 --dry-run --json",
        "munjigi site set mj_00000000000000000000000000 --host a.example --add-host b.example",
        "munjigi site set mj_00000000000000000000000000 --mode loud",
        "munjigi site set mj_00000000000000000000000000 --fallback yes",
        "munjigi site set mj_00000000000000000000000000 --work-ceiling 9223372036854775808",
        "munjigi site show shop",
        "munjigi site show mj_0",
        "munjigi migrate check shop.example",
        "munjigi migrate check ftp://shop.example/",
        "munjigi site rotate-secret mj_00000000000000000000000000 --finish",
        "munjigi site import mj_00000000000000000000000000",
        "munjigi site import mj_00000000000000000000000000 --vendor turnstile --sitekey a --host a",
        "munjigi site import mj_00000000000000000000000000 --prove --list",
        "munjigi site import mj_00000000000000000000000000 --prove --host a.example",
        "munjigi site import mj_00000000000000000000000000 --list --port 80",
        "munjigi site import mj_00000000000000000000000000 --list --vendor turnstile",
        "munjigi site import mj_00000000000000000000000000 --remove a",
        "munjigi site import mj_00000000000000000000000000 --remove a --host *.a.example",
        "munjigi keys rotate door",
        "munjigi pictures off",
        "munjigi photos import photos",
        "munjigi photos import photos --labels imagenet-1k",
        "munjigi photos import photos --model a",
        "munjigi photos import photos --model a --labels imagenet-1k --as cup",
        "munjigi photos import photos --model a&b --labels imagenet-1k",
        "munjigi photos import s3:// --model a --labels imagenet-1k",
        "munjigi photos import s3:/photos --model a --labels imagenet-1k",
        "munjigi photos import s3://photos//2026 --model a --labels imagenet-1k",
        "munjigi photos import https://photos.example/2026 --model a --labels a.txt",
        "munjigi pictures on motion",
        "munjigi probe --edge https://captcha.example/%2f --sitekey a --secret b",
    ] {
        assert!(Arguments::try_parse_from(line.split(' ')).is_err(), "{line}");
    }
    for line in [
        "munjigi site add Shop --host shop.example",
        "munjigi site add --json --host localhost --allow-loopback --name Shop --exempt",
        "munjigi site add Shop --allow-loopback",
        "munjigi site add Shop --host shop.example --work-floor 1 --rules - --fallback off",
        "munjigi site add Shop --host shop.example --protect paths.json",
        "munjigi site set mj_00000000000000000000000000 --protect []",
        "munjigi site set mj_00000000000000000000000000 --add-host a --remove-host b --dry-run",
        "munjigi site import mj_00000000000000000000000000 --vendor turnstile --sitekey a --host a --secret-file -",
        "munjigi site import mj_00000000000000000000000000 --prove --port 80",
        "munjigi site import mj_00000000000000000000000000 --remove a --host a.example",
        "munjigi man pages",
        "munjigi photos import s3://photos/2026 --model a --labels a.txt",
        "munjigi photos import s3/photos --model a@1.0.0 --labels imagenet-1k --labels coco-80",
        "munjigi solve --edge http://127.0.0.1:8787 --sitekey mj_x",
    ] {
        assert!(Arguments::try_parse_from(line.split(' ')).is_ok(), "{line}");
    }
}
