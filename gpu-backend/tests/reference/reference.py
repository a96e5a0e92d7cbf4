"""Stores ONNX Runtime's answers to the tests' graphs.

    cargo run --example write_graphs DIR
    python3 -m venv venv && venv/bin/pip install onnxruntime==1.31.1 numpy
    venv/bin/python tests/reference/reference.py DIR tests/reference/outputs.json

For each output it keeps the length, at most SAMPLES evenly spaced numbers and
the largest absolute number: enough to notice a wrong one, small enough to
commit. For a segmenter as Ultralytics exports it, the things that `segment.py`
finds are stored beside it, in `segmented.json`.
"""

import json
import pathlib
import sys

import numpy
import onnxruntime

import segment

SAMPLES = 64
# Labels and pixels a side.
JOINED = {"yolo-seg-joined": (80, 640)}


def sample(output):
    flat = output.astype(numpy.float32).ravel()
    count = min(SAMPLES, flat.size)
    at = [i * flat.size // count for i in range(count)]
    return {
        "length": int(flat.size),
        "largest": float(f"{numpy.abs(flat).max():.9g}"),
        "samples": [float(f"{flat[i]:.9g}") for i in at],
    }


def main(folder, written):
    folder = pathlib.Path(folder)
    answers = {}
    for case in json.loads((folder / "cases.json").read_text()):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        # Otherwise it computes with quantized weights in eight bits, and differs from the standard.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        session = onnxruntime.InferenceSession(
            str(folder / f"{case['case']}.onnx"), options, ["CPUExecutionProvider"]
        )
        feeds = {
            one["name"]: numpy.fromfile(folder / one["file"], numpy.float32).reshape(one["shape"])
            for one in case["inputs"]
        }
        try:
            outputs = session.run(None, feeds)
        except Exception as error:  # a batch that the file does not allow
            print(f"{case['case']} x{case['batch']}: {error}", file=sys.stderr)
            continue
        answers[f"{case['case']} x{case['batch']}"] = [sample(output) for output in outputs]
        if case["case"] in JOINED:
            things = segment.things(*outputs, *JOINED[case["case"]])
            lines = ",\n".join(json.dumps(thing) for thing in things)
            pathlib.Path(written).with_name("segmented.json").write_text(f"[\n{lines}\n]\n")
    lines = [f"{json.dumps(name)}: {json.dumps(answers[name])}" for name in answers]
    body = ",\n".join(lines)
    pathlib.Path(written).write_text("{\n" + body + "\n}\n")
    print(f"onnxruntime {onnxruntime.__version__}: {len(answers)} answers")


main(*sys.argv[1:])
