//! `munjigi photos import`.

use std::fmt::Write as _;

use clap::ValueHint;
use clap::builder::{PathBufValueParser, TypedValueParser};
use munjigi_bucket::BucketError;
use munjigi_delivery::http_client;
use munjigi_pictures::gpu::Gpu;
use munjigi_pictures::photos::{
    Bucket, Import, ImportError, Imported, LISTS, Labels, LabelsError, Measured, Precise,
    ScanError, Source, SourceError, Vetted, is_key, sample, scan,
};
use serde::Serialize;

use crate::cli::place::{self, Place};
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::{Keys, PicturesConfig};

const NOTHING: &str = "no photo was imported";
const NOT_ALL: &str = "not all photos were labelled";
const NO_PACK: &str = "the photos were labelled, but not all packs were created";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi photos import ./photos --licence CC0-1.0 \\
    --model mobilenet --labels imagenet-1k --sample ./sample
  munjigi photos import s3://shop-photos/2026 --model ours@1.2.0 --labels ours.txt \\
    --sample s3://shop-photos/sample --sure 0.95

First, the model is measured. --sample is a folder or bucket of photos, each in a
folder named after the object it shows (sample/cup/…, sample/bicycle/…), or in
`none` if it shows none of them. The model must be sure of at least 50 photos and
be right in 98 % of them, or nothing is labelled. Objects that it never named
correctly in the sample are not used.

A list of labels has one line for each label of the model, `LABEL` or
`LABEL = THING`. Labels without a thing are not used in pictures. imagenet-1k and
coco-80 are built in. A model with a label that no list contains is refused.

Every file needs a licence: the text of NAME.license next to it, or of LICENSE in
its folder, or --licence. It is recorded with the photo. Photos that were already
imported are not sent again: after an interrupted run, run the command again.
Things are named as in the widget's locale files.

A bucket is read like a folder: its objects are the files, and a prefix is the
path of a folder. Variables:
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY   the key; without it, nothing is signed
  AWS_SESSION_TOKEN                          of temporary credentials
  AWS_REGION                                 us-east-1 if unset
  AWS_ENDPOINT_URL                           a server other than Amazon's
  AWS_ALLOW_HTTP                             true: allow plain http to other machines")]
