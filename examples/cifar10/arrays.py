"""Writes CIFAR-10 as npy files: images to calibrate with, and the test images with their labels.

Run from `examples/`: `python -m cifar10.arrays FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from .data import load_test, load_train

CALIBRATION = 512
SEED = 0


def main() -> None:
    """`calib.npy`, `calib.labels.npy`, `test.npy`, `test.labels.npy`, images float32 `[N, 3, 32, 32]` of 0..255."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = load_train()
    picked = np.random.default_rng(SEED).permutation(len(images))[:CALIBRATION]
    test_x, test_labels = load_test()
    np.save(folder / "calib.npy", images[picked].astype(np.float32))
    np.save(folder / "calib.labels.npy", labels[picked])
    np.save(folder / "test.npy", test_x)
    np.save(folder / "test.labels.npy", test_labels)


if __name__ == "__main__":
    main()
