//! The report: `docs/reports/bot-pass-rates.md` for people, `docs/reports/bot-pass-rates.toml`
//! for the origin, which turns kinds off according to it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::attack::hard::OVERSAMPLE;
use crate::attack::results::{Results, Row, THRESHOLD, off};
use crate::attack::{Attacker, Kind};
use crate::interval::Share;
use crate::make::VERSION;
use crate::picture::QUALITY;
use crate::record::{Committed, Record, models};

/// What a try costs besides the picture: a puzzle at the floor, in seconds of a
/// core (`docs/reports/price-under-attack.md`).
const PUZZLE_CORE_SECONDS: f64 = 0.504;
/// What an hour of a rented core costs, as on that page.
const CENTS_PER_CORE_HOUR: f64 = 2.0;

/// `munjigi photos attack` on an operator's photos, as it was last run.
struct PhotosAttacked {
    kind: &'static str,
    attacker: &'static str,
    date: &'static str,
    photos: u32,
    share: Share,
    /// Seconds of a core for the picture: nine tiles, of which two cores do 26.5
    /// a second (`gpu-backend/README.md`).
    core_seconds: f64,
}

const PHOTOS: &[PhotosAttacked] = &[PhotosAttacked {
    kind: "photo-grid",
    attacker: "EfficientNet-Lite0 1.0.0, off the shelf",
    date: "2026-11-27",
    photos: 46,
    share: Share { passed: 153, tried: 1_000 },
    core_seconds: 0.68,
}];

/// What a thousand passes cost, in hours of a core and cents; a dash where none
/// was seen.
fn cost(rate: f64, core_seconds: f64) -> String {
    if rate <= 0.0 {
        return "— | —".to_owned();
    }
    let hours = 1_000.0 / rate * (PUZZLE_CORE_SECONDS + core_seconds) / 3_600.0;
    let digits = |number: f64| usize::from(number < 10.0);
    let cents = hours * CENTS_PER_CORE_HOUR;
    format!("{hours:.*} | {cents:.*}", digits(hours), digits(cents))
}

/// Writes both files into a folder.
pub fn write(folder: &Path, results: &Results) -> Result<()> {
    let record = |name: &'static str| {
        let model = Committed::read(&models(), name, VERSION).ok()?;
        Some((name, model.record))
    };
    let owned: Vec<(&str, Record)> =
        ["scene-tile", "scene-things"].into_iter().filter_map(record).collect();
    fs::write(folder.join("bot-pass-rates.md"), page(results, &owned)?)?;
    fs::write(folder.join("bot-pass-rates.toml"), data(results)?)?;
    Ok(())
}

fn percent(share: f64) -> String {
    let hundredths = share * 100.0;
    if hundredths < 1.0 { format!("{hundredths:.2}") } else { format!("{hundredths:.0}") }
}

fn sorted(results: &Results, kind: Kind) -> Vec<&Row> {
    let place = |attacker: Attacker| match attacker {
        Attacker::Guess => 0,
        Attacker::Compare => 1,
        Attacker::Neighbour(_) => 2,
        Attacker::Labelled(labels) => 2 + labels,
        Attacker::Owner => usize::MAX,
    };
    let mut rows: Vec<&Row> = results.rows.iter().filter(|row| row.kind == kind).collect();
    rows.sort_by_key(|row| place(row.attacker));
    rows
}

