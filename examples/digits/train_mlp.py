"""Trains the mixed-precision MLP on the digits and writes the two ONNX models of this folder.

Run from `examples/`: `python -m digits.train_mlp`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor

from qat.artifacts import save_model
from qat.graph import GraphBuilder
from qat.layers import BatchNorm1d, Chain, QuantLinear, Relu
from qat.quantizer import Quantizer, enable_quantizers, signed, unsigned
from qat.training import Trainer, accuracy, deterministic, logits

from . import qdq
from .data import SEED, load

FOLDER = Path(__file__).parent
FLOAT_EPOCHS = 40
QUANTIZED_EPOCHS = 80


def build() -> Chain:
    """64-64-32-10 with different bits per layer; pixels 0..16 are exact in 5 bits at scale 1."""
    return Chain(
        Quantizer(unsigned(5), fixed_scale=1.0),
        QuantLinear(64, 64, signed(6)),
        BatchNorm1d(64),
        Relu(),
        Quantizer(unsigned(4)),
        QuantLinear(64, 32, signed(4, narrow=True), per_channel=True),
        BatchNorm1d(32),
        Relu(),
        Quantizer(unsigned(4)),
        QuantLinear(32, 10, signed(3)),
    )


def export(model: Chain) -> onnx.ModelProto:
    """The trained model as QONNX."""
    graph = GraphBuilder()
    model.emit(graph, "pixels")
    return graph.finish("digits_mlp_w4a4", ("pixels", [1, 64]), ("logits", [1, 10]))


def train_float(model: Chain, x: Tensor, labels: Tensor) -> None:
    """The quantizers are off."""
    Trainer(model, FLOAT_EPOCHS, rate=2e-3, decay=1e-2).run(x, labels)


def train_quantized(model: Chain, x: Tensor, labels: Tensor) -> None:
    """Go on from the float weights with all quantizers on."""
    enable_quantizers(model)
    Trainer(model, QUANTIZED_EPOCHS, rate=1e-3).run(x, labels)


def main() -> None:
    """Train, export, print the accuracies."""
    deterministic(SEED)
    data = load()
    train_x, labels = torch.from_numpy(data.train_x), torch.from_numpy(data.train_labels)
    model = build()
    train_float(model, train_x, labels)
    float_accuracy = accuracy(logits(model, torch.from_numpy(data.test_x)), data.test_labels)
    int8 = save_model(FOLDER / "digits_mlp_int8_qdq.onnx", qdq.export(model, data.train_x), data.test_x)
    train_quantized(model, train_x, labels)
    mixed = save_model(FOLDER / "digits_mlp_w4a4.onnx", export(model), data.test_x)
    np.save(FOLDER / "digits_test.input.npy", data.test_x)
    np.save(FOLDER / "digits_test.labels.npy", data.test_labels)
    print(f"accuracy: float {float_accuracy:.4f}", end=", ")
    print(f"mixed {accuracy(mixed, data.test_labels):.4f}, int8 {accuracy(int8, data.test_labels):.4f}")


if __name__ == "__main__":
    main()