pub struct Arguments {
    /// A folder, or part of a bucket, with .jpg, .png or .webp files.
    #[arg(
        value_name = "FOLDER|s3://BUCKET/PREFIX",
        value_hint = ValueHint::DirPath,
        value_parser = PathBufValueParser::new().try_map(place::parse),
    )]
    place: Place,
    /// Licence of files that have no licence file next to them.
    #[arg(long)]
    licence: Option<String>,
    /// The labelling model, trained on photos: NAME or NAME@VERSION.
    #[arg(long, value_parser = parse_model)]
    model: String,
    /// All labels of the models, and their things: imagenet-1k, coco-80, or a
    /// file. Can be repeated.
    #[arg(long, required = true, value_name = "LIST|FILE")]
    labels: Vec<String>,
    /// Labelled photos to measure the models with.
    #[arg(
        long,
        value_name = "FOLDER|s3://BUCKET/PREFIX",
        value_hint = ValueHint::DirPath,
        value_parser = PathBufValueParser::new().try_map(place::parse),
    )]
    sample: Place,
    /// A model that locates objects: photos in which it sees exactly one object
    /// become pictures to point at.
    #[arg(long, value_parser = parse_model)]
    segment: Option<String>,
    /// Minimum probability of a label.
    #[arg(long, default_value_t = 0.9, value_parser = parse_sure)]
    sure: f32,
    /// Overrides the thing of a label. Can be repeated.
    #[arg(long = "as", value_name = "LABEL=THING", value_parser = parse_alias)]
    aliases: Vec<(String, String)>,
    /// Number of grid packs to create from all photos.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=50))]
    packs: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct View<'a> {
    #[serde(flatten)]
    imported: &'a Imported,
    model: &'a Precise,
    segmenter: Option<&'a Precise>,
    packs: Vec<String>,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = PicturesConfig::read(&shell.environment)?;
    let keys = Keys::read(&shell.environment)?;
    let Some(url) = config.pictures.gpu_url.clone() else {
        return Err(Fail::new(Exit::Environment, NOTHING, "MUNJIGI_GPU_URL is not set"));
    };
    let client = http_client::client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    let labels = labels(&arguments.labels, &arguments.aliases)?;
    let source = open(&arguments.place, &client).await?;
    let measured_on = open(&arguments.sample, &client).await?;
    let sample = sample(&measured_on).map_err(|error| fail(NOTHING, error.into()))?;
    let files = scan(&source, arguments.licence.as_deref()).await.map_err(scan_fail)?;
    let (clock, entropy) = (shell.clock.clone(), shell.entropy.clone());
    let gpu = Gpu::new(client, url, &keys.internal, clock, entropy);
    let pool = munjigi_store::pool(&config.database);
    let import = Import {
        pool: &pool,
        gpu: &gpu,
        model: &arguments.model,
        segmenter: arguments.segment.as_deref(),
        labels: &labels,
        sure: arguments.sure,
        clock: &shell.clock,
        entropy: &shell.entropy,
    };
    let vetted = import.vet(&measured_on, &sample).await;
    let vetted = vetted.map_err(|error| fail(NOTHING, error))?;
    let imported = import.label(&vetted, &source, &files).await;
    let imported = imported.map_err(|error| fail(NOT_ALL, error))?;
    let pictures = &config.pictures;
    let packs = import
        .pack(&vetted, arguments.packs, pictures.per_pack, pictures.dealt_per_pack)
        .await
        .map_err(|error| fail(NO_PACK, error))?;
    let areas = import.pack_areas(&vetted, pictures.per_pack, pictures.dealt_per_pack);
    let areas = areas.await.map_err(|error| fail(NO_PACK, error))?;
    let packs: Vec<String> = packs.iter().chain(&areas).map(ToString::to_string).collect();
    if arguments.json {
        let Vetted { model, segmenter } = &vetted;
        return print_json(&View {
            imported: &imported,
            model,
            segmenter: segmenter.as_ref(),
            packs,
        });
    }
    let Imported { labelled, unsure, areas, known, refused } = &imported;
    let mut text = String::new();
    for Precise { model, measured } in core::iter::once(&vetted.model).chain(&vetted.segmenter) {
        let Measured { photos, judged, right, .. } = measured;
        let _ = writeln!(
            text,
            "{model}: {right} of {judged} correct, in {photos} photos of the sample"
        );
    }
    let _ = writeln!(
        text,
        "{labelled} labelled, {unsure} not sure enough, {areas} to point at, {known} already imported, {} refused",
        refused.len()
    );
    for refused in refused {
        text.push_str("  ");
        text.push_str(refused);
        text.push('\n');
    }
    if packs.is_empty() {
        text.push_str("No packs were created.\n");
    } else {
        text.push_str("Created ");
        text.push_str(&packs.join(", "));
        text.push_str("; `munjigi serve` publishes them to the edge.\n");
        text.push_str("Watch: munjigi pictures status\n");
    }
    print(&text)
}

/// The lists combined, with aliases for single labels.
fn labels(lists: &[String], aliases: &[(String, String)]) -> Result<Labels, Fail> {
    let mut labels = Labels::default();
    for name in lists {
        let wrong = |error: LabelsError| {
            let why = format!("{}: {name}: {error}", error.code());
            Fail::new(Exit::Model, NOTHING, why).fix("correct the list, or choose another")
        };
        let text = match LISTS.iter().find(|(known, _)| known == name) {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(name).map_err(|error| {
                let known = LISTS.map(|(known, _)| known).join(", ");
                Fail::new(Exit::Model, NOTHING, format!("labels-unreadable: {name}: {error}"))
                    .fix(format!("choose a file, or one of {known}"))
            })?,
        };
        labels = Labels::read(&text).and_then(|list| labels.and(list)).map_err(wrong)?;
    }
    aliases.iter().try_fold(labels, |labels, (label, thing)| {
        labels.with(label, thing).map_err(|error| {
            Fail::new(Exit::Model, NOTHING, format!("{}: --as: {error}", error.code()))
                .fix("use the exact spelling of a label in its list")
        })
    })
}

async fn open(place: &Place, client: &reqwest::Client) -> Result<Source, Fail> {
    match place {
        Place::Path(folder) => Ok(Source::Folder(folder.clone())),
        Place::Bucket(address) => {
            let settings = place::settings(NOTHING)?;
            let bucket = Bucket::open(address, &settings, client.clone()).await;
            let failed =
                |error: BucketError| Fail::new(Exit::Failed, NOTHING, &error).fix(fix(&error));
            Ok(Source::Bucket(bucket.map_err(failed)?))
        }
    }
}

