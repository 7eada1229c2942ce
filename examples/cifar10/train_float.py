"""Trains a small float CNN on CIFAR-10 and writes the ONNX model that `mpqc quantize` starts from.

Run from `examples/`: `python -m cifar10.train_float`.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn

from qat.artifacts import save_model
from qat.floats import conv_norm, export
from qat.training import Trainer, accuracy, deterministic, estimate_norms, logits

from .augment import augment
from .data import load_test, load_train

FOLDER = Path(__file__).parent
SEED = 0
EPOCHS = 12
NORM_IMAGES = 10_000
TESTED = 16


def build() -> nn.Sequential:
    """`[N, 3, 32, 32]` with values 0..255 to ten logits: 70,000 weights, 7.2 million multiplications."""
    return nn.Sequential(
        *conv_norm(3, 16),
        nn.MaxPool2d(2),
        *conv_norm(16, 32),
        *conv_norm(32, 48),
        nn.MaxPool2d(2),
        *conv_norm(48, 64),
        nn.MaxPool2d(2),
        *conv_norm(64, 32),
        nn.Flatten(),
        nn.Linear(512, 10),
    )


def main() -> None:
    """Train, export, print the accuracy."""
    deterministic(SEED)
    test_x, test_labels = load_test()
    images, labels = (torch.from_numpy(array) for array in load_train())
    model = build().to(memory_format=torch.channels_last)
    trainer = Trainer(model, EPOCHS, rate=4e-3, batch=128, decay=5e-2, half_precision=True)
    while trainer.done < EPOCHS:
        start = time.monotonic()
        loss = trainer.epoch(images, labels, augment)
        print(f"epoch {trainer.done}/{EPOCHS}: loss {loss:.4f}, {time.monotonic() - start:.0f} s", flush=True)
    estimate_norms(model, images[:: len(images) // NORM_IMAGES].float())
    share = accuracy(logits(model, torch.from_numpy(test_x)), test_labels)
    print(f"accuracy: {share:.4f} on {len(test_x)} test images")
    exported = export(model, "cifar10_cnn_float", [1, 3, 32, 32], 10)
    save_model(FOLDER / "cifar10_cnn_float.onnx", exported, test_x[:TESTED])


if __name__ == "__main__":
    main()