fn data(results: &Results) -> Result<String> {
    let mut text = format!(
        "# Written by `scripts/attack`: how often programs pass, and the kinds that are\n# off by default because of it. `bot-pass-rates.md` explains the figures.\ndate = \"{}\"\nthreshold = {THRESHOLD}\noversample = {OVERSAMPLE}\n",
        results.date
    );
    for kind in Kind::ALL {
        let Some(decisive) = results.decisive(kind) else { continue };
        let share = decisive.score.challenges;
        let [low, high] = share.interval();
        write!(
            text,
            "\n[[kind]]\nname = \"{}\"\nscenes = \"{}\"\noff = {}\npass_rate = {:.4}\ninterval = [{low:.4}, {high:.4}]\nattacker = \"{}\"\n",
            kind.name(),
            decisive.scenes,
            off(decisive, THRESHOLD),
            share.rate(),
            decisive.attacker
        )?;
        for row in sorted(results, kind) {
            let share = row.score.challenges;
            let [low, high] = share.interval();
            write!(
                text,
                "\n[[kind.rate]]\nattacker = \"{}\"\npass_rate = {:.4}\ninterval = [{low:.4}, {high:.4}]\nchallenges = {}\n",
                row.attacker,
                share.rate(),
                share.tried
            )?;
        }
    }
    Ok(text)
}

fn page(results: &Results, owned: &[(&str, Record)]) -> Result<String> {
    let mut text = String::from(HEAD);
    let minutes = results.rows.iter().map(|row| row.seconds).sum::<u64>().div_ceil(60);
    let measured = Kind::ALL.into_iter().filter_map(|kind| results.decisive(kind));
    let scenes: Vec<String> =
        measured.map(|row| format!("{} `{}`", row.kind.name(), row.scenes)).collect();
    let scenes = scenes.join(", ");
    write!(
        text,
        "Measured {} by `scripts/attack`, {minutes} minutes on two cores; scenes {scenes}; JPEG quality {QUALITY}; seeds `munjigi-trainer tried grid|area|turn 0…` for the challenges, `munjigi-trainer learn tile|wide|view 0…` for what is learnt, 11 for the attackers' networks.\n\n",
        results.date
    )?;
    text += "| kind | attacker | challenges passed | 95 % interval | rounds passed | challenges tried | core-hours for 1,000 passes | cents |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for kind in Kind::ALL {
        for row in sorted(results, kind) {
            let share = row.score.challenges;
            let [low, high] = share.interval();
            writeln!(
                text,
                "| {} | {} | {} % | {} to {} % | {} % | {} | {} |",
                kind.name(),
                row.attacker,
                percent(share.rate()),
                percent(low),
                percent(high),
                percent(row.score.rounds.rate()),
                share.tried,
                // These networks take milliseconds.
                cost(share.rate(), 0.0)
            )?;
        }
    }
    text += COST;
    for attacked in PHOTOS {
        let PhotosAttacked { kind, attacker, date, photos, share, core_seconds } = attacked;
        let [low, high] = share.interval();
        writeln!(
            text,
            "| {kind} | {attacker} | {} % | {} to {} % | {photos} | {} | {} | {date} |",
            percent(share.rate()),
            percent(low),
            percent(high),
            share.tried,
            cost(share.rate(), *core_seconds)
        )?;
    }
    text += PHOTOS_RULE;
    text += "\n## What is off by default\n\n";
    for kind in Kind::ALL {
        let Some(decisive) = results.decisive(kind) else { continue };
        let [low, _] = decisive.score.challenges.interval();
        writeln!(
            text,
            "- `{}`: **{}**. The best outsider ({}) surely passes {} %; the threshold is {} %.",
            kind.name(),
            if off(decisive, THRESHOLD) { "off" } else { "on" },
            decisive.attacker,
            percent(low),
            percent(THRESHOLD)
        )?;
    }
    text += RULE;
    for (name, record) in owned {
        let [low, high] = record.interval;
        writeln!(
            text,
            "- `{name}` {VERSION}: {} numbers, {} pictures, {} batches of {}; held out: {} % ({} to {} %) of {}: {}.",
            record.parameters,
            record.pictures,
            record.steps,
            record.batch,
            percent(record.accuracy),
            percent(low),
            percent(high),
            record.held_out.tried,
            record.measure
        )?;
    }
    text += FOOT;
    Ok(text)
}

const HEAD: &str = "# How often programs pass the pictures

