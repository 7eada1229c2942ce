"""Seeds, training epochs and evaluation, all on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

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
    """AdamW with a cosine learning rate over `epochs`, on cross entropy.

    `decay` applies to weight matrices and kernels only, never to scales and gains. With `half_precision` convolutions
    run in bfloat16, several times faster where the processor has matrix units; re-estimate BatchNorm afterwards.
    """

    def __init__(
        self,
        model: nn.Module,
        epochs: int,
        rate: float,
        *,
        batch: int = 64,
        decay: float = 0.0,
        half_precision: bool = False,
    ) -> None:
        self.model, self.epochs, self.batch, self.half_precision = model, epochs, batch, half_precision
        self.done = 0
        self.optimizer = torch.optim.AdamW(parameter_groups(model, decay), rate)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, epochs)

    def run(self, x: Tensor, labels: Tensor) -> None:
        """Train for all epochs that are left."""
        while self.done < self.epochs:
            self.epoch(x, labels)

    def epoch(self, x: Tensor, labels: Tensor, augment: Augment = lambda x: x) -> float:
        """Train for one epoch and return the mean loss."""
        self.model.train()
        losses = [self._step(augment(images), target) for images, target in batches(x, labels, self.batch)]
        self.schedule.step()
        self.done += 1
        return sum(losses) / len(losses)

    def _step(self, x: Tensor, labels: Tensor) -> float:
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half_precision):
            outputs = self.model(x)
        loss = F.cross_entropy(outputs.float(), labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def state(self) -> dict[str, Any]:
        """All that `resume` needs to go on from here."""
        parts = {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule}
        return {"done": self.done, **{name: part.state_dict() for name, part in parts.items()}}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.done = state["done"]
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])


def parameter_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """The parameters in two groups: those that decay, and those that do not."""
    named = list(model.named_parameters())
    decaying = {name for name, values in named if name.endswith("weight") and values.ndim > 1}
    return [
        {"params": [values for name, values in named if name in decaying], "weight_decay": decay},
        {"params": [values for name, values in named if name not in decaying], "weight_decay": 0.0},
    ]


@torch.no_grad()
def estimate_norms(model: nn.Module, x: Tensor, batch: int = 250) -> None:
    """Replace the running statistics of every BatchNorm by their means over `x`, in full precision."""
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    for part in x.split(batch):
        model(part)


@torch.no_grad()
def logits(model: nn.Module, x: Tensor, batch: int = 256) -> Tensor:
    """The outputs for all of `x` in evaluation mode."""
    model.eval()
    return torch.cat([model(part) for part in x.split(batch)])


def accuracy(outputs: np.ndarray | Tensor, labels: np.ndarray | Tensor) -> float:
    """The share of rows whose largest output is at the label."""
    return float((np.asarray(outputs).argmax(1) == np.asarray(labels)).mean())
