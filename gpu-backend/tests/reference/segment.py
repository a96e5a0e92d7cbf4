"""Finds things in the outputs of a YOLO segmenter, as Ultralytics exports it.

Called by `reference.py` with the outputs that ONNX Runtime computed; written
from the format's description, without consulting the crate's own code, with
numpy only. A row is one cell: centre, width and height of its box in pixels,
a score for each label, a coefficient for each mask prototype.
"""

import base64

import numpy

SCORE = 0.25
OVERLAP = 0.5
MOST = 12
# No decision may be close: another engine rounds differently.
MARGIN = 1e-5


def intersection_over_union(box, others):
    low = numpy.maximum(box[:2], others[:, :2])
    high = numpy.minimum(box[2:], others[:, 2:])
    common = numpy.prod(numpy.clip(high - low, 0, None), axis=1)
    area = lambda boxes: numpy.prod(numpy.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)
    union = area(box[None]) + area(others) - common
    return numpy.divide(common, union, out=numpy.zeros_like(common), where=union > 0)


def things(rows, prototypes, labels, side):
    rows, prototypes = rows[0].astype(numpy.float64), prototypes[0].astype(numpy.float64)
    middle, size = rows[:2].T, rows[2:4].T
    boxes = numpy.clip(numpy.hstack([middle - size / 2, middle + size / 2]), 0, side)
    scores, coefficients = rows[4 : 4 + labels].T, rows[4 + labels :].T
    cells, kinds = numpy.nonzero(scores >= SCORE)
    order = numpy.argsort(-scores[cells, kinds], kind="stable")
    left = list(zip(cells[order], kinds[order]))
    print(f"{len(left)} candidates")
    found = []
    while left and len(found) < MOST:
        cell, kind = left.pop(0)
        found.append((cell, kind))
        rivals = [at for at, (_, other) in enumerate(left) if other == kind]
        overlaps = intersection_over_union(boxes[cell], boxes[[left[at][0] for at in rivals]])
        assert not numpy.any(numpy.abs(overlaps - OVERLAP) < MARGIN), "hangs by a thread"
        beaten = {at for at, overlap in zip(rivals, overlaps) if overlap > OVERLAP}
        left = [rival for at, rival in enumerate(left) if at not in beaten]
    print(f"{len(found)} found, {len(left)} left")
    ordered = [scores[cell, kind] for cell, kind in found + left[:1]]
    assert numpy.all(-numpy.diff(ordered) > MARGIN / 10), "two scores are too alike"
    height, width = prototypes.shape[1:]
    x = (numpy.arange(width) + 0.5) * side / width
    y = (numpy.arange(height) + 0.5) * side / height
    answers, pixels = [], []
    for cell, kind in found:
        box = boxes[cell]
        inside = numpy.outer((y >= box[1]) & (y < box[3]), (x >= box[0]) & (x < box[2]))
        mask = (numpy.tensordot(coefficients[cell], prototypes, 1) > 0) & inside
        pixels.append(int(mask.sum()))
        bits = numpy.packbits(mask.ravel(), bitorder="little")
        answers.append(
            {
                "label": int(kind),
                "score": round(float(scores[cell, kind]), 6),
                "box": [round(float(number), 3) for number in box],
                "mask": base64.urlsafe_b64encode(bits.tobytes()).decode().rstrip("="),
            }
        )
    print(f"pixels of the masks: {pixels}")
    assert sum(count > 200 for count in pixels) > MOST / 2, "masks of few pixels compare badly"
    return answers
