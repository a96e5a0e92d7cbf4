//! Networks whose outputs fit, or do not fit, their task. Pictures of 64 × 64:
//! 64 + 16 + 4 cells, prototypes of 16 × 16.

use data_encoding::HEXLOWER;
use munjigi_gpu_backend::registry::outputs::{Heads, Scores};
use munjigi_gpu_backend::registry::{Entry, Outputs, RegistryError};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::build::{Build, Value};
use crate::write;

/// A network with outputs of these shapes, without the batch.
fn network(shapes: &[&[i64]], last: &[&str]) -> Vec<u8> {
    let mut build = Build::new(13, 5);
    let b = &mut build;
    let x = b.input(&[3, 64, 64]);
    let mean = b.node("GlobalAveragePool", &[&x], &[]);
    let output = |b: &mut Build, shape: &[i64]| {
        let count = shape.iter().product();
        let (filters, bias) = (b.weights(&[count, 3, 1, 1]), b.weights(&[count]));
        let x = b.node("Conv", &[&mean, &filters, &bias], &[]);
        let sizes = b.ints(&[&[0], shape].concat());
        let x = b.node("Reshape", &[&x, &sizes], &[]);
        last.iter().fold(x, |x, op| b.node(op, &[&x], &[("axis", Value::Int(1))]))
    };
    let outputs: Vec<String> = shapes.iter().map(|shape| output(b, shape)).collect();
    build.file(&outputs.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The result of opening it for a task with this many labels.
fn opened(file: &[u8], task: &str, labels: usize) -> Result<Outputs, RegistryError> {
    let folder = TempDir::new().unwrap();
    let hash = HEXLOWER.encode(&Sha256::digest(file));
    let labels: Vec<String> = (0..labels).map(|at| format!("label {at}")).collect();
    let manifest = format!(
        "name = \"m\"\nversion = \"1.0.0\"\ntask = \"{task}\"\nsha256 = \"{hash}\"\n\
         licence = \"MIT\"\nsource = \"a test\"\nlabels = {labels:?}\n\
         [input]\nchannels = 3\nheight = 64\nwidth = 64\n\
         mean = [0.0, 0.0, 0.0]\ndeviation = [1.0, 1.0, 1.0]\n"
    );
    write(folder.path(), file, &manifest);
    Entry::read(folder.path())?.open().map(|opened| opened.outputs)
}

const ROWS: &[i64] = &[4 + 2 + 3, 84];
const MASKS: &[i64] = &[3, 16, 16];

#[test]
fn each_task_is_identified_by_the_shapes_of_its_outputs() {
    let raw = Outputs::Classes(Scores::Raw);
    let of = |shapes: &[&[i64]], task, labels| opened(&network(shapes, &[]), task, labels).unwrap();
    assert_eq!(of(&[&[5]], "classify", 5), raw);
    assert_eq!(of(&[&[5, 1, 1]], "classify", 5), raw);
    assert_eq!(
        of(&[&[4, 84], &[2, 84], &[3, 84], MASKS], "segment", 2),
        Outputs::Things(Heads::Apart)
    );
    let joined = |rows, prototypes| Outputs::Things(Heads::Joined { rows, prototypes });
    assert_eq!(of(&[ROWS, MASKS], "segment", 2), joined(0, 1));
    assert_eq!(of(&[MASKS, ROWS], "segment", 2), joined(1, 0));
}

#[test]
fn a_classifier_with_a_softmax_is_distinguished_from_one_without() {
    let of = |last: &[&str]| opened(&network(&[&[5]], last), "classify", 5).unwrap();
    assert_eq!(of(&["Softmax"]), Outputs::Classes(Scores::Probabilities));
    assert_eq!(of(&["Softmax", "Flatten"]), Outputs::Classes(Scores::Probabilities));
    assert_eq!(of(&["Sigmoid"]), Outputs::Classes(Scores::Raw));
}

/// A name, the task, shapes, labels, and part of the refusal.
type Row = (&'static str, &'static str, &'static [&'static [i64]], usize, &'static str);

#[test]
fn outputs_of_other_shapes_are_refused_with_what_was_wanted_and_found() {
    let rows: [Row; 9] = [
        (
            "too few labels",
            "classify",
            &[&[5]],
            4,
            "1×4, a number for each label; the network has 'reshape",
        ),
        ("too many labels", "classify", &[&[5]], 1000, "1×1000"),
        ("a map of scores", "classify", &[&[5, 8, 8]], 5, "1×5×8×8"),
        ("two outputs", "classify", &[&[5], &[5]], 5, "one output of 1×5"),
        ("another number of labels", "segment", &[ROWS, MASKS], 3, "1×(7+P)×84 and 1×P×16×16"),
        ("another number of prototypes", "segment", &[ROWS, &[4, 16, 16]], 2, "1×9×84"),
        ("rows before columns", "segment", &[&[84, 9], MASKS], 2, "1×84×9"),
        ("boxes alone", "segment", &[&[6, 84]], 2, "1×6×84"),
        ("heads in another order", "segment", &[&[2, 84], &[4, 84], &[3, 84], MASKS], 2, "1×2×84"),
    ];
    for (name, task, shapes, labels, words) in rows {
        let error = opened(&network(shapes, &[]), task, labels).expect_err(name);
        let said = error.to_string();
        assert_eq!(error.code(), "model-output-mismatch", "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}
