"""Trains the graph of the ONNX zoo's mnist-8 with NumPy.

Run from `examples/`: `python -m mnist.train FOLDER`. Images come from `data/` of the folder that `$MPQC_SHARED` names,
by default `../shared` beside the checkout.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper

TRAINED, CALIBRATION, EPOCHS, BATCH, RATE, SEED = 8000, 512, 6, 32, 2e-3, 0

Parameters = dict[str, np.ndarray]


def load() -> tuple[np.ndarray, np.ndarray]:
    """Images float32 `[N, 1, 28, 28]` of 0..255, and labels int64 `[N]`."""
    default = Path(__file__).resolve().parents[2].parent / "shared"
    arrays = np.load(Path(os.environ.get("MPQC_SHARED", default)) / "data" / "mnist_test.npz")
    return arrays["x"].astype(np.float32), arrays["y"].astype(np.int64)


def begin(random: np.random.Generator) -> Parameters:
    """He's initialization (ICCV 2015); the first layer takes pixels of 0..255."""

    def scaled(*shape: int, inputs: int) -> np.ndarray:
        return (random.standard_normal(shape) * np.sqrt(2 / inputs)).astype(np.float32)

    return {
        "w1": scaled(8, 1, 5, 5, inputs=25) / 128,
        "b1": np.zeros((8, 1, 1), np.float32),
        "w2": scaled(16, 8, 5, 5, inputs=200),
        "b2": np.zeros((16, 1, 1), np.float32),
        "w3": scaled(256, 10, inputs=256),
        "b3": np.zeros((1, 10), np.float32),
    }


def windows(x: np.ndarray) -> np.ndarray:
    """The 5 by 5 windows around every pixel, `[N, H, W, C·25]`."""
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
    n, channels, height, width = x.shape
    found = sliding_window_view(padded, (5, 5), axis=(2, 3))
    return found.transpose(0, 2, 3, 1, 4, 5).reshape(n, height, width, channels * 25)


