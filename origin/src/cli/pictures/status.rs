//! `munjigi pictures status`.

use std::fmt::Write;

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_pictures::policy::Policy;
use munjigi_store::pictures::{KindRow, Overview, Switch, kinds, overview};
use serde::Serialize;

use crate::cli::table::columns;
use crate::cli::{Fail, Shell, print, print_json};
use crate::config::PicturesConfig;
use munjigi_pictures::Pictures;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi pictures status
  munjigi pictures status --json | jq -r '.kinds[] | select(.left < .low_water) | .kind'")]
pub struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct View {
    /// Whether MUNJIGI_GPU_URL is set.
    drawing: bool,
    /// Whether the gpu-backend runs now, according to MUNJIGI_PICTURES_HOURS.
    open: bool,
    kinds: Vec<KindView>,
}

#[derive(Debug, Serialize)]
struct KindView {
    kind: &'static str,
    dealt: bool,
    why: &'static str,
    packs: Packs,
    left: u64,
    low_water: u64,
    last_drawn: Option<String>,
    last_error: Option<String>,
    /// Among the people and programs that answered one in the last week.
    pass_rate: Option<f64>,
    /// Of the best program that was measured for this release.
    program_pass_rate: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Packs {
    drawing: u64,
    drawn: u64,
    published: u64,
    retiring: u64,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = PicturesConfig::read(&shell.environment)?;
    let pool = munjigi_store::pool(&config.database);
    let now = shell.clock.now();
    let (kinds, overviews) = (kinds(&pool).await?, overview(&pool, now).await?);
    let view = view(&config.pictures, &kinds, overviews, now);
    if arguments.json { print_json(&view) } else { print(&people(&view)) }
}

fn view(config: &Pictures, kinds: &[KindRow], overviews: Vec<Overview>, now: UnixMillis) -> View {
    let policy = Policy::of_this_release();
    let kinds = kinds.iter().zip(overviews).map(|(row, overview)| {
        let (kind, switch) = (row.kind, row.switch);
        let configured = config.kinds.contains(&kind);
        KindView {
            kind: kind.as_str(),
            dealt: configured && policy.deals(kind, switch),
            why: match (configured, switch, policy.measured_off(kind)) {
                (false, _, _) => "not in MUNJIGI_PICTURES_KINDS",
                (true, Some(Switch::On), _) => "switched on",
                (true, Some(Switch::Off), _) => "switched off",
                (true, None, true) => "bots pass it",
                (true, None, false) => "by default",
            },
            packs: Packs {
                drawing: overview.drawing,
                drawn: overview.drawn,
                published: overview.published,
                retiring: overview.retiring,
            },
            left: overview.left,
            low_water: config.low_water,
            last_drawn: overview.last_drawn.map(rfc3339),
            pass_rate: rate(overview.right, overview.wrong),
            last_error: overview.last_error,
            program_pass_rate: policy.pass_rate(kind),
        }
    });
    View {
        drawing: !config.gpu_urls.is_empty(),
        open: config.hours.open(now),
        kinds: kinds.collect(),
    }
}

fn people(view: &View) -> String {
    let heading = ["kind", "dealt", "packs", "left", "low water", "last drawn", "passed"];
    let mut rows = vec![heading.map(str::to_owned)];
    for kind in &view.kinds {
        let dealt = if kind.dealt { "on" } else { "off" };
        let Packs { drawing, drawn, published, retiring } = kind.packs;
        let on_the_way = drawing + drawn;
        let percent = |rate: Option<f64>| {
            rate.map_or("—".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
        };
        rows.push([
            kind.kind.to_owned(),
            format!("{dealt} ({})", kind.why),
            format!("{published}, {on_the_way} on the way, {retiring} leaving"),
            kind.left.to_string(),
            kind.low_water.to_string(),
            kind.last_drawn.clone().unwrap_or_else(|| "never".to_owned()),
            format!(
                "{} of answers; programs {}",
                percent(kind.pass_rate),
                percent(kind.program_pass_rate)
            ),
        ]);
    }
    let mut text = columns(&rows);
    if !view.drawing {
        text.push_str("\nMUNJIGI_GPU_URL is not set here: this origin draws nothing.\n");
    } else if !view.open {
        text.push_str("\nNothing is drawn at this hour because of MUNJIGI_PICTURES_HOURS.\n");
    }
    for kind in &view.kinds {
        if let Some(error) = &kind.last_error {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{}: {error}\n", kind.kind);
        }
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "a rate to a tenth of a per cent")]
fn rate(right: u64, wrong: u64) -> Option<f64> {
    (right + wrong > 0).then(|| right as f64 / (right + wrong) as f64)
}

fn rfc3339(at: UnixMillis) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    to_timestamp(UnixMillis(at.0 / 1_000 * 1_000)).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use munjigi_protocol::PictureKind;

    use super::*;
    use crate::config::default_pictures;

    fn overview(kind: PictureKind) -> Overview {
        Overview {
            kind,
            drawing: 1,
            drawn: 0,
            published: 2,
            retiring: 1,
            left: 3_120,
            last_drawn: Some(UnixMillis(1_795_176_030_000)),
            below_since: None,
            dealt: 880,
            right: 700,
            wrong: 100,
            way: 20,
            last_error: Some("the gpu-backend is busy for another 5 s".to_owned()),
        }
    }

    #[test]
    fn people_get_a_table_and_the_errors() {
        let kinds = [
            KindRow { kind: PictureKind::Grid, switch: None, below_since: None },
            KindRow { kind: PictureKind::Turn, switch: Some(Switch::Off), below_since: None },
        ];
        let overviews = vec![overview(PictureKind::Grid), overview(PictureKind::Turn)];
        let view = view(&default_pictures(), &kinds, overviews, UnixMillis(0));
        let text = people(&view);
        let grid = text.lines().nth(1).unwrap();
        assert!(grid.contains("3120") && grid.contains("87.5 %"), "{text}");
        assert!(grid.contains("2026-11-20T12:00:30Z"), "{text}");
        assert!(text.lines().nth(2).unwrap().contains("off (switched off)"), "{text}");
        assert!(text.contains("MUNJIGI_GPU_URL") && text.contains("grid: the gpu-backend"));
    }
}
