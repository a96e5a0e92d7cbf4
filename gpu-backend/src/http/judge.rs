//! A model tries to answer the pictures that were drawn: a classifier names the
//! tiles of a grid, a segmenter points at the thing of an area. If the model's
//! task does not fit a kind, there is no judgement.

use std::sync::Arc;

use image::RgbImage;
use munjigi_protocol::{Judgement, Prediction, RenderedPicture, RightRound, base64};
use munjigi_sheet::Sheet;

use super::call::Call;
use super::inference::{compute, named};
use super::{App, Refused};
use crate::device::Computed;
use crate::draw::Drawn;
use crate::loaded::Loaded;
use crate::registry::{Outputs, Task};
use crate::serving::say;
use crate::squares::Squares;
use crate::task::{classify, feed};
use crate::upload::{Fit, Placed, place};

/// Lets a model answer; adds its judgements to the pictures.
pub async fn judge(
    app: &App,
    call: &Call,
    model: &str,
    drawn: Vec<Drawn>,
) -> Result<Vec<RenderedPicture>, Refused> {
    let model = app.serving.fleet().choose(&named(Some(model))?)?;
    let task = model.manifest.task;
    let mut placed = Vec::new();
    for Drawn { picture, tiles } in &drawn {
        if fits(task, &picture.answer) {
            let fit = if task == Task::Segment { Fit::Contain } else { Fit::Cover };
            placed.extend(tiles.iter().map(|tile| place(&image(tile), &model.manifest.input, fit)));
        }
    }
    let inputs = placed.iter().map(|placed| feed(&model.manifest.input, &placed.pixels));
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let computed = compute(app, call, &model, inputs).await?;
    let mut looks = placed.iter().zip(&computed);
    drawn
        .into_iter()
        .map(|Drawn { mut picture, tiles }| {
            if fits(task, &picture.answer) {
                let looks: Vec<_> = looks.by_ref().take(tiles.len()).collect();
                picture.judgement = judgement(&model, &picture, &tiles, &looks)?;
            }
            Ok(picture)
        })
        .collect()
}

fn fits(task: Task, answer: &RightRound) -> bool {
    matches!(
        (task, answer),
        (Task::Classify, RightRound::Grid { .. }) | (Task::Segment, RightRound::Area { .. })
    )
}

type Look<'a> = (&'a Placed, &'a Computed);

fn judgement(
    model: &Arc<Loaded>,
    picture: &RenderedPicture,
    tiles: &[Sheet],
    looks: &[Look],
) -> Result<Option<Judgement>, Refused> {
    let labels = &model.manifest.labels;
    let Some(target) = labels.iter().position(|label| *label == picture.prompt) else {
        return Ok(None);
    };
    let (passed, confidence) = match (&picture.answer, model.outputs) {
        (RightRound::Grid { cells }, Outputs::Classes(are)) => {
            let (mut chosen, mut confidence) = (Vec::new(), 1.0_f32);
            for (index, (_, computed)) in (0..).zip(looks) {
                let scores = computed.outputs.first().map_or(&[][..], Vec::as_slice);
                let scores = classify(scores, are, labels.len())?;
                let is_target = scores.first().is_some_and(|first| first.label == target);
                let own = scores.iter().find(|score| score.label == target);
                let own = own.map_or(0.0, |score| score.probability);
                if is_target {
                    chosen.push(index);
                }
                confidence = confidence.min(if is_target { own } else { 1.0 - own });
            }
            (chosen == *cells, confidence)
        }
        (RightRound::Area { mask, .. }, Outputs::Things(_)) => {
            let (Some((placed, computed)), Some(sheet)) = (looks.first(), tiles.first()) else {
                return Ok(None);
            };
            let size = (sheet.width, sheet.height);
            let said = say(&model.manifest, model.outputs, &computed.outputs, placed, size)?;
            pointed(&said, &picture.prompt, mask)
        }
        _ => return Ok(None),
    };
    Ok(Some(Judgement { model: model.label(), passed, confidence }))
}

/// Points at the middle of the most certain thing of the requested kind.
fn pointed(prediction: &Prediction, prompt: &str, mask: &[u8]) -> (bool, f32) {
    let Prediction::Segment { things } = prediction else { return (false, 0.0) };
    let Some(thing) = things.iter().find(|thing| thing.label == prompt) else {
        return (false, 0.0);
    };
    let seen = Squares::unpacked(&base64::decode(&thing.mask).unwrap_or_default());
    let right = Squares::unpacked(mask);
    let is_right = seen.middle().is_some_and(|(x, y)| right.has_point(x, y));
    (is_right, thing.score)
}

fn image(sheet: &Sheet) -> RgbImage {
    let image = RgbImage::from_raw(sheet.width, sheet.height, sheet.rgb.clone());
    image.expect("a sheet has the pixels it says")
}