Generated by `scripts/attack`; the text around the figures is in `gpu-backend/trainer/src/page.rs`.

";

const COST: &str = "
A try costs a program a puzzle, at the floor half a second of a core, and what it computes for the picture. An hour of a rented core is taken at two cents; addresses, which a program needs as well, are not in it ([price under attack](price-under-attack.md)).

## Photos

An operator's own photos, answered by a program that has nothing but a classifier anyone can download:

| kind | attacker | challenges passed | 95 % interval | photos | challenges tried | core-hours for 1,000 passes | cents | measured |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

const PHOTOS_RULE: &str = "
These are sixty photos in the public domain of fish, farm and wild animals, of which people accepted 46; fish of different species are one thing there, which the classifier often names otherwise. `munjigi photos attack` measures your own. `photo-area` was not measured: that takes a detector. Both are off until an operator switches them on, whatever a classifier passes: photos repeat. Someone who has labelled all of them passes always, so thousands are needed where attackers come back.
";

const RULE: &str = "
A kind is off when the lower end of the 95 % interval of the best attacker from outside lies above the threshold. Why half: each try costs a program a solved puzzle, so a kind that it passes half of the time doubles that cost and no more; above that a picture asks more of people than of programs. Why the lower end: a few lucky tries should not turn a kind off. An operator can turn any kind on or off; visitors get a longer puzzle in place of a kind that is off.

The owner of this repository is measured and decides nothing: the generator is public, so an outsider with enough patience can draw labels without end too, and no picture made by a public program withstands that for long. Read that row as what a determined attacker reaches.

## Who tries

One label is one person's annotation of one object: the kind of a tile, the outline and kind of an object in a wide picture (seven or eight to a picture), or the direction in which the object in a view faces. Ten thousand labels are a day's work for one person, or cost a few dollars at a service that solves such challenges.

- **random guesser**: knows the rules and, for `area`, where the asked thing stands most often; sees nothing. It tries each challenge 200 times, which its interval takes for independent; for `area` it points into 2,000 pictures of its own, at the spot that was best in 1,000 others.
- **comparer**: for `turn` alone; takes the view most like the reference. It needs no label. The reference is another thing of the kind, beside other neighbours, in other light and from another height; when it was the same thing, likeness alone passed 90 % (80 to 95 %).
- **nearest neighbour**: looks up the most similar labelled pictures by edges and colours; nothing is trained.
- **network, N labels**: a small network (0.2 to 0.35 million numbers) trained on N labels and changed copies of them. Answers use the public rules: three to five tiles are right, kinds that resemble each other never meet, views are equal steps apart.
- **owner of this repository**: the committed networks for `grid` and `area`, by which the factory also drops what is easy: they are tried on what they found hardest; for `turn` a network trained for longer on as many drawn views as others label. A row that is missing was not reached in the time given.

Each round is what the edge deals: `grid` one round of nine tiles, `area` two rounds each with a mask and margin of at most 6 % of the picture, `turn` two rounds of sixteen views of which one is right; `grid` and `area` drawn in full size and compressed as visitors get them, then decoded and made small again; the views of `turn` drawn smaller than they are served and compressed less, so that programs get pictures no worse than visitors do. Of three grids, and of three areas, the one is tried that the committed network answered wrongly or least surely, as the factory chooses what it deals (`MUNJIGI_PICTURES_OVERSAMPLE=3`) once what is ambiguous is dropped; of `turn` the ambiguous ones are still here. Larger networks, pre-trained ones above all, will do better than these: the figures are a floor for what programs reach, not a ceiling.

## The committed networks

";

const FOOT: &str = "
## Run it again

```sh
scripts/attack                # all of it, less than half an hour on two cores
scripts/attack --budget 10    # fewer challenges, less training
```

An interrupted run continues where it stopped: drawn pictures, unfinished networks and finished rows are kept under `.munjigi/attack`, by the scenes they were made from. When the scenes change, everything is measured again.
";