def conv(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The convolution `[N, O, H, W]`, and the windows that it was made of."""
    seen = windows(x)
    return (seen @ w.reshape(len(w), -1).T).transpose(0, 3, 1, 2), seen


def conv_back(dy: np.ndarray, seen: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of a convolution by its input and by its weights."""
    flat = dy.transpose(0, 2, 3, 1).reshape(-1, len(w))
    dw = (flat.T @ seen.reshape(len(flat), -1)).reshape(w.shape)
    mirrored = w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    return conv(dy, mirrored)[0], dw


def pool(x: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest of each `size` by `size` pixels (an incomplete last row is dropped), and where the largest are."""
    n, channels, height, width = x.shape
    rows, columns = height // size, width // size
    tiles = x[:, :, : rows * size, : columns * size].reshape(n, channels, rows, size, columns, size)
    largest = tiles.max(axis=(3, 5))
    return largest, tiles == largest[:, :, :, None, :, None]


def pool_back(dy: np.ndarray, where: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient of a pool by its input."""
    spread = where * dy[:, :, :, None, :, None]
    rows, columns = where.shape[2] * where.shape[3], where.shape[4] * where.shape[5]
    dx = np.zeros(shape, np.float32)
    dx[:, :, :rows, :columns] = spread.reshape(*shape[:2], rows, columns)
    return dx


def step(p: Parameters, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, Parameters]:
    """Scores `[N, 10]`, and the gradients of the mean cross entropy."""
    y1, seen1 = conv(x, p["w1"])
    r1 = np.maximum(y1 + p["b1"], 0)
    p1, where1 = pool(r1, 2)
    y2, seen2 = conv(p1, p["w2"])
    r2 = np.maximum(y2 + p["b2"], 0)
    p2, where2 = pool(r2, 3)
    flat = p2.reshape(len(x), -1)
    scores = flat @ p["w3"] + p["b3"]
    soft = np.exp(scores - scores.max(1, keepdims=True))
    soft /= soft.sum(1, keepdims=True)
    d = soft
    d[np.arange(len(x)), labels] -= 1
    d /= len(x)
    dr2 = pool_back((d @ p["w3"].T).reshape(p2.shape), where2, r2.shape) * (r2 > 0)
    dp1, dw2 = conv_back(dr2, seen2, p["w2"])
    dr1 = pool_back(dp1, where1, r1.shape) * (r1 > 0)
    _, dw1 = conv_back(dr1, seen1, p["w1"])
    each = {"w1": dw1, "b1": dr1.sum((0, 2, 3)), "w2": dw2, "b2": dr2.sum((0, 2, 3)), "w3": flat.T @ d, "b3": d.sum(0)}
    return scores, {name: gradient.reshape(p[name].shape) for name, gradient in each.items()}


def train(x: np.ndarray, labels: np.ndarray) -> Parameters:
    """Adam (Kingma and Ba, ICLR 2015), its rate falling to zero."""
    random = np.random.default_rng(SEED)
    p = begin(random)
    mean, square = ({name: np.zeros_like(v) for name, v in p.items()} for _ in range(2))
    batches, done = len(x) // BATCH, 0
    for epoch in range(EPOCHS):
        order, right = random.permutation(len(x)), 0
        for at in range(batches):
            picked = order[at * BATCH : (at + 1) * BATCH]
            scores, gradients = step(p, x[picked], labels[picked])
            right += int((scores.argmax(1) == labels[picked]).sum())
            done += 1
            rate = RATE * (1 - done / (EPOCHS * batches + 1))
            for name, g in gradients.items():
                mean[name] = 0.9 * mean[name] + 0.1 * g
                square[name] = 0.999 * square[name] + 0.001 * g * g
                size = np.sqrt(square[name] / (1 - 0.999**done)) + 1e-8
                # Weights of the first layer are small, as pixels are large.
                part = rate / 128 if name == "w1" else rate
                p[name] -= (part * mean[name] / (1 - 0.9**done) / size).astype(np.float32)
        print(f"epoch {epoch + 1}: {100 * right / (batches * BATCH):.2f} % of the training images")
    return p


def graph(p: Parameters) -> onnx.ModelProto:
    """The network as the zoo has it: names, opset and operators of mnist-8."""
    tensors = {
        "Parameter5": p["w1"],
        "Parameter6": p["b1"],
        "Parameter87": p["w2"],
        "Parameter88": p["b2"],
        "Parameter193": p["w3"].reshape(16, 4, 4, 10),
        "Parameter194": p["b3"],
        "Parameter193_reshape1_shape": np.array([256, 10], np.int64),
        "Pooling160_Output_0_reshape0_shape": np.array([1, 256], np.int64),
    }

    def same(x: str, w: str, y: str, name: str) -> onnx.NodeProto:
        sizes = {"kernel_shape": [5, 5], "strides": [1, 1], "dilations": [1, 1]}
        return helper.make_node("Conv", [x, w], [y], name=name, auto_pad="SAME_UPPER", group=1, **sizes)

    def largest(x: str, y: str, size: int, name: str) -> onnx.NodeProto:
        sizes = {"kernel_shape": [size, size], "strides": [size, size], "pads": [0, 0, 0, 0]}
        return helper.make_node("MaxPool", [x], [y], name=name, auto_pad="NOTSET", **sizes)

    nodes = [
        helper.make_node("Reshape", ["Parameter193", "Parameter193_reshape1_shape"], ["W"], name="Times212_reshape1"),
        same("Input3", "Parameter5", "c1", "Convolution28"),
        helper.make_node("Add", ["c1", "Parameter6"], ["a1"], name="Plus30"),
        helper.make_node("Relu", ["a1"], ["r1"], name="ReLU32"),
        largest("r1", "p1", 2, "Pooling66"),
        same("p1", "Parameter87", "c2", "Convolution110"),
        helper.make_node("Add", ["c2", "Parameter88"], ["a2"], name="Plus112"),
        helper.make_node("Relu", ["a2"], ["r2"], name="ReLU114"),
        largest("r2", "p2", 3, "Pooling160"),
        helper.make_node("Reshape", ["p2", "Pooling160_Output_0_reshape0_shape"], ["v"], name="Times212_reshape0"),
        helper.make_node("MatMul", ["v", "W"], ["m"], name="Times212"),
        helper.make_node("Add", ["m", "Parameter194"], ["Plus214_Output_0"], name="Plus214"),
    ]
    ends = [("Input3", [1, 1, 28, 28]), ("Plus214_Output_0", [1, 10])]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in ends)
    initializers = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    made = helper.make_graph(nodes, "CNTKGraph", [x], [y], initializers)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 8)], ir_version=4)


def main() -> None:
    """`mnist8.onnx`, `calib.npy`, `test.npy` and `test.labels.npy` of a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    x, labels = load()
    p = train(x[:TRAINED], labels[:TRAINED])
    scores, _ = step(p, x[TRAINED:], labels[TRAINED:])
    print(f"{100 * np.mean(scores.argmax(1) == labels[TRAINED:]):.2f} % of {len(x) - TRAINED} test images")
    onnx.save(graph(p), folder / "mnist8.onnx")
    np.save(folder / "calib.npy", x[:CALIBRATION])
    np.save(folder / "test.npy", x[TRAINED:])
    np.save(folder / "test.labels.npy", labels[TRAINED:])


if __name__ == "__main__":
    main()
