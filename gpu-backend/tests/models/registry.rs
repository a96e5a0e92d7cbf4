//! The folder of models: what is refused, and how add, find and remove work.

use munjigi_gpu_backend::registry::{Registry, RegistryError};
use tempfile::TempDir;

use crate::{classifier, manifest, write};

/// The labels as the manifest lists them.
const LABELS: &str = "[\"circle\", \"square\", \"star\"]";

fn add(file: &[u8], manifest: &str) -> Result<(), RegistryError> {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("new"), file, manifest);
    Registry::new(folder.path().join("models")).add(&folder.path().join("new")).map(|_| ())
}

#[test]
fn a_model_that_is_vouched_for_is_accepted() {
    add(&classifier(), &manifest(&classifier())).unwrap();
}

#[test]
fn every_bad_manifest_has_its_code() {
    let file = classifier();
    let good = manifest(&file);
    let without = |start: &str| {
        let lines = good.lines().filter(|line| !line.starts_with(start));
        lines.collect::<Vec<_>>().join("\n")
    };
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    let rows = [
        ("no licence", "model-licence-missing", without("licence")),
        ("empty licence", "model-licence-missing", with("Apache-2.0", "  ")),
        ("unknown licence", "model-licence-missing", with("Apache-2.0", "Unknown")),
        ("no source", "model-source-missing", without("source")),
        ("no hash", "model-manifest-invalid", without("sha256")),
        ("no labels", "model-manifest-invalid", without("labels")),
        ("a label twice", "model-manifest-invalid", with("\"square\"", "\"circle\"")),
        ("an empty label", "model-manifest-invalid", with("\"square\"", "\" \"")),
        ("labels above the folder", "model-manifest-invalid", with(LABELS, "\"../labels\"")),
        ("labels in no file", "model-file-missing", with(LABELS, "\"labels.txt\"")),
        ("too few labels", "model-output-mismatch", with(", \"star\"", "")),
        ("too many labels", "model-output-mismatch", with("\"star\"", "\"star\", \"moon\"")),
        ("a segmenter of odd sides", "model-manifest-invalid", with("classify", "segment")),
        ("a short hash", "model-manifest-invalid", with("sha256 = \"", "sha256 = \"00")),
        ("an unknown task", "model-manifest-invalid", with("classify", "guess")),
        ("an unknown field", "model-manifest-invalid", format!("colour = 1\n{good}")),
        ("a name that climbs", "model-manifest-invalid", with("\"shapes\"", "\"../shapes\"")),
        ("a name with capitals", "model-manifest-invalid", with("\"shapes\"", "\"Shapes\"")),
        ("two numbers of version", "model-manifest-invalid", with("1.0.0", "1.0")),
        ("a version with zeros", "model-manifest-invalid", with("1.0.0", "01.0.0")),
        ("a wide tolerance", "model-manifest-invalid", format!("tolerance = 0.5\n{good}")),
        ("a tolerance of nothing", "model-manifest-invalid", format!("tolerance = nan\n{good}")),
        ("deviation of nothing", "model-manifest-invalid", with("[0.25]", "[0.0]")),
        ("means of colours", "model-manifest-invalid", with("mean = [0.5]", "mean = [0.5, 1.0]")),
        ("other pictures", "model-input-mismatch", with("height = 8", "height = 9")),
        ("a picture too large", "model-manifest-invalid", with("height = 8", "height = 5000")),
        ("no TOML", "model-manifest-invalid", "name = ".to_owned()),
    ];
    for (name, code, manifest) in rows {
        let error = add(&file, &manifest).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
    }
}

#[test]
fn labels_of_another_type_are_refused_with_what_they_may_be() {
    let file = classifier();
    let error = add(&file, &manifest(&file).replace(LABELS, "3")).unwrap_err().to_string();
    assert!(error.contains("a list of strings, or the name of a file"), "{error}");
}

#[test]
fn a_file_with_another_hash_is_refused() {
    let mut file = classifier();
    let manifest = manifest(&file);
    let last = file.len() - 1;
    file[last] ^= 1;
    assert_eq!(add(&file, &manifest).unwrap_err().code(), "model-hash-mismatch");
}

#[test]
fn a_vouched_file_that_is_no_network_is_refused() {
    let file = b"no network";
    assert_eq!(add(file, &manifest(file)).unwrap_err().code(), "model-malformed");
}

#[test]
fn a_folder_without_its_files_is_refused() {
    let folder = TempDir::new().unwrap();
    let registry = Registry::new(folder.path().join("models"));
    let error = registry.add(folder.path()).unwrap_err();
    assert_eq!(error.code(), "model-file-missing");
}

#[test]
fn labels_may_lie_beside_the_manifest_and_move_in_with_the_model() {
    let folder = TempDir::new().unwrap();
    let registry = Registry::new(folder.path().join("models"));
    let source = folder.path().join("new");
    let file = classifier();
    let text = manifest(&file).replace(LABELS, "\"shapes.txt\"");
    write(&source, &file, &text);
    let list = "# Three shapes.\ncircle = ring\n\nsquare #2\nstar\n";
    std::fs::write(source.join("shapes.txt"), list).unwrap();
    registry.add(&source).unwrap();
    let found = registry.find(&"shapes".parse().unwrap(), None).unwrap();
    assert_eq!(found.manifest.labels, ["circle", "square #2", "star"]);
}

#[test]
fn versions_are_found_by_number_and_the_highest_by_name() {
    let folder = TempDir::new().unwrap();
    let registry = Registry::new(folder.path().join("models"));
    let source = folder.path().join("new");
    for version in ["1.9.0", "1.10.0", "1.2.0"] {
        write(&source, &classifier(), &manifest(&classifier()).replace("1.0.0", version));
        registry.add(&source).unwrap();
    }
    let name = "shapes".parse().unwrap();
    let version = |wanted: Option<&str>| {
        let wanted = wanted.map(|text| text.parse().unwrap());
        registry.find(&name, wanted).map(|entry| entry.manifest.version.to_string())
    };
    assert_eq!(version(None).unwrap(), "1.10.0");
    assert_eq!(version(Some("1.9.0")).unwrap(), "1.9.0");
    assert_eq!(version(Some("3.0.0")).unwrap_err().code(), "model-unknown");
    let listed = registry.list().unwrap();
    let listed =
        listed.iter().map(|listed| listed.entry.as_ref().unwrap().manifest.version.to_string());
    assert_eq!(listed.collect::<Vec<_>>(), ["1.2.0", "1.9.0", "1.10.0"]);

    assert_eq!(registry.add(&source).unwrap_err().code(), "model-exists");
    registry.remove(&name, "1.10.0".parse().unwrap()).unwrap();
    assert_eq!(version(None).unwrap(), "1.9.0");
    let again = registry.remove(&name, "1.10.0".parse().unwrap()).unwrap_err();
    assert_eq!(again.code(), "model-unknown");
}

#[test]
fn a_broken_model_is_listed_and_hides_no_other() {
    let folder = TempDir::new().unwrap();
    let models = folder.path().join("models");
    let good = manifest(&classifier());
    write(&models.join("shapes/1.0.0"), &classifier(), &good);
    write(&models.join("shapes/2.0.0"), &classifier(), "");
    write(&models.join("other/1.0.0"), &classifier(), &good);
    let listed = Registry::new(&models).list().unwrap();
    let mut codes: Vec<_> = listed
        .iter()
        .map(|listed| listed.entry.as_ref().map_or_else(RegistryError::code, |_| "fine"))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["fine", "model-manifest-invalid", "model-misplaced"]);
}
