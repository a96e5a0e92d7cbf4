//! The command line as an operator uses it.

use std::process::{Command, Output};

use tempfile::TempDir;

use crate::{classifier, manifest, write};

fn run(folder: &TempDir, arguments: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_munjigi-gpu-backend"))
        .args(["--engine", "cpu", "models"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap();
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[test]
fn a_model_is_added_listed_verified_and_removed() {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("new"), &classifier(), &manifest(&classifier()));
    let expect = |arguments: &[&str], words: &str| {
        let (succeeds, said) = run(&folder, arguments);
        assert!(succeeds && said.contains(words), "{arguments:?}: {said}");
    };
    expect(&["add", "new"], "added shapes 1.0.0");
    expect(&["list"], "shapes 1.0.0  Classify  Apache-2.0  made by a test");
    expect(&["verify"], "shapes 1.0.0 ×8  Cpu: there is no GPU engine");
    expect(&["verify", "shapes", "1.0.0", "--batches", "3"], "shapes 1.0.0 ×3");
    expect(&["remove", "shapes", "1.0.0"], "removed shapes 1.0.0");
    expect(&["list"], "");
}

#[test]
fn a_model_changed_behind_the_registrys_back_fails_to_verify() {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("new"), &classifier(), &manifest(&classifier()));
    assert!(run(&folder, &["add", "new"]).0);
    std::fs::write(folder.path().join("models/shapes/1.0.0/model.onnx"), b"other").unwrap();
    let (succeeds, said) = run(&folder, &["verify"]);
    assert!(!succeeds && said.contains("model-hash-mismatch"), "{said}");
}

#[test]
fn a_refusal_begins_with_its_code() {
    let folder = TempDir::new().unwrap();
    let (succeeds, said) = run(&folder, &["remove", "shapes", "1.0.0"]);
    assert!(!succeeds && said.contains("munjigi-gpu-backend: model-unknown: "), "{said}");
}

#[test]
fn without_a_graphics_driver_the_cpu_computes_and_a_warning_says_why() {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_munjigi-gpu-backend"))
        .args(["--engine", "gpu", "engines"])
        .env("VK_DRIVER_FILES", "/none")
        .env("VK_ICD_FILENAMES", "/none")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success());
    assert!(stdout.starts_with("rten on CPU"), "{stdout}");
    assert!(stderr.contains("WARN") && stderr.contains("no adapter is a GPU"), "{stderr}");
}
