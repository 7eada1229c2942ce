"""Seeds, training epochs and evaluation, all on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Augment = Callable[[Tensor], Tensor]


def deterministic(seed: int) -> None:
    """One thread and fixed seeds: the same machine gives the same model again."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    np.random.seed(seed)


def batches(x: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled pass in batches of exactly `size`; the remainder is left for another epoch."""
    order = torch.randperm(len(x))
    for start in range(0, len(x) - size + 1, size):
        picked = order[start : start + size]
        yield x[picked], labels[picked]


class Trainer:
    """Adam with a cosine learning rate over `epochs`, on cross entropy."""

    def __init__(self, model: nn.Module, epochs: int, rate: float, batch: int = 64, decay: float = 0.0) -> None:
        self.model, self.epochs, self.batch = model, epochs, batch
        self.optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=decay)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, epochs)

    def run(self, x: Tensor, labels: Tensor, augment: Augment = lambda x: x) -> None:
        """Train for all epochs."""
        for _ in range(self.epochs):
            self.epoch(x, labels, augment)

    def epoch(self, x: Tensor, labels: Tensor, augment: Augment) -> float:
        """Train for one epoch and return the mean loss."""
        self.model.train()
        losses = [self._step(augment(images), target) for images, target in batches(x, labels, self.batch)]
        self.schedule.step()
        return sum(losses) / len(losses)

    def _step(self, x: Tensor, labels: Tensor) -> float:
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x), labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()


@torch.no_grad()
def logits(model: nn.Module, x: Tensor, batch: int = 256) -> Tensor:
    """The outputs for all of `x` in evaluation mode."""
    model.eval()
    return torch.cat([model(part) for part in x.split(batch)])


def accuracy(outputs: np.ndarray | Tensor, labels: np.ndarray | Tensor) -> float:
    """The share of rows whose largest output is at the label."""
    return float((np.asarray(outputs).argmax(1) == np.asarray(labels)).mean())
