//! `munjigi pictures on│off`.

use std::fmt::Write;

use munjigi_pictures::policy::Policy;
use munjigi_protocol::PictureKind;
use munjigi_store::pictures::{Switch, SwitchKind};
use munjigi_store::transact;
use serde::Serialize;

use crate::cli::{Fail, Shell, print, print_json};
use crate::config::PicturesConfig;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The kind: grid, area, turn, photo-grid or photo-area.
    kind: PictureKind,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// On or off.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    On,
    Off,
}

#[derive(Debug, Serialize)]
struct Switched {
    kind: &'static str,
    dealt: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments, way: Way) -> Result<(), Fail> {
    let config = PicturesConfig::read(&shell.environment)?;
    let (kind, kinds) = (arguments.kind, &config.pictures.kinds);
    let policy = Policy::of_this_release();
    let against = policy.measured_off(kind);
    let switch = match way {
        Way::Off => Some(Switch::Off),
        Way::On if against => Some(Switch::On),
        // A later release may have other measurements.
        Way::On => None,
    };
    let decide = |kind, switch| kinds.contains(&kind) && policy.deals(kind, switch);
    let unit = SwitchKind { kind, switch, deals: &decide, now: shell.clock.now() };
    transact(&munjigi_store::pool(&config.database), &unit).await?;
    let dealt = decide(kind, switch);
    let name = kind.as_str();
    if arguments.json {
        return print_json(&Switched { kind: name, dealt });
    }
    let mut text = match way {
        Way::On => format!("Turned on {name}. Its packs return to the pools.\n"),
        Way::Off => format!("Turned off {name}. Its packs leave the pools.\n"),
    };
    if matches!(way, Way::On) && against {
        text.push_str(
            "Bots pass it more often than they should: see docs/reports/bot-pass-rates.md.\n",
        );
    }
    if matches!(way, Way::On) && !dealt {
        text.push_str("It stays off because MUNJIGI_PICTURES_KINDS does not list it here.\n");
    }
    let undo = match way {
        Way::On => "off",
        Way::Off => "on",
    };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "While `munjigi serve` runs, the change reaches the edge within seconds, and every location within two minutes.\n\
         Undo: munjigi pictures {undo} {name}\n"
    );
    print(&text)
}
