//! `munjigi photos import`.

use std::io::IsTerminal as _;

use clap::ValueHint;
use clap::builder::{PathBufValueParser, TypedValueParser};
use munjigi_bucket::BucketError;
use munjigi_delivery::http_client;
use munjigi_pictures::gpu::GpuError;
use munjigi_pictures::photos::{
    Bucket, Import, ImportError, Imported, ScanError, Source, SourceError, scan,
};

use super::model::{ModelArguments, gpu};
use crate::cli::storage::{self, Storage};
use crate::cli::{Exit, Fail, Shell, print, print_json};
use crate::config::PicturesConfig;

const NOTHING: &str = "no photo was imported";
const NOT_ALL: &str = "not all photos were imported";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  munjigi photos import ./photos --licence CC0-1.0 \\
    --model efficientnet-lite0 --labels imagenet-1k
  munjigi photos import s3://shop-photos/2026 --model ours@1.2.0 --labels ours.txt

The model says what each photo shows, and the photos wait to be reviewed in the
console, at /operations/photos. Only accepted ones are dealt.

A list of labels has one line for each label of the model, `LABEL` or
`LABEL = THING`. A thing is what visitors are asked for, named as in the widget's
locale files. imagenet-1k and coco-80 are built in. A model with a label that no
list contains is refused.

Every file needs a licence: the text of NAME.license next to it, or of LICENSE in
its folder, or --licence. It is recorded with the photo. Photos that were already
imported are not sent again: after an interrupted run, run the command again.

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
        value_parser = PathBufValueParser::new().try_map(storage::parse),
    )]
    place: Storage,
    /// Licence of files that have no licence file next to them.
    #[arg(long)]
    licence: Option<String>,
    #[command(flatten)]
    model: ModelArguments,
    /// A model that locates objects: where it sees exactly one, and the labelling
    /// model sees the same, the reviewer is shown its outline.
    #[arg(long, value_parser = super::model::parse_model)]
    segment: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(shell: &Shell, arguments: &Arguments) -> Result<(), Fail> {
    let config = PicturesConfig::read(&shell.environment)?;
    let gpu = gpu(shell, &config.pictures, NOTHING)?;
    let client = http_client::client()
        .map_err(|error| Fail::new(Exit::Failed, "cannot create the HTTP client", error))?;
    let labels = arguments.model.labels(NOTHING)?;
    let source = open(&arguments.place, &client).await?;
    let files = scan(&source, arguments.licence.as_deref()).await.map_err(scan_fail)?;
    let pool = munjigi_store::pool(&config.database);
    let import = Import {
        pool: &pool,
        gpu: &gpu,
        model: &arguments.model.model,
        segmenter: arguments.segment.as_deref(),
        labels: &labels,
        clock: &shell.clock,
    };
    // Only where someone sees it come and go.
    let shows = std::io::stderr().is_terminal();
    let told = |done: usize| {
        if shows {
            eprint!("\r{done} of {} photos", files.len());
        }
    };
    let imported = import.run(&source, &files, told).await;
    if shows {
        eprintln!();
    }
    let imported = imported.map_err(|error| fail(NOT_ALL, error))?;
    if arguments.json {
        return print_json(&imported);
    }
    let Imported { imported, labelled, areas, known, refused } = &imported;
    let mut text = format!(
        "{imported} imported: {labelled} show something to ask for, {areas} of them somewhere to point at\n{known} already imported, {} refused\n",
        refused.len()
    );
    for refused in refused {
        text.push_str("  ");
        text.push_str(refused);
        text.push('\n');
    }
    text.push_str("Review them in the console: /operations/photos\n");
    print(&text)
}

async fn open(place: &Storage, client: &reqwest::Client) -> Result<Source, Fail> {
    match place {
        Storage::Path(folder) => Ok(Source::Folder(folder.clone())),
        Storage::Bucket(address) => {
            let settings = storage::settings(NOTHING)?;
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

pub fn fail(what: &'static str, error: ImportError) -> Fail {
    const AGAIN: &str = "retry: the command resumes where it stopped";
    let (code, text) = (error.code(), error.to_string());
    let fix = match &error {
        ImportError::UnknownLabel(_) => "pass the list of this model's labels with --labels",
        ImportError::OtherTask | ImportError::Gpu(GpuError::Refused { .. }) => {
            "`munjigi-gpu-backend models list` shows what each model does"
        }
        ImportError::Source(SourceError::Bucket(error)) => &fix(error),
        ImportError::Gpu(_) | ImportError::Source(_) => AGAIN,
        ImportError::Store(_) => "",
    };
    let fix = (!fix.is_empty()).then(|| fix.to_owned());
    let fail = match (code, error) {
        (_, ImportError::Store(error)) => error.into(),
        (Some(code), _) => Fail::new(Exit::Model, what, format!("{code}: {text}")),
        (None, _) => Fail::new(Exit::Failed, what, text),
    };
    match fix {
        Some(fix) => fail.fix(fix),
        None => fail,
    }
}

#[cfg(test)]
mod tests {
    use munjigi_bucket::Signing;

    use super::*;

    #[test]
    fn a_failed_import_says_what_to_do() {
        let unlisted = ImportError::UnknownLabel("kiwi".to_owned());
        for (error, words) in [
            (unlisted, ["label-unknown: ", "--labels"]),
            (ImportError::OtherTask, ["model-other-task: ", "models list"]),
        ] {
            let fail = fail(NOT_ALL, error);
            let text = fail.to_string();
            assert_eq!(fail.exit, Exit::Model);
            for word in words {
                assert!(text.contains(word), "{text}");
            }
        }
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
