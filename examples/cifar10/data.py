"""CIFAR-10: training images from an archive of JPEG files, test images from an npz file.

Both lie in `data/` of the folder that `$MPQC_SHARED` names, by default `../shared` beside the checkout.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MARGIN = 4


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


def augment(images: Tensor) -> Tensor:
    """Each image shifted by up to `MARGIN` pixels and mirrored with equal chance, as float32, channels last."""
    count, size = len(images), images.shape[-1]
    padded = F.pad(images, [MARGIN] * 4)
    rows = torch.randint(0, 2 * MARGIN + 1, (count, 1)) + torch.arange(size)
    columns = torch.randint(0, 2 * MARGIN + 1, (count, 1)) + torch.arange(size)
    columns = torch.where(torch.rand(count, 1) < 0.5, columns, columns.flip(1))
    every = torch.arange(count)[:, None, None]
    shifted = padded.permute(0, 2, 3, 1)[every, rows[:, :, None], columns[:, None, :]]
    return shifted.permute(0, 3, 1, 2).float()
