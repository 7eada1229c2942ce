"""scikit-learn's bundled digits: 1,797 images of 8x8 pixels with values 0..16."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 0
HELD_OUT = 300


class Digits(NamedTuple):
    """Pixels float32 `[N, 64]`, labels int64 `[N]`; the test images are never trained on."""

    train_x: np.ndarray
    test_x: np.ndarray
    train_labels: np.ndarray
    test_labels: np.ndarray


def load() -> Digits:
    """A stratified split with `HELD_OUT` test images."""
    x, labels = load_digits(return_X_y=True)
    x, labels = x.astype(np.float32), labels.astype(np.int64)
    return Digits(*train_test_split(x, labels, test_size=HELD_OUT, random_state=SEED, stratify=labels))
