//! The arguments that name a model and say what its labels mean, and where
//! it is computed.

use munjigi_delivery::http_client;
use munjigi_domain::models::is_model;
use munjigi_pictures::Pictures;
use munjigi_pictures::gpu::Gpu;
use munjigi_pictures::photos::{LISTS, Labels, LabelsError, is_key};

use crate::cli::{Exit, Fail, Shell};
use crate::config::Keys;

#[derive(Debug, clap::Args)]
pub struct ModelArguments {
    /// The model, trained on photos: NAME or NAME@VERSION.
    #[arg(long, value_parser = parse_model)]
    pub model: String,
    /// All its labels, and the things that they mean: imagenet-1k, coco-80, or
    /// a file. Can be repeated.
    #[arg(long, required = true, value_name = "LIST|FILE")]
    labels: Vec<String>,
    /// Overrides the thing of a label. Can be repeated.
    #[arg(long = "as", value_name = "LABEL=THING", value_parser = parse_alias)]
    aliases: Vec<(String, String)>,
}

impl ModelArguments {
    /// What the labels mean; `what` is what did not happen if they are wrong.
    pub fn labels(&self, what: &'static str) -> Result<Labels, Fail> {
        labels(what, &self.labels, &self.aliases)
    }
}

/// The gpu-backends that this command asks; `what` is what did not happen
/// without one.
pub fn gpu(shell: &Shell, pictures: &Pictures, what: &'static str) -> Result<Gpu, Fail> {
    let keys = Keys::read(&shell.environment)?;
    let client = http_client::client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    let (clock, entropy) = (shell.clock.clone(), shell.entropy.clone());
    Gpu::new(client, &pictures.gpu_urls, &keys.internal, clock, entropy)
        .ok_or_else(|| Fail::new(Exit::Environment, what, "MUNJIGI_GPU_URL is not set"))
}

/// The lists combined, with aliases for single labels. `what` is what did not
/// happen if they are wrong.
fn labels(
    what: &'static str,
    lists: &[String],
    aliases: &[(String, String)],
) -> Result<Labels, Fail> {
    let mut labels = Labels::default();
    for name in lists {
        let wrong = |error: LabelsError| {
            let why = format!("{}: {name}: {error}", error.code());
            Fail::new(Exit::Model, what, why).fix("correct the list, or choose another")
        };
        let text = match LISTS.iter().find(|(known, _)| known == name) {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(name).map_err(|error| {
                let known = LISTS.map(|(known, _)| known).join(", ");
                Fail::new(Exit::Model, what, format!("labels-unreadable: {name}: {error}"))
                    .fix(format!("choose a file, or one of {known}"))
            })?,
        };
        labels = Labels::read(&text).and_then(|list| labels.and(list)).map_err(wrong)?;
    }
    aliases.iter().try_fold(labels, |labels, (label, thing)| {
        labels.with(label, thing).map_err(|error| {
            Fail::new(Exit::Model, what, format!("{}: --as: {error}", error.code()))
                .fix("use the exact spelling of a label in its list")
        })
    })
}

pub fn parse_model(text: &str) -> Result<String, String> {
    is_model(text).then(|| text.to_owned()).ok_or_else(|| "NAME or NAME@VERSION".to_owned())
}

fn parse_alias(text: &str) -> Result<(String, String), String> {
    let (label, thing) = text.split_once('=').ok_or("LABEL=THING")?;
    if !is_key(thing) {
        return Err("a thing must be in lower-case letters, as in the locale files".to_owned());
    }
    Ok((label.to_owned(), thing.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_no_list_is_not_given_another_meaning() {
        let alias = ("mountian bike".to_owned(), "bicycle".to_owned());
        let fail = labels("nothing was done", &["imagenet-1k".to_owned()], &[alias]).unwrap_err();
        assert_eq!(fail.exit, Exit::Model);
        assert!(fail.to_string().contains("labels-unlisted: --as: "), "{fail}");
    }
}
