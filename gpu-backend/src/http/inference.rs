//! Runs an image through a model: checks it, decodes it, fits it to the model's
//! input, computes it together with those that came meanwhile, and words the
//! result.

use std::sync::Arc;

use axum::body::Bytes;
use image::RgbImage;
use munjigi_protocol::PredictReply;
use tokio::sync::Semaphore;

use super::call::Call;
use super::{App, Code, Refused};
use crate::clock::Stopwatch;
use crate::device::Computed;
use crate::loaded::Loaded;
use crate::queued::NotDone;
use crate::registry::Task;
use crate::serving::{Named, say};
use crate::task::feed;
use crate::upload::{self, Fit, Placed};

/// An image as it was sent.
pub struct Upload {
    pub bytes: Bytes,
    pub declared: Option<String>,
}

/// How many million pixels are decoded at once: one of the largest images, and
/// a small one beside it.
const MEGAPIXELS: u32 = 48;

#[derive(Debug)]
pub struct Darkroom(Arc<Semaphore>);

impl Default for Darkroom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MEGAPIXELS as usize)))
    }
}

/// An image in the form of its model's input.
struct Print {
    input: Vec<f32>,
    placed: Placed,
    size: (u32, u32),
}

/// Runs the call's model on an image.
pub async fn infer(
    app: &App,
    call: &Call,
    upload: Upload,
    stopwatch: Stopwatch,
) -> Result<PredictReply, Refused> {
    let model = app.serving.fleet().choose(&named(call.terms.model.as_deref())?)?;
    let mut print = develop(app, call, &upload, &model).await?;
    let input = std::mem::take(&mut print.input);
    let computed = compute(app, call, &model, vec![input]).await?.pop();
    let Computed { outputs, engine } = computed.ok_or_else(Refused::internal)?;
    let prediction = say(&model.manifest, model.outputs, &outputs, &print.placed, print.size)?;
    Ok(PredictReply {
        model: model.manifest.name.to_string(),
        version: model.manifest.version.to_string(),
        engine: engine.to_owned(),
        prediction,
        milliseconds: stopwatch.elapsed().as_secs_f64() * 1_000.0,
    })
}

/// The model as the caller named it.
pub fn named(text: Option<&str>) -> Result<Named, Refused> {
    let malformed = |what: &str| Refused::new(Code::MalformedRequest, format!("the model: {what}"));
    let text = text.ok_or_else(|| malformed("no model is given: model=NAME or NAME@VERSION"))?;
    text.parse().map_err(malformed)
}

/// Checks and decodes an image once there is memory for it, and keeps only what
/// the model needs.
async fn develop(
    app: &App,
    call: &Call,
    upload: &Upload,
    model: &Arc<Loaded>,
) -> Result<Print, Refused> {
    let checked = upload::check(&upload.bytes, upload.declared.as_deref())?;
    let left = call.terms.deadline.left().ok_or_else(Refused::deadline_passed)?;
    let darkroom = Arc::clone(&app.darkroom.0);
    let memory = darkroom.acquire_many_owned(checked.megapixels().min(MEGAPIXELS));
    let memory = tokio::time::timeout(left, memory).await;
    let memory = memory.map_err(|_| Refused::deadline_passed())?;
    let (bytes, declared) = (upload.bytes.clone(), upload.declared.clone());
    let model = Arc::clone(model);
    let developing = tokio::task::spawn_blocking(move || {
        // Held until the image is gone, even if the caller leaves earlier.
        let _memory = memory;
        let image = upload::check(&bytes, declared.as_deref())?.decode()?;
        print(&model, &image)
    });
    developing.await.map_err(|_| Refused::internal())?
}

/// Computes inputs with the call's priority and deadline.
pub async fn compute(
    app: &App,
    call: &Call,
    model: &Arc<Loaded>,
    inputs: Vec<Vec<f32>>,
) -> Result<Vec<Computed>, Refused> {
    let terms = &call.terms;
    let computing = app.device.submit(model, inputs, terms.priority, terms.deadline)?;
    let mut computed = Vec::with_capacity(computing.len());
    for image in computing {
        computed.push(image.finished().await.map_err(|error| match error {
            NotDone::Late => Refused::deadline_passed(),
            NotDone::Failed => Refused::later(Code::EngineFailed, "the model was not computed", 5),
        })?);
    }
    Ok(computed)
}

fn print(model: &Loaded, image: &RgbImage) -> Result<Print, Refused> {
    let input = &model.manifest.input;
    let fit = match model.manifest.task {
        Task::Classify => Fit::Cover,
        Task::Segment => Fit::Contain,
    };
    let placed = upload::place(image, input, fit);
    Ok(Print { input: feed(input, &placed.pixels)?, placed, size: image.dimensions() })
}
