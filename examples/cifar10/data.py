"""CIFAR-10: training images from an archive of JPEG files, test images from an npz file.

Both lie in `data/` of the folder that `$MPQC_SHARED` names, by default `../shared` beside the checkout.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def shared() -> Path:
    """The folder of models and data that lies outside of the repository."""
    default = Path(__file__).resolve().parents[2].parent / "shared"
    return Path(os.environ.get("MPQC_SHARED", default)) / "data"


def load_train() -> tuple[np.ndarray, np.ndarray]:
    """50,000 images uint8 `[N, 3, 32, 32]` and labels int64 `[N]`, sorted by file name."""
    with tarfile.open(shared() / "cifar10_train_jpeg.tar.gz") as archive:
        files = {member.name: read_image(archive, member) for member in archive if member.isfile()}
    names = sorted(files)
    labels = [CLASSES.index(PurePosixPath(name).parent.name) for name in names]
    return np.stack([files[name] for name in names]), np.array(labels, np.int64)


def read_image(archive: tarfile.TarFile, member: tarfile.TarInfo) -> np.ndarray:
    """One image, uint8 `[3, 32, 32]`."""
    file = archive.extractfile(member)
    assert file is not None, "the member is a regular file"
    return np.asarray(Image.open(io.BytesIO(file.read())).convert("RGB")).transpose(2, 0, 1)


def load_test() -> tuple[np.ndarray, np.ndarray]:
    """2,000 test images float32 `[N, 3, 32, 32]`, values 0..255, and labels int64 `[N]`."""
    arrays = np.load(shared() / "cifar10_test_2k.npz")
    return arrays["x"].astype(np.float32), arrays["y"].astype(np.int64)
