"""Trains the mixed-precision CNN with a depthwise convolution and a residual branch on the digits.

Run from `examples/`: `python -m digits.train_cnn`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch

from qat.artifacts import save_model
from qat.graph import GraphBuilder
from qat.layers import (
    BatchNorm2d,
    Chain,
    Flatten,
    GlobalAveragePool,
    MaxPool,
    QuantConv2d,
    QuantLinear,
    Relu,
    Residual,
)
from qat.quantizer import Quantizer, enable_quantizers, signed, unsigned
from qat.training import Trainer, accuracy, deterministic, logits

from .data import SEED, load

FOLDER = Path(__file__).parent
FLOAT_EPOCHS = 40
QUANTIZED_EPOCHS = 60


def build() -> Chain:
    """Conv 3x3, [depthwise 3x3, conv 1x1] + identity, max pool, conv 3x3 stride 2, average, fully connected."""
    separable = Chain(
        QuantConv2d(16, 16, 3, signed(5), groups=16),
        BatchNorm2d(16),
        Relu(),
        Quantizer(unsigned(3)),
        QuantConv2d(16, 16, 1, signed(4, narrow=True)),
        BatchNorm2d(16),
        Quantizer(signed(5)),
    )
    return Chain(
        Quantizer(unsigned(5), fixed_scale=1.0),
        QuantConv2d(1, 16, 3, signed(6)),
        BatchNorm2d(16),
        Relu(),
        Quantizer(unsigned(4)),
        Residual(separable, skip=Chain()),
        Relu(),
        Quantizer(unsigned(4)),
        MaxPool(),
        QuantConv2d(16, 32, 3, signed(3), stride=2),
        BatchNorm2d(32),
        Relu(),
        Quantizer(unsigned(5)),
        GlobalAveragePool(),
        Quantizer(unsigned(6)),
        Flatten(),
        QuantLinear(32, 10, signed(4)),
    )


def export(model: Chain) -> onnx.ModelProto:
    """The trained model as QONNX."""
    graph = GraphBuilder()
    model.emit(graph, "image")
    return graph.finish("digits_cnn_mixed", ("image", [1, 1, 8, 8]), ("logits", [1, 10]))


def main() -> None:
    """Train, export, print the accuracies."""
    deterministic(SEED)
    data = load()
    train_x, test_x = (pixels.reshape(-1, 1, 8, 8) for pixels in (data.train_x, data.test_x))
    images, labels, model = torch.from_numpy(train_x), torch.from_numpy(data.train_labels), build()
    Trainer(model, FLOAT_EPOCHS, rate=4e-3, decay=1e-2).run(images, labels)
    float_accuracy = accuracy(logits(model, torch.from_numpy(test_x)), data.test_labels)
    enable_quantizers(model)
    Trainer(model, QUANTIZED_EPOCHS, rate=2e-3).run(images, labels)
    mixed = save_model(FOLDER / "digits_cnn_mixed.onnx", export(model), test_x)
    np.save(FOLDER / "digits_cnn_mixed.input.npy", test_x)
    print(f"accuracy: float {float_accuracy:.4f}, mixed {accuracy(mixed, data.test_labels):.4f}")


if __name__ == "__main__":
    main()