fn scan_fail(error: ScanError) -> Fail {
    match error {
        ScanError::Unreadable { error: SourceError::Bucket(ref cause), .. } => {
            Fail::new(Exit::Failed, NOTHING, &error).fix(fix(cause))
        }
        ScanError::Unlicensed(_) => Fail::new(Exit::Failed, NOTHING, error)
            .fix("add the text as NAME.license next to each file, or as LICENSE in its folder, or pass --licence for all"),
        ScanError::Unreadable { .. } | ScanError::Nothing => {
            Fail::new(Exit::Failed, NOTHING, error)
        }
    }
}

fn fix(error: &BucketError) -> String {
    error.remedy("s3:ListBucket and s3:GetObject", ": the command resumes where it stopped")
}

fn fail(what: &'static str, error: ImportError) -> Fail {
    let fix = match &error {
        ImportError::Sample(_) => {
            "put each photo of the sample into a folder named after what it shows, or into `none`"
        }
        ImportError::UnknownLabel(_) => "pass the list of this model's labels with --labels",
        ImportError::OtherTask => "`munjigi-gpu-backend models list` shows what each model does",
        ImportError::OtherVersion { .. } => "choose one version: --model NAME@VERSION",
        ImportError::Objection { .. } => {
            "use a model trained on such photos, raise --sure, or enlarge the sample"
        }
        ImportError::Source(SourceError::Bucket(error)) => &fix(error),
        ImportError::Gpu(_) => "retry: the command resumes where it stopped",
        ImportError::TooFew(_) => "import more photos, or lower --sure",
        ImportError::Source(_) | ImportError::Store(_) => "",
    };
    let fix = (!fix.is_empty()).then(|| fix.to_owned());
    let fail = match (error.code(), error) {
        (_, ImportError::Store(error)) => error.into(),
        (Some(code), error) => Fail::new(Exit::Model, what, format!("{code}: {error}")),
        (None, error) => Fail::new(Exit::Failed, what, error),
    };
    match fix {
        Some(fix) => fail.fix(fix),
        None => fail,
    }
}

fn parse_model(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let fits = (1..=100).contains(&text.len()) && text.chars().all(plain);
    fits.then(|| text.to_owned()).ok_or_else(|| "NAME or NAME@VERSION".to_owned())
}

fn parse_sure(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number| (0.5..=1.0).contains(number));
    number.ok_or_else(|| "a number from 0.5 to 1".to_owned())
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
    use munjigi_bucket::Signing;

    use super::*;

    #[test]
    fn a_failed_import_reports_how_far_it_got() {
        let other = || ImportError::OtherVersion { measured: "a@1".into(), found: "a@2".into() };
        for stage in [NOTHING, NOT_ALL] {
            let fail = fail(stage, other());
            let text = fail.to_string();
            assert_eq!(fail.exit, Exit::Model);
            for words in [stage, "model-version-changed: ", "--model NAME@VERSION"] {
                assert!(text.contains(words), "{text}");
            }
        }
    }

    #[test]
    fn a_label_of_no_list_is_not_given_another_meaning() {
        let alias = ("mountian bike".to_owned(), "bicycle".to_owned());
        let fail = labels(&["imagenet-1k".to_owned()], &[alias]).unwrap_err();
        assert_eq!(fail.exit, Exit::Model);
        assert!(fail.to_string().contains("labels-unlisted: --as: "), "{fail}");
    }

    #[test]
    fn a_bucket_that_fails_says_what_to_set() {
        let endpoint = "https://s3.example".to_owned();
        for (error, word) in [
            (
                BucketError::NoBucket { bucket: "photos".to_owned(), endpoint: endpoint.clone() },
                "its name",
            ),
            (BucketError::Moved(Some("eu-west-1".to_owned())), "AWS_REGION"),
            (BucketError::Denied { code: None, signing: Signing::Signed }, "s3:ListBucket"),
            (BucketError::Denied { code: None, signing: Signing::Unsigned }, "nothing is signed"),
            (BucketError::Unreachable { endpoint, reason: "refused".to_owned() }, "ENDPOINT_URL"),
        ] {
            let why = error.to_string();
            let error = SourceError::Bucket(error);
            let fail = scan_fail(ScanError::Unreadable { path: "LICENSE".to_owned(), error });
            let text = fail.to_string();
            assert_eq!(fail.exit, Exit::Failed);
            assert!(text.contains(&why) && text.contains(word), "{text}");
        }
    }
}
