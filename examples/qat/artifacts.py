"""Writes a model, its held-out input and its expected output side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from .reference import SAFE_MARGIN, Reference


def save_model(path: Path, model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """Write `path` and, beside it, `<stem>.expected.npy`: the float64 outputs for the batch `x`.

    Raises `ValueError` when a value of `x` comes so near to a rounding boundary that float64 cannot decide it.
    """
    reference = Reference(model)
    expected = reference.run_in_parts(x)
    if reference.margin < SAFE_MARGIN:
        raise ValueError(f"{path.name}: {reference.margin:.1e} steps from a rounding boundary")
    onnx.save(model, path)
    np.save(path.with_suffix(".expected.npy"), expected)
    print(f"{path.name}: nearest rounding boundary {reference.margin:.1e} steps away")
    return expected
