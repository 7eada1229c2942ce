"""Training images, shifted and mirrored at random."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MARGIN = 4


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
