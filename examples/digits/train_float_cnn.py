"""Trains a small float CNN with a depthwise convolution and a shortcut on the digits, for `mpqc quantize`.

Run from `examples/`: `python -m digits.train_float_cnn`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from qat.artifacts import save_model
from qat.floats import Shortcut, conv_norm, export
from qat.training import Trainer, accuracy, deterministic, logits

from .data import SEED, load

FOLDER = Path(__file__).parent
EPOCHS = 40
CALIBRATION = 256


def build() -> nn.Sequential:
    """`[N, 1, 8, 8]` with values 0..16 to ten logits."""
    separable = nn.Sequential(*conv_norm(16, 16, groups=16), nn.Conv2d(16, 16, 1, bias=False), nn.BatchNorm2d(16))
    return nn.Sequential(
        *conv_norm(1, 16),
        Shortcut(separable),
        nn.ReLU(),
        nn.MaxPool2d(2),
        *conv_norm(16, 32, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, 10),
    )


def main() -> None:
    """Train, export, print the accuracy."""
    deterministic(SEED)
    data = load()
    train_x, test_x = (pixels.reshape(-1, 1, 8, 8) for pixels in (data.train_x, data.test_x))
    images, labels, model = torch.from_numpy(train_x), torch.from_numpy(data.train_labels), build()
    Trainer(model, EPOCHS, rate=4e-3, decay=1e-2).run(images, labels)
    print(f"accuracy: {accuracy(logits(model, torch.from_numpy(test_x)), data.test_labels):.4f}")
    save_model(FOLDER / "digits_cnn_float.onnx", export(model, "digits_cnn_float", [1, 1, 8, 8], 10), test_x)
    np.save(FOLDER / "digits_calib.input.npy", train_x[:CALIBRATION])
    np.save(FOLDER / "digits_calib.labels.npy", data.train_labels[:CALIBRATION])


if __name__ == "__main__":
    main()
